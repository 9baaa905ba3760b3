// The phone's messages and money, and what can be paid or written by hand.
import { find, make, redraw } from "./dom.js";
import { act, phonePath } from "./doors.js";
import { say } from "./speech.js";
import { shortDay, toMinute } from "./times.js";

const MOST_SHOWN = 30;
const CODE = /(\b[2-9A-Z]{5}-[2-9A-Z]{5}\b)/;

function message({ at, from, text }) {
  const moment = new Date(at);
  const words = text.split(CODE).map((part, index) => (index % 2 ? make("mark", {}, part) : part));
  return make(
    "li",
    { class: from === "MPESA" ? "mpesa" : "house" },
    make("span", { class: "face", "aria-hidden": "true" }, from.slice(0, 1)),
    make(
      "div",
      {},
      make("p", { class: "head" }, make("b", {}, from), make("time", { datetime: at }, `${shortDay(moment)} ${toMinute(moment)}`)),
      make("p", {}, ...words),
    ),
  );
}

export function startInbox(desk) {
  function show({ phone }) {
    find("wallet").textContent = `Ksh ${phone.wallet.toLocaleString("en")}`;
    const newest = phone.texts.slice(-MOST_SHOWN).reverse();
    const none = say("noTexts");
    redraw(find("texts"), { newest, none }, () => (newest.length ? newest.map(message) : [make("li", { class: "none" }, none)]));
  }

  for (const button of document.querySelectorAll("[data-wallet]")) {
    button.addEventListener("click", () => desk.attempt(() => act(phonePath(desk.number()), { wallet: Number(button.dataset.wallet) })));
  }
  find("paybill").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const asked = { shortcode: desk.facts.paybill, account: form.account.value.trim(), amount: form.amount.valueAsNumber };
    desk.attempt(async () => {
      const answer = await act(phonePath(desk.number(), "/paybill"), asked);
      form.querySelector("output").textContent = answer.ok ? say("paid", answer) : answer.error;
    });
  });
  find("write").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    desk.attempt(async () => {
      const answer = await act(phonePath(desk.number(), "/sms"), { to: desk.facts.sender, text: form.text.value });
      const taken = answer.status === 200;
      form.querySelector("output").textContent = taken ? say("smsSent") : say("smsNotSent", { why: answer.error || `HTTP ${answer.status}` });
      if (taken) form.reset();
    });
  });
  return { show };
}
