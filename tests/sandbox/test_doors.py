"""What the sandbox publishes about itself, whom it lets in, and what it remembers."""

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox.__main__ import main
from tests.sandbox.conftest import until


def test_about(trial: Any) -> None:
    about = trial.get("/about")
    assert set(about) == {
        "service_code", "paybill", "sender", "web", "sites", "routers", "staff", "telegram", "whatsapp", "mail_port",
    }  # fmt: skip
    assert (about["telegram"], about["whatsapp"]) == ("PwaniNetBot", "254709000001")
    assert (about["service_code"], about["paybill"], about["sender"]) == ("*384*123#", "174379", "PWANINET")
    assert about["routers"] == [{"name": "baraka", "site": "Baraka", "pppoe": True, "hotspot": True}]
    assert set(about["staff"]) == {"email", "password", "totp_secret"}


def test_every_fault_and_its_values_are_published(trial: Any) -> None:
    api = trial.get("/openapi.json")
    faults = api["components"]["schemas"]["Faults"]["properties"]
    assert set(faults) == set(trial.get("/faults"))
    assert {"normal", "dropped", "late", "tenfold", "foreign_source"} <= set(faults["callback"]["enum"])
    assert {"none", "0", "1032", "SFC_IC0003"} <= set(faults["stk_result"]["enum"])
    for path in (
        "/phones/{msisdn}/dial",
        "/mpesa/stkpush/v1/processrequest",
        "/version1/messaging",
        "/clock",
        "/bot{token}/{method}",
        "/v{version}/{phone_number_id}/messages",
        "/phones/{msisdn}/telegram",
        "/phones/{msisdn}/whatsapp",
    ):
        assert "requestBody" in api["paths"][path]["post"]


def test_the_page_of_doors_needs_nothing_from_outside(trial: Any) -> None:
    page = trial.http.get("/docs")
    assert page.status_code == 200
    assert "<script" not in page.text
    assert "/phones/{msisdn}/dial" in page.text
    links = {part.split("'")[0] for part in page.text.split("href='")[1:]}
    assert all(link.startswith("/") or link == trial.world.web for link in links)
    assert "<code>accepted_silent</code>" in page.text


