// What can be made to go wrong, by kind. The sandbox knows more values than a page should offer: see /docs.
import { find, make, redraw } from "./dom.js";
import { act, look, phonePath } from "./doors.js";
import { language, say } from "./speech.js";

const KINDS = {
  callback: ["normal", "dropped", "late", "doubled", "tenfold", "out_of_order", "before_answer", "forged", "wrong_amount", "unknown_id", "foreign_source"],
  stk_result: ["none", "0", "1", "1001", "1019", "1032", "1037", "2001", "9999"],
  stk_push: ["normal", "500", "slow", "token_expired", "spike", "locked", "html", "accepted_silent", "accepted_no_answer"],
  stk_query: ["normal", "pending_500", "pending_empty", "pending_4999", "500"],
  c2b: ["normal", "dropped", "doubled", "late"],
  pull: ["normal", "behind"],
  sms: ["normal", "refused", "500", "slow", "lost", "no_balance", "blacklisted", "invalid_sender"],
  sms_report: ["normal", "dropped", "failed", "late"],
  sms_inbound: ["normal", "doubled", "late", "shuffled"],
  whatsapp: ["normal", "500", "slow", "down", "rate", "pair_rate", "window_closed", "undeliverable", "token"],
  whatsapp_webhook: ["normal", "doubled", "tenfold", "batched", "shuffled", "week_old", "late"],
  whatsapp_status: ["normal", "dropped", "reordered", "read_only", "failed"],
  whatsapp_number: ["shown", "hidden"],
  telegram: ["normal", "429", "500", "slow", "down", "blocked"],
  telegram_webhook: ["normal", "doubled", "tenfold", "shuffled", "late"],
  mail: ["normal", "refused", "down"],
};
const LINES = ["free", "unreachable", "busy"];
const REPLAYS = 10;

export function startFaults(desk) {
  const tell = (word) => (find("fault-word").textContent = word);

  function choice(name, values, current, change) {
    const offered = values.includes(current) ? values : [...values, current];
    const options = offered.map((value) =>
      make("option", { value, selected: value === current }, values.includes(value) ? say(`f_${name}_${value}`) : value),
    );
    return make(
      "label",
      { class: current === values[0] ? "" : "odd" },
      make("span", {}, say(`f_${name}`)),
      make("select", { name, "data-stay": name, onchange: (event) => desk.attempt(() => change(event.target.value)) }, ...options),
    );
  }

  function show({ faults, held_calls, phone, number }) {
    redraw(find("faults"), [faults, phone.line, language(), number], () => [
      ...Object.entries(KINDS).map(([name, values]) => choice(name, values, faults[name], (value) => act("/faults", { [name]: value }))),
      choice("line", LINES, phone.line, (line) => act(phonePath(desk.number()), { line })),
    ]);
    find("held").textContent = held_calls;
    find("release").disabled = held_calls === 0;
  }

  find("faults").addEventListener("submit", (event) => event.preventDefault());
  find("reset").addEventListener("click", () =>
    desk.attempt(async () => {
      await act("/faults/reset");
      await act(phonePath(desk.number()), { line: "free" });
      tell("");
    }),
  );
  find("release").addEventListener("click", () =>
    desk.attempt(async () => tell(say("released", { count: (await act("/callbacks/release")).length }))),
  );
  find("replay").addEventListener("click", () =>
    desk.attempt(async () => {
      const last = (await look("/callbacks?kind=stk%20callback")).at(-1);
      if (!last) return tell(say("nothingToReplay"));
      const sent = await act(`/callbacks/${last.id}/replay`, { times: REPLAYS });
      return tell(say("replayed", { answers: [...new Set(sent.map((call) => call.status ?? call.error))].join(", ") }));
    }),
  );
  return { show };
}
