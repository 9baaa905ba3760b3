"""The gateway port: the fake and the M-Pesa adapter over the simulator give the same answers."""

from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from core.base.clock import MachineClock
from core.base.database import Database
from core.base.errors import OutcomeUnknown, Rejected, Unreachable
from core.base.money import Money
from core.base.msisdn import Msisdn
from core.payments.gateway import CollectionOrder, PaymentGateway, Verdict
from core.payments.mpesa.client import MpesaGateway
from core.payments.mpesa.payloads import verdict_of
from core.payments.mpesa.settings import DarajaSettings
from tests.fakes.gateway import FakeGateway
from tests.sandbox.conftest import DARAJA, Product, Served, Trial, until

PAYER = Msisdn("254712345678")


class World(Protocol):
    """A gateway with its payers, whatever it is made of."""

    @property
    def gateway(self) -> PaymentGateway: ...
    def answer_prompt(self, checkout_id: str, *, pays: bool) -> None: ...
    def trouble(self, kind: str) -> None: ...
    def prompts(self) -> int: ...
    def close(self) -> None: ...


class FakeWorld:
    def __init__(self) -> None:
        self.gateway = FakeGateway()

    def answer_prompt(self, checkout_id: str, *, pays: bool) -> None:
        self.gateway.verdicts[checkout_id] = verdict_of("0" if pays else "1032")

    def trouble(self, kind: str) -> None:
        errors = {
            "locked": Rejected("locked", code="busy"),
            "spike": Unreachable("spike", retry_after_seconds=30),
            "html": OutcomeUnknown("html"),
            "500": OutcomeUnknown("500"),
        }
        self.gateway.answers.append(errors[kind])

    def prompts(self) -> int:
        return len(self.gateway.orders)

    def close(self) -> None:
        self.gateway.orders.clear()


class DarajaWorld:
    def __init__(self, database: Database, folder: Path) -> None:
        self._receiver = Product()
        self._served = Served(self._receiver)
        self._receiver.port = self._served.port
        self._trial = Trial(self._receiver, folder)
        certificate = folder / "certificate.pem"
        certificate.write_bytes(httpx.get(f"{self._trial.url}/daraja/certificate").content)
        settings = DarajaSettings.model_validate(
            {**DARAJA, "base_url": self._trial.url, "certificate": str(certificate)}
        )
        self.gateway = MpesaGateway(
            settings,
            clock=MachineClock(),
            open_work=database.work,
            callback_base=f"{self._receiver.url}/pay/c0ffee",
        )

    def answer_prompt(self, checkout_id: str, *, pays: bool) -> None:
        self._trial.touch(PAYER.digits, "pin" if pays else "cancel")
        until(lambda: self.gateway.look_up(checkout_id).paid is not None)

    def trouble(self, kind: str) -> None:
        self._trial.faults(stk_push=kind)

    def prompts(self) -> int:
        return len(self._trial.phone(PAYER.digits)["prompts"])

    def close(self) -> None:
        self._trial.stop()
        self._served.stop()


@pytest.fixture(params=["fake", "daraja"])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[World]:
    if request.param == "fake":
        found: World = FakeWorld()
    else:
        found = DarajaWorld(request.getfixturevalue("database"), tmp_path)
    yield found
    found.close()


def an_order(number: int = 1) -> CollectionOrder:
    return CollectionOrder(number, PAYER, Money(5_000), f"1000015{number:05d}", "WiFi", "ab" * 16)


@pytest.mark.parametrize(("pays", "verdict"), [(True, (True, "")), (False, (False, "cancelled"))])
def test_an_order_from_the_prompt_to_its_verdict(world: World, pays: bool, verdict: tuple[bool, str]) -> None:
    accepted = world.gateway.request(an_order())
    assert accepted.checkout_id
    assert accepted.request_id
    world.answer_prompt(accepted.checkout_id, pays=pays)
    found = world.gateway.look_up(accepted.checkout_id)
    assert (found.paid, found.reason) == verdict
    assert found.receipt == "", "a query never tells a receipt"
    assert world.prompts() == 1


def test_under_way_or_never_heard_of_is_no_failure(world: World) -> None:
    accepted = world.gateway.request(an_order())
    for checkout_id in (accepted.checkout_id, "ws_CO_NOBODYS"):
        found = world.gateway.look_up(checkout_id)
        assert isinstance(found, Verdict)
        assert found.paid is None


@pytest.mark.parametrize(
    ("kind", "raised"),
    [("locked", Rejected), ("spike", Unreachable), ("html", OutcomeUnknown), ("500", OutcomeUnknown)],
)
def test_an_order_that_is_not_taken(world: World, kind: str, raised: type[Exception]) -> None:
    world.trouble(kind)
    with pytest.raises(raised) as found:
        world.gateway.request(an_order())
    if isinstance(found.value, Rejected):
        assert found.value.code == "busy"
    if isinstance(found.value, Unreachable):
        assert found.value.retry_after_seconds == 30
    assert world.prompts() == 0


def test_each_question_about_a_receipt_is_a_conversation_of_its_own(world: World) -> None:
    conversations = {world.gateway.ask_about("UC12EXAMPL") for _ in range(2)}
    assert len(conversations) == 2
    assert "" not in conversations
