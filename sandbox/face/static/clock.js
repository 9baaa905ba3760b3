// The trial's clock, which moves forward only.
import { find } from "./dom.js";
import { act } from "./doors.js";
import { say } from "./speech.js";
import { span, theDay, toMinute } from "./times.js";

export function startClock(desk) {
  const buttons = [...document.querySelectorAll("[data-advance]")];
  let moving = false;

  function show({ now, offset_seconds }) {
    const moment = new Date(now);
    find("now-time").dateTime = now;
    find("now-time").textContent = toMinute(moment);
    find("now-day").textContent = theDay(moment);
    const word = moving ? say("clockMoving") : offset_seconds ? say("clockAhead", { span: span(offset_seconds * 1000) }) : say("clockReal");
    if (find("offset").textContent !== word) find("offset").textContent = word;
  }

  async function move(advance) {
    if (moving) return;
    moving = true;
    mark();
    await desk.attempt(() => act("/clock", { advance }));
    moving = false;
    mark();
  }

  // Not disabled: a button that lost its focus on the way would send the keyboard back to the top.
  const mark = () => buttons.forEach((button) => button.setAttribute("aria-disabled", String(moving)));

  for (const button of buttons) button.addEventListener("click", () => move(button.dataset.advance));
  return { show };
}
