"""What is kept of a talk: small, sealed, and of no use to another release or another place."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.msisdn import Msisdn
from core.base.secrets import Keyring
from core.conversation import engine, unfinished
from core.conversation.dialogue import MAX_DEPTH, Dialogue, Frame
from core.conversation.face import data_of, face_of
from core.conversation.kept_talk import MOST_HEARD, KeptTalk
from core.conversation.numbered import number
from core.conversation.screen import Choice, offer
from core.conversation.step import step_named
from core.conversation.unfinished import Left
from tests.core.conversation import longest

MOST_BYTES = 10_000
"""Ten thousand open talks are then under a hundred megabytes."""
KEYRING = Keyring(["0123456789abcdef" * 4])
DEEP = [
    "home.menu",
    "buy.bundles",
    "buy.bundle",
    "pay.payer",
    "pay.confirm",
    "vouchers.voucher",
    "account.account",
]


def talk_at(name: str, data: dict[str, object], language: str) -> KeptTalk:
    """A talk as deep as any, with this screen on top and everything else as long as it gets."""
    below = [Frame(step, longest.SCREENS[step][-1]) for step in DEEP if step in longest.SCREENS]
    frames = (*(below * 2)[: MAX_DEPTH - 1], Frame(name, data))
    here = longest.context(language=language, frame=frames[-1])
    shown = number(step_named(name).show(here), language, home=True)
    return KeptTalk(
        session="0" * 16, dialogue=Dialogue(language, 999, frames), number="254712345678", subscriber=10**9,
        shown=shown, reason=("x" * 160,), tag="0" * 8, led_here="x" * 64, message="m" * 100, owes="0" * 12,
        heard=("0" * 12,) * MOST_HEARD, heard_at=10**10, at=10**10, misses=2, left=True,
    )  # fmt: skip


ALL = [*longest.SCREENS.items(), *longest.LISTS.items()]


@pytest.mark.parametrize("language", ["en", "sw"])
@pytest.mark.parametrize(("name", "cases"), ALL, ids=[name for name, _ in ALL])
def test_a_talk_is_small_and_comes_back_as_it_was(
    name: str, cases: list[dict[str, object]], language: str
) -> None:
    for data in cases:
        talk = talk_at(name, data, language)
        sealed = KEYRING.seal(talk.as_json(), table="chat", column="talk", row=1)
        assert len(sealed) < MOST_BYTES
        assert KeptTalk.from_json(talk.as_json()) == KeptTalk.from_json(
            KeptTalk.from_json(talk.as_json()).as_json()
        )
        assert face_of(KeptTalk.from_json(talk.as_json())).lines == face_of(talk).lines
        for button in face_of(talk).buttons:
            assert len(button.data.encode()) <= 64
            assert not button.data.partition(".")[2].startswith(("-", "+"))


@given(st.lists(st.integers(0, 200), max_size=12, unique=True), st.integers(0, 200))
def test_numbers_of_choices_are_all_different(promised: list[int], loose: int) -> None:
    numbers = [one for one in promised if one not in (0, 98, 99)]
    choices = [Choice(f"p{one}", str(one), one) for one in numbers] + [
        Choice(f"l{n}", "x") for n in range(loose)
    ]
    shown = number(offer("?", choices=tuple(choices)), "en", home=False)
    found = [key for key, _, _ in shown.choices]
    assert len(set(found)) == len(found) == len(choices)
    assert not {0, 98, 99}.intersection(found)


def test_an_id_that_no_button_can_carry_is_found_at_once() -> None:
    with pytest.raises(AssertionError):
        data_of("0" * 8, "x" * 60)


def test_marks_are_remembered_up_to_a_number() -> None:
    talk = KeptTalk("s")
    for serial in range(MOST_HEARD * 2):
        talk = talk.having_heard(f"m{serial}", serial, 1_000)
    assert len(talk.heard) == MOST_HEARD
    assert talk.heard[-1] == f"m{MOST_HEARD * 2 - 1}"
    assert talk.having_heard("ahead", 5_000, 1_000).heard_at == 1_000


@pytest.mark.parametrize("kept", ["", "{}", "[]", "null", json.dumps([1] * 16)])
def test_what_another_release_wrote_is_no_talk(kept: str) -> None:
    with pytest.raises((ValueError, TypeError, LookupError, AttributeError)):
        KeptTalk.from_json(kept)


def test_what_was_left_is_bound_to_its_number_and_newest_wins() -> None:
    dialogue = Dialogue("en", 4, (longest.HOME, Frame("buy.bundle", {"order": longest.BUNDLE.as_json()})))
    now = longest.NOW
    at = int(now.timestamp())
    tag, other = (
        unfinished.number_tag(KEYRING, msisdn) for msisdn in (longest.CALLER, Msisdn("254722333444"))
    )
    sealed = unfinished.seal(KEYRING, tag, Left(dialogue, at))
    assert unfinished.unseal(KEYRING, tag, sealed) == Left(dialogue, at)
    assert unfinished.unseal(KEYRING, other, sealed) is None
    assert unfinished.unseal(KEYRING, tag, sealed[:-1]) is None
    assert unfinished.unseal_session(KEYRING, tag, tag, sealed) is None
    found = unfinished.newest(Left(dialogue, at - 5), None, Left(Dialogue(), at - 1), now=now)
    assert found == Left(Dialogue(), at - 1)
    assert engine.unfinished(longest.context(), dialogue)[-1].step == "buy.bundle"
    assert unfinished.newest(Left(dialogue, at - unfinished.LIFE_SECONDS), now=now) is None
    assert unfinished.newest(Left(dialogue, at + 1), now=now) is None
