"""The staff web over ASGI on a real database, people who may log in to it, and a way to look at its pages."""

import asyncio
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pyotp
import pytest
from pwdlib.hashers.argon2 import Argon2Hasher
from starlette.applications import Starlette
from starlette.routing import Mount

from admin.app import application
from core.base.clock import SetClock
from core.base.database import Database, Work
from core.base.secrets import Keyring
from core.base.settings import Brand, Seller, Settings
from core.billing.paper.ask import read_paper
from core.billing.paper.facts import Letterhead
from core.messaging.carrier import Document
from core.staff.model import StaffMember

PASSWORD = "correct horse battery"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
CHEAP = Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
MACHINE_START = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


@dataclass
class House:
    """The assembled program, as far as the staff web knows it."""

    database: Database
    keyring: Keyring
    brand: Brand = field(default_factory=Brand)

    def work(self, request_id: str | None = None) -> Any:
        return self.database.work(request_id)

    def paper(self, work: Work, document: str, *, language: str) -> Document | None:
        return read_paper(work, document, head=Letterhead(self.brand, Seller(), "123456"), language=language)


@dataclass
class Browser:
    """One browser: keeps cookies, follows nothing by itself, fills in forms with their token."""

    web: Any
    machine: SetClock
    address: str = "192.0.2.7"
    host: str = "http://house"
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)

    def ask(self, method: str, path: str, form: dict[str, str] | None = None, **more: Any) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.web, raise_app_exceptions=False, client=(self.address, 5))
            async with httpx.AsyncClient(
                transport=transport, base_url=self.host, cookies=self.cookies, trust_env=False
            ) as client:
                answer = await client.request(method, f"/admin{path}", data=form, **more)
                self.cookies = client.cookies
                return answer

        return asyncio.run(send())

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path)

    def post(self, path: str, on: str = "/own", **form: str) -> httpx.Response:
        """Post a form as a person would: with the token of a page that was opened before."""
        return self.ask("POST", path, {"token": self.token(on), **form})

    def token(self, on: str = "/own") -> str:
        found = re.search(r'name="token" value="([0-9a-f]+)"', self.get(on).text)
        assert found is not None
        return found[1]

    def code(self) -> str:
        return pyotp.TOTP(SECRET).at(self.machine.now())

    def log_in(
        self, email: str, password: str = PASSWORD, code: str | None = None, **more: str
    ) -> httpx.Response:
        """Log in with a code that was not used before."""
        if code is None:
            self.machine.advance(timedelta(seconds=60))
            code = self.code()
        return self.post("/login", on="/login", email=email, password=password, code=code, **more)


@pytest.fixture
def machine() -> SetClock:
    """The machine's clock: authenticators and sessions run by it, whatever the trial's clock says."""
    return SetClock(MACHINE_START)


@pytest.fixture
def house(database: Database, keyring: Keyring) -> House:
    return House(database, keyring)


@pytest.fixture
def web(house: House, machine: SetClock) -> Any:
    return mounted(house, machine, Settings(mode="trial", _env_file=None))


def mounted(house: House, machine: SetClock, settings: Settings) -> Any:
    return Starlette(routes=[Mount("/admin", application(house, settings, machine=machine))])


@pytest.fixture
def browser(web: Any, machine: SetClock) -> Browser:
    return Browser(web, machine)


@pytest.fixture
def owner(house: House, browser: Browser) -> Browser:
    """A browser in which an owner is logged in."""
    return logged_in(house, browser, "owner")


def logged_in(house: House, browser: Browser, role: str) -> Browser:
    with house.work() as work:
        hire(work, role)
    assert browser.log_in(f"{role}@pwani.example").status_code == 303
    return browser


def hire(work: Work, role: str, *, trial: bool = False) -> int:
    """A member of staff whose password is hashed at the least cost: the stored hash says how to check it."""
    member_id = work.next_id("staff")
    member = StaffMember(
        id=member_id,
        email=f"{role}@pwani.example",
        role=role,
        password_hash=CHEAP,
        totp_sealed=work.keyring.seal(SECRET, table="staff", column="totp_sealed", row=member_id),
        trial=trial,
        created_at=work.now,
    )
    work.session.add(member)
    return member_id
