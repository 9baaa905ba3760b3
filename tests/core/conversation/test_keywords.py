"""Free words: what they wish for, however they are spelt, cased and decorated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.conversation.keywords import LONGEST, Action, Wish, read
from core.conversation.plan_words import fold, plan_of

BARE = {
    Action.BUY: "buy nunua bundle bando kifurushi wifi",
    Action.PAY: "pay lipa lipia renew",
    Action.BALANCE: "bal balance salio deni account risiti",
    Action.VOUCHERS: "voucher vocha code",
    Action.HELP: "help msaada",
    Action.MENU: "menu mwanzo /start",
    Action.START: "start anza",
    Action.BACK: "back rudi",
    Action.LANGUAGE: "lugha en sw english kiswahili",
    Action.FAULT: "haifanyi fundi stima",
    Action.HAVE_PAID: "nimelipa",
    Action.CALL_ME: "nipigie",
    Action.OPT_OUT: "stop acha jiondoe unsubscribe",
    Action.OPT_IN: "jiunge unstop subscribe",
    Action.CANCEL: "end cancel quit",
    Action.LEAVE: "toka ondoka exit",
    Action.GREETING: "hi habari sasa niaje asante samahani ok",
}
WORDS = [(word, action) for action, words in BARE.items() for word in words.split()]
SENTENCES = [
    ("nataka bundle ya siku", Action.BUY, None, ("hours", 24)),
    ("nunua 50", Action.BUY, 50, None),
    ("buy 50/=", Action.BUY, 50, None),
    ("bundle ya 50 bob", Action.BUY, 50, None),
    ("nipe ya mbao", Action.BUY, 20, None),
    ("soo mbili", Action.BUY, 200, None),
    ("2k bundle", Action.BUY, 2_000, None),
    ("lipa Ksh 2,000.00", Action.PAY, 2_000, None),
    ("ksh50", Action.BUY, 50, None),
    ("ksh\u030150", Action.BUY, 50, None),
    ("saa 3", Action.BUY, None, ("hours", 3)),
    ("3hrs", Action.BUY, None, ("hours", 3)),
    ("masaa matatu", Action.BUY, None, ("hours", 3)),
    ("siku saba", Action.BUY, None, ("hours", 168)),
    ("a weekly bundle please", Action.BUY, None, ("hours", 168)),
    ("bundle ya wiki 250 bob", Action.BUY, 250, ("hours", 168)),
    ("naomba bundle ya wiki ya 250", Action.BUY, 250, ("hours", 168)),
    ("3 days 50 bob", Action.BUY, 50, ("hours", 72)),
    ("lipa mwezi", Action.PAY, None, ("months", 1)),
    ("miezi mitatu", Action.BUY, None, ("months", 3)),
    ("nataka kulipa bundle ya siku", Action.PAY, None, ("hours", 24)),
    ("wifi haifanyi kazi", Action.FAULT, None, None),
    ("hakuna net", Action.FAULT, None, None),
    ("the internet is not working", Action.FAULT, None, None),
    ("nimelipa bundle", Action.HAVE_PAID, None, None),
    ("change to english", Action.LANGUAGE, None, None),
    ("stop sms", Action.OPT_OUT, None, None),
    ("nataka ofa, anza", Action.OPT_IN, None, None),
    ("start offers", Action.OPT_IN, None, None),
]
NO_WISH = [
    "", " ", "0", "1", "50", "0722333444", "+254722333444", "1000015", "K7QM2-XWD4F", "Jane Wanjiku", "sitaki kununua",
    "don't buy", "acha net", "stop buying bundles", "buy or balance", "🙂", "vocha 5", "x" * (LONGEST + 1),
    "dear sir my cousin told me about a school that needs to pay fees",
]  # fmt: skip


@pytest.mark.parametrize(("word", "action"), WORDS)
def test_a_word_alone(word: str, action: Action) -> None:
    wish = read(word)
    assert wish is not None
    assert (wish.action, wish.bare, wish.names_a_plan) == (action, True, False)


@pytest.mark.parametrize(("text", "action", "shillings", "term"), SENTENCES)
def test_a_sentence(text: str, action: Action, shillings: int | None, term: tuple[str, int] | None) -> None:
    wish = read(text)
    assert wish is not None
    assert (wish.action, wish.price_cents, wish.term) == (action, shillings and shillings * 100, term)


@pytest.mark.parametrize("text", NO_WISH)
def test_no_wish(text: str) -> None:
    assert read(text) is None


@pytest.mark.parametrize(
    "text", ["nunua 20 50", "siku wiki", "nunua bundle mbili 50", "nunua 99999999", "lipa 0"]
)
def test_two_plans_are_none(text: str) -> None:
    wish = read(text)
    assert wish is None or not wish.names_a_plan


def test_for_whom() -> None:
    for text in ("nunua 50 kwa 0722 333 444", "buy +254722333444 50 bob", "nunua 0722333444 ya 50"):
        wish = read(text)
        assert wish is not None
        assert wish.number is not None
        assert (wish.number.digits, wish.price_cents, wish.bare) == ("254722333444", 5_000, False)
    paid = read("lipa 500 acc 1000015")
    assert paid == Wish(Action.PAY, price_cents=50_000, account_no="1000015")
    assert read("lipa 500 acc 1000016") != paid


# What keyboards, contact lists and hurried thumbs add. Never between digits, where a space would part a number.
DECORATIONS = st.lists(
    st.sampled_from(["\u200b", "\u200f", "\u202e", "\u2060", "\u0301", "\ufe0f"]), max_size=3
)
AROUND = st.text(st.sampled_from(" .,!?…\n\t🙂👍*_~«»"), max_size=4)
DIGITS = {ord(str(n)): zero for n, zero in enumerate("٠١٢٣٤٥٦٧٨٩")}


@st.composite
def decorated(draw: st.DrawFn, text: str) -> str:
    """`text` as somebody might send it, meaning the same."""
    made = draw(AROUND)
    for sign in text:
        made += draw(st.sampled_from([sign, sign.upper()])) if sign.isalpha() else sign
        made += "".join(draw(DECORATIONS)) if sign.isalpha() else ""
    made = made.translate(DIGITS) if draw(st.booleans()) else made
    return made + draw(AROUND)


MEANINGFUL = [word for word, _ in WORDS] + [sentence[0] for sentence in SENTENCES]


@given(st.data(), st.sampled_from(MEANINGFUL))
def test_decoration_changes_nothing(data: st.DataObject, text: str) -> None:
    assert read(data.draw(decorated(text))) == read(text)


def test_a_full_stop_before_an_amount_is_no_decimal_point() -> None:
    assert read(".2k bundle") == read("2k bundle")


def test_a_button_is_no_consent_whatever_stands_before_it() -> None:
    for text in ("?/start", " …/START", "_/start", "\N{THUMBS UP SIGN}/start"):
        assert read(text) == read("/start")
    assert read("?start") != read("/start")


@given(st.text(max_size=300))
def test_whatever_is_typed_is_read_without_an_error(text: str) -> None:
    wish = read(text)
    assert wish is None or isinstance(wish.action, Action)
    assert fold(fold(text)) == fold(text)


@given(
    st.lists(st.sampled_from([*(" ".join(MEANINGFUL)).split(), "7", "50", "bob", "xyz", "no"]), max_size=9)
)
def test_any_mix_of_known_words_is_read_without_an_error(words: list[str]) -> None:
    wish = read(" ".join(words))
    assert wish is None or wish.price_cents is None or 0 < wish.price_cents <= 100_000_000


@given(st.lists(st.sampled_from("3 50 siku saa wiki mwezi bob ksh mbao soo x".split()), max_size=8))
def test_a_plan_has_one_price_and_one_time_at_most(words: list[str]) -> None:
    plan = plan_of(words)
    assert plan.price_cents is None or plan.price_cents > 0
    assert plan.term is None or plan.term[1] > 0
    assert set(plan.unknown) <= set(words) | {"3", "50"}


@given(
    st.sampled_from(["stop", "acha", "jiondoe", "unsubscribe"]),
    st.sampled_from(["", "please", "hi", "sms", "ok"]),
)
def test_stop_is_stop(word: str, beside: str) -> None:
    for text in (f"{word} {beside}", f"{beside} {word}"):
        wish = read(text)
        assert wish is not None
        assert wish.action is Action.OPT_OUT
