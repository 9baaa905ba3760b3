"""The ladder: the cheapest way that confirms first, then the next, each try a row, and nothing twice without need."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import SetClock
from core.base.errors import OutcomeUnknown, OutsideError, Rejected, Unreachable
from core.messaging.carrier import AccountRefused, BlockedByPerson, Fate, Sent, WindowClosed
from core.messaging.model import NoticeTry
from core.messaging.template import Template
from core.messaging.ways import TRIES, Way, open_ways
from core.subscribers.chats import mark_off, unlink
from tests.core.messaging.conftest import AMINA, KEPT, Desk

MINUTES = timedelta(minutes=1)


@pytest.fixture
def person(desk: Desk) -> int:
    desk.with_chats()
    return desk.meet()


def first_way(desk: Desk, person: int, key: str, **more: str) -> str:
    """The channel that the notice takes where all are well."""
    notice = desk.queue(key, "money_kept", KEPT, to=person, **more)  # type: ignore[arg-type]
    desk.send(notice)
    return desk.notice(notice).channel


def test_a_person_without_a_chat_gets_a_text(desk: Desk, person: int) -> None:
    assert first_way(desk, person, "a") == "sms"


def test_an_open_whatsapp_is_free_and_confirms_so_it_is_first(desk: Desk, person: int) -> None:
    desk.chats("telegram")
    desk.chats("whatsapp")
    assert first_way(desk, person, "a") == "whatsapp"
    assert desk.whatsapp.messages[0].window_open


def test_after_the_window_the_free_telegram_is_first_and_a_template_before_a_dearer_text(
    desk: Desk, person: int, clock: SetClock
) -> None:
    chat = desk.chats("telegram")
    desk.chats("whatsapp")
    clock.advance(timedelta(hours=23, minutes=50))
    assert first_way(desk, person, "a") == "telegram"
    with desk.work() as work:
        mark_off(work, channel="telegram", external_id=chat)
    assert first_way(desk, person, "b") == "whatsapp"
    message = desk.whatsapp.messages[-1]
    assert (message.window_open, message.template, message.values["receipt"]) == (
        False, "money_kept", "SGR7K2XQ9P",
    )  # fmt: skip


def test_the_window_is_looked_at_when_it_is_sent(desk: Desk, person: int, clock: SetClock) -> None:
    desk.chats("whatsapp")
    notice = desk.queue("a", "money_kept", KEPT, to=person)
    clock.advance(timedelta(hours=23, minutes=49))
    desk.send(notice)
    assert desk.whatsapp.messages[0].window_open
    late = desk.queue("b", "money_kept", KEPT, to=person)
    clock.advance(timedelta(minutes=2))
    desk.send(late)
    assert not desk.whatsapp.messages[1].window_open
    assert [one.cost_cents for one in (*desk.tries(notice), *desk.tries(late))] == [0, 60]


def test_a_text_that_costs_less_than_a_template_goes_first(desk: Desk, person: int, clock: SetClock) -> None:
    desk.whatsapp._template_cents = 120
    desk.chats("whatsapp")
    clock.advance(timedelta(days=2))
    assert first_way(desk, person, "a") == "sms"


def test_a_chat_that_is_left_closed_or_another_s_is_no_way(desk: Desk, person: int, clock: SetClock) -> None:
    chat = desk.chats("telegram")
    with desk.work() as work:
        unlink(work, channel="telegram", external_id=chat)
    assert first_way(desk, person, "a") == "sms"
    desk.chats("whatsapp")
    clock.advance(timedelta(days=91))
    assert first_way(desk, person, "b") == "sms"
    assert desk.telegram.messages == []


@pytest.mark.parametrize(
    ("prefer", "channel"),
    [
        ("telegram", "telegram"),
        ("whatsapp", "whatsapp"),
        ("sms", "sms"),
        ("ussd", "sms"),
        ("own", "whatsapp"),
    ],
)
def test_the_channel_where_it_was_begun_is_first(desk: Desk, person: int, prefer: str, channel: str) -> None:
    desk.chats("whatsapp")
    desk.chats("telegram")
    assert first_way(desk, person, "a", prefer=prefer) == channel


def test_a_voucher_goes_to_telegram_only_for_who_waits_there(desk: Desk, person: int) -> None:
    desk.chats("telegram")
    elsewhere, there = desk.queue("a", to=person), desk.queue("b", to=person, prefer="telegram")
    desk.send(elsewhere)
    desk.send(there)
    assert (desk.notice(elsewhere).channel, desk.notice(there).channel) == ("sms", "telegram")


@pytest.mark.parametrize(
    ("prefer", "way_on"), [("telegram", "Lost? Write VOUCHER here."), ("sms", "Lost? *384*123*3#")]
)
def test_a_voucher_says_the_way_on_that_is_at_hand(desk: Desk, person: int, prefer: str, way_on: str) -> None:
    desk.chats("telegram")
    desk.send(desk.queue("a", to=person, prefer=prefer))
    sent = [*desk.telegram.messages, *desk.carrier.messages]
    assert [message.text.endswith(way_on) for message in sent] == [True]


def test_a_proof_of_the_number_goes_nowhere_but_to_it(
    desk: Desk, person: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    from core.messaging.templates import TEMPLATES

    monkeypatch.setitem(TEMPLATES, "code", Template("Your code: {code}", {"code": "123456"}, sms_only=True))
    desk.chats("whatsapp")
    desk.has_mail(person)
    notice = desk.queue("a", "code", {"code": "123456"}, to=person, prefer="whatsapp")
    desk.carrier.answers.append(Rejected("403", code="403"))
    desk.run()
    assert desk.way(notice) == [("sms", "failed")]
    assert desk.notice(notice).state == "failed"
    assert desk.whatsapp.messages == desk.email.messages == []


@pytest.mark.parametrize("error", [Rejected("131026"), Unreachable("503"), AccountRefused("190", code="190")])
def test_a_voucher_that_a_chat_does_not_take_goes_by_text_at_once(
    desk: Desk, person: int, error: OutsideError
) -> None:
    desk.chats("telegram")
    notice = desk.queue("a", to=person, prefer="telegram")
    desk.telegram.answers.append(error)
    desk.run(timedelta(seconds=2))
    assert [channel for channel, _ in desk.way(notice)] == ["telegram", "sms"]
    assert (desk.notice(notice).state, desk.notice(notice).cost_cents) == ("sent", 80)
    assert len(desk.carrier.texts) == 1
    assert not desk.tries(notice)[1].again


def test_what_nobody_waits_for_is_tried_on_its_chat_a_while(desk: Desk, person: int) -> None:
    desk.chats("telegram")
    notice = desk.queue("a", "money_kept", KEPT, to=person)
    desk.telegram.answers.extend(Unreachable("503") for _ in range(3))
    desk.run(timedelta(minutes=13))
    assert desk.way(notice) == [*[("telegram", "away")] * 3, ("telegram", "sent")]
    assert desk.carrier.texts == []


def test_a_chat_that_stays_away_gives_way_after_its_patience(desk: Desk, person: int) -> None:
    desk.chats("telegram")
    notice = desk.queue("a", "money_kept", KEPT, to=person)
    desk.telegram.answers.extend(Unreachable("503") for _ in range(9))
    desk.run(timedelta(hours=1))
    assert desk.way(notice)[-1] == ("sms", "sent")
    assert desk.tries(notice)[-1].begun_at - desk.tries(notice)[0].begun_at < timedelta(minutes=16)


def test_a_voucher_that_is_not_confirmed_goes_by_text_after_two_minutes_and_that_is_told(
    desk: Desk, person: int
) -> None:
    desk.chats("whatsapp")
    notice = desk.queue("a", to=person)
    desk.run(timedelta(seconds=119))
    assert desk.way(notice) == [("whatsapp", "sent")]
    desk.run(timedelta(seconds=2))
    assert desk.way(notice) == [("whatsapp", "sent"), ("sms", "sent")]
    assert [one.again for one in desk.tries(notice)] == [False, True]


def test_a_voucher_that_is_confirmed_goes_nowhere_else(desk: Desk, person: int) -> None:
    chat = desk.chats("whatsapp")
    notice = desk.queue("a", to=person)
    desk.run()
    desk.report(desk.whatsapp.report("whatsapp-1", chat, Fate.DELIVERED), "whatsapp.status")
    desk.run(timedelta(hours=3))
    assert (desk.way(notice), desk.notice(notice).state) == ([("whatsapp", "delivered")], "delivered")
    assert desk.carrier.texts == []


def test_a_read_mark_that_comes_after_the_text_left_still_counts(desk: Desk, person: int) -> None:
    chat = desk.chats("whatsapp")
    notice = desk.queue("a", to=person)
    desk.run(3 * MINUTES)
    desk.report(desk.whatsapp.report("whatsapp-1", chat, Fate.READ), "whatsapp.status")
    assert desk.notice(notice).state == "read"
    assert desk.way(notice) == [("whatsapp", "read"), ("sms", "sent")]


@pytest.mark.parametrize(
    "text", [Sent("late"), Rejected("403"), OutcomeUnknown("no answer"), Unreachable("503")]
)
def test_what_arrives_while_the_text_is_under_way_stays_arrived(
    desk: Desk, person: int, text: Sent | OutsideError
) -> None:
    chat = desk.chats("whatsapp")
    notice = desk.queue("a", to=person)
    desk.run()

    def arrives() -> None:
        desk.report(desk.whatsapp.report("whatsapp-1", chat, Fate.DELIVERED), "whatsapp.status")

    desk.carrier.while_sending = arrives
    desk.carrier.answers.append(text)
    desk.run(timedelta(hours=2))
    assert desk.notice(notice).state == "delivered"
    assert len(desk.carrier.texts) == 1


def test_a_status_that_says_failed_takes_the_next_way_at_once(desk: Desk, person: int) -> None:
    chat = desk.chats("whatsapp")
    notice = desk.queue("a", to=person)
    desk.run()
    desk.report(desk.whatsapp.report("whatsapp-1", chat, Fate.FAILED, "131026"), "whatsapp.status")
    desk.run()
    assert desk.way(notice) == [("whatsapp", "failed"), ("sms", "sent")]
    assert not desk.tries(notice)[1].again


def test_a_window_that_closed_on_the_way_is_a_template_then(desk: Desk, person: int) -> None:
    desk.chats("whatsapp")
    notice = desk.queue("a", to=person)
    desk.whatsapp.answers.append(WindowClosed("131047", code="131047"))
    desk.run(timedelta(seconds=3))
    assert desk.way(notice)[0] == ("whatsapp", "closed")
    assert [message.window_open for message in desk.whatsapp.messages] == [True, False]


def test_who_blocked_us_in_a_chat_is_not_written_to_there(desk: Desk, person: int) -> None:
    desk.chats("telegram")
    notice = desk.queue("a", "money_kept", KEPT, to=person)
    desk.telegram.answers.append(BlockedByPerson("403 bot was blocked"))
    desk.run(timedelta(seconds=2))
    assert desk.way(notice) == [("telegram", "failed"), ("sms", "sent")]
    assert first_way(desk, person, "b") == "sms"
    assert len(desk.telegram.messages) == 1


def test_a_chat_s_silence_is_followed_by_a_text_that_may_be_one_too_many(desk: Desk, person: int) -> None:
    desk.chats("telegram")
    notice = desk.queue("a", to=person, prefer="telegram")
    desk.telegram.answers.append(OutcomeUnknown("no answer"))
    desk.run(timedelta(seconds=2))
    assert desk.way(notice) == [("telegram", "unknown"), ("sms", "sent")]
    assert desk.tries(notice)[1].again


def test_a_status_that_names_our_notice_ends_the_doubt(desk: Desk, person: int) -> None:
    chat = desk.chats("whatsapp")
    notice = desk.queue("a", "money_kept", KEPT, to=person)

    def overtaking() -> None:
        body = desk.whatsapp.report("wamid.1", chat, Fate.DELIVERED, notice=notice)
        desk.report(body, "whatsapp.status")

    desk.whatsapp.while_sending = overtaking
    desk.whatsapp.answers.append(OutcomeUnknown("no answer"))
    desk.run(timedelta(hours=2))
    assert (desk.way(notice), desk.notice(notice).state) == ([("whatsapp", "delivered")], "delivered")


def test_a_status_with_another_s_address_names_nothing(desk: Desk, person: int) -> None:
    desk.chats("whatsapp")
    notice = desk.queue("a", "money_kept", KEPT, to=person)
    desk.whatsapp.answers.append(OutcomeUnknown("no answer"))
    desk.carrier.answers.append(Unreachable("503"))
    desk.run(timedelta(seconds=2))
    forged = desk.whatsapp.report("wamid.1", "whatsapp-254733000222", Fate.READ, notice=notice)
    desk.report(forged, "whatsapp.status")
    assert desk.way(notice)[0] == ("whatsapp", "unknown")
    assert desk.column("SELECT door FROM evidence") == ["whatsapp.status"]


def test_mail_is_the_last_way_and_then_it_waits(desk: Desk, person: int) -> None:
    mail = desk.has_mail(person)
    notice = desk.queue("a", to=person)
    desk.carrier.answers.append(Rejected("403", code="403"))
    desk.run(timedelta(seconds=2))
    assert desk.way(notice) == [("sms", "failed"), ("email", "sent")]
    assert desk.email.messages[0].address == mail
    other = desk.queue("b", to=person)
    desk.carrier.answers.append(Rejected("403", code="403"))
    desk.email.answers.append(Rejected("550 no such user"))
    desk.run(timedelta(seconds=4))
    assert (desk.way(other), desk.notice(other).state) == (
        [("sms", "failed"), ("email", "failed")],
        "waiting",
    )


def test_a_worker_that_died_with_a_chat_s_message_leaves_a_doubt_and_the_text_is_sent(
    desk: Desk, person: int, clock: SetClock
) -> None:
    from core.messaging.send import LEASE, claim

    desk.chats("whatsapp")
    notice = desk.queue("a", to=person)
    with desk.work() as work:
        claim(work, desk, notice_id=notice)
    clock.advance(LEASE + timedelta(seconds=1))
    desk.run(timedelta(seconds=5))
    assert desk.way(notice) == [("whatsapp", "unknown"), ("sms", "sent")]


@pytest.mark.parametrize("broken", ["whatsapp", "telegram", "sms", "email"])
@pytest.mark.parametrize("error", [Unreachable("503"), Rejected("never"), AccountRefused("401", code="401")])
def test_with_any_channel_broken_every_voucher_arrives_once(
    desk: Desk, person: int, broken: str, error: OutsideError
) -> None:
    for channel in ("whatsapp", "telegram"):
        desk.chats(channel)
    desk.has_mail(person)
    fakes = {"whatsapp": desk.whatsapp, "telegram": desk.telegram, "sms": desk.carrier, "email": desk.email}
    fakes[broken].answers.extend(error for _ in range(50))
    notices = [desk.queue(prefer, to=person, prefer=prefer) for prefer in fakes]
    for _ in range(30):
        desk.run(timedelta(seconds=20))
        desk.confirm_all()
    desk.run(timedelta(hours=3))
    for notice in notices:
        arrived = [channel for channel, state in desk.way(notice) if state in ("sent", "delivered", "read")]
        assert len(arrived) == 1
        assert broken not in arrived
    assert not any(one.again for notice in notices for one in desk.tries(notice))


CHANNELS = ["whatsapp", "telegram", "sms", "email"]
OUTCOMES = ["sent", "failed", "unknown", "away", "closed"]


@given(st.permutations(CHANNELS), st.lists(st.sampled_from(OUTCOMES), max_size=60), st.booleans())
def test_every_ladder_ends_and_no_way_that_took_it_is_asked_again(
    order: list[str], outcomes: list[str], urgent: bool
) -> None:
    from tests.conftest import START

    ways = [Way(channel, channel) for channel in order]
    form = Template("text", {}, urgent=urgent)
    patience = {channel: timedelta(minutes=5) for channel in CHANNELS}
    tries: list[NoticeTry] = []
    for number in range(len(CHANNELS) * TRIES + 1):
        ahead = open_ways(ways, tries, form, patience)
        if not ahead:
            break
        outcome = outcomes[number] if number < len(outcomes) else "away"
        at = START + number * timedelta(minutes=2)
        tries.append(
            NoticeTry(
                channel=ahead[0].channel, address=ahead[0].address, window_open=True, state=outcome, begun_at=at,
                again_at=at + timedelta(minutes=2) if outcome == "away" else None,
            )
        )  # fmt: skip
    else:
        pytest.fail("the ladder does not end")
    for way in ways:
        states = [one.state for one in tries if one.channel == way.channel]
        assert states, "every way is tried before the ladder ends"
        assert len(states) <= TRIES
        assert "sent" not in states[:-1]
        assert "failed" not in states[:-1]


def test_what_the_carrier_says_it_cost_counts_before_what_was_expected(desk: Desk, person: int) -> None:
    notice = desk.queue("a", to=person)
    desk.carrier.answers.append(Sent("1", 1, 93))
    desk.run()
    other = desk.queue("b", to=person)
    desk.run()
    assert (desk.notice(notice).cost_cents, desk.notice(other).cost_cents) == (93, 80)
    assert AMINA.digits == desk.tries(notice)[0].address
