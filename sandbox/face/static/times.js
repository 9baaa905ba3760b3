// Moments as people in Kenya read them. East Africa Time has no summer time.
import { language } from "./speech.js";

const NAIROBI = "Africa/Nairobi";
const SECOND = new Intl.DateTimeFormat("en-GB", { timeZone: NAIROBI, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const MINUTE = new Intl.DateTimeFormat("en-GB", { timeZone: NAIROBI, hour: "2-digit", minute: "2-digit" });
const DAYS = Object.fromEntries(
  Object.entries({ en: "en-GB", sw: "sw-KE" }).map(([name, locale]) => [
    name,
    new Intl.DateTimeFormat(locale, { timeZone: NAIROBI, weekday: "long", day: "numeric", month: "long", year: "numeric" }),
  ]),
);
const SHORT_DAY = new Intl.DateTimeFormat("en-GB", { timeZone: NAIROBI, day: "2-digit", month: "2-digit" });

export const toSecond = (moment) => SECOND.format(moment);
export const toMinute = (moment) => MINUTE.format(moment);
export const theDay = (moment) => DAYS[language()].format(moment);
export const shortDay = (moment) => SHORT_DAY.format(moment);

const UNITS = { en: (number, unit) => `${number} ${unit}`, sw: (number, unit) => `${{ d: "siku", h: "saa", min: "dakika", s: "sekunde" }[unit]} ${number}` };
const ROUTER_SECONDS = { w: 604800, d: 86400, h: 3600, m: 60, s: 1 };

/** 0.13 s · 6.4 s · 2 min 5 s · 3 h 20 min · 35 d 2 h: two units at most. */
export function span(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 60) return `${seconds.toFixed(seconds < 1 ? 2 : 1)} s`;
  const parts = { d: Math.floor(seconds / 86400), h: Math.floor(seconds / 3600) % 24, min: Math.floor(seconds / 60) % 60, s: Math.floor(seconds % 60) };
  const units = Object.keys(parts);
  const largest = units.findIndex((unit) => parts[unit] > 0);
  const told = units.slice(largest, largest + 2).filter((unit) => parts[unit] > 0);
  return told.map((unit) => UNITS[language()](parts[unit], unit)).join(" ");
}

/** RouterOS's own writing, such as 4w2d or 1d3h20m, in words. */
export function routerSpan(written) {
  const parts = [...written.matchAll(/(\d+)([wdhms])/g)];
  return span(1000 * parts.reduce((sum, [, number, unit]) => sum + Number(number) * ROUTER_SECONDS[unit], 0));
}
