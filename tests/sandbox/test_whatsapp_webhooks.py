"""What Meta tells the product: pywa checks the signature and reads the shapes."""

import hashlib
import hmac
import json
from pathlib import Path
from typing import Any

import pytest
from pywa import filters, types

from sandbox import people
from sandbox.clock import TrialClock
from sandbox.courier import Courier
from sandbox.faults import StandingFaults
from sandbox.meta.webhooks import MetaWebhooks
from sandbox.world import World, WorldWhatsApp
from tests.sandbox.chat_clients import HOOK, pywa, send, values, wamid
from tests.sandbox.conftest import until
from tests.sandbox.worlds import OLD_WORLD, WHATSAPP


def messages(calls: list[Any]) -> list[Any]:
    return [message for value in values(calls) for message in value["messages"]]


def read_by_pywa(trial: Any, calls: list[Any]) -> list[Any]:
    """What its handlers are given, after its own check of the signature."""
    client, heard = pywa(trial), list[Any]()
    for register in (client.on_message, client.on_callback_button, client.on_callback_selection,
                     client.on_message_status):  # fmt: skip
        register()(lambda _, update: heard.append(update))
    for call in calls:
        assert client.webhook_update_validator(call.raw, call.headers["x-hub-signature-256"]) is None
        assert client.webhook_update_handler(call.raw) == ("ok", 200)
    return heard


def test_a_message_signed_and_read(trial: Any, product: Any) -> None:
    number = trial.number()
    trial.post(f"/phones/{number}", {"name": "Wanjirũ"})
    trial.say("whatsapp", number, text="Habari ñandú 😀")
    (call,) = product.at(HOOK)
    key = WHATSAPP["app_secret"].encode()
    wanted = "sha256=" + hmac.new(key, call.raw, hashlib.sha256).hexdigest()
    assert call.headers["x-hub-signature-256"] == wanted
    assert call.raw.isascii()
    (heard,) = read_by_pywa(trial, [call])
    assert (heard.text, heard.from_user.wa_id, heard.from_user.name) == ("Habari ñandú 😀", number, "Wanjirũ")
    assert heard.from_user.bsuid == people.whatsapp_user_id(number)
    assert heard.metadata.phone_number_id == WHATSAPP["phone_number_id"]
    (message,) = messages([call])
    assert (message["from"], message["from_user_id"]) == (number, heard.from_user.bsuid)


def test_the_vector_of_the_signature(tmp_path: Path) -> None:
    world = World.model_validate_json(OLD_WORLD).model_copy(update={"whatsapp": WorldWhatsApp(**WHATSAPP)})
    clock = TrialClock(tmp_path / "clock")
    webhooks = MetaWebhooks(world, Courier(clock), StandingFaults(tmp_path / "faults.json"), clock)
    signed = webhooks.sign(b'{"object":"whatsapp_business_account","entry":[]}')
    assert signed == "sha256=cd1b12e9a31e33017ad3a594e94c22a8872442b313a241c5732b247d248b3164"


def test_taps_in_their_shapes(trial: Any, product: Any) -> None:
    number = trial.number()
    trial.say("whatsapp", number, text="Menu")
    two = [{"type": "reply", "reply": {"id": f"s.{n}", "title": f"Chagua {n}"}} for n in (1, 2)]
    content = {"type": "button", "body": {"text": "x"}, "action": {"buttons": two}}
    old = wamid(send(trial, number, content, type="interactive"))
    rows = [{"id": "s.1", "title": "Mpya", "description": "Ksh 50"}]
    content = {
        "type": "list",
        "body": {"text": "x"},
        "action": {"button": "Ona", "sections": [{"rows": rows}]},
    }
    new = wamid(send(trial, number, content, type="interactive"))
    trial.forget()
    trial.say("whatsapp", number, choice="s.1")
    trial.say("whatsapp", number, choice="s.1", message=old)
    calls = [call for call in product.at(HOOK) if values([call])]
    row, button = read_by_pywa(trial, calls)
    assert isinstance(row, types.CallbackSelection)
    assert (row.data, row.title, row.description, row.reply_to_message.id) == (
        "s.1",
        "Mpya",
        "Ksh 50",
        new,
    )
    assert isinstance(button, types.CallbackButton)
    assert (button.data, button.title, button.reply_to_message.id) == ("s.1", "Chagua 1", old)
    trial.post(f"/phones/{number}/whatsapp", {"choice": "s.2", "message": new}, status=409)


