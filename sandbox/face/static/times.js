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

/** 0.13 s · 6.4 s · 2 min 5 s · 3 h 20 min · 35 d 2 h */
export function span(milliseconds) {
  const seconds = milliseconds / 1000;
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const [d, h, m, s] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, Math.floor(seconds % 60)];
  if (d) return h ? `${d} d ${h} h` : `${d} d`;
  if (h) return m ? `${h} h ${m} min` : `${h} h`;
  return s ? `${m} min ${s} s` : `${m} min`;
}
