"""Screens and notices by WhatsApp, against a Graph API that keeps what it is asked."""

import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import redis

from bots.pace import Pace
from bots.whatsapp.api import GraphApi
from bots.whatsapp.carrier import WhatsAppCarrier
from bots.whatsapp.channel import WhatsAppChannel
from bots.whatsapp.errors import TooFastForPerson, kind_of, refusal
from bots.whatsapp.post import Post
from bots.whatsapp.settings import WhatsAppSettings
from core.base.errors import OutcomeUnknown, OutsideError, Rejected, Unreachable
from core.base.secrets import Keyring
from core.conversation.channel import Act, Button, Document, Face, Person, Said
from core.messaging import carrier
from core.messaging.carrier import AccountRefused, BlockedByPerson, Message, WindowClosed
from tests.bots.provider import Asked, Provider, Reply

NUMBER = "254712345678"
PERSON = Person("whatsapp", "KE.88112233445566", also=NUMBER)
SAID = Said("wamid.A1", PERSON, datetime(2026, 11, 22, 7, tzinfo=UTC), Act.TYPED, "menu")
FACE = Face(
    "buy.confirm", "en", ("Pay Ksh 20?",), (Button("k3.1", "Pay", "1"),), (Button("k3.-back", "Back", "0"),)
)
PDF = b"%PDF-1.7 \xff"
NOTICE = Message(7781, NUMBER, "Receipt <text>", "receipt", "sw", {"amount": "Ksh 2,000", "name": "Ali"})


def graph_error(code: int | None, status: int = 400) -> Reply:
    about = {"message": f"(#{code})", "type": "OAuthException", "fbtrace_id": "Az8or2yhqkZfEZ-_4Qn_Bam"}
    return status, {"error": {**about, **({"code": code} if code is not None else {})}}


class Graph:
    """Answers as Meta would; `answers` has other answers to messages, once each."""

    def __init__(self) -> None:
        self.answers: list[Reply] = []
        self.provider = Provider(self._reply)
        self._last_id = 0

    def _reply(self, asked: Asked) -> Reply:
        if asked.path.endswith("/media"):
            return 200, {"id": "771234"}
        if self.answers:
            return self.answers.pop(0)
        self._last_id += 1
        sent = {"id": f"wamid.OUT{self._last_id}", "message_status": "accepted"}
        return 200, {"messaging_product": "whatsapp", "contacts": [{"wa_id": NUMBER}], "messages": [sent]}

    def sent(self) -> list[dict[str, Any]]:
        return [asked.fields for asked in self.provider.asked if asked.path.endswith("/messages")]


@pytest.fixture
def graph() -> Iterator[Graph]:
    found = Graph()
    yield found
    found.provider.stop()


def make(url: str) -> WhatsAppSettings:
    return WhatsAppSettings.model_validate(
        {"base_url": url, "token": "EAAtoken", "phone_number_id": "5550001", "timeout_seconds": 1}
    )


@pytest.fixture
def pace(redis_url: str, keyring: Keyring) -> Pace:
    client = redis.Redis.from_url(redis_url)
    return Pace(client, keyring, channel="whatsapp", a_second=1000, person_seconds=6, person_burst=40)


@pytest.fixture
def post(graph: Graph, pace: Pace) -> Post:
    return Post(GraphApi(make(graph.provider.url)), pace)


@pytest.fixture
def channel(post: Post) -> WhatsAppChannel:
    return WhatsAppChannel(post)


@pytest.fixture
def notices(post: Post) -> WhatsAppCarrier:
    return WhatsAppCarrier(post, template_prefix="pwani_")


def test_a_screen_is_one_message_to_the_number(channel: WhatsAppChannel, graph: Graph) -> None:
    assert channel.show(SAID, FACE, shown="wamid.OLD") == "wamid.OUT1"
    (asked,) = graph.provider.asked
    assert asked.path == "/v26.0/5550001/messages"
    assert asked.headers["authorization"] == "Bearer EAAtoken"
    message = asked.fields
    assert (message["messaging_product"], message["recipient_type"], message["to"]) == (
        "whatsapp",
        "individual",
        NUMBER,
    )
    assert "recipient" not in message
    assert "biz_opaque_callback_data" not in message
    assert [button["reply"]["id"] for button in message["interactive"]["action"]["buttons"]] == [
        "k3.1",
        "k3.-back",
    ]


