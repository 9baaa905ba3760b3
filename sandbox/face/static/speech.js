// The page's two languages; the choice is remembered by early.js's key.
import en from "./words.en.js";
import sw from "./words.sw.js";

const BOOKS = { en, sw };
const listeners = [];

export const language = () => (document.documentElement.lang === "sw" ? "sw" : "en");

/** The sentence of that name; `{amount}` and the like are filled in. */
export function say(name, facts = {}) {
  const sentence = BOOKS[language()][name];
  if (sentence === undefined) throw new Error(`no words for ${name}`);
  return sentence.replace(/\{(\w+)\}/g, (_, fact) => String(facts[fact]));
}

export const has = (name) => name in en;

export function onLanguage(listener) {
  listeners.push(listener);
}

export function speak(name) {
  document.documentElement.lang = name;
  try {
    localStorage.setItem("language", name);
  } catch {
    // spoken, not remembered
  }
  translate();
}

export function translate() {
  document.title = say("title");
  for (const place of document.querySelectorAll("[data-say]")) place.textContent = say(place.dataset.say);
  for (const place of document.querySelectorAll("[data-say-label]")) place.setAttribute("aria-label", say(place.dataset.sayLabel));
  for (const place of document.querySelectorAll("[data-say-hint]")) place.placeholder = say(place.dataset.sayHint);
  for (const button of document.querySelectorAll("[data-lang]")) button.setAttribute("aria-pressed", String(button.dataset.lang === language()));
  for (const listener of listeners) listener();
}
