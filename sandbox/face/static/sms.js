// The texts of the phone: one thread with the short code, which may be answered, and one with each sender's name.
import { bubble } from "./bubble.js";
import { find, make, redraw, redrawRows } from "./dom.js";
import { act, phonePath } from "./doors.js";
import { spaced } from "./number.js";
import { startScroll } from "./scroll.js";
import { language, say } from "./speech.js";

const MOST_SHOWN = 100;
const MPESA = "MPESA";
const NO_HAND = {}; // texts have no buttons

/** All texts of the phone, oldest first: {id, at, text, from_us, with}. */
export function threads({ phone, windows }) {
  const came = phone.texts.map(({ at, from, text }, place) => ({ id: `in${place}`, at, text, from_us: true, with: from }));
  const went = windows.sent.map(({ id, date, to, text }) => ({ id: `out${id}`, at: date, text, from_us: false, with: to }));
  return [...came, ...went].sort((one, other) => Date.parse(one.at) - Date.parse(other.at)).slice(-MOST_SHOWN);
}

export function startSms(desk) {
  const place = find("sms");
  const [list, form, gate, pills] = [find("sms-bubbles"), place.querySelector(".writing"), place.querySelector(".gate"), find("threads")];
  const scroll = startScroll(list);
  const { shortCode, sender } = desk.facts;
  let chosen = shortCode;
  let read = {}; // how many texts of each thread somebody has seen
  let scene = null;

  const kindOf = (name) => ({ [MPESA]: "mpesa", [sender]: "house" })[name] ?? "code";

  function show(now) {
    scene = now;
    draw();
  }

  function draw() {
    const all = threads(scene);
    const count = (name) => all.filter((text) => text.with === name && text.from_us).length;
    const names = [...new Set([shortCode, sender, MPESA, ...all.map((text) => text.with)])];
    for (const name of names) if (!(name in read) || (name === chosen && scene.visible("sms"))) read[name] = count(name);
    find("sms-knows").textContent = say("chatKnows", { number: spaced(scene.number) });
    const facts = names.map((name) => ({ name, fresh: count(name) - read[name], chosen: name === chosen }));
    redraw(pills, facts, () => facts.map(pill));

    const rows = all.map((text) => ({
      key: text.id,
      kind: `${text.from_us ? "theirs" : "mine"} ${kindOf(text.with)}`,
      hidden: text.with !== chosen,
      message: { ...text, stands: "none", choices: [], rows: [], document: null, edited: false, popup: "", seen: false },
      lang: language(),
    }));
    const shown = rows.filter((row) => !row.hidden).map((row) => row.message);
    scroll.around(shown, () => redrawRows(list, rows, ({ message }) => bubble(message, NO_HAND, false)));
    form.hidden = chosen !== shortCode;
    drawGate({ oneWay: form.hidden, empty: shown.length === 0, lang: language() });
  }

  function drawGate(facts) {
    gate.hidden = !facts.oneWay && !facts.empty;
    redraw(gate, facts, () => [
      make("p", {}, say(facts.empty ? "chatEmpty" : "smsOneWay")),
      facts.oneWay ? "" : make("button", { type: "button", "data-stay": "gate", onclick: begin }, say("begin_whatsapp")),
    ]);
  }

  function begin() {
    send(say("chatHello"));
    form.text.focus({ preventScroll: true });
  }

  async function send(text) {
    const answer = await desk.attempt(() => act(phonePath(desk.number(), "/sms"), { to: shortCode, text }));
    if (answer !== null && answer.status !== 200) desk.alarm(say("smsNotSent", { why: answer.error || `HTTP ${answer.status}` }));
    desk.hurry();
  }

  const pill = ({ name, fresh, chosen: here }) =>
    make(
      "button",
      { type: "button", "aria-pressed": String(here), "data-stay": name, "data-thread": name, onclick: () => choose(name) },
      name,
      fresh > 0 ? make("i", { class: "unread", "aria-label": say("unread", { count: fresh }) }, fresh) : null,
    );

  function choose(name) {
    chosen = name;
    draw();
    list.scrollTop = list.scrollHeight;
  }

  /** Another number was chosen. */
  function change() {
    [chosen, read, scene] = [shortCode, {}, null];
    form.reset();
    list.replaceChildren();
    gate.hidden = true;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = form.text.value.trim();
    if (!text) return;
    form.text.value = "";
    send(text);
  });
  return { show, change };
}
