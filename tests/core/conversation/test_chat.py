"""The talk in a chat, from the inbox to the face, on real servers: each message once, whatever comes twice or late."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from redis import Redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.base.errors import NotReady, OutcomeUnknown, OutsideError, Rejected, Unreachable
from core.conversation import chat, phrases
from core.conversation.channel import Act
from core.conversation.chat_store import Talks
from core.messaging.carrier import AccountRefused, BlockedByPerson
from tests.core.conversation.chatting import ChatHouse, Someone

AMINA = "0712345678"
OLD = phrases.OLD_MENU.msgid


class Killed(BaseException):
    """A worker's end."""


@pytest.fixture
def buyer(house: ChatHouse) -> Someone:
    """Somebody who bought a bundle before and writes on WhatsApp."""
    house.provider.hotspot_buyer(AMINA, "en")
    return Someone(house, "whatsapp", number=AMINA)


@pytest.fixture
def at_confirmation(buyer: Someone) -> Someone:
    buyer.says("hi")
    assert buyer.taps("1").id == "buy.bundle"
    return buyer


def paid(house: ChatHouse) -> int:
    """Payments that were asked for in a chat."""
    return house.rows("collections")


# --- first contact ---


def test_first_the_language_then_the_number_then_the_menu(house: ChatHouse) -> None:
    stranger = Someone(house, "telegram", language="sw")
    first = stranger.says("/start")
    assert (first.id, first.language, first.ways) == ("language.choose", "sw", ())
    asked = stranger.taps("English")
    assert (asked.id, asked.language, asked.asks_number) == ("link.ask", "en", True)
    menu = stranger.shares("0722000111")
    assert (menu.id, menu.language, menu.ways) == ("home.menu", "en", ())
    assert house.rows("subscribers", "language = 'en'") == 1


def test_a_vouched_number_is_not_asked_for(house: ChatHouse) -> None:
    stranger = Someone(house, "whatsapp", number="0722000111")
    assert stranger.says("Hi").id == "language.choose"
    assert stranger.says("Kiswahili").id == "home.menu"


def test_a_wish_of_a_stranger_waits_for_language_and_number(house: ChatHouse) -> None:
    stranger = Someone(house, "telegram")
    assert stranger.says("nunua 50").id == "language.choose"
    assert stranger.taps("1").id == "link.ask"
    assert stranger.says("buy").id == "link.ask"


def test_whoever_has_chosen_a_language_elsewhere_finds_it_here(buyer: Someone) -> None:
    assert buyer.says("hello").id == "home.menu"


def test_an_error_before_the_language_is_told_in_both(house: ChatHouse) -> None:
    stranger = Someone(house, "whatsapp", number="0722000111")
    stranger.says("hi")
    assert stranger.says("7").lines[:2] == (
        "That choice is not there. Choose 1 to 2.", "Chaguo hilo halipo. Chagua 1 hadi 2.",
    )  # fmt: skip


def test_a_chat_begins_with_a_word_that_was_shown_elsewhere(house: ChatHouse) -> None:
    house.provider.person(AMINA, "en")
    phone = Someone(house, "sms", number=AMINA)
    with house.work() as work:
        from core.subscribers.tokens import draw_token

        assert phone.number is not None
        token = draw_token(work, number=phone.number)
    assert Someone(house, "telegram").says(f"/start {token.replace('-', '')}").id == "home.menu"


# --- what was shown is what is meant ---


def test_a_label_may_be_typed_and_so_may_its_number(buyer: Someone) -> None:
    buyer.says("hi")
    assert buyer.says("MY VOUCHERS!").id == "vouchers.voucher"
    assert buyer.says("rudi").id == "home.menu"
    assert buyer.says("(٢)").id == "buy.bundles"
    assert buyer.says("0").id == "home.menu"


def test_an_end_ends_the_flow_and_not_the_chat(at_confirmation: Someone) -> None:
    end = at_confirmation.taps("mine")
    assert (end.id, end.ends, [way.label for way in end.ways]) == ("buy.bundle.end", True, ["Main menu"])
    assert at_confirmation.taps("00").id == "payment_open.checking"


