// Looks at the chosen number every 700 ms while somebody watches, and hands what is seen to each part of the page.
import { startAccount } from "./account.js";
import { startClock } from "./clock.js";
import { find } from "./dom.js";
import { look, phonePath, Refused } from "./doors.js";
import { startFaults } from "./faults.js";
import { startInbox } from "./inbox.js";
import { startNumber } from "./number.js";
import { startPhone } from "./phone.js";
import { startRouters } from "./routers.js";
import { onLanguage, say, speak, translate } from "./speech.js";
import { startStrip } from "./strip.js";

const LOOK_EVERY_MS = 700;
const LOOK_AGAIN_MS = 2000; // after a failure
const facts = { serviceCode: document.body.dataset.serviceCode, paybill: document.body.dataset.paybill, sender: document.body.dataset.sender };
let number = "";
let seen = null;
let waiting = 0;
let looks = 0;

const desk = {
  facts,
  number: () => number,
  refresh: () => schedule(0),
  alarm(text) {
    const place = find("alarm");
    place.textContent = text;
    place.hidden = !text;
  },
  /** Runs what a button asks for; what goes wrong is said, and the page looks again at once. */
  async attempt(deed) {
    try {
      return await deed();
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
const parts = [phone, startStrip(desk), startInbox(desk), startRouters(desk), account, startClock(desk), startFaults(desk)];

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
    seen = { ...scene, journey, number: asked };
    show();
    desk.alarm(journey.answering ? "" : say("productAway"));
    schedule(LOOK_EVERY_MS);
  } catch (error) {
    if (mine !== looks) return;
    desk.alarm(error instanceof Refused ? error.message : say("away"));
    schedule(LOOK_AGAIN_MS);
  }
}

function show() {
  if (seen === null || seen.number !== number) return;
  for (const part of parts) part.show(seen);
}

startNumber(desk, (chosen) => {
  number = chosen;
  desk.alarm("");
  phone.change();
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
