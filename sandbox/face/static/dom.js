// Small words for making and replacing elements.

export const find = (id) => document.getElementById(id);

/** An element: attributes by name (`on…` listens, `class`, `data-…`), children are nodes or texts. */
export function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** Draws again only when the facts have changed, and leaves the focus where it was (by `data-stay`). */
export function redraw(container, facts, draw) {
  const written = JSON.stringify(facts);
  if (container.drawnFrom === written) return;
  container.drawnFrom = written;
  const held = container.contains(document.activeElement) ? document.activeElement.dataset.stay : null;
  container.replaceChildren(...draw());
  if (held) container.querySelector(`[data-stay="${CSS.escape(held)}"]`)?.focus();
}
