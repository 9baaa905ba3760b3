// The account as the product itself tells it: the last account screen that this number was shown.
import { find, make, redraw } from "./dom.js";
import { recall, remember } from "./memory.js";
import { say } from "./speech.js";
import { shortDay, toMinute } from "./times.js";

const ACCOUNT_KEY = 4; // the number of Account on the first screen; numbers keep their meaning
const OPENING = /\b(?:account|akaunti) (\d{6,})/i;
const CHOICE = /^\d+\. /;

export function startAccount(desk) {
  const code = desk.facts.serviceCode.replace(/#$/, `*${ACCOUNT_KEY}#`);
  find("account-code").textContent = code;

  /** Any screen whose first line names the account is the product's word about it. */
  function hear(number, screen, at) {
    const lines = screen.split("\n").filter((line) => !CHOICE.test(line));
    const match = OPENING.exec(lines[0] ?? "");
    if (match) remember(`account:${number}`, { at, account: match[1], lines });
  }

  function show({ number }) {
    const told = recall(`account:${number}`, null);
    const none = say("accountNone");
    redraw(find("account"), { told, none }, () => (told ? card(told) : [make("p", { class: "note" }, none)]));
  }

  function card({ at, account, lines }) {
    const moment = new Date(at);
    const holder = lines[0].replace(OPENING, "").replace(/,\s*$/, "").trim();
    return [
      make("p", { class: "holder" }, make("b", {}, holder || `${say("accountNo")} ${account}`), holder ? make("code", {}, account) : null),
      ...lines.slice(1).map((line) => make("p", {}, line)),
      make("p", { class: "note" }, say("accountAt", { at: `${shortDay(moment)} ${toMinute(moment)}` })),
    ];
  }

  return { show, hear, askWith: (dial) => find("ask-account").addEventListener("click", () => dial(code)) };
}
