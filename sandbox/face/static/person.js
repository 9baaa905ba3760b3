// One person and the four windows that are theirs: which of them is in front on a narrow screen, and what is unread.
import { find } from "./dom.js";
import { recallHere, rememberHere } from "./memory.js";
import { spaced } from "./number.js";
import { threads } from "./sms.js";
import { onLanguage, say } from "./speech.js";
import { toMinute } from "./times.js";

const TOUCHED = matchMedia("(pointer: coarse)").matches; // there a focused field brings up a keyboard over the talk
const WINDOWS = ["ussd", "whatsapp", "telegram", "sms"];
const ROOMS = { ussd: "phone", whatsapp: "whatsapp", telegram: "telegram", sms: "sms" };

/** Whether the window can be seen; narrow screens show one at a time. */
export const visible = (name) => find(ROOMS[name]).offsetParent !== null;

export function startPerson(desk) {
  const main = document.querySelector("main");
  const buttons = Object.fromEntries(WINDOWS.map((name) => [name, document.querySelector(`[data-window=${name}]`)]));
  let read = {};

  function open(name) {
    main.dataset.shown = name;
    rememberHere("window", name);
    const bubbles = find(ROOMS[name]).querySelector(".bubbles"); // nothing can be scrolled while it is hidden
    if (bubbles) bubbles.scrollTop = bubbles.scrollHeight;
    mark();
    desk.refresh();
  }

  function mark() {
    for (const name of WINDOWS) buttons[name].setAttribute("aria-pressed", String(name === main.dataset.shown));
  }

  function show(scene) {
    find("person-name").textContent = `${scene.windows.name} · ${spaced(scene.number)}`;
    find("person-sign").textContent = scene.windows.name.slice(0, 1);
    for (const clock of document.querySelectorAll("[data-hours]")) clock.textContent = toMinute(new Date(scene.now));
    const came = {
      whatsapp: scene.windows.whatsapp.messages.filter((message) => message.from_us).length,
      telegram: scene.windows.telegram.messages.filter((message) => message.from_us).length,
      sms: threads(scene).filter((text) => text.from_us).length,
    };
    for (const [name, count] of Object.entries(came)) {
      if (visible(name) || !(name in read)) read[name] = count;
      badge(name, count - read[name]);
    }
    const asks = scene.phone.prompts.some((prompt) => prompt.state === "open");
    find("to-pin").hidden = !asks || visible("ussd");
  }

  function badge(name, fresh) {
    const place = buttons[name].querySelector(".unread");
    place.hidden = fresh <= 0;
    place.textContent = fresh > 0 ? fresh : "";
    if (fresh > 0) place.setAttribute("aria-label", say("unread", { count: fresh }));
  }

  /** Brings the window to the front, and the keyboard to where one types there. */
  function enter(name) {
    open(name);
    if (TOUCHED) return;
    const field = name === "ussd" ? find("reply") : find(ROOMS[name]).querySelector(".gate:not([hidden]) button, .writing:not([hidden]) input");
    field?.focus({ preventScroll: true });
  }

  for (const name of WINDOWS) buttons[name].addEventListener("click", () => enter(name));
  find("to-pin").addEventListener("click", () => enter("ussd"));
  document.querySelector(".skip").addEventListener("click", () => open("ussd"));
  onLanguage(mark);
  const kept = recallHere("window", "ussd");
  main.dataset.shown = WINDOWS.includes(kept) ? kept : "ussd";
  mark();

  return {
    show,
    open,
    change() {
      read = {};
    },
  };
}