def test_who_hides_the_number_is_written_to_by_the_user_id(channel: WhatsAppChannel, graph: Graph) -> None:
    channel.show(replace(SAID, person=Person("whatsapp", "KE.88112233445566")), FACE, shown=None)
    (message,) = graph.sent()
    assert message["recipient"] == "KE.88112233445566"
    assert "to" not in message


def test_a_notice_stands_below_its_document_in_one_message(notices: WhatsAppCarrier, graph: Graph) -> None:
    invoice = Document("INV-1001.pdf", "application/pdf", PDF)
    notices.send(replace(NOTICE, window_open=True, documents=(invoice,)))
    (message,) = graph.sent()
    assert message["document"] == {"id": "771234", "filename": "INV-1001.pdf", "caption": NOTICE.text}
    assert message["biz_opaque_callback_data"] == "7781"
    notices.send(replace(NOTICE, window_open=True, text="x" * 1_025, documents=(invoice,)))
    assert [sent["type"] for sent in graph.sent()[1:]] == ["text", "document"]


def test_documents_are_uploaded_and_sent_by_their_id(channel: WhatsAppChannel, graph: Graph) -> None:
    invoice = Document("INV-1001.pdf", "application/pdf", PDF)
    assert channel.show(SAID, replace(FACE, documents=(invoice,)), shown=None) == "wamid.OUT1"
    (upload,) = [asked for asked in graph.provider.asked if asked.path.endswith("/media")]
    assert upload.fields == {"messaging_product": "whatsapp", "type": "application/pdf"}
    assert upload.files == {"file": ("INV-1001.pdf", "application/pdf", PDF)}
    assert graph.sent()[1]["document"] == {"id": "771234", "filename": "INV-1001.pdf"}


TABLE: list[tuple[int, type[OutsideError]]] = [
    *((code, AccountRefused) for code in (0, 190, 3, 10, 200, 250, 299, 368, 131031, 131042, 131048)),
    *((code, Unreachable) for code in (1, 2, 4, 80007, 130429, 131000, 131016, 131056)),
    (131047, WindowClosed),
    *((code, BlockedByPerson) for code in (131026, 131050)),
    *((code, Rejected) for code in (100, 131008, 131009, 131030, 131049, 131051, 131052, 131053, 131062)),
    *((code, Rejected) for code in (132000, 132001, 132005, 132007, 132012, 132015, 132016)),
    (987654, Rejected),
]


@pytest.mark.parametrize(("code", "kind"), TABLE)
def test_every_code_in_our_words(post: Post, graph: Graph, code: int, kind: type[OutsideError]) -> None:
    graph.answers = [graph_error(code)]
    with pytest.raises(kind) as caught:
        post.send(NUMBER, {"type": "text", "text": {"body": "x"}})
    assert type(caught.value) is kind
    assert "Az8or2yhqkZfEZ-_4Qn_Bam" in str(caught.value)
    if isinstance(caught.value, Unreachable):
        assert caught.value.retry_after_seconds
    elif isinstance(caught.value, Rejected):
        assert caught.value.code == str(code)
    assert graph.provider.paths() == ["/v26.0/5550001/messages"]


def test_the_code_decides_whatever_the_http_status(post: Post, graph: Graph) -> None:
    graph.answers = [graph_error(131047, status) for status in (200, 400, 401, 500)]
    for _ in range(4):
        with pytest.raises(WindowClosed):
            post.send(NUMBER, {"type": "text", "text": {"body": "x"}})


REPLIES: list[tuple[Reply, type[OutsideError]]] = [
    ((500, b"<html>"), Unreachable),
    ((503, {}), Unreachable),
    ((429, {}), Unreachable),
    (graph_error(None, 500), Unreachable),
    ((401, {}), AccountRefused),
    ((404, b""), Rejected),
    ((200, b"nonsense"), OutcomeUnknown),
    ((200, {"messages": []}), OutcomeUnknown),
    ((302, b""), OutcomeUnknown),
    (Provider.HANG, OutcomeUnknown),
]


@pytest.mark.parametrize(
    ("reply", "kind"), REPLIES, ids=[f"{one[0][0]} {one[1].__name__}" for one in REPLIES]
)
def test_answers_without_a_code(post: Post, graph: Graph, reply: Reply, kind: type[OutsideError]) -> None:
    graph.answers = [reply]
    with pytest.raises(kind) as caught:
        post.send(NUMBER, {"type": "text", "text": {"body": "x"}})
    assert type(caught.value) is kind


