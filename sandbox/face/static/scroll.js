// A chat stays at its newest message, unless somebody reads further up.
const NEAR_PX = 60;

export function startScroll(list) {
  let newest = null;

  /** Draws; then shows the newest message when it was in sight before, or when it is one's own. */
  function around(messages, draw) {
    const near = list.scrollHeight - list.scrollTop - list.clientHeight < NEAR_PX;
    const last = messages.at(-1);
    const own = last && !last.from_us && last.id !== newest;
    newest = last?.id ?? null;
    draw();
    if (near || own) list.scrollTop = list.scrollHeight;
  }

  return { around };
}
