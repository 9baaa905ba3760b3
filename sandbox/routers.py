"""The provider's routers in this world: their power, their menus, their customers' sessions, their faults."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException
from pydantic import BaseModel, ConfigDict, Field

from sandbox.faults import Faults, StandingFaults
from sandbox.routeros import LiveSession, Router, RouterSpec
from sandbox.world import RouterPlace

FATAL = "session terminated on request"


class RouterRack:
    """All routers by name; the faults in force are laid upon them at each change."""

    def __init__(
        self,
        places: Sequence[RouterPlace],
        clock: Callable[[], datetime],
        state: Path,
        faults: StandingFaults,
    ) -> None:
        state.mkdir(parents=True, exist_ok=True)
        self.routers = {
            place.name: Router(RouterSpec(**place.model_dump()), clock, state / f"{place.name}.json")
            for place in places
        }
        self.lay(faults.now)

    async def start(self) -> None:
        for router in self.routers.values():
            await router.start()

    async def stop(self) -> None:
        for router in self.routers.values():
            await router.stop()

    def lay(self, faults: Faults) -> None:
        for name, router in self.routers.items():
            router.faults.slow_seconds = faults.router_slow_seconds
            router.faults.silent = name in faults.router_silent
            router.faults.cut = name in faults.router_cut
            router.faults.fatal = FATAL if name in faults.router_fatal else ""
            router.faults.refusing = name in faults.router_refusing


class RouterView(BaseModel):
    name: str
    site: str
    on: bool
    version: str


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Power(_Asked):
    on: bool


class Dialled(_Asked):
    """A customer's box or phone. `mac` and `ip` are made up from the user name unless given; a hotspot phone
    needs an `ip` of the hotspot's network."""

    username: str
    password: str
    service: Literal["pppoe", "hotspot"] = "pppoe"
    mac: Annotated[str, Field(pattern=r"^([0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}$")] | None = None
    ip: str | None = None


class Ended(_Asked):
    """PPPoE boxes are known by their user name, hotspot phones by user name or mac."""

    username: str
    service: Literal["pppoe", "hotspot"] = "pppoe"
    mac: str | None = None


class Carried(_Asked):
    """Bytes moved at once over every session of the user name."""

    username: str
    upload_bytes: int = Field(0, ge=0)
    download_bytes: int = Field(0, ge=0)


class Attempted(BaseModel):
    """How the login ended; `error` is the router's own sentence."""

    ok: bool
    error: str
    address: str
    mac: str


class Done(BaseModel):
    ok: bool


def router_doors(rack: RouterRack) -> APIRouter:
    doors = APIRouter(prefix="/routers", tags=["routers"])

    def find(name: str) -> Router:
        router = rack.routers.get(name)
        if router is None:
            raise HTTPException(404, f"no router {name}")
        return router

    Named = Annotated[Router, Depends(find)]

    @doors.get("")
    async def routers() -> list[RouterView]:
        return [_view(router) for router in rack.routers.values()]

    @doors.get("/{name}/print")
    async def print_menu(router: Named, menu: str) -> list[dict[str, str]]:
        """A menu's rows as the router prints them."""
        try:
            return router.rows(menu)
        except KeyError as error:
            raise HTTPException(404, f"the router has no menu {menu}") from error

    @doors.post("/{name}/power")
    async def power(router: Named, asked: Power) -> RouterView:
        """Off: nobody listens, all sessions are gone. On: it boots, homes dial again."""
        await router.power(asked.on)
        return _view(router)

    @doors.get("/{name}/sessions")
    async def sessions(router: Named) -> list[LiveSession]:
        """Who is online now."""
        return router.sessions()

    @doors.post("/{name}/sessions")
    async def open_session(router: Named, asked: Dialled) -> Attempted:
        """A home dials by PPPoE, or a phone logs in at the hotspot's page."""
        mac = (asked.mac or _made_up_mac(asked.username)).upper()
        if asked.service == "pppoe":
            attempt = router.dial_pppoe(asked.username, asked.password, mac)
        else:
            attempt = router.hotspot_login(asked.username, asked.password, mac, asked.ip or _made_up_ip(mac))
        return Attempted(ok=attempt.ok, error=attempt.text, address=attempt.address, mac=mac)

    @doors.post("/{name}/sessions/hangup")
    async def hang_up(router: Named, asked: Ended) -> Done:
        """The box is switched off, or the phone logs out."""
        if asked.service == "pppoe":
            return Done(ok=router.hang_up(asked.username, (asked.mac or "").upper()))
        mine = [s.mac for s in router.sessions() if s.kind == "hotspot" and s.username == asked.username]
        left = [router.hotspot_logout(mac) for mac in ([asked.mac.upper()] if asked.mac else mine)]
        return Done(ok=any(left))

    @doors.post("/{name}/sessions/carry")
    async def carry(router: Named, asked: Carried) -> Done:
        """Traffic flows."""
        moved = router.carry(
            asked.username, upload_bytes=asked.upload_bytes, download_bytes=asked.download_bytes
        )
        return Done(ok=moved > 0)

    return doors


def _view(router: Router) -> RouterView:
    return RouterView(name=router.spec.name, site=router.spec.site, on=router.on, version=router.spec.version)


def _made_up_mac(username: str) -> str:
    """The same for the same name; the second bit says it is nobody's registered address."""
    drawn = hashlib.sha256(username.encode()).digest()
    return ":".join(f"{byte:02X}" for byte in (0x02, *drawn[:5]))


def _made_up_ip(mac: str) -> str:
    """An address of the hotspot network the routers hand out by default."""
    return f"10.5.50.{2 + int(mac.replace(':', ''), 16) % 250}"
