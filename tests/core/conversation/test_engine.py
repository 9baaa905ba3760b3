"""The engine on plain values: no database, no door."""

import json

import pytest

from core.base.errors import Refusal
from core.base.words import say
from core.conversation import engine, menu
from core.conversation.dialogue import FLOW_VERSION, MAX_DEPTH, Dialogue, Frame
from core.conversation.screen import Choice, Screen, offer
from core.conversation.step import Context, NeedsWork, Next, Plain, enter, step_named
from tests.core.conversation import longest

HOME, AT_HOME = longest.HOME, longest.AT_HOME


def through_json(dialogue: Dialogue) -> Dialogue:
    return Dialogue.from_json(json.loads(json.dumps(dialogue.as_json())))


def answered(dialogue: Dialogue, *texts: str) -> engine.Turn:
    """Several answers without a database, the dialogue stored as JSON between them."""
    for text in texts:
        dialogue, screen = engine.answer(longest.context(), through_json(dialogue), text)
    return dialogue, screen


def test_leafing_through_the_bundles_asks_no_database() -> None:
    dialogue, screen = answered(AT_HOME, "buy", "3", "other", "0722333444")
    assert screen.id == "buy.read_back"
    assert [frame.step for frame in dialogue.frames] == [
        menu.FIRST, "buy.bundles", "buy.bundle", "buy.for_whom", "buy.read_back",
    ]  # fmt: skip
    assert dialogue.frames[-1].data["order"]["beneficiary"] == "254722333444"


def test_what_moves_money_asks_for_a_work() -> None:
    dialogue, _ = answered(AT_HOME, "again")
    with pytest.raises(NeedsWork):
        engine.answer(longest.context(), dialogue, "mine")


@pytest.mark.parametrize("text", ["vouchers", "account"])
def test_what_is_owned_is_read_from_the_database(text: str) -> None:
    with pytest.raises(NeedsWork):
        engine.answer(longest.context(), AT_HOME, text)


def test_a_caller_without_mpesa_is_asked_for_a_number_before_any_work() -> None:
    dialogue, _ = answered(AT_HOME, "again")
    _, screen = engine.answer(longest.context(has_mpesa=False), dialogue, "mine")
    assert screen.id == "pay.payer"


def test_back_goes_one_screen_and_stops_at_the_first() -> None:
    dialogue, _ = answered(AT_HOME, "buy", "3")
    seen = []
    for _ in range(4):
        dialogue, screen = engine.back(longest.context(), dialogue)
        seen.append((screen.id, screen.back))
    assert seen == [("buy.bundles", True), (menu.FIRST, False), (menu.FIRST, False), (menu.FIRST, False)]


def test_home_keeps_the_first_screen_alone() -> None:
    dialogue, _ = answered(AT_HOME, "buy", "3", "other")
    dialogue, screen = engine.to_first_screen(longest.context(), dialogue)
    assert dialogue.frames == (HOME,)
    assert screen.id == menu.FIRST


def test_a_wrong_number_repeats_the_question_with_the_reason() -> None:
    dialogue, screen = answered(AT_HOME, "again", "other", "12")
    assert screen.id == "buy.for_whom"
    assert screen.reason == say("That is not a phone number of Kenya.")
    assert dialogue.frames[-1].step == "buy.for_whom"


def test_every_answer_is_a_step_of_its_own() -> None:
    here, dialogue = longest.context(), AT_HOME
    steps = set()
    for text in ("again", "other", "0722333444", "change", "0722333444"):
        dialogue, _ = engine.answer(here, dialogue, text)
        steps.add(here.step)
    assert len(steps) == 5


def test_the_same_answer_heard_again_is_the_same_step() -> None:
    first, second = longest.context(), longest.context()
    engine.answer(first, AT_HOME, "again")
    engine.answer(second, through_json(AT_HOME), "again")
    assert first.step == second.step


def test_a_dialogue_of_another_version_leads_to_the_menu() -> None:
    old = AT_HOME.as_json() | {"version": FLOW_VERSION + 1}
    revived = Dialogue.from_json(json.loads(json.dumps(old)))
    assert (revived.language, revived.frames) == ("en", ())
    with pytest.raises(NeedsWork):  # the menu is made from what the database knows
        engine.answer(longest.context(), revived, "again")


