// The purchase from key press to router: seven stations, a sentence, and every step for who wants to see.
import { find, make, redraw } from "./dom.js";
import { has, language, say } from "./speech.js";
import { span, toSecond } from "./times.js";

// By which way the news came to the person, and what its station is then called.
const ARRIVED = { TextArrived: "stText", WhatsAppArrived: "stWhatsApp", TelegramArrived: "stTelegram" };

/** What became of each station: {word, label, at: ISO or null, state: done | now | failed | ahead}. */
export function stations(steps) {
  const first = (...names) => names.map((name) => steps.find((step) => step.what === name)).find(Boolean)?.at ?? null;
  const last = (name) => steps.findLast((step) => step.what === name)?.at ?? null;
  const arrived = steps.findLast((step) => step.what in ARRIVED);
  const journal = first("PaymentSettled");
  const failed = journal === null ? last("CollectionFailed") : null;
  const paid = first("MoneyTaken") ?? (journal && first("CallbackReceived", "PaymentSettled"));
  const way = [
    ["stAsked", first("CollectionRequested")],
    ["stPrompted", last("PromptShown")],
    [failed ? "stNotPaid" : "stPaid", failed ?? paid],
    ["stJournal", journal],
    ["stRouter", first("AccessGranted")],
    ["stText", arrived?.at ?? null],
    ["stOnline", last("LoggedIn")],
  ];
  // A text may also tell that nobody knows yet: only money that was taken says that the stations before it are behind.
  const reached = way.findLastIndex(([word, at]) => at !== null && (journal !== null || word !== "stText"));
  const stateOf = ([word, at], index) => {
    if (word === "stNotPaid") return "failed";
    if (at) return "done";
    if (failed) return "ahead";
    return index < reached ? "passed" : index === reached + 1 ? "now" : "ahead";
  };
  return way.map(([word, at], index) => ({
    word,
    label: word === "stText" && arrived ? ARRIVED[arrived.what] : word,
    at,
    state: stateOf([word, at], index),
  }));
}

function headline(steps, way, code) {
  if (steps.length === 0) return say("noPurchase", { code });
  const at = Object.fromEntries(way.map((station) => [station.word, station.at && Date.parse(station.at)]));
  if ("stNotPaid" in at) return say("stripFailed");
  if (at.stRouter) {
    const router = span(Math.max(0, at.stRouter - at.stPaid));
    if (at.stOnline) return say("stripOnline", { router });
    const text = at.stText && at.stText >= at.stPaid ? span(at.stText - at.stPaid) : null;
    return text ? say("stripWhole", { router, text }) : say("stripGranted", { router });
  }
  if (at.stJournal) return say("stripPaid");
  if (steps.some((step) => step.what === "CollectionUnknown")) return say("stripSilent");
  if (at.stPaid) return say("stripWaiting");
  return say(at.stPrompted ? "stripPrompted" : "stripAsked");
}

const named = (what) => (has(what) ? say(what) : what.replace(/([a-z])([A-Z])/g, "$1 $2"));
const BY = { product: "byProduct", phone: "byPhone", router: "byRouter" };

function station({ label, at, state }, before) {
  const gap = at && before ? Date.parse(at) - Date.parse(before) : 0;
  return make(
    "li",
    { class: `station ${state}`, "aria-current": state === "now" ? "step" : null },
    make("span", { class: "mark", "aria-hidden": "true" }),
    make("b", {}, say(label)),
    make("time", at ? { datetime: at } : {}, at ? toSecond(new Date(at)) : ""),
    make("small", {}, gap > 0 ? `+ ${span(gap)}` : ""),
  );
}

export function startStrip(desk) {
  function show({ journey }) {
    const way = stations(journey.steps);
    const facts = { steps: journey.steps, lang: language() };
    const line = find("headline");
    const sentence = headline(journey.steps, way, desk.facts.serviceCode);
    if (line.textContent !== sentence) line.textContent = sentence;
    redraw(find("stations"), facts, () =>
      way.map((row, index) => station(row, way.slice(0, index).findLast((earlier) => earlier.at)?.at)),
    );
    find("all-steps").hidden = journey.steps.length === 0;
    find("step-count").textContent = journey.steps.length;
    redraw(find("log"), facts, () =>
      journey.steps.map((step) =>
        make(
          "li",
          {},
          make("time", { datetime: step.at }, toSecond(new Date(step.at))),
          make("span", {}, named(step.what)),
          make("small", { class: `by ${step.seen_by}` }, say(BY[step.seen_by])),
        ),
      ),
    );
  }
  return { show };
}