def test_the_main_menu_is_made_afresh(buyer: Someone, house: ChatHouse) -> None:
    buyer.says("hi")
    buyer.taps("buy")
    house.provider.home_subscriber(AMINA, "en")
    assert buyer.taps("00").buttons[0].label == "Pay 1 month Ksh 2,000"


def test_three_misses_lead_to_the_menu_kindly(at_confirmation: Someone) -> None:
    assert [at_confirmation.says(word).id for word in ("qwerty", "?!")] == ["buy.bundle"] * 2
    out = at_confirmation.says("asdf")
    assert (out.id, out.lines[0]) == ("home.menu", phrases.NO_SENSE.msgid)
    at_confirmation.taps("1")
    assert at_confirmation.says("qwerty").lines[0] == "That choice is not there. Choose 1, 2, 4."


def test_three_wrong_numbers_lead_to_the_menu_too(at_confirmation: Someone) -> None:
    at_confirmation.taps("other")
    shown = [at_confirmation.says(text).id for text in ("12", "0799", "nobody knows")]
    assert shown == ["buy.for_whom", "buy.for_whom", "home.menu"]


@pytest.mark.parametrize("act", [Act.OTHER, Act.SHARED])
def test_what_cannot_be_read_gets_a_kind_word_and_the_same_screen(at_confirmation: Someone, act: Act) -> None:
    before = at_confirmation.face
    (face,) = at_confirmation.does(act, "sticker")
    assert before is not None
    assert face.lines == (phrases.ONLY_TEXT.msgid, *before.lines)
    assert face.buttons == before.buttons


def test_a_very_long_text_is_no_answer(at_confirmation: Someone) -> None:
    at_confirmation.taps("other")
    assert at_confirmation.says("0" * 5_000).lines[0] == phrases.TOO_LONG.msgid


def test_the_channels_own_button_shows_the_same_screen(buyer: Someone, house: ChatHouse) -> None:
    buyer.says("hi")
    first = buyer.taps("buy")
    (again,) = buyer.does(Act.TAPPED, first.buttons[0].data.partition(".")[0] + ".+3")
    assert (again.id, again.buttons) == (first.id, first.buttons)


# --- old, late, overtaken, twice ---


def test_an_old_money_button_pays_nothing_and_tells_the_truth(
    at_confirmation: Someone, house: ChatHouse
) -> None:
    pay = at_confirmation.button("mine").data
    at_confirmation.taps("0")
    at_confirmation.taps("3")
    (face,) = at_confirmation.does(Act.TAPPED, pay)
    assert (face.id, face.lines[0]) == ("home.menu", OLD)
    assert paid(house) == 0


def test_a_button_of_another_person_means_nothing(at_confirmation: Someone, house: ChatHouse) -> None:
    other = Someone(house, "whatsapp", number="0722000111")
    other.says("hi")
    other.taps("1")
    assert other.does(Act.TAPPED, at_confirmation.button("mine").data)[0].lines[0] == OLD
    assert paid(house) == 0


@pytest.mark.parametrize("data", ["", ".", "mine", "x.mine", "-home", "00000000.-home", "\ud800.1"])
def test_foreign_button_data_means_nothing(at_confirmation: Someone, house: ChatHouse, data: str) -> None:
    assert at_confirmation.does(Act.TAPPED, data)[0].lines[0] == OLD
    assert paid(house) == 0


def test_the_same_button_twice_is_once(at_confirmation: Someone, house: ChatHouse) -> None:
    pay = at_confirmation.button("mine").data
    (first,) = at_confirmation.does(Act.TAPPED, pay)
    (second,) = at_confirmation.does(Act.TAPPED, pay)
    assert (first.id, first.lines, first.ways) == (second.id, second.lines, second.ways)
    assert paid(house) == 1


def test_a_job_that_runs_again_answers_once(at_confirmation: Someone, house: ChatHouse) -> None:
    at_confirmation.taps("mine")
    assert [at_confirmation.again() for _ in range(10)] == [[]] * 10
    assert paid(house) == 1