def test_a_step_that_is_gone_leads_to_the_menu() -> None:
    lost = Dialogue("en", 3, (HOME, Frame("gone.step", {})))
    with pytest.raises(NeedsWork):
        engine.answer(longest.context(), lost, "1")


@pytest.mark.parametrize("name", ["gone.step", "buy.gone", "os.path", "buy", "../x.y", ""])
def test_names_that_are_no_steps(name: str) -> None:
    with pytest.raises(LookupError):
        step_named(name)


def test_the_way_back_is_bounded_and_never_forgets_the_first_screen() -> None:
    dialogue = AT_HOME
    for _ in range(MAX_DEPTH * 2):
        dialogue, _ = engine.answer(
            longest.context(), dialogue, "again" if len(dialogue.frames) == 1 else "other"
        )
        if dialogue.frames[-1].step == "buy.for_whom":
            dialogue, _ = engine.answer(longest.context(), dialogue, "0722333444")
            dialogue = Dialogue(dialogue.language, dialogue.turn, (*dialogue.frames, *dialogue.frames[1:2]))
    assert len(dialogue.frames) <= MAX_DEPTH + 1
    assert dialogue.frames[0] == HOME


class Refusing(Plain):
    def show(self, context: Context) -> Screen:
        return offer("Do it?", choices=(Choice("yes", "Yes"),))

    def answer(self, context: Context, text: str) -> Next:
        context.language = "sw"
        raise Refusal(say("That voucher is already used."))


def test_a_refusal_becomes_the_same_screen_with_its_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    from core.conversation.flows import buy

    monkeypatch.setitem(buy.STEPS, "refusing", Refusing())
    dialogue = Dialogue("en", 1, (HOME, Frame("buy.refusing", {})))
    with pytest.raises(engine.Declined) as declined:
        engine.answer(longest.context(), dialogue, "yes")
    after, screen = declined.value.turn
    assert after.frames == dialogue.frames
    assert after.language == "en"
    assert screen.reason == say("That voucher is already used.")


def test_what_a_dropped_session_offers_again() -> None:
    here = longest.context()
    at_list, _ = answered(AT_HOME, "buy")
    at_question, _ = answered(AT_HOME, "buy", "3", "other")
    assert engine.unfinished(here, AT_HOME) == ()
    assert engine.unfinished(here, at_list) == ()
    assert [frame.step for frame in engine.unfinished(here, at_question)] == [
        "buy.bundles", "buy.bundle", "buy.for_whom",
    ]  # fmt: skip
    asked = Dialogue("en", 1, (Frame("resume.ask", longest.SCREENS["resume.ask"][0]),))
    assert [frame.step for frame in engine.unfinished(here, asked)] == ["buy.for_whom"]


def test_screens_in_between_swallow_what_was_dialled_along() -> None:
    def shown(step: str) -> Dialogue:
        return Dialogue("en", 1, (Frame(step, {}),))

    between = ("language.choose", "payment_open.checking", "resume.ask", "buy.read_back", "pay.confirm")
    assert all(engine.is_in_between(shown(step)) for step in between)
    assert not any(
        engine.is_in_between(shown(step)) for step in ("home.menu", "buy.bundles", "renew.confirm")
    )


def test_every_number_of_the_menu_is_offered_or_reserved() -> None:
    for data in longest.SCREENS[menu.FIRST]:
        screen = step_named(menu.FIRST).show(longest.context(frame=Frame(menu.FIRST, data)))
        offered = {choice.number for choice in screen.choices}
        assert offered.isdisjoint(screen.kept)
        assert offered | set(screen.kept) == set(range(1, 11))


def test_nothing_pays_while_a_payment_is_open() -> None:
    data = longest.home(open_cents=5_000, again=longest.BUNDLE.as_json(), renewal=longest.RENEWAL.as_json())
    screen = step_named(menu.FIRST).show(longest.context(frame=Frame(menu.FIRST, data)))
    assert {choice.id for choice in screen.choices} == {"checking", "vouchers", "account"}


@pytest.mark.parametrize("flow", menu.FLOWS.values())
def test_every_flow_of_the_menu_can_be_entered(flow: str) -> None:
    try:
        entered = enter(flow, longest.context())
    except NeedsWork:
        return
    assert step_named(entered.frames[0].step)
