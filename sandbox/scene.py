"""Doors for the page with the phone: one look at everything that a number sees or holds, and its purchase."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal

import httpx
from fastapi import APIRouter
from pydantic import BaseModel, ValidationError

from sandbox.clock import NAIROBI_AHEAD, TrialClock
from sandbox.courier import Courier
from sandbox.daraja.ledger import MpesaLedger
from sandbox.daraja.prompts import Prompts
from sandbox.faults import Faults, StandingFaults
from sandbox.phone_doors import Number, PhoneView, look_at
from sandbox.phones import Phones
from sandbox.routeros import LiveSession, Router
from sandbox.routers import RouterRack
from sandbox.windows import Bubble, Desk, Windows
from sandbox.world import World

ASK_TIMEOUT_SECONDS = 3.0
MOST_PAYERS = 12
_NAME = re.compile(r"[A-Z0-9]{6,}")
# A CheckoutRequestID opens with the moment it was made in Nairobi: ws_CO_DDMMYYYYHHMMSS and more digits.
_MADE = re.compile(r"^ws_CO_(\d{14})")

RouterFault = Literal["normal", "silent", "cut", "fatal", "refusing"]


class Held(BaseModel):
    """A row of the router that belongs to the phone: its voucher, or the PPPoE secret of its home.
    `limit` is RouterOS's limit-uptime, empty for none."""

    service: Literal["hotspot", "pppoe"]
    name: str
    password: str
    profile: str
    limit: str
    disabled: bool


class RouterScene(BaseModel):
    name: str
    site: str
    version: str
    on: bool
    pppoe: bool
    hotspot: bool
    fault: RouterFault
    held: list[Held]
    online: list[LiveSession]


class Scene(BaseModel):
    """`held_calls` counts what waits for POST /callbacks/release."""

    phone: PhoneView
    windows: Windows
    routers: list[RouterScene]
    faults: Faults
    held_calls: int
    now: datetime
    offset_seconds: int


class Step(BaseModel):
    """An event by the product's name, or what phone and router saw of it: PromptShown, MoneyTaken,
    TextArrived, WhatsAppArrived, TelegramArrived, LoggedIn."""

    at: datetime
    what: str
    seen_by: Literal["product", "phone", "router"] = "product"


class Journey(BaseModel):
    """The way of the number's latest purchase. `answering`: whether the product could be asked."""

    purchase: int | None = None
    answering: bool = True
    steps: list[Step] = []


class Payer(BaseModel):
    """Somebody who has paid before; `amount` is the most at once, in whole shillings."""

    msisdn: str
    amount: int


def scene_doors(
    world: World,
    phones: Phones,
    prompts: Prompts,
    desk: Desk,
    ledger: MpesaLedger,
    rack: RouterRack,
    courier: Courier,
    faults: StandingFaults,
    clock: TrialClock,
) -> APIRouter:
    router = APIRouter(tags=["phones"])

    def names(number: str) -> set[str]:
        """What the phone has been told by text, in a chat or on its screen, and may therefore type somewhere."""
        said = [*(text.text for text in phones.inbox(number)), *desk.said_to(number)]
        for call in courier.calls:
            if (
                call.kind == "ussd"
                and isinstance(call.body, dict)
                and call.body["phoneNumber"] == f"+{number}"
            ):
                said.append(call.answer)
        return {name for text in said for name in _NAME.findall(text.upper().replace("-", ""))}

    def routers_of(number: str) -> list[RouterScene]:
        known = names(number)
        return [_scene_of(router, known, faults.now) for router in rack.routers.values()]

    @router.get("/payers")
    async def payers() -> list[Payer]:
        """Numbers that have paid, those that paid most at once first: homes, then hotspots."""
        most: dict[str, int] = {}
        for paid in ledger.statement():
            most[paid.msisdn] = max(paid.amount, most.get(paid.msisdn, 0))
        ranked = sorted(most.items(), key=lambda item: -item[1])[:MOST_PAYERS]
        return [Payer(msisdn=msisdn, amount=amount) for msisdn, amount in ranked]

    @router.get("/phones/{msisdn}/scene")
    async def scene(msisdn: Number) -> Scene:
        """The phone and its windows, what every router holds for it, the faults in force, and the time."""
        return Scene(
            phone=look_at(phones, prompts, msisdn),
            windows=desk.of(msisdn),
            routers=routers_of(msisdn),
            faults=faults.now,
            held_calls=sum(call.state == "held" for call in courier.calls),
            now=clock.now(),
            offset_seconds=clock.offset_seconds,
        )

    @router.get("/phones/{msisdn}/journey")
    async def journey(msisdn: Number) -> Journey:
        """The latest purchase as the product tells it, and what the outside world saw of it."""
        told = await _ask(f"{world.web}/trial/journey/{msisdn}")
        if told.purchase is None or not told.steps:
            return told
        begun = min(step.at for step in told.steps)
        phone = look_at(phones, prompts, msisdn)
        seen = [
            *_of_money(phone, begun),
            *_of_notices(phone, world.sender, desk.of(msisdn), told.steps),
            *_at_routers(routers_of(msisdn), begun),
        ]
        return told.model_copy(update={"steps": sorted([*told.steps, *seen], key=lambda step: step.at)})

    return router