def test_a_job_that_runs_late_again_touches_nothing(at_confirmation: Someone, house: ChatHouse) -> None:
    first = at_confirmation.last
    at_confirmation.taps("other")
    assert house.run_job(*first) == []
    assert at_confirmation.says("0722333444").id == "buy.read_back"


def test_a_message_that_was_long_on_its_way_has_no_effect(at_confirmation: Someone, house: ChatHouse) -> None:
    at = house.clock.now() - timedelta(minutes=10, seconds=1)
    (face,) = at_confirmation.does(Act.TAPPED, at_confirmation.button("mine").data, at=at)
    assert (face.id, face.lines[0]) == ("buy.bundle", phrases.TOO_LATE.msgid)
    assert at_confirmation.says("1", at=at).id == "buy.bundle"
    assert paid(house) == 0
    assert at_confirmation.says("1").id == "buy.bundle.end"


def test_a_message_that_was_overtaken_has_no_effect(at_confirmation: Someone, house: ChatHouse) -> None:
    early = house.clock.now() + timedelta(seconds=5)
    house.pass_time(seconds=10)
    at_confirmation.says("hello")
    face = at_confirmation.says("1", at=early)
    assert (face.id, paid(house)) == ("buy.bundle", 0)


def test_messages_of_one_second_are_all_heard(buyer: Someone) -> None:
    assert [buyer.says(text).id for text in ("hi", "2", "3", "2")] == [
        "home.menu", "buy.bundles", "buy.bundle", "buy.for_whom",
    ]  # fmt: skip


def test_a_clock_ahead_of_ours_does_not_make_the_next_message_late(buyer: Someone, house: ChatHouse) -> None:
    buyer.says("hi", at=house.clock.now() + timedelta(hours=5))
    house.pass_time(seconds=1)
    assert buyer.says("2").id == "buy.bundles"


# --- accidents ---


def kept(house: ChatHouse) -> dict[bytes, bytes]:
    return {key: house.redis.get(key) for key in house.redis.keys("*")}  # type: ignore[union-attr, misc]


def put_back(house: ChatHouse, values: dict[bytes, bytes]) -> None:
    house.redis.flushall()
    for key, value in values.items():
        house.redis.set(key, value)


def test_killed_between_commit_and_keeping(at_confirmation: Someone, house: ChatHouse) -> None:
    before = kept(house)
    end = at_confirmation.taps("mine")
    put_back(house, before)
    (face,) = at_confirmation.again()
    assert (face.id, face.lines) == (end.id, end.lines)
    assert paid(house) == 1


def test_killed_between_keeping_and_showing(at_confirmation: Someone, house: ChatHouse) -> None:
    channel = house.recording["whatsapp"]
    channel.trouble = [Killed()]
    with pytest.raises(Killed):
        at_confirmation.taps("mine")
    (face,) = house.run_job(house.rows("inbox"), "whatsapp")
    assert face.id == "buy.bundle.end"
    assert house.run_job(house.rows("inbox"), "whatsapp") == []
    assert paid(house) == 1


def test_valkey_lost_everything_after_a_payment(at_confirmation: Someone, house: ChatHouse) -> None:
    at_confirmation.taps("mine")
    house.redis.flushall()
    (face,) = at_confirmation.again()
    assert (face.id, face.lines[0]) == ("payment_open.checking", OLD)
    assert paid(house) == 1


def test_valkey_lost_everything_before_the_payment(at_confirmation: Someone, house: ChatHouse) -> None:
    house.redis.flushall()
    assert at_confirmation.says("1").id == "home.menu"
    assert paid(house) == 0


def test_one_message_of_a_person_at_a_time(at_confirmation: Someone, house: ChatHouse) -> None:
    talks = Talks(house.redis, house.keyring)
    opened = talks.open(at_confirmation.person, house.clock.now())
    with pytest.raises(NotReady):
        at_confirmation.taps("mine")
    assert paid(house) == 0
    talks.release(opened)
    assert house.run_job(house.rows("inbox"), "whatsapp")[0].id == "buy.bundle.end"


