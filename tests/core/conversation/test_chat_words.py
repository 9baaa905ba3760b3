"""Words of a person's own in a chat: straight to the flow, or to a confirmation, and never past it."""

import pytest

from core.conversation import phrases
from core.conversation.channel import Act
from tests.core.conversation.chatting import CHANNELS, ChatHouse, Someone
from tests.ussd.handset import Handset, Service

AMINA = "0712345678"


@pytest.fixture
def buyer(house: ChatHouse) -> Someone:
    house.provider.hotspot_buyer(AMINA, "en")
    return Someone(house, "whatsapp", number=AMINA)


@pytest.fixture
def subscriber(house: ChatHouse) -> Someone:
    house.provider.home_subscriber(AMINA, "en")
    return Someone(house, "sms", number=AMINA)


@pytest.mark.parametrize(
    ("text", "screen", "said"),
    [
        ("buy", "buy.bundles", "Choose a bundle"),
        ("NUNUA.", "buy.bundles", "Choose a bundle"),
        ("nataka bundle ya siku", "buy.bundle", "WiFi 24 hours, Ksh 50, 1 phone"),
        ("nunua 50", "buy.bundle", "WiFi 24 hours, Ksh 50, 1 phone"),
        ("nipe ya mbao", "buy.bundle", "WiFi 3 hours, Ksh 20, 1 phone"),
        ("bundle ya wiki 250 bob", "buy.bundle", "WiFi 7 days, Ksh 250, 1 phone"),
        ("I want a monthly bundle please", "buy.bundle", "WiFi 30 days, Ksh 800, 1 phone"),
        ("nunua 50 0722 333 444", "buy.read_back", "WiFi 24 hours for 0722 333 444"),
        ("nunua 51", "buy.bundles", "Choose a bundle"),
        ("nunua 2000", "home_wifi.plans", "Choose your home WiFi"),
        ("lipa", "buy.bundle", "WiFi 24 hours, Ksh 50, 1 phone"),
        ("lipa 20 bob", "buy.bundle", "WiFi 3 hours, Ksh 20, 1 phone"),
        ("lipa 500 acc 1000015", "home.menu", "6 is not available yet."),
        ("vocha zangu", "vouchers.voucher", "New voucher: 24 hours, not used"),
        ("salio", "account.account", None),
        ("net haifanyi", "home.menu", "5 is not available yet."),
        ("nimelipa", "home.menu", "7 is not available yet."),
        ("nipigie", "home.menu", "10 is not available yet."),
        ("lugha", "language.choose", None),
        ("menu", "home.menu", "Pwani Net WiFi"),
        ("back", "home.menu", "Pwani Net WiFi"),
        ("niaje", "home.menu", "Pwani Net WiFi"),
        ("help", "home.menu", phrases.ALWAYS_WORK.msgid),
    ],
)
def test_where_words_lead(buyer: Someone, house: ChatHouse, text: str, screen: str, said: str | None) -> None:
    face = buyer.says(text)
    assert face.id == screen
    assert said in (None, face.lines[0])
    assert house.rows("collections") == 0


@pytest.mark.parametrize("text", ["lipa", "renew", "lipia mwezi", "lipa 2000", "pay 2,000/="])
def test_a_home_subscriber_pays_the_line(subscriber: Someone, house: ChatHouse, text: str) -> None:
    assert subscriber.says(text).id == "renew.confirm"
    assert house.rows("collections") == 0
    assert subscriber.says("1").id == "renew.confirm.end"
    assert house.rows("collections", "amount_cents = 200000") == 1


def test_a_bundle_beside_the_line(subscriber: Someone) -> None:
    assert subscriber.says("lipa bundle ya siku").id == "buy.bundle"


def test_back_leads_out_of_the_way_that_words_took(buyer: Someone) -> None:
    buyer.says("nunua 50 kwa 0722333444")
    assert [buyer.says("0").id for _ in range(4)] == [
        "buy.for_whom",
        "buy.bundle",
        "buy.bundles",
        "home.menu",
    ]