def test_contacts_by_request_and_by_hand(trial: Any, product: Any) -> None:
    number, other = trial.number(), trial.number()
    trial.say("whatsapp", number, contact=True)
    pywa(trial).request_contact_info(number, "Nambari yako?")
    trial.say("whatsapp", number, contact=True)
    trial.say("whatsapp", number, contact=True, number=other, forwarded=True)
    unasked, asked, foreign = read_by_pywa(trial, [c for c in product.at(HOOK) if values([c])])
    assert [filters.contact_info_shared.check_sync(None, m) for m in (unasked, asked, foreign)] == [
        False, True, False,
    ]  # fmt: skip
    assert [m.contacts.first_wa_id for m in (unasked, asked, foreign)] == [number, number, other]
    assert (asked.forwarded, foreign.forwarded) == (False, True)


def test_what_is_no_text(trial: Any, product: Any) -> None:
    number = trial.number()
    for act in ({"sticker": True}, {"voice": True}, {"location": True}):
        trial.say("whatsapp", number, **act)
    sticker, voice, place = read_by_pywa(trial, product.at(HOOK))
    assert sticker.sticker.mime_type == "image/webp"
    assert voice.audio.voice is True
    assert place.location.latitude == pytest.approx(-1.286389)


def test_statuses_read_by_pywa(trial: Any, product: Any) -> None:
    number = trial.number()
    trial.say("whatsapp", number, text="Menu")
    id_ = wamid(send(trial, number, biz_opaque_callback_data="notice-1"))
    found = until(
        lambda: [c for c in product.at(HOOK) if values([c], "statuses")][1:] and product.at(HOOK)[1:3]
    )
    sent, delivered = read_by_pywa(trial, found)
    assert (sent.id, sent.status, sent.tracker) == (id_, types.MessageStatusType.SENT, "notice-1")
    assert delivered.status == types.MessageStatusType.DELIVERED
    assert (delivered.pricing.billable, delivered.from_user.wa_id) == (False, number)


def test_who_hides_the_number(trial: Any, product: Any) -> None:
    trial.faults(whatsapp_number="hidden")
    number = trial.number()
    trial.say("whatsapp", number, text="Menu")
    id_ = wamid(send(trial, "", recipient=people.whatsapp_user_id(number)))
    found = until(lambda: values(product.at(HOOK), "statuses"))[0]
    assert number not in product.at(HOOK)[0].raw.decode()
    assert number not in json.dumps(found)
    assert (found["statuses"][0]["id"], "recipient_id" in found["statuses"][0]) == (id_, False)
    heard = read_by_pywa(trial, product.at(HOOK)[:1])[0]
    assert (heard.from_user.wa_id, heard.from_user.username) == (None, people.username(number))
    assert heard.from_user.bsuid == people.whatsapp_user_id(number)


@pytest.mark.parametrize(("fault", "times"), [("doubled", 2), ("tenfold", 10)])
def test_repeated(trial: Any, product: Any, fault: str, times: int) -> None:
    trial.faults(whatsapp_webhook=fault)
    trial.say("whatsapp", trial.number(), text="Menu")
    assert len(product.wait(HOOK, times)) == times
    assert len({call.raw for call in product.at(HOOK)}) == 1


def test_batched_over_entries_and_changes(trial: Any, product: Any) -> None:
    trial.faults(whatsapp_webhook="batched")
    first, second = trial.number(), trial.number()
    for number, text in ((first, "a"), (second, "b"), (first, "c"), (second, "d")):
        trial.say("whatsapp", number, text=text)
    (call,) = product.wait(HOOK)
    shape = [[[m["text"]["body"] for m in change["value"]["messages"]] for change in entry["changes"]]
             for entry in call.body["entry"]]  # fmt: skip
    assert shape == [[["a", "b"], ["c"]], [["d"]]]
    assert [c["wa_id"] for c in call.body["entry"][0]["changes"][0]["value"]["contacts"]] == [first, second]


