"""The fake carrier and Africa's Talking's, over a real socket, through the same cases: the fake cannot drift.

Also what the adapter leans on inside the SDK: its base URL, the form that it posts, its headers.
"""

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Protocol
from urllib.parse import parse_qs, urlencode

import pytest
from pydantic import SecretStr

from bots.sms.answers import read_cost
from bots.sms.carrier import AfricasTalkingCarrier
from bots.sms.settings import AfricasTalkingSettings
from core.base.errors import OutcomeUnknown, OutsideError, Rejected, Unreachable
from core.messaging.carrier import (
    BULK,
    AccountRefused,
    BlockedByPerson,
    Fate,
    Message,
    Report,
    Sent,
    SmsCarrier,
    Unreadable,
)
from tests.fakes.carrier import FakeSmsCarrier

OURS = "254712000111"
CODES = {"accepted": 102, "later": 407, "never": 403, "blocked": 406, "account": 405}


def to_us(text: str) -> Message:
    return Message(notice_id=1, address=OURS, text=text, template="voucher", language="en", values={})


class Outside(Protocol):
    """A carrier and the hand that plays the world behind it."""

    @property
    def carrier(self) -> SmsCarrier: ...
    def will(self, outcome: str) -> None: ...
    def will_to(self, outcomes: dict[str, str]) -> None: ...
    def texts(self) -> list[tuple[str, str]]: ...
    def report(self, fate: Fate) -> bytes: ...
    def opt_out(self) -> bytes: ...


class Fake:
    """The fake, told in its own way."""

    def __init__(self) -> None:
        self.carrier = FakeSmsCarrier()

    def will(self, outcome: str) -> None:
        answers: dict[str, OutsideError | Sent] = {
            "accepted": Sent("ATXid_1", 1, 80),
            "accepted without an id": Sent(None, 1, 80),
            "later": Unreachable("407"),
            "never": Rejected("403"),
            "blocked": BlockedByPerson("406"),
            "account": AccountRefused("405"),
            "silence": OutcomeUnknown("silence"),
        }
        answer = answers[outcome]
        self.carrier.answers.append(answer)
        if isinstance(answer, OutcomeUnknown):
            self.carrier.call_answers.append(answer)

    def will_to(self, outcomes: dict[str, str]) -> None:
        errors = {"never": Rejected("403"), "blocked": BlockedByPerson("406"), "later": Unreachable("407")}
        self.carrier.of_address = {
            address: errors.get(outcome) for address, outcome in outcomes.items() if outcome != "accepted"
        }

    def texts(self) -> list[tuple[str, str]]:
        return [(text.address, text.text) for text in self.carrier.texts]

    def report(self, fate: Fate) -> bytes:
        return self.carrier.report("ATXid_1", OURS, fate)

    def opt_out(self) -> bytes:
        return self.carrier.opt_out(OURS)


