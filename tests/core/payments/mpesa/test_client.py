"""The M-Pesa gateway over a real HTTP server: what it sends, and what it makes of each answer."""

import base64
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Misconfigured, OutcomeUnknown, Rejected, Unreachable
from core.base.money import Money
from core.base.secrets import draw_secret
from core.payments.gateway import Accepted, CollectionOrder
from core.payments.mpesa.client import MpesaGateway
from core.payments.mpesa.settings import DarajaSettings
from tests.core.payments.mpesa.daraja import ACCEPTED, PUSH, QUERY, STATUS, Daraja, error
from tests.factories import AMINA

PASSKEY = (
    "bfb279f9aa9bdbcf158e97dd71a467cd2e0c893059b10f78e6b72ada1ed2c919"  # public, of Daraja's own sandbox
)
BASE = "https://pay.isp.example/pay/" + "c0" * 16
Make = Callable[..., MpesaGateway]


@pytest.fixture
def daraja() -> Iterator[Daraja]:
    server = Daraja()
    yield server
    server.stop()


@pytest.fixture
def make(daraja: Daraja, database: Database, clock: SetClock) -> Make:
    def gateway(**changes: Any) -> MpesaGateway:
        settings = DarajaSettings.model_validate(
            {
                "base_url": daraja.url, "consumer_key": "key", "consumer_secret": "secret",
                "shortcode": "174379", "passkey": PASSKEY, "initiator": "bando",
                "initiator_password": "Initiator1!", "timeout_seconds": 0.5,
            } | changes
        )  # fmt: skip
        return MpesaGateway(settings, clock=clock, open_work=database.work, callback_base=BASE)

    return gateway


def an_order(**changes: Any) -> CollectionOrder:
    values = {
        "collection_id": 1, "payer": AMINA, "amount": Money(150_000), "reference": "10000152222X",
        "description": "Home 10", "callback_token": "ab" * 16,
    }  # fmt: skip
    return CollectionOrder(**(values | changes))


def test_a_push_says_exactly_this(make: Make, daraja: Daraja, clock: SetClock) -> None:
    clock.at = datetime(2026, 3, 1, 11, 30, 0, tzinfo=UTC)
    assert make().request(an_order()) == Accepted("m-1", "ws_CO_1")
    assert daraja.at(PUSH) == [
        {
            "BusinessShortCode": "174379",
            "Password": "MTc0Mzc5YmZiMjc5ZjlhYTliZGJjZjE1OGU5N2RkNzFhNDY3Y2QyZTBjODkzMDU5YjEwZjc4ZTZiNzJhZGExZWQyYzkx"
            "OTIwMjYwMzAxMTQzMDAw",
            "Timestamp": "20260301143000",
            "TransactionType": "CustomerPayBillOnline",
            "Amount": "1500",
            "PartyA": AMINA.digits,
            "PartyB": "174379",
            "PhoneNumber": AMINA.digits,
            "CallBackURL": f"{BASE}/stk/{'ab' * 16}",
            "AccountReference": "10000152222X",
            "TransactionDesc": "Home 10",
        }
    ]
    basic = daraja.calls[0][1]["Authorization"].removeprefix("Basic ")
    assert base64.b64decode(basic) == b"key:secret"
    assert daraja.bearers() == ["Bearer token-1"]


def test_a_till_is_named_by_its_store_and_paid_at_its_till(make: Make, daraja: Daraja) -> None:
    make(till="5555555").request(an_order())
    (sent,) = daraja.at(PUSH)
    assert (sent["TransactionType"], sent["BusinessShortCode"], sent["PartyB"]) == (
        "CustomerBuyGoodsOnline", "174379", "5555555",
    )  # fmt: skip


def test_lengths_are_kept_and_cents_rounded_up(make: Make, daraja: Daraja) -> None:
    make().request(an_order(reference="A" * 20, description="B" * 20, amount=Money(66_667)))
    (sent,) = daraja.at(PUSH)
    assert (sent["AccountReference"], sent["TransactionDesc"], sent["Amount"]) == ("A" * 12, "B" * 13, "667")


def test_a_secret_holds_no_word_that_daraja_refuses() -> None:
    refused = ("mpesa", "m-pesa", "safaricom", "exe", "cmd", "sql", "query")
    assert not any(word in draw_secret() for _ in range(10_000) for word in refused)


