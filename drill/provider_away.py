"""Drill 7: carriers are down for an hour and come back: every notice arrives once, each person's in order."""

from collections.abc import Collection, Sequence
from random import Random
from typing import Any

from drill.chatters import Chatter, Telegrammer
from drill.scene import Drill, Scene, Tally
from drill.talkers import Talker, Texter

CI_EACH, FULL_EACH = 2, 8
KINDS: tuple[type[Talker], ...] = (Texter, Telegrammer, Chatter)
PAYMENTS = 3
BETWEEN_MINUTES = 20
"""Three payments and what follows them make up the hour."""
STEP_MINUTES = 10
AFTERWARDS_MINUTES = 120
"""The last pause of a text that is tried again is an hour."""
SHILLINGS = 7
"""Buys nothing, so it stays the person's money, and the person is told with the receipt's number."""
SMS, TELEGRAM, WHATSAPP = {"sms": "500"}, {"telegram": "down"}, {"whatsapp": "down"}
CARRIERS = ("sms", "telegram", "whatsapp")
OUTAGES: tuple[dict[str, str], ...] = ({**SMS, **TELEGRAM, **WHATSAPP}, SMS, TELEGRAM, WHATSAPP)
"""In CI the first alone: all of them at once."""


def carriers_away(scene: Scene, tally: Tally) -> None:
    for fault in OUTAGES if scene.full else OUTAGES[:1]:
        _away(scene, tally, fault)


def _away(scene: Scene, tally: Tally, fault: dict[str, str]) -> None:
    """Everybody pays by hand thrice within the hour; what tells them of it is looked for afterwards."""
    outside = scene.outside
    people = [
        _somebody(scene, tally, kind) for kind in KINDS for _ in range(FULL_EACH if scene.full else CI_EACH)
    ]
    outside.rest()
    paybill = outside.get("/about")["paybill"]
    accounts = {one.number: _account(scene, one) for one in people}
    receipts: dict[str, list[str]] = {one.number: [] for one in people}
    outside.faults(**fault)
    tally.faults += 1
    for _ in range(PAYMENTS):
        for one in people:
            body = {"shortcode": paybill, "account": accounts[one.number], "amount": SHILLINGS}
            outside.post(f"/phones/{one.number}/paybill", body)
            receipts[one.number].append(outside.get("/mpesa/statement")[-1]["receipt"])
            tally.events += 1
        for _ in range(0, BETWEEN_MINUTES, STEP_MINUTES):
            outside.calm()
            outside.pass_time(STEP_MINUTES * 60)
    outside.calm()
    for one in people:
        _was_away(tally, one.number, receipts[one.number], _sent_by(scene, one, fault))
    outside.post("/faults/reset")
    outside.live_on(AFTERWARDS_MINUTES, step=AFTERWARDS_MINUTES // 2)
    for one in people:
        _look(tally, one.number, receipts[one.number], _sent_by(scene, one, CARRIERS))


def _somebody(scene: Scene, tally: Tally, kind: type[Talker]) -> Talker:
    """Somebody who has talked with us on that channel."""
    draw = Random(scene.draw.random())
    one = kind(scene.outside, scene.phones.next(), scene.phones.next(), draw)
    scene.outside.post(f"/phones/{one.number}", {"wallet": 1_000})
    if not one.finds_menu():
        tally.broken.append(f"{one.number} ({one.channel}) was not shown the menu")
    return one


def _account(scene: Scene, talker: Talker) -> str:
    (row,) = scene.books.rows(
        "SELECT account_no FROM subscribers s JOIN addresses a ON a.subscriber_id = s.id "
        "WHERE a.channel = 'msisdn' AND a.is_primary AND a.external_id = %(digits)s",
        digits=talker.digits,
    )
    return str(row.account_no)


def _sent_by(scene: Scene, talker: Talker, carriers: Collection[str]) -> list[str]:
    """What the phone was sent by these carriers, in the order of its instants."""
    phone = f"/phones/{talker.number}"
    found: list[Any] = []
    if "sms" in carriers:
        found += [text for text in scene.outside.get(phone)["texts"] if text["from"] != "MPESA"]
    for chat in (carrier for carrier in carriers if carrier != "sms"):
        found += [one for one in scene.outside.get(f"{phone}/{chat}")["messages"] if one["from_us"]]
    return [one["text"] for one in sorted(found, key=lambda one: one["at"])]


def _was_away(tally: Tally, number: str, wanted: Sequence[str], told: Sequence[str]) -> None:
    """A carrier that was not away proves nothing when it is back."""
    if any(receipt in text for text in told for receipt in wanted):
        tally.broken.append(f"{number} was told within the hour by a carrier that should have been away")


def _look(tally: Tally, number: str, wanted: Sequence[str], told: Sequence[str]) -> None:
    """Each receipt is told once, in the order of the payments."""
    arrived = [receipt for text in told for receipt in wanted if receipt in text]
    for receipt in wanted:
        if receipt not in arrived:
            tally.findings.lost.append(f"{number}: nothing tells of {receipt}")
        elif arrived.count(receipt) > 1:
            times = arrived.count(receipt)
            tally.findings.doubled.append(f"{number} is told of {receipt} {times} times")
    if list(dict.fromkeys(arrived)) != [receipt for receipt in wanted if receipt in arrived]:
        tally.broken.append(f"{number} is told in another order than it paid")


DRILLS: dict[str, Drill] = {"carriers away for an hour": carriers_away}
