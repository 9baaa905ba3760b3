"""Sending to WhatsApp: by pywa as a second reader of the format, and by hand."""

from typing import Any

import httpx
import pytest
from pywa import errors
from pywa.types import Button, Section, SectionList, SectionRow

from sandbox import people
from tests.sandbox.chat_clients import HOOK, MESSAGES, error, pywa, send, statuses, values, wamid
from tests.sandbox.conftest import until
from tests.sandbox.worlds import WHATSAPP

AUTHORIZED = {"Authorization": f"Bearer {WHATSAPP['token']}"}


def told(product: Any, id_: str, *words: str) -> list[Any]:
    """The statuses of a message, once as many came as words are expected."""
    until(lambda: len(statuses(product.at(HOOK), id_)) >= len(words))
    found = statuses(product.at(HOOK), id_)
    assert [status["status"] for status in found] == list(words)
    return found


def test_pywa_sends_everything_a_menu_needs(trial: Any, writer: str) -> None:
    client = pywa(trial)
    client.send_text(writer, "Karibu!")
    client.send_message(
        writer, "Lipa?", footer="Pwani Net", buttons=[Button("Lipa", "s.pay"), Button("Menu", "s.0")]
    )
    rows = [SectionRow("5 Mbps", "s.5", "Ksh 1,500"), SectionRow("10 Mbps", "s.10")]
    client.send_message(writer, "Chagua", header="Plans", buttons=SectionList("Ona", [Section("Home", rows)]))
    client.request_contact_info(writer, "Nambari yako?")
    pdf = b"%PDF-1.7 invoice"
    client.send_document(writer, pdf, filename="INV-1.pdf", caption="Invoice", mime_type="application/pdf")
    text, buttons, rows_, asking, document = trial.chat("whatsapp", writer)[1:]
    assert text["text"] == "Karibu!"
    assert [(c["id"], c["label"]) for c in buttons["choices"]] == [("s.pay", "Lipa"), ("s.0", "Menu")]
    assert buttons["text"] == "Lipa?\nPwani Net"
    assert rows_["text"] == "Plans\nChagua"
    assert [tuple(c.values()) for c in rows_["choices"]] == [
        ("s.5", "5 Mbps", "Ksh 1,500"),
        ("s.10", "10 Mbps", ""),
    ]
    assert asking["asks_contact"]
    assert (document["text"], document["document"]["name"]) == ("Invoice", "INV-1.pdf")
    assert trial.http.get(document["document"]["url"]).content == pdf


def test_pywa_reads_our_refusals(trial: Any, writer: str) -> None:
    with pytest.raises(errors.ExpiredAccessToken):
        pywa(trial, token="wrong").send_text(writer, "x")
    kinds = {
        "rate": errors.RateLimitHit,
        "pair_rate": errors.TooManyMessages,
        "window_closed": errors.ReEngagementMessage,
        "token": errors.ExpiredAccessToken,
    }
    for fault, kind in kinds.items():
        trial.faults(whatsapp=fault)
        with pytest.raises(kind):
            pywa(trial).send_text(writer, "x")
    trial.faults(whatsapp="normal")
    with pytest.raises(errors.InvalidParameter):
        pywa(trial).send_message(writer, "x", buttons=[Button("a" * 21, "s.1")])
    assert len(trial.chat("whatsapp", writer)) == 1


def test_accepted_then_sent_delivered_and_read(trial: Any, product: Any, writer: str) -> None:
    answer = send(trial, f"+{writer}", biz_opaque_callback_data="notice-77")
    assert answer.json()["contacts"] == [{"input": f"+{writer}", "wa_id": writer}]
    id_ = wamid(answer)
    told(product, id_, "sent", "delivered")
    trial.chat("whatsapp", writer)
    found = told(product, id_, "sent", "delivered", "read")
    assert {s["biz_opaque_callback_data"] for s in found} == {"notice-77"}
    assert {(s["recipient_id"], s["recipient_user_id"]) for s in found} == {
        (writer, people.whatsapp_user_id(writer))
    }
    assert found[0]["pricing"] == {
        "billable": False, "pricing_model": "PMP", "type": "free_customer_service", "category": "service",
    }  # fmt: skip


