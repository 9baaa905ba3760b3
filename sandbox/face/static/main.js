// Looks at the chosen number every 700 ms while somebody watches, and hands what is seen to each part of the page.
import { startAccount } from "./account.js";
import { startChat } from "./chat.js";
import { startClock } from "./clock.js";
import { find } from "./dom.js";
import { look, phonePath, Refused } from "./doors.js";
import { startFaults } from "./faults.js";
import { startNumber } from "./number.js";
import { startPerson, visible } from "./person.js";
import { startPhone } from "./phone.js";
import { startPurse } from "./purse.js";
import { startRouters } from "./routers.js";
import { startSms } from "./sms.js";
import { onLanguage, say, speak, translate } from "./speech.js";
import { startStrip } from "./strip.js";

const LOOK_EVERY_MS = 700;
const HURRIED_MS = 150; // after something was said, for as long as …
const HURRY_MS = 3000;
const LOOK_AGAIN_MS = 2000; // after a failure
const facts = { ...document.body.dataset }; // serviceCode, paybill, sender, shortCode
let number = "";
let reported = "";
let seen = null;
let waiting = 0;
let looks = 0;
let hurried = 0;

const desk = {
  facts,
  number: () => number,
  refresh: () => schedule(0),
  open: (name) => person.open(name),
  /** An answer is on its way. */
  hurry() {
    hurried = Date.now() + HURRY_MS;
    schedule(HURRIED_MS);
  },
  alarm(text) {
    const place = find("alarm");
    place.textContent = text;
    place.hidden = !text;
  },
  /** Runs what a button asks for; what goes wrong is said, and the page looks again at once. */
  async attempt(deed) {
    try {
      const done = await deed();
      desk.alarm("");
      return done;
    } catch (error) {
      desk.alarm(error instanceof Refused ? error.message : say("away"));
      return null;
    } finally {
      desk.refresh();
    }
  },
};

const account = startAccount(desk);
const phone = startPhone(desk, account.hear);
account.askWith(phone.dial);
const person = startPerson(desk);
const windows = [phone, person, startChat(desk, "whatsapp"), startChat(desk, "telegram"), startSms(desk)];
const parts = [...windows, startStrip(desk), startPurse(desk), startRouters(desk), account, startClock(desk), startFaults(desk)];

function schedule(milliseconds) {
  clearTimeout(waiting);
  waiting = setTimeout(lookOnce, milliseconds);
}

async function lookOnce() {
  if (document.hidden) return;
  const mine = ++looks;
  const asked = number;
  try {
    const [scene, journey] = await Promise.all([look(phonePath(asked, "/scene")), look(phonePath(asked, "/journey"))]);
    if (mine !== looks || asked !== number) return;
    seen = { ...scene, journey, number: asked, visible };
    show();
    report(journey.answering ? "" : say("productAway"));
    schedule(Date.now() < hurried ? HURRIED_MS : LOOK_EVERY_MS);
  } catch (error) {
    if (mine !== looks) return;
    report(error instanceof Refused ? error.message : say("away"));
    schedule(LOOK_AGAIN_MS);
  }
}

/** What a look found. A good one takes away what looks have said, not the answer to what somebody typed or pressed. */
function report(word) {
  if (word || find("alarm").textContent === reported) desk.alarm(word);
  reported = word;
}

function show() {
  if (seen === null || seen.number !== number) return;
  for (const part of parts) part.show(seen);
}

startNumber(desk, (chosen) => {
  number = chosen;
  desk.alarm("");
  for (const part of windows) part.change();
  desk.refresh();
});
for (const button of document.querySelectorAll("[data-lang]")) button.addEventListener("click", () => speak(button.dataset.lang));
find("theme").addEventListener("click", () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = dark ? "light" : "dark";
  try {
    localStorage.setItem("theme", root.dataset.theme);
  } catch {
    // shown, not remembered
  }
});
document.addEventListener("visibilitychange", () => (document.hidden ? clearTimeout(waiting) : desk.refresh()));
onLanguage(show);
translate();