@pytest.mark.parametrize(
    ("answer", "raised", "code"),
    [
        (error("400.002.02", "Bad Request - Invalid Amount", 400), Rejected, "configuration"),
        (error("404.001.01", "Resource not found", 404), Rejected, "configuration"),
        (error("405.001", "Method Not Allowed", 405), Rejected, "configuration"),
        (error("500.001.1001", "Merchant does not exist"), Rejected, "configuration"),
        (error("500.001.1001", "[MerchantValidate] - Wrong credentials"), Rejected, "configuration"),
        (error("500.001.1001", "Unable to lock subscriber, a transaction is already in process"), Rejected, "busy"),
        (error("500.003.02", "Error Occurred: Spike Arrest Violation"), Unreachable, None),
        (error("500.003.03", "Quota Violation"), Unreachable, None),
        (error("500.003.1001", "Internal Server Error"), OutcomeUnknown, None),
        (error("500.001.1001", "The transaction is being processed"), OutcomeUnknown, None),
        (error("500.009.99", "never seen before"), OutcomeUnknown, None),
        ((503, "<html><body>Service under maintenance</body></html>"), OutcomeUnknown, None),
        ((200, ""), OutcomeUnknown, None),
        ((200, "[1]"), OutcomeUnknown, None),
        ((200, {"ResponseCode": "0"}), OutcomeUnknown, None),
    ],
)  # fmt: skip
def test_what_a_push_makes_of_an_answer(
    make: Make, daraja: Daraja, answer: Any, raised: type[Exception], code: str | None
) -> None:
    daraja.answers.append(answer)
    with pytest.raises(raised) as found:
        make().request(an_order())
    if code is not None:
        assert isinstance(found.value, Rejected)
        assert found.value.code == code
    assert len(daraja.at(PUSH)) == 1, "nothing is pushed twice"


def test_a_number_as_the_response_code(make: Make, daraja: Daraja) -> None:
    daraja.answers.append((200, {**ACCEPTED, "ResponseCode": 0}))
    assert make().request(an_order()).checkout_id == "ws_CO_1"


def test_no_answer_to_a_push_is_unknown_and_not_repeated(make: Make, daraja: Daraja) -> None:
    daraja.hangs.set()
    with pytest.raises(OutcomeUnknown):
        make().request(an_order())
    assert len(daraja.at(PUSH)) == 1


def test_nobody_there_is_unreachable(make: Make, daraja: Daraja) -> None:
    gateway = make()
    gateway.request(an_order())
    daraja.stop()
    with pytest.raises(Unreachable):
        gateway.request(an_order())


def test_no_token_is_unreachable_and_pushes_nothing(make: Make, daraja: Daraja) -> None:
    daraja.expires_in = "soon"
    with pytest.raises(Unreachable):
        make().request(an_order())
    assert daraja.at(PUSH) == []


@pytest.mark.parametrize("code", ["400.003.01", "401.003.01", "401.002.01", "404.001.03"])
def test_a_refused_token_is_replaced_once_and_the_call_repeated_once(
    make: Make, daraja: Daraja, code: str
) -> None:
    invalid = error(code, "Invalid Access Token", int(code[:3]))
    daraja.answers.append(invalid)
    assert make().request(an_order()).checkout_id == "ws_CO_1"
    assert (daraja.tokens, daraja.bearers()) == (2, ["Bearer token-1", "Bearer token-2"])
    daraja.answers.extend([invalid, invalid])
    with pytest.raises(Rejected):
        make().request(an_order())
    assert daraja.tokens == 3
    assert len(daraja.at(PUSH)) == 4


@pytest.mark.parametrize("expires_in", [3599, "3599"])
def test_one_token_for_all_processes_until_a_minute_before_its_end(
    make: Make, daraja: Daraja, clock: SetClock, expires_in: Any
) -> None:
    daraja.expires_in = expires_in
    first, second = make(), make()
    first.request(an_order())
    second.request(an_order())
    clock.advance(timedelta(seconds=3_538))
    first.request(an_order())
    assert daraja.tokens == 1
    clock.advance(timedelta(seconds=2))
    second.request(an_order())
    assert daraja.tokens == 2