class Gateway(ThreadingHTTPServer):
    """Africa's Talking's messaging endpoint: records each request, answers as it is told."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Endpoint)
        self.requests: list[tuple[str, dict[str, str], dict[str, str]]] = []
        self.answer: Callable[[BaseHTTPRequestHandler], None] = lambda _: None
        self.over = threading.Event()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Endpoint(BaseHTTPRequestHandler):
    server: Gateway

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(raw, keep_blank_values=True).items()}
        self.server.requests.append((self.path, dict(self.headers), form))
        self.server.answer(self)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


def reply(status: int, body: bytes, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def write(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    return write


def recipients(code: int, message_id: str = "ATXid_1", number: str = OURS) -> bytes:
    return many({number: code}, message_id)


def many(codes: dict[str, int], message_id: str = "ATXid_1") -> bytes:
    told = [
        {
            "statusCode": code,
            "number": f"+{number}",
            "status": "Success",
            "cost": "KES 0.8000",
            "messageId": message_id,
        }
        for number, code in codes.items()
    ]
    return json.dumps({"SMSMessageData": {"Message": "Sent to 1/1", "Recipients": told}}).encode()


class AfricasTalking:
    """The adapter over the SDK, with a gateway on this machine."""

    def __init__(self, gateway: Gateway, **settings: object) -> None:
        self.gateway = gateway
        given = {"base_url": gateway.url, "username": "pwaninet", "api_key": SecretStr("canary-key")}
        self.carrier = AfricasTalkingCarrier(
            AfricasTalkingSettings.model_validate({**given, "sender_id": "PWANINET", **settings})
        )

    def will(self, outcome: str) -> None:
        if outcome == "silence":
            self.gateway.answer = lambda handler: handler.connection.close()
        elif outcome == "accepted without an id":
            self.gateway.answer = reply(201, recipients(101, "None"))
        else:
            self.gateway.answer = reply(201, recipients(CODES[outcome]))

    def will_to(self, outcomes: dict[str, str]) -> None:
        named = {number: CODES[outcome] for number, outcome in outcomes.items() if outcome in CODES}
        self.gateway.answer = reply(201, many(dict(reversed(named.items()))))

    def texts(self) -> list[tuple[str, str]]:
        return [(form["to"].lstrip("+"), form["message"]) for _, _, form in self.gateway.requests]

    def report(self, fate: Fate) -> bytes:
        status = {Fate.DELIVERED: "Success", Fate.UNDER_WAY: "Buffered"}.get(fate, "Failed")
        reason = "UserInBlackList" if fate is Fate.BLOCKED else "DeliveryFailure"
        fields = {"id": "ATXid_1", "status": status, "phoneNumber": f"+{OURS}", "failureReason": reason}
        return urlencode(fields).encode()

    def opt_out(self) -> bytes:
        return urlencode({"senderId": "PWANINET", "phoneNumber": f"+{OURS}"}).encode()


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    server = Gateway()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.over.set()
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(params=["fake", "africastalking"])
def outside(request: pytest.FixtureRequest) -> Outside:
    if request.param == "fake":
        return Fake()
    return AfricasTalking(request.getfixturevalue("gateway"))


def test_an_accepted_text_tells_its_id_parts_and_cost(outside: Outside) -> None:
    outside.will("accepted")
    assert outside.carrier.send(to_us("Asante")) == Sent("ATXid_1", 1, 80)
    assert outside.texts() == [(OURS, "Asante")]


def test_an_accepted_text_may_have_no_id(outside: Outside) -> None:
    outside.will("accepted without an id")
    assert outside.carrier.send(to_us("Asante")).message_id is None


@pytest.mark.parametrize(
    ("outcome", "error"),
    [
        ("later", Unreachable),
        ("never", Rejected),
        ("blocked", BlockedByPerson),
        ("account", AccountRefused),
        ("silence", OutcomeUnknown),
    ],
)
def test_each_no_is_an_error_of_its_own(outside: Outside, outcome: str, error: type[OutsideError]) -> None:
    outside.will(outcome)
    with pytest.raises(error) as told:
        outside.carrier.send(to_us("Asante"))
    assert type(told.value) is error


def test_a_call_for_many_answers_for_each(outside: Outside) -> None:
    them = [f"25471200{number:04d}" for number in range(5)]
    outside.will_to(dict(zip(them, ("accepted", "never", "blocked", "later", "silence"), strict=True)))
    answers = outside.carrier.send_many("Baraka is down", them)
    kinds = [Sent, Rejected, BlockedByPerson, Unreachable]
    assert [type(answers[address]) for address in them[:4]] == kinds
    assert them[4] not in answers or type(answers[them[4]]) is OutcomeUnknown


def test_a_call_for_many_may_fail_as_a_whole(outside: Outside) -> None:
    outside.will("silence")
    with pytest.raises(OutcomeUnknown):
        outside.carrier.send_many("Asante", [OURS])


def test_it_says_who_it_is(outside: Outside) -> None:
    assert (outside.carrier.channel, outside.carrier.confirms) == ("sms", True)


def test_what_is_outside_the_alphabet_never_leaves(outside: Outside) -> None:
    outside.will("accepted")
    sent = outside.carrier.send(to_us("Ksh\N{NO-BREAK SPACE}2,000 \N{EN DASH} asante’"))
    assert outside.texts() == [(OURS, "Ksh 2,000 - asante'")]
    assert sent.parts == 1


@pytest.mark.parametrize("fate", [fate for fate in Fate if fate is not Fate.READ])
def test_a_report_tells_whose_text_met_which_fate(outside: Outside, fate: Fate) -> None:
    report = outside.carrier.read_report(outside.report(fate))
    assert (report.message_id, report.address, report.fate) == ("ATXid_1", OURS, fate)
    assert isinstance(report, Report)


def test_an_opt_out_tells_whose(outside: Outside) -> None:
    assert outside.carrier.read_opt_out(outside.opt_out()) == OURS


@pytest.mark.parametrize("body", [b"", b"nonsense"])
def test_what_is_neither_is_unreadable(outside: Outside, body: bytes) -> None:
    with pytest.raises(Unreadable):
        outside.carrier.read_report(body)
    with pytest.raises(Unreadable):
        outside.carrier.read_opt_out(body)


# -- the adapter alone: what goes over the wire, and how the wire fails


def test_the_sdk_posts_what_africas_talking_documents(gateway: Gateway) -> None:
    real = AfricasTalking(gateway)
    real.will("accepted")
    real.carrier.send(to_us("Asante"))
    ((path, headers, form),) = gateway.requests
    assert path == "/version1/messaging"
    assert form == {
        "username": "pwaninet",
        "to": "+254712000111",
        "message": "Asante",
        "bulkSMSMode": "1",
        "from": "PWANINET",
        "enqueue": "1",
    }
    assert headers["apiKey"] == "canary-key"
    assert headers["Accept"] == "application/json"


def test_many_go_in_one_request(gateway: Gateway) -> None:
    them = [f"25471200{number:04d}" for number in range(BULK)]
    real = AfricasTalking(gateway)
    real.will_to(dict.fromkeys(them, "accepted"))
    answers = real.carrier.send_many("Asante", them)
    ((_, _, form),) = gateway.requests
    assert form["to"] == ",".join(f"+{address}" for address in them)
    assert form["enqueue"] == "1"
    assert answers == dict.fromkeys(them, Sent("ATXid_1", 1, 80))


@pytest.mark.parametrize(("status", "error"), [(401, AccountRefused), (429, Unreachable), (500, Unreachable)])
def test_a_call_for_many_keeps_the_http_status(
    gateway: Gateway, status: int, error: type[OutsideError]
) -> None:
    gateway.answer = reply(status, b"", Retry_After="77")
    with pytest.raises(error):
        AfricasTalking(gateway).carrier.send_many("Asante", [OURS])


@pytest.mark.parametrize(
    ("said", "cents"),
    [
        ("KES 0.8000", 80), ("KES 0.8550", 86), ("KES 1", 100), ("KES 12.3", 1_230), ("0", None), ("USD 0.02", None),
        (None, None), (0.8, None), ("KES -1", None), ("KES 1e9", None),
    ],
)  # fmt: skip
def test_a_price_is_read_in_cents(said: object, cents: int | None) -> None:
    assert read_cost(said) == cents


def test_without_a_sender_the_carriers_own_is_used(gateway: Gateway) -> None:
    real = AfricasTalking(gateway, sender_id="")
    real.will("accepted")
    real.carrier.send(to_us("Asante"))
    assert "from" not in gateway.requests[0][2]


def test_parts_are_counted_by_the_alphabet_not_read_from_prose(gateway: Gateway) -> None:
    real = AfricasTalking(gateway)
    real.will("accepted")
    assert real.carrier.send(to_us("x" * 161)).parts == 2


def test_the_answer_is_read_however_its_type_is_spelt(gateway: Gateway) -> None:
    gateway.answer = reply(201, recipients(100), Content_Type="application/json; charset=utf-8")
    assert AfricasTalking(gateway).carrier.send(to_us("Asante")).message_id == "ATXid_1"


@pytest.mark.parametrize(
    ("status", "error"), [(401, AccountRefused), (429, Unreachable), (500, Unreachable), (503, Unreachable)]
)
def test_the_http_status_is_not_lost(gateway: Gateway, status: int, error: type[OutsideError]) -> None:
    gateway.answer = reply(status, b"The supplied authentication is invalid", Retry_After="77")
    with pytest.raises(error) as told:
        AfricasTalking(gateway).carrier.send(to_us("Asante"))
    if isinstance(told.value, Unreachable):
        assert told.value.retry_after_seconds == 77


def test_a_redirect_is_not_followed_with_our_key(gateway: Gateway) -> None:
    gateway.answer = reply(307, b"", Location=f"{gateway.url}/elsewhere")
    with pytest.raises(AccountRefused):
        AfricasTalking(gateway).carrier.send(to_us("Asante"))
    assert len(gateway.requests) == 1


def test_nobody_listening_means_that_nothing_left(gateway: Gateway) -> None:
    closed = Gateway()
    closed.server_close()
    with pytest.raises(Unreachable):
        AfricasTalking(closed).carrier.send(to_us("Asante"))


def test_an_answer_that_does_not_come_is_an_unknown_outcome(gateway: Gateway) -> None:
    def hang(_: BaseHTTPRequestHandler) -> None:
        gateway.over.wait(10)

    gateway.answer = hang
    with pytest.raises(OutcomeUnknown):
        AfricasTalking(gateway, timeout_seconds=1).carrier.send(to_us("Asante"))


def test_an_answer_without_end_is_an_unknown_outcome(gateway: Gateway) -> None:
    gateway.answer = reply(201, b" " * 200_000)
    with pytest.raises(OutcomeUnknown):
        AfricasTalking(gateway).carrier.send(to_us("Asante"))


def test_errors_hold_neither_key_nor_number_nor_text(gateway: Gateway) -> None:
    for answer in (reply(500, b"canary-key"), lambda handler: handler.connection.close()):
        gateway.answer = answer
        with pytest.raises(OutsideError) as told:
            AfricasTalking(gateway).carrier.send(to_us("code K7WM2"))
        said = f"{told.value!r} {told.value.__cause__!r}"
        assert not any(secret in said for secret in ("canary-key", OURS, "K7WM2"))