def test_a_lock_of_another_is_not_released(buyer: Someone, house: ChatHouse) -> None:
    talks = Talks(house.redis, house.keyring)
    first = talks.open(buyer.person, house.clock.now())
    house.redis.delete(*house.redis.keys("chat:lock:*"))  # type: ignore[misc]
    second = talks.open(buyer.person, house.clock.now())
    talks.release(first)
    with pytest.raises(NotReady):
        talks.open(buyer.person, house.clock.now())
    talks.release(second)


def test_a_job_that_outlived_its_lock_keeps_nothing(at_confirmation: Someone, house: ChatHouse) -> None:
    channel = house.recording["whatsapp"]
    channel.meanwhile = lambda: house.redis.delete(*house.redis.keys("chat:lock:*"))  # type: ignore[misc]
    with pytest.raises(NotReady):
        at_confirmation.taps("mine")
    channel.meanwhile = lambda: None
    assert house.run_job(house.rows("inbox"), "whatsapp")[0].id == "buy.bundle.end"
    assert paid(house) == 1


def test_the_same_job_in_four_workers(at_confirmation: Someone, house: ChatHouse) -> None:
    said = at_confirmation.said(Act.TAPPED, at_confirmation.button("mine").data)
    inbox_id, before = house.receive(said), len(house.recording["whatsapp"].faces)

    def run() -> str:
        try:
            chat.hear(house, house.recording["whatsapp"], said)
        except NotReady:
            return "later"
        return "done"

    with ThreadPoolExecutor(4) as threads:
        results = [job.result() for job in [threads.submit(run) for _ in range(4)]]
    assert results.count("done") >= 1
    house.run_job(inbox_id, "whatsapp")
    assert len(house.recording["whatsapp"].faces) == before + 1
    assert paid(house) == 1


def test_valkey_is_away(at_confirmation: Someone, house: ChatHouse) -> None:
    alive, house.redis = house.redis, Redis(port=1, retry=Retry(NoBackoff(), 0))
    with pytest.raises(Unreachable):
        at_confirmation.taps("mine")
    house.redis = alive
    assert house.run_job(house.rows("inbox"), "whatsapp")[0].id == "buy.bundle.end"
    assert paid(house) == 1


# --- the channel's trouble ---


@pytest.mark.parametrize("trouble", [Unreachable("down", retry_after_seconds=7), AccountRefused("bad token")])
def test_what_was_not_shown_is_shown_later_once(
    at_confirmation: Someone, house: ChatHouse, trouble: OutsideError
) -> None:
    channel = house.recording["whatsapp"]
    channel.trouble = [trouble, trouble]
    for _ in range(2):
        with pytest.raises(Unreachable):
            at_confirmation.taps("mine") if channel.asked < 3 else house.run_job(
                house.rows("inbox"), "whatsapp"
            )
    (face,) = house.run_job(house.rows("inbox"), "whatsapp")
    assert face.id == "buy.bundle.end"
    assert house.run_job(house.rows("inbox"), "whatsapp") == []
    assert paid(house) == 1


@pytest.mark.parametrize(
    "trouble", [OutcomeUnknown("silence"), Rejected("no", code="400"), BlockedByPerson("no")]
)
def test_what_may_have_been_shown_or_never_will_be_is_not_tried_again(
    at_confirmation: Someone, house: ChatHouse, trouble: OutsideError
) -> None:
    house.recording["whatsapp"].trouble = [trouble]
    assert at_confirmation.does(Act.TAPPED, at_confirmation.button("mine").data) == []
    assert at_confirmation.again() == []
    assert paid(house) == 1
    off = house.rows("addresses", "channel = 'whatsapp' AND off_at IS NOT NULL")
    assert off == isinstance(trouble, BlockedByPerson)


def test_who_blocks_us_and_comes_back(buyer: Someone, house: ChatHouse) -> None:
    buyer.says("hi")
    off = "channel = 'whatsapp' AND off_at IS NOT NULL"
    assert buyer.does(Act.LEFT) == []
    assert house.rows("addresses", off) == 1
    assert buyer.does(Act.CAME_BACK) == []
    assert house.rows("addresses", off) == 0


def test_the_message_that_holds_the_face_is_handed_on(buyer: Someone, house: ChatHouse) -> None:
    buyer.says("hi")
    buyer.taps("buy")
    buyer.says("hello")
    assert [shown for _, _, shown in house.recording["whatsapp"].faces] == [None, "m1", "m2"]


