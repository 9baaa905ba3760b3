// One message in a chat or thread, as a smartphone draws it.
import { make } from "./dom.js";
import { say } from "./speech.js";
import { toMinute } from "./times.js";

const CODE = /(\b[2-9A-Z]{5}-[2-9A-Z]{5}\b)/;
// What a hand has sent that is no text, in the sandbox's words.
const SENT = { "[sticker]": "chatSticker", "[voice]": "chatVoice", "[audio]": "chatVoice", "[location]": "chatPlace" };
const CARD = /^\[\+?(\d{6,15})\]$/;
const BARS = [5, 11, 8, 14, 6, 10, 13, 7, 4, 9, 12, 5];

/** The text with its voucher codes marked. */
const words = (text) => make("p", { class: "said" }, ...text.split(CODE).map((part, index) => (index % 2 ? make("mark", {}, part) : part)));

// Drawn, for not every machine has signs for them.
const DRAWN = {
  person: "M12 12a4.5 4.5 0 1 0 0-9 4.5 4.5 0 0 0 0 9ZM3.5 21c.6-4.6 4-7 8.5-7s7.9 2.4 8.5 7Z",
  place: "M12 22c5-6 7.5-9.7 7.5-13a7.5 7.5 0 0 0-15 0c0 3.3 2.5 7 7.5 13Zm0-10.2a2.8 2.8 0 1 1 0-5.6 2.8 2.8 0 0 1 0 5.6Z",
  smile: "M12 2a10 10 0 1 0 0 20 10 10 0 0 0 0-20Zm-3.5 6.2a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3Zm7 0a1.5 1.5 0 1 1 0 3 1.5 1.5 0 0 1 0-3ZM12 18c-2.7 0-4.8-1.5-5.5-3.8h11C16.8 16.5 14.7 18 12 18Z",
};

function picture(name, size, ...shapes) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", size);
  svg.setAttribute("class", name);
  svg.setAttribute("aria-hidden", "true");
  for (const shape of shapes) {
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", shape);
    svg.append(path);
  }
  return svg;
}

function content({ text, from_us }) {
  const kind = from_us ? undefined : SENT[text];
  const card = from_us ? null : CARD.exec(text);
  if (card) return make("p", { class: "card-sent" }, picture("mark-of", "0 0 24 24", DRAWN.person), `+${card[1]}`);
  if (kind === "chatSticker") return make("p", { class: "sticker" }, make("span", { class: "sr" }, say(kind)), picture("smile", "0 0 24 24", DRAWN.smile));
  if (kind === "chatVoice") {
    const bars = BARS.map((height, place) => `M${20 + place * 6} ${9 - height / 2}v${height}`).join("");
    return make("p", { class: "voice" }, make("span", { class: "sr" }, say(kind)), picture("wave", "0 0 100 18", "M3 3v12l10-6Z", bars), "0:03");
  }
  if (kind === "chatPlace") return make("p", { class: "place" }, picture("mark-of", "0 0 24 24", DRAWN.place), `${say(kind)}: Nairobi`);
  return text ? words(text) : null;
}

function file({ name, size, url, media_type }) {
  const kind = (name.split(".").pop() || media_type).slice(0, 4).toUpperCase();
  return make(
    "a",
    { class: "file", href: url, target: "_blank", rel: "noopener" },
    make("span", { class: "kind", "aria-hidden": "true" }, kind),
    make("span", {}, make("b", {}, name), make("small", {}, say("chatFile", { kind, size: Math.max(1, Math.round(size / 1024)) }))),
  );
}

function foot({ at, edited, from_us, seen }, ticks) {
  return make(
    "p",
    { class: "foot" },
    edited ? make("span", {}, say("chatEdited")) : null,
    make("time", { datetime: at }, toMinute(new Date(at))),
    ticks && !from_us ? make("span", { class: seen ? "ticks seen" : "ticks", role: "img", "aria-label": say(seen ? "chatRead" : "chatSent") }, "✓✓") : null,
  );
}

/** Keys by line, as many beside each other as `rows` says; one a line without it. */
function lines(choices, rows) {
  const lengths = rows.reduce((sum, length) => sum + length, 0) === choices.length ? rows : choices.map(() => 1);
  let place = 0;
  return lengths.map((length) => choices.slice(place, (place += length)));
}

/** `hand`: {choose(message, choice), open(message), share(message)}; `ticks`: whether own messages show that they were read. */
export function bubble(message, hand, ticks) {
  const key = (choice) =>
    make("button", { type: "button", "data-stay": `${message.id} ${choice.id}`, onclick: () => hand.choose(message, choice) }, choice.label);
  const below = {
    none: () => [],
    buttons: () => message.choices.map(key),
    list: () => [make("button", { type: "button", class: "opens", "data-stay": `${message.id} list`, "aria-haspopup": "dialog", onclick: () => hand.open(message) }, message.opener)],
    contact: () => [make("button", { type: "button", "data-stay": `${message.id} share`, onclick: () => hand.share(message) }, say("chatShare"))],
    inline: () => lines(message.choices, message.rows).map((line) => make("div", { class: "row" }, ...line.map(key))),
    keys: () => [],
  }[message.stands]();
  const kind = message.stands === "inline" ? "inline" : "hung";
  return [
    make(
      "div",
      { class: "bubble" },
      message.document ? file(message.document) : null,
      content(message),
      foot(message, ticks),
    ),
    below.length ? make("div", { class: `choices ${kind}${message.waiting ? " waiting" : ""}` }, ...below) : null,
    message.popup ? make("p", { class: "popup", role: "status" }, message.popup) : null,
  ].filter((part) => part !== null);
}
