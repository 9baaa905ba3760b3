// The phone itself: dialling, the talk, the PIN request, the newest text on its screen.
import { find, make, redraw } from "./dom.js";
import { act, phonePath, Refused } from "./doors.js";
import { recallHere, rememberHere } from "./memory.js";
import { onLanguage, say } from "./speech.js";
import { theDay, toMinute } from "./times.js";

const WRONG_PIN = "0000";
const PRESSED_MS = 140;
const TOUCHED = matchMedia("(pointer: coarse)").matches; // there a focused field brings up a keyboard over our own

/** `hear` is told every screen the product shows. */
export function startPhone(desk, hear) {
  const [body, words, reply, pin] = ["phone", "words", "reply", "pin"].map(find);
  const nothing = () => ({ number: desk.number(), talk: recallHere(`talk:${desk.number()}`, null), texts: null, text: null, prompt: null });
  let here = nothing(); // what this phone shows; another number is another phone
  let scene = null;
  let busy = false;

  const path = (rest) => phonePath(here.number, rest);
  const mode = () => {
    if (busy) return "busy";
    if (here.prompt) return "prompt";
    if (here.talk) return here.talk.open ? "talk" : "told";
    return here.text ? "text" : "idle";
  };

  /** Another number was chosen: from now on every key is its own. */
  function change() {
    [here, scene, busy, reply.value] = [nothing(), null, false, ""];
    draw();
  }

  function show(now) {
    scene = now;
    const prompt = now.phone.prompts.findLast((row) => row.state === "open") ?? null;
    if (prompt?.id !== here.prompt?.id) {
      here.prompt = prompt;
      reply.value = "";
      if (prompt) attract();
    }
    const count = now.phone.texts.length;
    if (here.texts !== null && count > here.texts) {
      here.text = now.phone.texts[count - 1];
      if (here.talk && !here.talk.open) keepTalk(null);
      if (!here.talk) attract();
    }
    here.texts = count;
    draw();
  }

  /** Something has come: the keyboard is led to it, unless the person is busy elsewhere on the page. */
  function attract() {
    const active = document.activeElement;
    if (!TOUCHED && (active === document.body || body.contains(active))) reply.focus({ preventScroll: true });
    body.classList.remove("buzz");
    void body.offsetWidth; // begins the animation anew
    body.classList.add("buzz");
  }

  function keepTalk(talk) {
    here.talk = talk;
    rememberHere(`talk:${here.number}`, talk);
  }

  function draw() {
    const is = mode();
    body.dataset.mode = is;
    pin.hidden = is !== "prompt";
    reply.readOnly = is === "busy";
    reply.maxLength = is === "prompt" ? 4 : 182;
    find("reply-label").textContent = say({ prompt: "replyPin", talk: "replyAnswer" }[is] ?? "replyDial");
    const left = { prompt: "keyOk", talk: "keySend" }[is] ?? (reply.value || is === "idle" ? "keyDial" : "keyOk");
    find("soft-left").textContent = say(left);
    if (scene !== null) {
      find("phone-time").textContent = toMinute(new Date(scene.now));
      find("line-word").textContent = say(`line_${scene.phone.line}`);
    }
    const shown = { ...SHOWN[is](), is, lang: document.documentElement.lang };
    redraw(words, shown, () => SCREENS[is](shown));
    const warnings = is === "talk" || is === "told" ? here.talk.warnings : [];
    find("warnings").textContent = is === "prompt" ? say("pinHint") : warnings.map((what) => say("warn", { what })).join(" ");
  }

  // Each screen's facts; the screen is drawn, and read out, again only when one of them changes.
  const SHOWN = {
    busy: () => ({}),
    prompt: () => ({ prompt: here.prompt }),
    talk: () => ({ talk: here.talk }),
    told: () => ({ talk: here.talk }),
    text: () => ({ text: here.text }),
    idle: () => (scene === null ? { time: "", day: "" } : { time: toMinute(new Date(scene.now)), day: theDay(new Date(scene.now)) }),
  };
  const SCREENS = {
    busy: () => [make("p", { class: "running" }, say("running"))],
    prompt: ({ prompt }) => [
      make("p", { class: "from" }, "M-PESA"),
      make("p", { class: "text" }, say("pinAsk", { ...prompt, amount: prompt.amount.toLocaleString("en") })),
      make("p", { class: "text" }, say("pinEnter")),
    ],
    talk: ({ talk }) => [make("p", { class: "text" }, talk.screen)],
    told: ({ talk }) => [make("p", { class: "text" }, talk.screen)],
    text: ({ text }) => [
      make("p", { class: "from" }, make("span", { class: "sr" }, `${say("newText")}: `), text.from),
      make("p", { class: "text" }, text.text),
    ],
    idle: ({ time, day }) => [
      make("p", { class: "hour", "aria-hidden": "true" }, time),
      make("p", { class: "day", "aria-hidden": "true" }, day),
      make("p", { class: "text" }, say("idleHint", { code: desk.facts.serviceCode })),
    ],
  };

  /** One exchange over the air; a session that is gone is the end of the talk. */
  async function exchange(door, sent) {
    if (busy) return;
    const whose = here;
    busy = true;
    reply.value = "";
    draw();
    await desk.attempt(async () => {
      try {
        const screen = await act(path(door), sent);
        if (whose !== here) return;
        keepTalk(screen.screen ? screen : null);
        if (screen.screen) hear(here.number, screen.screen, scene?.now);
      } catch (error) {
        if (!(error instanceof Refused) || error.status !== 409) throw error;
        keepTalk({ session: "", screen: say("ended"), open: false, warnings: [] });
      }
    });
    if (whose !== here) return;
    busy = false;
    draw();
  }

  function dial(code) {
    here.text = null;
    return exchange("/dial", { code });
  }

  /** Dials for a button that stands elsewhere, and goes on at the phone. */
  function dialFor(code) {
    desk.open("ussd");
    if (TOUCHED) body.scrollIntoView({ block: "nearest" });
    else reply.focus();
    return dial(code);
  }

  async function answerPrompt(action) {
    const asked = here.prompt;
    if (!asked) return;
    reply.value = "";
    keepTalk(null);
    await desk.attempt(() => act(path(`/prompts/${encodeURIComponent(asked.id)}`), { action }));
  }

  function send() {
    const typed = reply.value.trim();
    const is = mode();
    if (is === "busy") return;
    if (is === "prompt") {
      if (/^\d{4}$/.test(typed)) answerPrompt(typed === WRONG_PIN ? "wrong_pin" : "pin");
    } else if (is === "talk") {
      if (typed) exchange(`/ussd/${encodeURIComponent(here.talk.session)}`, { input: typed });
    } else if (typed || is === "idle") dial(typed || desk.facts.serviceCode);
    else dismiss();
  }

  function end() {
    const is = mode();
    if (is === "prompt") answerPrompt("cancel");
    else if (is === "talk") exchange(`/ussd/${encodeURIComponent(here.talk.session)}/drop`);
    else if (is !== "busy") dismiss();
  }

  function dismiss() {
    reply.value = "";
    keepTalk(null);
    here.text = null;
    draw();
  }

  function press(key) {
    const button = body.querySelector(`[data-key="${CSS.escape(key)}"]`);
    button.classList.add("pressed");
    setTimeout(() => button.classList.remove("pressed"), PRESSED_MS);
    if (reply.readOnly || reply.value.length >= reply.maxLength) return;
    reply.value += key;
    draw();
  }

  find("reply-form").addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  reply.addEventListener("input", draw);
  find("call").addEventListener("click", send);
  find("end").addEventListener("click", end);
  find("own-code").addEventListener("click", () => dialFor(desk.facts.serviceCode));
  find("soft-right").addEventListener("click", () => {
    if (reply.value) reply.value = reply.value.slice(0, -1);
    else if (["told", "text"].includes(mode())) dismiss();
    draw();
  });
  for (const button of body.querySelectorAll("[data-key]")) button.addEventListener("click", () => press(button.dataset.key));
  for (const button of pin.querySelectorAll("[data-action]")) button.addEventListener("click", () => answerPrompt(button.dataset.action));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inPhone = body.contains(event.target);
    if (event.key === "Escape" && inPhone) end();
    else if (/^[0-9*#]$/.test(event.key) && (event.target === document.body || (inPhone && event.target !== reply))) {
      event.preventDefault();
      reply.focus({ preventScroll: true });
      press(event.key);
    }
  });
  onLanguage(draw);
  return { show, change, dial: dialFor };
}