def test_what_another_release_left_in_the_inbox_is_no_message(house: ChatHouse) -> None:
    from core.base.inbox import store

    with house.work() as work:
        row = store(work, door="sms", body=b"{}", source="test", trusted=True)
    assert row is not None
    assert house.run_job(row, "sms") == []


# --- too often ---


def test_too_many_messages_are_counted_and_answered_once(buyer: Someone, house: ChatHouse) -> None:
    for _ in range(chat.TURNS_A_MINUTE):
        buyer.says("hi")
    assert buyer.says("2").lines == (phrases.TOO_OFTEN.msgid,)
    assert buyer.does(Act.TYPED, "2") == []
    assert Someone(house, "whatsapp", number="0722000111").says("hi").id == "language.choose"
    house.pass_time(minutes=1)
    assert buyer.says("2").id == "buy.bundles"


# --- whose talk it is ---


def test_another_number_in_the_same_chat_sees_nothing_of_the_talk(
    at_confirmation: Someone, house: ChatHouse
) -> None:
    pay = at_confirmation.button("mine").data
    house.provider.person("0722000111", "sw")
    heir = Someone(house, "whatsapp", number="0722000111")
    heir.person = at_confirmation.person.__class__("whatsapp", at_confirmation.person.id, number=heir.number)
    (face,) = heir.does(Act.TAPPED, pay)
    assert (face.id, face.language, paid(house)) == ("home.menu", "sw", 0)
    assert heir.says("account").id == "account.account"


def test_a_chat_that_was_unlinked_asks_for_the_number_again(house: ChatHouse) -> None:
    from core.subscribers.chats import unlink

    somebody = Someone(house, "telegram")
    somebody.says("hi")
    somebody.taps("1")
    somebody.shares("0722000111")
    somebody.taps("buy")
    with house.work() as work:
        unlink(work, channel="telegram", external_id=somebody.person.id)
    assert somebody.says("1").id == "language.choose"
    assert somebody.taps("1").id == "link.ask"


# --- what is kept, and how long ---


@pytest.mark.parametrize(("channel", "life"), [("sms", 30), ("whatsapp", 24 * 60)])
def test_how_long_a_talk_lives(house: ChatHouse, channel: str, life: int) -> None:
    house.provider.person(AMINA, "en")
    somebody = Someone(house, channel, number=AMINA)
    somebody.says("hi")
    house.pass_time(minutes=life, seconds=-1)
    assert somebody.says("2").id == "buy.bundles"
    house.pass_time(minutes=life)
    assert somebody.says("2").id == "home.menu"
    assert all(0 < house.redis.ttl(key) <= life * 60 for key in house.redis.keys("chat:talk:*"))  # type: ignore[operator, union-attr]


def test_the_same_way_on_another_day_is_another_purchase(buyer: Someone, house: ChatHouse) -> None:
    for _ in range(2):
        assert buyer.says("hi").id == "home.menu"
        buyer.taps("1")
        assert buyer.taps("1").id == "buy.bundle.end"
        house.run("UPDATE collections SET state = 'failed', gateway_checkout_id = id::text")
        house.pass_time(days=2)
    assert paid(house) == 2


def test_names_in_valkey_tell_nobody_who_talks_and_values_are_sealed(
    at_confirmation: Someone, house: ChatHouse
) -> None:
    at_confirmation.taps("other")
    at_confirmation.says("0722333444")
    values = kept(house)
    everything = b" ".join([*values, *(value for value in values.values() if value)])
    for secret in (b"712345678", b"722333444", b"buy.", b"whatsapp", at_confirmation.person.id.encode()):
        assert secret not in everything
    assert len(values) <= 4


def test_what_other_keys_wrote_is_a_new_talk(at_confirmation: Someone, house: ChatHouse) -> None:
    (key,) = house.redis.keys("chat:talk:*")  # type: ignore[misc]
    house.redis.set(key, b"\x00" * 80, ex=100)
    assert at_confirmation.says("1").id == "resume.ask"
    assert paid(house) == 0
