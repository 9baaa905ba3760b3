"""Doors for whoever directs the trial: what there is, faults, callbacks, the clock."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, HTTPException
from pydantic import BaseModel, ConfigDict, Field, field_validator

from sandbox.clock import TrialClock, parse_duration
from sandbox.clock_stops import ClockMover, NotIdle
from sandbox.courier import Body, Call, Courier
from sandbox.daraja.c2b import PaybillDesk
from sandbox.faults import Faults, StandingFaults
from sandbox.mail.office import PostOffice
from sandbox.routers import RouterRack
from sandbox.world import Site, StaffLogin, World

Loopback = Annotated[str, Field(pattern=r"^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$")]


class RouterMention(BaseModel):
    name: str
    site: str
    pppoe: bool
    hotspot: bool


class About(BaseModel):
    """All somebody needs who wants to play a trial."""

    service_code: str
    paybill: str
    sender: str
    web: str
    sites: list[Site]
    routers: list[RouterMention]
    staff: StaffLogin | None
    telegram: str = Field(description="the bot's username")
    whatsapp: str = Field(description="the provider's number, as it is shown")
    mail_port: int


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Advance(_Asked):
    """An ISO 8601 duration of weeks, days, hours, minutes and seconds: P35D, PT90M."""

    advance: str

    @field_validator("advance")
    @classmethod
    def _is_duration(cls, text: str) -> str:
        parse_duration(text)
        return text


class Now(BaseModel):
    now: datetime
    offset_seconds: int


class Replay(_Asked):
    """Sends copies at one moment. `body` replaces the recorded one (an object, or raw text), `url` its
    address on the product, `source` the local address it comes from."""

    times: int = Field(1, ge=1, le=100)
    source: Loopback | None = None
    url: str | None = None
    body: Body | None = None


class Forged(_Asked):
    """A call nobody but a forger would make, to any door of the product."""

    url: str
    body: Body
    form: bool = False
    source: Loopback = "127.0.0.9"
    headers: dict[str, str] = {}


def control_doors(
    world: World,
    faults: StandingFaults,
    courier: Courier,
    clock: TrialClock,
    mover: ClockMover,
    paybill: PaybillDesk,
    rack: RouterRack,
    office: PostOffice,
) -> APIRouter:
    router = APIRouter(tags=["trial"])

    async def lay(standing: Faults) -> Faults:
        """Tells those who must do something for a fault beyond looking at it."""
        rack.lay(standing)
        await office.lay(standing)
        return standing

    @router.get("/about")
    async def about() -> About:
        return About(
            service_code=world.service_code, paybill=world.daraja.shortcode,
            sender=world.sender, web=world.web, sites=world.sites,
            routers=[RouterMention(**place.model_dump()) for place in world.routers],
            staff=world.staff, telegram=world.telegram.username,
            whatsapp=world.whatsapp.display_number, mail_port=office.port,
        )  # fmt: skip

    @router.get("/faults")
    async def standing_faults() -> Faults:
        return faults.now

    @router.post("/faults")
    async def change_faults(asked: Faults) -> Faults:
        """Changes the settings that are named, leaves the rest; answers with all."""
        strangers = _router_names(asked) - {place.name for place in world.routers}
        if strangers:
            raise HTTPException(422, f"no such router: {', '.join(sorted(strangers))}")
        return await lay(faults.change(asked))

    @router.post("/faults/reset")
    async def reset_faults() -> Faults:
        """Everything normal again; held callbacks stay held until released."""
        return await lay(faults.reset())

    @router.get("/callbacks")
    async def callbacks(
        kind: str | None = None, state: Literal["sending", "held", "dropped"] | None = None, after: int = 0
    ) -> list[Call]:
        """What is under way, was sent, held or dropped, oldest first; `after` leaves out ids up to the given one."""
        found = (call for call in courier.calls if call.id > after)
        return [call for call in found if kind in {None, call.kind} and state in {None, call.state}]

    @router.post("/callbacks")
    async def forge(asked: Forged) -> Call:
        """Sends a call of one's own making to the product."""
        _of_the_product(world, asked.url)
        return await courier.post(
            "forged", asked.url, asked.body, source=asked.source, form=asked.form, headers=asked.headers
        )

    @router.post("/callbacks/release")
    async def release() -> list[Call]:
        """Sends what was held, in its order, and tells how it was answered."""
        return await courier.release()

    @router.post("/callbacks/{id}/replay")
    async def replay(id: int, asked: Replay) -> list[Call]:
        """Sends a recorded call again, as it was or changed."""
        call = courier.call(id)
        if call is None:
            raise HTTPException(404, f"no call {id}")
        if asked.url is not None:
            _of_the_product(world, asked.url)
        return await courier.replay(
            call, times=asked.times, source=asked.source, url=asked.url, body=asked.body
        )

    @router.get("/clock")
    async def show_clock() -> Now:
        clock.reread()
        return Now(now=clock.now(), offset_seconds=clock.offset_seconds)

    @router.post("/clock")
    async def move_clock(asked: Advance) -> Now:
        """Moves time forward, stopping wherever the product has something to do, until it is idle there."""
        try:
            await mover.advance(parse_duration(asked.advance))
        except NotIdle as error:
            raise HTTPException(504, str(error)) from error
        return Now(now=clock.now(), offset_seconds=clock.offset_seconds)

    @router.get("/mpesa/registration")
    async def registration() -> dict[str, Any] | None:
        """The paybill's registered URLs, null when there are none."""
        return paybill.registration.model_dump() if paybill.registration else None

    @router.delete("/mpesa/registration")
    async def forget_registration() -> dict[str, bool]:
        """Deletes the registered URLs, as an operator does in Safaricom's portal to register others."""
        paybill.forget_registration()
        return {"deleted": True}

    return router


def _router_names(faults: Faults) -> set[str]:
    return {*faults.router_silent, *faults.router_cut, *faults.router_fatal, *faults.router_refusing}


def _of_the_product(world: World, url: str) -> None:
    if not url.startswith(f"{world.web}/"):
        raise HTTPException(422, f"only addresses under {world.web}/ are called")