def test_one_process_fetches_and_the_others_wait(make: Make, daraja: Daraja) -> None:
    gateways = [make(), make()]
    daraja.fetch.clear()
    with ThreadPoolExecutor(4) as threads:
        found = [threads.submit(gateways[n % 2].look_up, "ws_CO_1") for n in range(4)]
        daraja.fetch.set()
        assert [answer.result().paid for answer in found] == [None] * 4
    assert (daraja.tokens, set(daraja.bearers())) == (1, {"Bearer token-1"})


def test_the_token_stands_sealed(make: Make, database: Database) -> None:
    make().request(an_order())
    with database.work() as work:
        assert b"token-1" not in work.scalar("SELECT token_sealed FROM gateway_tokens")


@pytest.mark.parametrize(
    ("answer", "paid", "reason"),
    [
        ((200, {"ResponseCode": "0", "ResultCode": "0"}), True, ""),
        ((200, {"ResponseCode": "0", "ResultCode": 0}), True, ""),
        ((200, {"ResponseCode": "0", "ResultCode": "1032"}), False, "cancelled"),
        ((200, {"ResponseCode": "0", "ResultCode": 1037}), False, "no_answer"),
        ((200, {"ResponseCode": "0", "ResultCode": "SFC_IC0003"}), False, "configuration"),
        ((200, {"ResponseCode": "0", "ResultCode": 4999}), None, ""),
        ((200, {"ResponseCode": "0", "ResultCode": "4999"}), None, ""),
        ((200, {"ResponseCode": "0", "ResultCode": "77777"}), None, ""),
        (error("500.001.1001", "The transaction is being processed"), None, ""),
        (error("500.001.1001", "", 200), None, ""),
        (error("500.001.1001", "The transaction does not Exist"), None, ""),
        (error("500.003.02", "Spike Arrest Violation"), None, ""),
        ((503, "<html></html>"), None, ""),
    ],
)
def test_what_a_query_makes_of_an_answer(
    make: Make, daraja: Daraja, answer: Any, paid: bool | None, reason: str
) -> None:
    daraja.answers.append(answer)
    found = make().look_up("ws_CO_1")
    assert (found.paid, found.reason) == (paid, reason)
    assert daraja.at(QUERY)[0]["CheckoutRequestID"] == "ws_CO_1"


def test_a_query_without_an_answer_is_no_failure(make: Make, daraja: Daraja) -> None:
    daraja.hangs.set()
    assert make().look_up("ws_CO_1").paid is None
    daraja.stop()
    assert make().look_up("ws_CO_1").paid is None


def test_a_question_about_a_receipt(make: Make, daraja: Daraja, tmp_path: Path) -> None:
    key = rsa.generate_private_key(65_537, 2_048)
    certificate = tmp_path / "certificate.pem"
    certificate.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    gateway = make(certificate=str(certificate))
    daraja.answers.append((200, {"ResponseCode": "0", "OriginatorConversationID": "c-1"}))
    assert gateway.ask_about("UC12EXAMPL") == "c-1"
    (sent,) = daraja.at(STATUS)
    sealed = base64.b64decode(sent.pop("SecurityCredential"))
    assert key.decrypt(sealed, padding.PKCS1v15()) == b"Initiator1!"
    assert sent["TransactionID"] == "UC12EXAMPL"
    assert (sent["ResultURL"], sent["QueueTimeOutURL"]) == (f"{BASE}/result", f"{BASE}/timeout")
    daraja.answers.append(error("400.002.02", "Bad Request - Invalid Initiator", 400))
    with pytest.raises(Rejected):
        gateway.ask_about("UC12EXAMPL")
    for answer in (error("500.003.02", "Spike Arrest Violation"), (503, "<html></html>")):
        daraja.answers.append(answer)
        with pytest.raises(Unreachable):
            gateway.ask_about("UC12EXAMPL")


def test_a_question_that_we_may_not_put(make: Make, tmp_path: Path) -> None:
    with pytest.raises(Rejected):
        make(initiator="").ask_about("UC12EXAMPL")
    with pytest.raises(Misconfigured):
        make(certificate=str(tmp_path / "none")).ask_about("UC12EXAMPL")
