"""Drill 3: what Daraja tells is dropped, repeated, late, early, out of order, twisted, or made up by a forger."""

import secrets
from typing import Any

from drill.crowd import buy_all, look_after
from drill.outside import FOREIGN
from drill.scene import Drill, Scene, Tally

CI_EACH, FULL_EACH = 3, 12
FORGED_SHILLINGS = 999
DAY = 86_400


def _buy(scene: Scene, tally: Tally, **faults: Any) -> None:
    """A few purchases under standing faults: some for oneself, a gift, a home line."""
    count = FULL_EACH if scene.full else CI_EACH
    buyers = [scene.buyer(("self", "gift", "home")[number % 3]) for number in range(count)]
    scene.outside.faults(**faults)
    buy_all(tally, buyers)
    tally.faults += count
    look_after(scene, buyers)


def dropped(scene: Scene, tally: Tally) -> None:
    """No callback ever comes: once the paybill's own message tells it, once nothing but the query does."""
    _buy(scene, tally, callback="dropped")
    _buy(scene, tally, callback="dropped", c2b_after_stk="off")
    scene.outside.live_on(5, step=1)


def repeated(scene: Scene, tally: Tally) -> None:
    """Ten of each at one moment, and each of them again later."""
    began = scene.outside.last_call()
    _buy(scene, tally, callback="tenfold", c2b="doubled")
    for call in scene.outside.calls("stk callback", after=began):
        scene.outside.post(f"/callbacks/{call['id']}/replay", {"times": 3})
        tally.faults += 3


def a_day_late(scene: Scene, tally: Tally) -> None:
    """The callback comes a day later; the query has settled it long before, or the late word does."""
    _buy(scene, tally, callback="late", c2b="late")
    _buy(scene, tally, callback="late", c2b_after_stk="off", stk_query="pending_500")
    scene.outside.live_on(90)
    scene.outside.pass_time(DAY)
    scene.outside.rest()
    scene.outside.post("/callbacks/release")


def early_or_out_of_order(scene: Scene, tally: Tally) -> None:
    """The callback before the push is answered; a failure notice before the truth; the push never answered."""
    _buy(scene, tally, callback="out_of_order")
    _buy(scene, tally, callback="before_answer", prompt_seconds=20)
    _buy(scene, tally, stk_push="accepted_no_answer", callback="normal")


def twisted(scene: Scene, tally: Tally) -> None:
    """Another amount, another request's id, an address that is not Safaricom's: confirmed before it counts."""
    _buy(scene, tally, callback="wrong_amount")
    _buy(scene, tally, callback="unknown_id")
    _buy(scene, tally, callback="foreign_source")


def forged(scene: Scene, tally: Tally) -> None:
    """A made-up success for each open prompt, which then is cancelled; and every door tried without its secret."""
    outside = scene.outside
    outside.faults(callback="forged")
    buyers = [scene.buyer("self", answer="cancel") for _ in range(FULL_EACH if scene.full else CI_EACH)]
    began = outside.last_call()
    buy_all(tally, buyers)
    outside.faults(callback="normal")
    look_after(scene, buyers)
    for call in outside.calls(after=began):
        if "/pay/" in call["url"]:
            tally.faults += _forge(scene, call)
    outside.rest()


def _forge(scene: Scene, call: dict[str, Any]) -> int:
    """One true call, told anew by somebody else: wrong secret, wrong token, wrong id, a receipt nobody has."""
    outside, url, body = scene.outside, str(call["url"]), call["body"]
    head, _, token = url.rpartition("/")
    invented = _with_receipt(body, f"UX{secrets.token_hex(4).upper()}")
    tries = [
        {"url": url, "body": invented, "source": FOREIGN},
        {"url": f"{head}/{secrets.token_hex(len(token) // 2)}", "body": invented, "source": "127.0.0.1"},
        {"url": url.replace("/pay/", "/pay/0"), "body": body, "source": "127.0.0.1"},
    ]
    for forgery in tries:
        outside.post("/callbacks", forgery)
    return len(tries)


def _with_receipt(body: Any, receipt: str) -> Any:
    """The same message, paid in full, with another receipt."""
    callback = body.get("Body", {}).get("stkCallback") if isinstance(body, dict) else None
    if callback is None:
        return {**body, "TransID": receipt} if isinstance(body, dict) else body
    items = [
        {"Name": "Amount", "Value": FORGED_SHILLINGS},
        {"Name": "MpesaReceiptNumber", "Value": receipt},
        {"Name": "TransactionDate", "Value": 20261122120000},
        {"Name": "PhoneNumber", "Value": 254711000000},
    ]
    told = {**callback, "ResultCode": 0, "CallbackMetadata": {"Item": items}}
    return {"Body": {"stkCallback": told}}


DRILLS: dict[str, Drill] = {
    "callbacks dropped": dropped,
    "callbacks tenfold and replayed": repeated,
    "callbacks a day late": a_day_late,
    "callbacks early, out of order, push unanswered": early_or_out_of_order,
    "callbacks with another amount, id, source": twisted,
    "callbacks forged": forged,
}