def test_shuffled_week_old_and_late(trial: Any, product: Any) -> None:
    number = trial.number()
    trial.faults(whatsapp_webhook="shuffled")
    for text in ("first", "second"):
        trial.say("whatsapp", number, text=text)
    assert [m["text"]["body"] for m in messages(product.wait(HOOK, 2))] == ["second", "first"]
    now = int(messages(product.at(HOOK))[0]["timestamp"])
    trial.faults(whatsapp_webhook="week_old")
    trial.say("whatsapp", number, text="third")
    age = now - int(messages(product.at(HOOK))[-1]["timestamp"])
    assert abs(age - 7 * 86_400) < 600
    trial.faults(whatsapp_webhook="late")
    trial.say("whatsapp", number, text="fourth")
    assert len(product.at(HOOK)) == 3
    trial.post("/callbacks/release")
    assert messages(product.at(HOOK))[-1]["text"]["body"] == "fourth"


def test_a_recorded_call_can_be_replayed_and_forged(trial: Any, product: Any) -> None:
    trial.say("whatsapp", trial.number(), text="Menu")
    sent = trial.get("/callbacks?kind=whatsapp%20message")[-1]
    trial.post(f"/callbacks/{sent['id']}/replay", {"times": 2})
    assert len({call.raw for call in product.at(HOOK)}) == 1
    assert len(read_by_pywa(trial, product.at(HOOK))) == 3
    changed = sent["body"].replace("Menu", "Lipa")
    trial.post(f"/callbacks/{sent['id']}/replay", {"body": changed})
    forged = product.at(HOOK)[-1]
    client = pywa(trial)
    assert client.webhook_update_validator(forged.raw, forged.headers["x-hub-signature-256"]) == (
        "Forbidden",
        403,
    )
    key = WHATSAPP["app_secret"].encode()
    signature = "sha256=" + hmac.new(key, changed.encode(), hashlib.sha256).hexdigest()
    headers = {"X-Hub-Signature-256": signature, "Content-Type": "application/json"}
    trial.post("/callbacks", {"url": f"{product.url}{HOOK}", "body": changed, "headers": headers})
    assert read_by_pywa(trial, product.at(HOOK)[-1:])[0].text == "Lipa"


def test_anything_but_200_is_tried_again(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    product.answers |= {HOOK: lambda _: (204, ""), "/trial/idle": lambda _: (404, "")}
    trial.say("whatsapp", trial.number(), text="Menu")
    product.answers[HOOK] = lambda _: (200, "")
    trial.post("/clock", {"advance": "PT6S"})
    first, second = product.wait(HOOK, 2)
    assert first.raw == second.raw
    assert first.headers["x-hub-signature-256"] == second.headers["x-hub-signature-256"]


def test_the_form_tests_the_webhook(trial: Any, product: Any) -> None:
    client = pywa(trial)

    def answer(query: dict[str, str]) -> tuple[int, str]:
        assert query["hub.mode"] == "subscribe"
        text, status = client.webhook_challenge_handler(query["hub.verify_token"], query["hub.challenge"])
        return status, str(text)

    product.answers[HOOK] = answer
    assert trial.post("/whatsapp/verification")["ok"] is True
    wrong = trial.post("/whatsapp/verification", {"verify_token": "guess"})
    assert (wrong["ok"], wrong["status"]) == (False, 403)
    product.answers[HOOK] = lambda query: (200, json.dumps(query["hub.challenge"]))
    assert trial.post("/whatsapp/verification")["ok"] is False  # in quotes


def test_a_chat_survives_a_restart(fresh_trial: Any, product: Any) -> None:
    trial = fresh_trial()
    number = trial.number()
    trial.say("whatsapp", number, text="Menu")
    wamid(send(trial, number))
    before = trial.chat("whatsapp", number)
    trial = fresh_trial()
    assert trial.chat("whatsapp", number) == before
    wamid(send(trial, number))
    assert [m["text"] for m in trial.chat("whatsapp", number)] == ["Menu", "Habari", "Habari"]