@pytest.mark.parametrize("text", ["nunua 50", "lipa", "buy"])
def test_nothing_is_paid_beside_an_open_payment(house: ChatHouse, text: str) -> None:
    house.provider.open_payment(AMINA, "en")
    somebody = Someone(house, "whatsapp", number=AMINA)
    assert somebody.says(text).id == "payment_open.checking"
    assert somebody.says("vocha").id == "vouchers.voucher"


def test_where_text_is_asked_for_only_bare_words_are_keys(buyer: Someone) -> None:
    buyer.says("nunua 50")
    buyer.says("2")
    assert buyer.says("nataka bundle ya siku").lines[0] == "That is not a phone number of Kenya."
    assert buyer.says("asante").lines[0] == "That is not a phone number of Kenya."
    assert buyer.says("Rudi").id == "buy.bundle"


def test_a_language_is_chosen_by_its_name(buyer: Someone, house: ChatHouse) -> None:
    assert buyer.says("kiswahili").language == "sw"
    assert house.rows("subscribers", "language = 'sw'") == 1
    assert buyer.says("EN").language == "en"


# --- stop ---


@pytest.mark.parametrize("text", ["STOP", "acha!", "Jiondoe", "unsubscribe", "please stop", "st\u200bop"])
@pytest.mark.parametrize("in_flow", [True, False])
def test_opt_out_is_heard_everywhere_and_confirmed_once(
    buyer: Someone, house: ChatHouse, text: str, in_flow: bool
) -> None:
    buyer.says("nunua 50" if in_flow else "hi")
    face = buyer.says(text)
    assert face.lines == (
        "You will get no more offers from Pwani Net. "
        "Receipts, vouchers and news of your own WiFi still come. To get offers again write START.",
    )
    assert [way.label for way in face.ways] == ["Main menu"]
    assert (
        house.rows("consents", "purpose = 'marketing' AND withdrawn_at IS NOT NULL AND how = 'whatsapp'") == 1
    )
    assert buyer.does(Act.TYPED, text) == []
    assert buyer.taps("Main menu").id == "home.menu"


def test_opt_out_is_heard_however_late_it_comes(buyer: Someone, house: ChatHouse) -> None:
    at = house.clock.now()
    house.pass_time(hours=3)
    assert buyer.says("STOP", at=at).id == "chat.stopped"
    assert house.rows("consents") == 1


def test_end_and_cancel_leave_a_flow_and_opt_out_outside_of_one(buyer: Someone, house: ChatHouse) -> None:
    buyer.says("nunua 50")
    assert buyer.says("cancel").id == "home.menu"
    assert house.rows("consents") == 0
    assert buyer.says("END").id == "chat.stopped"
    assert house.rows("consents") == 1


WANTS = "purpose = 'marketing' AND given_at IS NOT NULL"


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("language", "out", "back", "said"),
    [
        ("en", "STOP", "Start", "You will get offers from Pwani Net again. To stop them write STOP."),
        ("sw", "ACHA", "ANZA!", "Utapata ofa za Pwani Net tena. Kuzizuia andika ACHA."),
        ("sw", "jiondoe", "jiunge ofa", "Utapata ofa za Pwani Net tena. Kuzizuia andika ACHA."),
    ],
)
def test_who_opted_out_comes_back_by_start(
    house: ChatHouse, channel: str, language: str, out: str, back: str, said: str
) -> None:
    house.provider.hotspot_buyer(AMINA, language)
    somebody = Someone(house, channel, number=AMINA)
    if channel == "telegram":
        somebody.says("/start")
        somebody.taps("Kiswahili" if language == "sw" else "English")
        somebody.shares(AMINA)
    somebody.says(out)
    face = somebody.says(back)
    assert (face.id, face.lines) == ("chat.started", (said,))
    assert house.rows("consents", f"{WANTS} AND how = '{channel}' AND wording = '{back}'") == 1
    somebody.says(back)
    assert house.rows("consents", WANTS) == 1
    assert somebody.says("menu").id == "home.menu"


@pytest.mark.parametrize("text", ["start", "Anza", "/start"])
def test_start_is_no_consent_of_who_never_opted_out(buyer: Someone, house: ChatHouse, text: str) -> None:
    assert buyer.says("hi").id == buyer.says(text).id == "home.menu"
    assert house.rows("consents") == 0