async def _ask(url: str) -> Journey:
    try:
        async with httpx.AsyncClient(timeout=ASK_TIMEOUT_SECONDS) as product:
            answer = await product.get(url)
        return Journey.model_validate_json(answer.content) if answer.is_success else Journey(answering=False)
    except (httpx.HTTPError, ValidationError):
        return Journey(answering=False)


def _of_money(phone: PhoneView, begun: datetime) -> Iterable[Step]:
    for prompt in phone.prompts:
        # The id knows whole seconds only, so a prompt of the same second may seem to come before its purchase.
        at = _made_at(prompt.id)
        if at is not None and at >= begun.replace(microsecond=0):
            yield Step(at=max(at, begun), what="PromptShown", seen_by="phone")
    for text in phone.texts:
        if text.at >= begun and text.sender == "MPESA":
            yield Step(at=text.at, what="MoneyTaken", seen_by="phone")


def _of_notices(phone: PhoneView, sender: str, windows: Windows, steps: list[Step]) -> list[Step]:
    """What the provider has told unasked: texts in its name, and what offers nothing to choose in a chat. As many
    belong to the purchase as it has made ready; what comes later is about something else."""
    begun = min(step.at for step in steps)
    ready = sorted(step.at for step in steps if step.what == "NoticeQueued")
    came = [("TextArrived", text.at) for text in phone.texts if text.sender == sender and text.at >= begun]
    for what, window in (("WhatsAppArrived", windows.whatsapp), ("TelegramArrived", windows.telegram)):
        came += [
            (what, row.at) for row in window.messages if _is_notice(row) and ready and row.at >= ready[0]
        ]
    told = [Step(at=at, what=what, seen_by="phone") for what, at in sorted(came, key=lambda row: row[1])]
    return told[: len(ready)] if ready else told


def _is_notice(message: Bubble) -> bool:
    return message.from_us and not message.choices and not message.asks_contact


def _at_routers(routers: list[RouterScene], begun: datetime) -> Iterable[Step]:
    for session in (session for router in routers for session in router.online):
        started = datetime.fromisoformat(session.started)
        # A home that was online before it paid is online still; a voucher's session is its own.
        if started >= begun or session.kind == "pppoe":
            yield Step(at=max(started, begun), what="LoggedIn", seen_by="router")


def _made_at(checkout_request_id: str) -> datetime | None:
    match = _MADE.match(checkout_request_id)
    if match is None:
        return None
    return datetime.strptime(match[1], "%d%m%Y%H%M%S").replace(tzinfo=UTC) - NAIROBI_AHEAD


def _scene_of(router: Router, known: set[str], faults: Faults) -> RouterScene:
    spec = router.spec
    rows = [
        *_rows(router, "hotspot", "/ip/hotspot/user", offered=spec.hotspot),
        *_rows(router, "pppoe", "/ppp/secret", offered=spec.pppoe),
    ]
    return RouterScene(
        name=spec.name, site=spec.site, version=spec.version, on=router.on,
        pppoe=spec.pppoe, hotspot=spec.hotspot, fault=_fault_of(spec.name, faults),
        held=[row for row in rows if _plain(row.name) in known],
        online=[session for session in router.sessions() if _plain(session.username) in known],
    )  # fmt: skip


def _rows(
    router: Router, service: Literal["hotspot", "pppoe"], menu: str, *, offered: bool
) -> Iterable[Held]:
    for row in router.rows(menu) if offered else []:
        yield Held(
            service=service, name=_of(row, "name"), password=_of(row, "password"), profile=_of(row, "profile"),
            limit=_of(row, "limit-uptime"), disabled=row.get("disabled") == "true",
        )  # fmt: skip


def _of(row: dict[str, Any], name: str) -> str:
    return str(row.get(name, ""))


def _plain(name: str) -> str:
    return name.upper().replace("-", "")


def _fault_of(name: str, faults: Faults) -> RouterFault:
    if name in faults.router_refusing:
        return "refusing"
    if name in faults.router_silent:
        return "silent"
    if name in faults.router_cut:
        return "cut"
    return "fatal" if name in faults.router_fatal else "normal"
