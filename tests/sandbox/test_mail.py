"""The mail server, by the standard library's client."""

import smtplib
from email.message import EmailMessage
from typing import Any

import pytest

from sandbox.world import World
from tests.sandbox.worlds import OLD_WORLD


def mail(to: str, subject: str = "Risiti", **files: bytes) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "Pwani Net <bills@isp.example>", to, subject
    message.set_content("Umelipa Ksh 50.\nAsante, Wanjirũ.\n")
    message.add_alternative("<p>Umelipa</p>", subtype="html")
    for name, content in files.items():
        message.add_attachment(content, maintype="application", subtype="pdf", filename=f"{name}.pdf")
    return message


def deliver(trial: Any, message: EmailMessage) -> None:
    with smtplib.SMTP("127.0.0.1", trial.get("/about")["mail_port"], timeout=10) as server:
        server.send_message(message)


def test_a_mail_arrives_with_its_invoice(trial: Any) -> None:
    to = f"{trial.number()}@mteja.example"
    deliver(trial, mail(to.upper(), "Risiti ñ", invoice=b"%PDF-1.7 invoice"))
    (got,) = trial.get(f"/mail/{to}")
    assert (got["from"], got["subject"]) == ("Pwani Net <bills@isp.example>", "Risiti ñ")
    assert got["text"] == "Umelipa Ksh 50.\nAsante, Wanjirũ.\n"
    (file,) = got["attachments"]
    assert (file["name"], file["media_type"], file["size"]) == ("invoice.pdf", "application/pdf", 16)
    assert trial.http.get(file["url"]).content == b"%PDF-1.7 invoice"
    assert trial.http.get("/documents/nothing").status_code == 404
    assert trial.get(f"/mail/other-{to}") == []


def test_refused_and_down(trial: Any) -> None:
    to = f"{trial.number()}@mteja.example"
    trial.faults(mail="refused")
    with pytest.raises(smtplib.SMTPRecipientsRefused):
        deliver(trial, mail(to))
    port = trial.get("/about")["mail_port"]
    with smtplib.SMTP("127.0.0.1", port, timeout=10) as standing:
        standing.ehlo()
        trial.faults(mail="down")
        with pytest.raises(ConnectionRefusedError):
            smtplib.SMTP("127.0.0.1", port, timeout=10)
        standing.mail("bills@isp.example")
        assert standing.rcpt(to)[0] == 421
    trial.post("/faults/reset")
    assert trial.get("/about")["mail_port"] == port
    deliver(trial, mail(to))
    assert len(trial.get(f"/mail/{to}")) == 1


def test_mails_survive_a_restart(fresh_trial: Any) -> None:
    trial = fresh_trial()
    deliver(trial, mail("a@mteja.example", invoice=b"%PDF"))
    trial.faults(mail="down")
    before = trial.get("/mail/a@mteja.example")
    trial = fresh_trial()
    assert trial.get("/mail/a@mteja.example") == before
    assert trial.http.get(before[0]["attachments"][0]["url"]).content == b"%PDF"
    trial.faults(mail="normal")
    deliver(trial, mail("a@mteja.example"))
    assert len(trial.get("/mail/a@mteja.example")) == 2


def test_an_older_world_still_loads() -> None:
    world = World.model_validate_json(OLD_WORLD)
    assert world.telegram_webhook == "http://127.0.0.1:1/telegram/s3cret"
    assert world.whatsapp_webhook == "http://127.0.0.1:1/whatsapp"
    assert world.mail.port == 0
