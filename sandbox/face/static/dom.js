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

/** One `li` a row, kept by `key`: what is new takes its place, what has changed is drawn again where it stands. */
export function redrawRows(list, rows, draw) {
  const wanted = new Set(rows.map((row) => row.key));
  for (const child of [...list.children]) if (!wanted.has(child.dataset.key)) child.remove();
  const kept = new Map([...list.children].map((child) => [child.dataset.key, child]));
  rows.forEach((row, place) => {
    const child = kept.get(row.key) ?? make("li", { "data-key": row.key });
    child.className = row.kind;
    child.hidden = Boolean(row.hidden);
    redraw(child, row, () => draw(row));
    if (list.children[place] !== child) list.insertBefore(child, list.children[place] ?? null);
  });
}