def test_nobody_at_the_other_end_is_unreachable(pace: Pace) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        api = GraphApi(make(f"http://127.0.0.1:{closed.getsockname()[1]}"))
    with pytest.raises(Unreachable):
        Post(api, pace).send(NUMBER, {"type": "text", "text": {"body": "x"}})


def test_too_fast_for_one_person_waits_longer_each_time_and_nothing_overtakes(
    channel: WhatsAppChannel, notices: WhatsAppCarrier, graph: Graph, pace: Pace, redis_url: str
) -> None:
    graph.answers = [graph_error(131056)]
    with pytest.raises(Unreachable) as first:
        channel.show(SAID, FACE, shown=None)
    assert first.value.retry_after_seconds is not None
    assert first.value.retry_after_seconds >= 6
    with pytest.raises(Unreachable) as held:
        notices.send(NOTICE)
    assert held.value.retry_after_seconds is not None
    assert held.value.retry_after_seconds >= 5
    assert len(graph.sent()) == 1
    other = replace(SAID, person=replace(PERSON, id="KE.2", also="254722000111"))
    assert channel.show(other, FACE, shown=None) == "wamid.OUT1"
    assert pace.hold(NUMBER, 6, grow=True) == 12


def test_a_notice_in_the_window_is_free_text_with_our_mark(notices: WhatsAppCarrier, graph: Graph) -> None:
    sent = notices.send(NOTICE)
    assert (sent.message_id, sent.parts, sent.cost_cents) == ("wamid.OUT1", 1, None)
    (message,) = graph.sent()
    assert (message["type"], message["text"]["body"]) == ("text", NOTICE.text)
    assert message["biz_opaque_callback_data"] == "7781"
    assert (notices.channel, notices.confirms) == ("whatsapp", True)


def test_a_notice_after_the_window_is_a_template(notices: WhatsAppCarrier, graph: Graph) -> None:
    values = {"amount": "Ksh\n2,000   \t  ya", "name": "Ali", "plan": ""}
    notices.send(replace(NOTICE, window_open=False, values=values))
    (message,) = graph.sent()
    assert message["biz_opaque_callback_data"] == "7781"
    assert message["template"] == {
        "name": "pwani_receipt",
        "language": {"code": "sw"},
        "components": [
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "parameter_name": "amount", "text": "Ksh 2,000 ya"},
                    {"type": "text", "parameter_name": "name", "text": "Ali"},
                    {"type": "text", "parameter_name": "plan", "text": "-"},
                ],
            }
        ],
    }


def test_a_template_for_who_has_no_name_and_one_without_values(
    notices: WhatsAppCarrier, graph: Graph
) -> None:
    notices.send(replace(NOTICE, window_open=False, values={"amount": "Ksh 20", "name": ""}))
    notices.send(replace(NOTICE, window_open=False, values={}))
    first, second = (message["template"] for message in graph.sent())
    assert first["name"] == "pwani_receipt_nameless"
    assert [value["parameter_name"] for value in first["components"][0]["parameters"]] == ["amount"]
    assert second["components"] == []


def test_a_template_bears_its_document_above(notices: WhatsAppCarrier, graph: Graph) -> None:
    invoice = carrier.Document("INV-1001.pdf", "application/pdf", PDF)
    notices.send(replace(NOTICE, window_open=False, documents=(invoice,)))
    (message,) = graph.sent()
    assert message["template"]["name"] == "pwani_receipt_document"
    document = {"type": "document", "document": {"id": "771234", "filename": "INV-1001.pdf"}}
    assert message["template"]["components"][0] == {"type": "header", "parameters": [document]}


def test_a_window_that_closed_meanwhile_is_told_as_such(notices: WhatsAppCarrier, graph: Graph) -> None:
    """The notice then goes once more, as a template: messaging decides that."""
    graph.answers = [graph_error(131047)]
    with pytest.raises(WindowClosed):
        notices.send(NOTICE)


def test_an_upload_whose_outcome_is_unknown_may_be_repeated(pace: Pace, graph: Graph) -> None:
    graph.provider.reply = lambda asked: (200, b"nonsense")
    with pytest.raises(Unreachable):
        Post(GraphApi(make(graph.provider.url)), pace).document(Document("a.pdf", "application/pdf", PDF))


def test_the_table_of_codes_is_the_same_on_both_paths() -> None:
    """An answer and a failed status bear the same codes."""
    for code, kind in TABLE[:-1]:
        known = kind_of(code)
        assert known is not None
        assert issubclass(known[1], kind)
    assert isinstance(refusal(400, {"code": 131056}), TooFastForPerson)
