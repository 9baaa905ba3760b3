// Whose phone it is: a field, and a list of numbers used here or by customers of the seeded past.
import { find, make } from "./dom.js";
import { look } from "./doors.js";
import { recall, remember } from "./memory.js";
import { onLanguage, say } from "./speech.js";

const FIRST = "0712345678";
const MOST_RECENT = 8;
const SPELLINGS = /^(?:\+?254|0)([17]\d{8})$/;

/** 0712345678, from any spelling people use; null for anything else. */
export function plain(typed) {
  const match = SPELLINGS.exec(typed.replace(/\s/g, ""));
  return match ? `0${match[1]}` : null;
}

export const spaced = (number) => number.replace(/^(\d{4})(\d{3})(\d{3})$/, "$1 $2 $3");

export function startNumber(desk, chosen) {
  const field = find("number");
  const list = find("known");
  let payers = [];

  function choose(number) {
    const recent = [number, ...recall("numbers", []).filter((other) => other !== number)].slice(0, MOST_RECENT);
    remember("numbers", recent);
    field.value = spaced(number);
    drawList(recent);
    chosen(number);
  }

  function drawList(recent) {
    const old = payers.filter((payer) => !recent.includes(payer.number));
    list.replaceChildren(
      make("option", { value: "" }, say("knownHint")),
      make("optgroup", { label: say("knownRecent") }, ...recent.map((number) => make("option", { value: number }, spaced(number)))),
    );
    if (old.length === 0) return;
    const told = (payer) => say("payer", { number: spaced(payer.number), amount: payer.amount.toLocaleString("en") });
    list.append(make("optgroup", { label: say("knownPayers") }, ...old.map((payer) => make("option", { value: payer.number }, told(payer)))));
  }

  function take() {
    const number = plain(field.value);
    field.setAttribute("aria-invalid", String(number === null));
    if (number === null) desk.alarm(say("notANumber", { number: field.value }));
    else if (number === desk.number()) {
      field.value = spaced(number);
      desk.alarm("");
    } else choose(number);
  }

  find("who").addEventListener("submit", (event) => {
    event.preventDefault();
    take();
  });
  field.addEventListener("change", take);
  list.addEventListener("change", () => {
    if (list.value) choose(list.value);
  });
  onLanguage(() => drawList(recall("numbers", [])));
  choose(plain(recall("numbers", [])[0] ?? "") ?? FIRST);
  look("/payers").then(
    (rows) => {
      payers = rows.map((row) => ({ number: plain(row.msisdn), amount: row.amount }));
      drawList(recall("numbers", []));
    },
    () => desk.alarm(say("away")),
  );
}