def test_a_user_id_serves_as_well_as_a_number(trial: Any, writer: str) -> None:
    user_id = people.whatsapp_user_id(writer)
    answer = send(trial, "", recipient=user_id)
    assert answer.json()["contacts"] == [{"input": user_id, "user_id": user_id}]
    assert trial.chat("whatsapp", writer)[-1]["text"] == "Habari"
    pywa(trial).send_text(user_id, "Habari tena")
    assert trial.chat("whatsapp", writer)[-1]["text"] == "Habari tena"


def test_nobody_there(trial: Any, product: Any) -> None:
    for to in ({"to": "15551234567"}, {"to": "", "recipient": "KE.12"}):
        (failed,) = told(product, wamid(send(trial, **to)), "failed")
        assert failed["errors"][0]["code"] == 131026


def test_outside_the_window_only_templates(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    product.answers["/trial/idle"] = lambda _: (404, "")
    number = trial.number()
    trial.say("whatsapp", number, text="Menu")
    trial.post("/clock", {"advance": "PT23H"})
    told(product, wamid(send(trial, number)), "sent", "delivered")
    trial.post("/clock", {"advance": "PT1H1M"})
    (failed,) = told(product, wamid(send(trial, number)), "failed")
    assert failed["errors"][0] == {
        "code": 131047, "title": "Re-engagement message", "message": "Re-engagement message",
        "error_data": {"details": "More than 24 hours since the customer's last reply"},
    }  # fmt: skip
    template = {"name": "bill_due_v1", "language": {"code": "sw"}}
    (sent, _) = told(product, wamid(send(trial, number, template, type="template")), "sent", "delivered")
    assert sent["pricing"]["billable"] is True
    (failed,) = told(product, wamid(send(trial, trial.number())), "failed")
    trial.say("whatsapp", number, text="Niko")
    told(product, wamid(send(trial, number)), "sent", "delivered")


def test_a_document_in_a_template_and_by_a_link(trial: Any, product: Any, writer: str) -> None:
    files = {"messaging_product": (None, "whatsapp"), "type": (None, "application/pdf")}
    files["file"] = ("x.pdf", b"%PDF", "application/pdf")  # type: ignore[assignment]
    media = MESSAGES.replace("/messages", "/media")
    id_ = trial.http.post(media, files=files, headers=AUTHORIZED).json()["id"]
    header = {
        "type": "header",
        "parameters": [{"type": "document", "document": {"id": id_, "filename": "I.pdf"}}],
    }
    content = {"name": "invoice_v1", "language": {"code": "en"}, "components": [header]}
    wamid(send(trial, writer, content, type="template"))
    assert trial.chat("whatsapp", writer)[-1]["document"]["name"] == "I.pdf"
    wamid(send(trial, writer, {"link": f"{product.url}/receipts/r.pdf"}, type="document"))
    assert trial.chat("whatsapp", writer)[-1]["document"]["name"] == "r.pdf"
    failed = told(
        product, wamid(send(trial, writer, {"link": "https://isp.example/r.pdf"}, type="document")), "failed"
    )
    assert failed[0]["errors"][0]["code"] == 131053
    wrong = files | {"type": (None, "application/x-msdownload")}
    assert error(trial.http.post(media, files=wrong, headers=AUTHORIZED)) == 131053
    del files["messaging_product"]
    assert error(trial.http.post(media, files=files, headers=AUTHORIZED)) == 100


def test_who_may_call(trial: Any, writer: str) -> None:
    assert send(trial, writer, token="wrong").status_code == 401
    assert error(send(trial, writer, token="wrong")) == 190
    nameless = trial.http.post(MESSAGES, json={})
    assert (nameless.status_code, error(nameless)) == (401, 0)
    for path in ("/v26.0/999/messages", "/v26.0/999/media"):
        assert error(trial.http.post(path, json={}, headers=AUTHORIZED)) == 100
    for body in (b"{", b"[]", b'{"to": "254712345678"}', b'{"messaging_product": "whatsapp"}'):
        assert error(trial.http.post(MESSAGES, content=body, headers=AUTHORIZED)) == 100
    assert error(send(trial, "no number")) == 131009


def test_marking_as_read(trial: Any, product: Any) -> None:
    trial.say("whatsapp", trial.number(), text="Menu")
    (message,) = values(product.at(HOOK))[0]["messages"]
    read = {"messaging_product": "whatsapp", "status": "read", "message_id": message["id"]}
    assert trial.http.post(MESSAGES, json=read, headers=AUTHORIZED).json() == {"success": True}
    unknown = trial.http.post(MESSAGES, json=read | {"message_id": "wamid.X"}, headers=AUTHORIZED)
    assert error(unknown) == 131009


def test_too_much_for_one_person(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    product.answers["/trial/idle"] = lambda _: (404, "")
    first, second = trial.number(), trial.number()
    template = {"name": "news_v1", "language": {"code": "en"}}
    codes = [send(trial, first, template, type="template") for _ in range(60)]
    assert [code.status_code for code in codes[:45]] == [200] * 45
    assert error(codes[-1]) == 131056
    wamid(send(trial, second, template, type="template"))
    trial.post("/clock", {"advance": "PT7S"})
    wamid(send(trial, first, template, type="template"))


def test_faults_of_the_graph(trial: Any, product: Any, writer: str) -> None:
    trial.faults(whatsapp="500")
    assert (send(trial, writer).status_code, error(send(trial, writer))) == (500, 1)
    trial.faults(whatsapp="down")
    assert send(trial, writer).headers["content-type"].startswith("text/html")
    trial.faults(whatsapp="undeliverable")
    (failed,) = told(product, wamid(send(trial, writer)), "failed")
    assert failed["errors"][0]["code"] == 131026
    assert len(trial.chat("whatsapp", writer)) == 1
    trial.faults(whatsapp="slow", slow_seconds=0.5)
    with pytest.raises(httpx.ReadTimeout):
        trial.http.post(
            MESSAGES, headers=AUTHORIZED, timeout=0.1,
            json={"messaging_product": "whatsapp", "to": writer, "text": {"body": "pole"}},
        )  # fmt: skip
    assert trial.chat("whatsapp", writer)[-1]["text"] == "pole"


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ("reordered", ("read", "delivered", "sent")),
        ("read_only", ("sent", "read")),
        ("failed", ("sent", "failed")),
    ],
)
def test_faults_of_statuses(
    trial: Any, product: Any, writer: str, fault: str, words: tuple[str, ...]
) -> None:
    trial.faults(whatsapp_status=fault)
    told(product, wamid(send(trial, writer)), *words)
    assert len(trial.chat("whatsapp", writer)) == (1 if fault == "failed" else 2)


def test_lost_statuses_are_noted(trial: Any, product: Any, writer: str) -> None:
    trial.faults(whatsapp_status="dropped")
    id_ = wamid(send(trial, writer))
    lost = until(lambda: [c for c in trial.get("/callbacks?state=dropped") if id_ in str(c["body"])])
    assert {c["kind"] for c in lost} == {"whatsapp status"}
    assert statuses(product.at(HOOK), id_) == []


def test_who_has_blocked_us_gets_nothing(trial: Any, product: Any, writer: str) -> None:
    trial.say("whatsapp", writer, block=True)
    told(product, wamid(send(trial, writer)), "sent")
    assert len(trial.chat("whatsapp", writer)) == 1
    trial.post(f"/phones/{writer}/whatsapp", {"text": "Menu"}, status=409)
    trial.say("whatsapp", writer, unblock=True)
    told(product, wamid(send(trial, writer)), "sent", "delivered")