def test_the_start_button_of_telegram_is_no_consent(buyer: Someone, house: ChatHouse) -> None:
    buyer.says("stop")
    assert buyer.says("/start").id == "home.menu"
    assert house.rows("consents", WANTS) == 0


def test_a_start_that_was_long_on_its_way_is_no_consent(buyer: Someone, house: ChatHouse) -> None:
    at = house.clock.now()
    house.pass_time(hours=3)
    buyer.says("STOP")
    buyer.says("START", at=at)
    assert house.rows("consents", WANTS) == 0


@pytest.mark.parametrize("text", ["toka", "ondoka", "exit"])
def test_leaving_is_no_opt_out(buyer: Someone, house: ChatHouse, text: str) -> None:
    buyer.says("nunua 50")
    face = buyer.says(text)
    assert (face.id, face.lines) == ("chat.left", (phrases.GOODBYE.msgid,))
    assert house.rows("consents") == 0
    assert buyer.says("1").id == "home.menu"


# --- one person, several doors ---


def test_a_dropped_ussd_session_goes_on_in_a_chat(house: ChatHouse, redis_url: str) -> None:
    house.provider.hotspot_buyer(AMINA, "en")
    with Service(house.database, redis_url, house.clock, house.keyring) as service:
        phone = Handset(service, AMINA)
        phone.dial()
        phone.keys("2", "4", "2")
        house.pass_time(minutes=1)
        chat = Someone(house, "whatsapp", number=AMINA)
        offered = chat.says("hi")
        assert (offered.id, offered.buttons[0].label) == ("resume.ask", "Continue: WiFi 7 days Ksh 250")
        assert chat.taps("1").id == "buy.for_whom"
        assert chat.says("0722333444").id == "buy.read_back"
        assert house.rows("collections") == 0


def test_what_was_started_over_is_not_offered_again(house: ChatHouse, redis_url: str) -> None:
    house.provider.hotspot_buyer(AMINA, "en")
    with Service(house.database, redis_url, house.clock, house.keyring) as service:
        phone = Handset(service, AMINA)
        phone.dial()
        phone.keys("2", "4")
    house.pass_time(minutes=1)
    chat = Someone(house, "whatsapp", number=AMINA)
    chat.says("hi")
    assert chat.taps("2").id == "home.menu"
    assert Someone(house, "sms", number=AMINA).says("hi").id == "home.menu"


def test_a_talk_goes_on_in_another_chat_for_ten_minutes(house: ChatHouse) -> None:
    house.provider.hotspot_buyer(AMINA, "en")
    Someone(house, "whatsapp", number=AMINA).says("nunua 250")
    assert Someone(house, "sms", number=AMINA).says("habari").id == "resume.ask"
    house.pass_time(minutes=10)
    assert Someone(house, "console", number=AMINA).says("habari").id == "home.menu"


@pytest.mark.parametrize("channel", CHANNELS)
def test_every_channel_holds_the_same_talk(house: ChatHouse, channel: str) -> None:
    house.provider.person(AMINA, "en")
    somebody = Someone(house, channel, number=AMINA)
    somebody.says("hi")
    if channel == "telegram":
        somebody.taps("1")
        somebody.shares(AMINA)
    assert somebody.says("nunua 10").id == "buy.bundle"
    assert somebody.taps("1").id == "buy.bundle.end"
    assert house.rows("purchases", f"channel = '{channel}'") == 1


def test_a_chat_that_was_left_goes_on_by_ussd(house: ChatHouse, redis_url: str) -> None:
    house.provider.hotspot_buyer(AMINA, "en")
    chat = Someone(house, "whatsapp", number=AMINA)
    chat.says("nunua 250")
    chat.taps("2")
    house.pass_time(minutes=1)
    with Service(house.database, redis_url, house.clock, house.keyring) as service:
        phone = Handset(service, AMINA)
        assert "1. Continue: WiFi 7 days Ksh 250" in phone.dial()
        assert phone.press("1").startswith("CON Who is it for?")
        house.pass_time(minutes=1)
        assert phone.keys("0722333444", "1").startswith("END M-PESA")
        house.pass_time(minutes=1)
        assert "you were not finished" not in phone.dial()
