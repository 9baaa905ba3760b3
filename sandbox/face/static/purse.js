// The M-PESA wallet, and what can be paid by hand.
import { find } from "./dom.js";
import { act, phonePath } from "./doors.js";
import { say } from "./speech.js";

export function startPurse(desk) {
  function show({ phone }) {
    find("wallet").textContent = `Ksh ${phone.wallet.toLocaleString("en")}`;
  }

  for (const button of document.querySelectorAll("[data-wallet]")) {
    button.addEventListener("click", () => desk.attempt(() => act(phonePath(desk.number()), { wallet: Number(button.dataset.wallet) })));
  }
  find("paybill").addEventListener("submit", (event) => {
    event.preventDefault();
    const form = event.currentTarget;
    const asked = { shortcode: desk.facts.paybill, account: form.account.value.trim(), amount: form.amount.valueAsNumber };
    desk.attempt(async () => {
      const answer = await act(phonePath(desk.number(), "/paybill"), asked);
      form.querySelector("output").textContent = answer.ok ? say("paid", answer) : answer.error;
    });
  });
  return { show };
}
