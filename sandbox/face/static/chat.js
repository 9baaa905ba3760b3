// WhatsApp and Telegram: one window each, drawn from what the sandbox keeps.
import { bubble } from "./bubble.js";
import { find, make, redraw, redrawRows } from "./dom.js";
import { act, look, phonePath } from "./doors.js";
import { spaced } from "./number.js";
import { startScroll } from "./scroll.js";
import { language, onLanguage, say } from "./speech.js";

const BEGINNING = { whatsapp: () => say("chatHello"), telegram: () => "/start" };

/** A window of the channel `whatsapp` or `telegram`. */
export function startChat(desk, channel) {
  const place = find(channel);
  const [list, knows] = [find(`${channel}-bubbles`), find(`${channel}-knows`)];
  const [form, gate, keys, sheet] = [".writing", ".gate", ".keys", ".sheet"].map((part) => place.querySelector(part));
  const scroll = startScroll(list);
  let opened = null; // the message whose list is open

  /** Does it in the chat; what the product answers is looked for at once. */
  async function send(deed) {
    const done = await desk.attempt(() => act(phonePath(desk.number(), `/${channel}`), { language: language(), ...deed }));
    desk.hurry();
    return done !== null;
  }

  const hand = {
    choose: (message, choice) => send({ choice: choice.id, message: message.id }),
    share: () => send({ contact: true }),
    open: (message) => openSheet(message),
  };

  function show({ windows, number, visible }) {
    const { state, tells_number, messages } = windows[channel];
    knows.textContent = tells_number ? say("chatKnows", { number: spaced(number) }) : say("chatKnowsNot");
    knows.classList.toggle("not", !tells_number);
    drawMessages(messages);
    drawBelow(state, messages);
    if (channel === "whatsapp" && visible("whatsapp") && messages.some((message) => message.from_us && !message.seen)) {
      look(phonePath(number, "/whatsapp")).catch(() => null); // looking at the chat is reading it
    }
  }

  function drawMessages(messages) {
    const held = list.contains(document.activeElement) && document.activeElement !== list;
    const rows = messages.map((message) => ({ key: message.id, kind: message.from_us ? "theirs" : "mine", message, lang: language() }));
    scroll.around(messages, () => redrawRows(list, rows, ({ message }) => bubble(message, hand, channel === "whatsapp")));
    // The tapped button may be gone with the edit: the keyboard goes on at what stands there now.
    if (held && document.activeElement === document.body) (list.querySelector("li:last-child .choices button") ?? form.text).focus({ preventScroll: true });
    if (opened && !messages.some((message) => message.id === opened.id)) closeSheet();
  }

  function drawBelow(state, messages) {
    const blocked = state === "blocked";
    const begins = !blocked && messages.length === 0;
    const closed = blocked || (begins && channel === "telegram"); // a bot cannot be written to before it is started
    form.hidden = closed;
    gate.hidden = !blocked && !begins;
    place.querySelector("[data-act=block]").disabled = blocked;
    redraw(gate, { blocked, begins, lang: language() }, () => [
      make("p", {}, say(blocked ? "chatBlocked" : "chatEmpty", { sender: desk.facts.sender })),
      make("button", { type: "button", "data-stay": "gate", onclick: () => pass(blocked) }, blocked ? say("chatUnblock") : say(`begin_${channel}`)),
    ]);
    const asking = closed ? null : messages.findLast((message) => message.stands === "keys");
    keys.hidden = !asking;
    redraw(keys, { asking }, () => (asking ? asking.choices.map((choice) => key(asking, choice)) : []));
  }

  const key = (message, choice) =>
    make("button", { type: "button", class: choice.id === "contact" ? "shares" : "", "data-stay": choice.id, onclick: () => hand.choose(message, choice) }, choice.label);

  async function pass(blocked) {
    if ((await send(blocked ? { unblock: true } : { text: BEGINNING[channel]() })) && !form.hidden) form.text.focus({ preventScroll: true });
  }

  function openSheet(message) {
    opened = message;
    find(`${channel}-sheet`).textContent = message.opener;
    const row = (choice) =>
      make("li", {}, make("button", { type: "button", onclick: () => pick(choice) }, make("b", {}, choice.label), choice.description ? make("small", {}, choice.description) : null));
    sheet.querySelector("ol").replaceChildren(...message.choices.map(row));
    sheet.hidden = false;
    sheet.querySelector("li button").focus({ preventScroll: true });
  }

  function pick(choice) {
    const message = opened;
    closeSheet();
    hand.choose(message, choice);
  }

  function closeSheet() {
    const back = opened && list.querySelector(`[data-stay="${CSS.escape(`${opened.id} list`)}"]`);
    if (sheet.contains(document.activeElement)) back?.focus({ preventScroll: true });
    sheet.hidden = true;
    opened = null;
  }

  /** Another number was chosen: another person's windows. */
  function change() {
    closeSheet();
    form.reset();
    list.replaceChildren();
    for (const part of [form, gate, keys]) part.hidden = true;
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const text = form.text.value.trim();
    if (!text) return;
    form.text.value = "";
    if (!(await send({ text })) && !form.text.value) form.text.value = text;
  });
  for (const button of place.querySelectorAll("[data-act]")) {
    button.addEventListener("click", () => {
      button.closest("details").open = false;
      if (!form.hidden) form.text.focus({ preventScroll: true });
      send({ [button.dataset.act]: true });
    });
  }
  sheet.querySelector(".shut").addEventListener("click", closeSheet);
  place.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    closeSheet();
    shutMenus(place);
  });
  document.addEventListener("click", (event) => {
    for (const menu of place.querySelectorAll("details[open]")) if (!menu.contains(event.target)) menu.open = false;
  });
  onLanguage(closeSheet);
  return { show, change };
}

function shutMenus(place) {
  for (const menu of place.querySelectorAll("details[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus({ preventScroll: true });
  }
}