def test_faults_change_by_name_and_reset(trial: Any) -> None:
    assert trial.faults(callback="late")["callback"] == "late"
    assert trial.faults(sms="lost")["callback"] == "late"
    for wrong in (
        {"callback": "never"},
        {"nonsense": 1},
        {"router_silent": ["nobody"]},
        {"slow_seconds": -1},
    ):
        trial.post("/faults", wrong, status=422)
    assert trial.get("/faults")["sms"] == "lost"
    assert trial.post("/faults/reset")["callback"] == "normal"


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Host": "evil.example"}, 403),
        ({"Host": "127.0.0.1.evil.example:80"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Content-Type": "text/plain"}, 415),
        ({"Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({"Content-Type": "application/json; charset=utf-8", "Host": "localhost"}, 200),
    ],
)
def test_pages_of_strangers_are_kept_away(trial: Any, headers: dict[str, str], status: int) -> None:
    base = {"Content-Type": "application/json"}
    answer = trial.http.post("/faults", content=b'{"sms": "lost"}', headers=base | headers)
    assert answer.status_code == status
    assert trial.get("/faults")["sms"] == ("lost" if status == 200 else "normal")


def test_only_the_providers_doors_take_forms(trial: Any) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    for path in ("/phones/0712345678/telegram", "/phones/0712345678/whatsapp", "/whatsapp/verification"):
        assert trial.http.post(path, content=b"text=x", headers=form).status_code == 415
    assert trial.http.post("/bot1:x/getMe", content=b"a=b", headers=form).status_code == 401
    assert trial.http.post("/v26.0/1/media", content=b"a=b", headers=form).status_code == 401
    foreign = {"Origin": "https://evil.example"}
    assert trial.http.post("/bot1:x/getMe", headers=foreign).status_code == 403


def test_reading_with_a_strange_host_is_refused_too(trial: Any) -> None:
    assert trial.http.get("/about", headers={"Host": "evil.example"}).status_code == 403


def test_an_empty_post_passes_without_a_type_but_not_from_a_page(trial: Any) -> None:
    assert trial.http.post("/faults/reset").status_code == 200
    assert trial.http.post("/faults/reset", headers={"Origin": trial.url}).status_code == 415


def test_any_spelling_is_the_same_phone(trial: Any) -> None:
    trial.post("/phones/254711222333", {"wallet": 77})
    for spelling in ("0711222333", "+254711222333", "254711222333"):
        phone = trial.phone(spelling)
        assert (phone["msisdn"], phone["wallet"]) == ("254711222333", 77)
    for wrong in ("0611222333", "12345", "2547112223334"):
        assert trial.http.get(f"/phones/{wrong}").status_code == 422
    assert {"msisdn", "wallet", "texts", "prompts"} <= set(trial.phone(trial.number()))


def test_replay_and_forgery(trial: Any, product: Any) -> None:
    trial.faults(stk_result="0")
    payer = trial.number()
    trial.push(payer)
    trial.told(payer)
    (sent,) = until(
        lambda: [c for c in trial.get("/callbacks") if c["url"].endswith(payer) and c["state"] != "sending"]
    )
    assert (sent["kind"], sent["status"], sent["body"]) == (
        "stk callback",
        200,
        product.at(f"/pay/{payer}")[0].body,
    )
    trial.post(f"/callbacks/{sent['id']}/replay", {"times": 3})
    assert [call.body for call in product.at(f"/pay/{payer}")] == [sent["body"]] * 4
    trial.post(f"/callbacks/{sent['id']}/replay", {"source": "127.0.0.7", "body": {"Body": 1}})
    last = product.at(f"/pay/{payer}")[-1]
    assert (last.source, last.body) == ("127.0.0.7", {"Body": 1})
    forged = trial.post("/callbacks", {"url": f"{product.url}/pay/guess", "body": {"a": 1}})
    assert forged["status"] == 200
    assert product.at("/pay/guess")[0].source == "127.0.0.9"
    for url in ("http://192.0.2.1/x", f"{product.url}.evil.example/x"):
        trial.post("/callbacks", {"url": url, "body": {}}, status=422)
        trial.post(f"/callbacks/{sent['id']}/replay", {"url": url}, status=422)
    trial.post("/callbacks/999999/replay", {}, status=404)


def test_what_happened_survives_a_restart(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    payer, asleep = trial.number(), trial.number()
    trial.register("v1")
    trial.push(payer, 120)
    trial.touch(payer, "pin")
    trial.told(payer)
    product.wait("/c2b/confirmation")
    id_ = trial.push(asleep).json()["CheckoutRequestID"]
    trial.post(f"/phones/{payer}/optout")
    trial.post(f"/phones/{payer}/sms", {"to": "22384", "text": "BAL"})
    trial.faults(sms_report="late", prompt_seconds=40)
    before = [
        trial.get(path) for path in (f"/phones/{payer}", "/mpesa/statement", "/mpesa/registration", "/faults")
    ]
    certificate = trial.http.get("/daraja/certificate").text

    trial = fresh_trial()
    after = [
        trial.get(path) for path in (f"/phones/{payer}", "/mpesa/statement", "/mpesa/registration", "/faults")
    ]
    assert after == before
    assert after[0]["wallet"] == 4880
    assert trial.http.get("/daraja/certificate").text == certificate
    assert trial.query(id_).json()["errorMessage"] == "The transaction is being processed"
    assert trial.touch(asleep, "pin")["state"] == "paid"
    assert trial.told(asleep)[0]["CheckoutRequestID"] == id_


def test_a_line_torn_by_a_kill_is_left_out(fresh_trial: Any) -> None:
    trial = fresh_trial(web="http://127.0.0.1:1")
    payer = trial.number()
    trial.post(f"/phones/{payer}/paybill", {"shortcode": "174379", "account": "1", "amount": 10})
    with (trial.state / "movements.jsonl").open("a") as file:
        file.write('{"receipt": "UKM7AAA')
    trial = fresh_trial(web="http://127.0.0.1:1")
    assert len(trial.movements(payer)) == 1
    trial.post(f"/phones/{payer}/paybill", {"shortcode": "174379", "account": "2", "amount": 20})
    trial = fresh_trial(web="http://127.0.0.1:1")
    assert [row["account"] for row in trial.movements(payer)] == ["1", "2"]


def test_receipts_are_unique_and_the_money_adds_up(trial: Any) -> None:
    payer = trial.number()
    for amount in range(1, 41):
        assert trial.post(
            f"/phones/{payer}/paybill", {"shortcode": "174379", "account": "1", "amount": amount}
        )["ok"]
    rows = trial.movements(payer)
    assert len({row["receipt"] for row in rows}) == 40
    assert trial.phone(payer)["wallet"] == 5000 - sum(row["amount"] for row in rows) == 5000 - 820


def test_a_missing_world_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--world", str(tmp_path / "none.json"), "--state", str(tmp_path)]) == 2
    assert "none.json" in capsys.readouterr().err
    (tmp_path / "world.json").write_text('{"web": "https://isp.example"}')
    assert main(["--world", str(tmp_path / "world.json"), "--state", str(tmp_path)]) == 2
    assert "loopback" in capsys.readouterr().err


def test_it_does_not_start_beside_a_live_product(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BANDO_MODE", "live")
    assert main(["--world", str(tmp_path / "world.json"), "--state", str(tmp_path / "state")]) == 2
    assert "live" in capsys.readouterr().err
    assert not (tmp_path / "state").exists()


def first_answer(url: str) -> httpx.Response:
    """Asks until somebody listens."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        try:
            return httpx.get(url)
        except httpx.ConnectError:
            time.sleep(0.02)
    raise AssertionError(f"nobody listens at {url}")


def test_the_program_starts_and_stops(product: Any, trial: Any, tmp_path: Path) -> None:
    world = json.loads(trial.world.model_dump_json())
    world["clock_file"] = str(tmp_path / "clock")
    (tmp_path / "world.json").write_text(json.dumps(world))
    root = Path(__file__).parents[2]
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    program = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--world", str(tmp_path / "world.json"), "--port", str(port),
         "--state", str(tmp_path / "state")],
        cwd=root, env=os.environ | {"PYTHONWARNINGS": "error::ResourceWarning"},
    )  # fmt: skip
    try:
        assert first_answer(f"http://127.0.0.1:{port}/about").json()["sender"] == "PWANINET"
    finally:
        program.terminate()
        assert program.wait(10) in {0, -15}
