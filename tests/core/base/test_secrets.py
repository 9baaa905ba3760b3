"""Secrets at rest: what one key writes no other row, column or key opens; what is drawn Daraja takes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from core.base.database import Database
from core.base.errors import Misconfigured
from core.base.keymarks import KeyMark, check_keys
from core.base.secrets import Keyring, SealBroken, draw_secret, same_secret

OLD, NEW, STRANGE = "a1" * 32, "b2" * 32, "c3" * 32
REFUSED_BY_DARAJA = ("mpesa", "m-pesa", "safaricom", "exe", "exec", "cmd", "sql", "query")
"""Words that Daraja refuses in a callback URL."""
PLACE = {"table": "vouchers", "column": "code_sealed", "row": 7}


@given(st.text())
def test_what_is_sealed_opens_again(clear: str) -> None:
    keyring = Keyring([NEW])
    assert keyring.unseal(keyring.seal(clear, **PLACE), **PLACE) == clear


@pytest.mark.parametrize(
    "elsewhere",
    [{"row": 8}, {"column": "other_sealed"}, {"table": "routers"}],
    ids=["row", "column", "table"],
)
def test_a_ciphertext_opens_nowhere_else(elsewhere: dict[str, object]) -> None:
    keyring = Keyring([NEW])
    with pytest.raises(SealBroken):
        keyring.unseal(keyring.seal("K7QM2XWD4F", **PLACE), **{**PLACE, **elsewhere})


@given(st.integers(min_value=0, max_value=41), st.integers(min_value=1, max_value=255))
def test_an_altered_ciphertext_does_not_open(at: int, flip: int) -> None:
    keyring = Keyring([NEW])
    sealed = bytearray(keyring.seal("K7QM2XWD4F", **PLACE))
    sealed[at] ^= flip
    with pytest.raises(SealBroken):
        keyring.unseal(bytes(sealed), **PLACE)


@given(st.binary(max_size=60))
def test_rubbish_does_not_open(rubbish: bytes) -> None:
    keyring = Keyring([NEW])
    for sealed in (rubbish, keyring.newest + rubbish):
        with pytest.raises(SealBroken):
            keyring.unseal(sealed, **PLACE)


def test_the_same_text_is_never_sealed_alike() -> None:
    keyring = Keyring([NEW])
    assert keyring.seal("x", **PLACE) != keyring.seal("x", **PLACE)


def test_the_first_key_writes_and_all_read() -> None:
    old, both, strange = Keyring([OLD]), Keyring([NEW, OLD]), Keyring([STRANGE])
    sealed = old.seal("x", **PLACE)
    assert both.unseal(sealed, **PLACE) == "x"
    assert not both.is_newest(sealed)
    assert both.is_newest(both.seal("x", **PLACE))
    with pytest.raises(SealBroken, match="not in BANDO_SECRET_KEY"):
        strange.unseal(sealed, **PLACE)


def test_a_lookup_is_found_under_every_key_and_only_for_its_purpose() -> None:
    old, both = Keyring([OLD]), Keyring([NEW, OLD])
    assert old.lookup("1000015", "access_username") in both.lookups("1000015", "access_username")
    assert both.lookup("1000015", "access_username") == both.lookups("1000015", "access_username")[0]
    assert old.lookup("1000015", "voucher") not in both.lookups("1000015", "access_username")


@pytest.mark.parametrize("keys", [[], ["short"], [NEW, "short"]])
def test_keys_that_a_person_typed_are_refused(keys: list[str]) -> None:
    with pytest.raises(Misconfigured, match="BANDO_SECRET_KEY"):
        Keyring(keys)


def test_no_drawn_secret_holds_a_word_that_daraja_refuses() -> None:
    drawn = [draw_secret() for _ in range(100_000)]
    assert len(set(drawn)) == len(drawn)
    together = "|".join(drawn)
    assert set(together) <= set("0123456789abcdef|")
    assert [word for word in REFUSED_BY_DARAJA if word in together] == []


@pytest.mark.parametrize("given_secret", ["", "x", "\ud800", "b" * 32, "é" * 32])
def test_a_wrong_secret_is_wrong_whatever_it_holds(given_secret: str) -> None:
    assert not same_secret(given_secret, ["a" * 32, "c" * 32])


def test_any_of_the_accepted_secrets_opens() -> None:
    assert same_secret("c" * 32, ["a" * 32, "c" * 32])
    assert not same_secret("", [])


def _marks(database: Database) -> int:
    with database.work() as work:
        return int(work.scalar("SELECT count(*) FROM key_marks"))


def test_the_keys_are_noted_once(database: Database) -> None:
    for _ in range(2):
        with database.work() as work:
            check_keys(work)
    assert _marks(database) == 1


def test_a_wrong_key_is_refused_in_clear_words_and_writes_nothing(database: Database) -> None:
    with database.work() as work:
        check_keys(work)
    database.keyring = Keyring([STRANGE])
    with (
        pytest.raises(Misconfigured, match="written with another key"),
        database.work() as work,
    ):
        check_keys(work)
    assert _marks(database) == 1


def test_a_new_first_key_is_noted_beside_the_old_one(database: Database, keyring: Keyring) -> None:
    with database.work() as work:
        check_keys(work)
    database.keyring = Keyring([NEW, "0123456789abcdef" * 4])
    with database.work() as work:
        check_keys(work)
        noted = {mark.key_id for mark in work.session.scalars(select(KeyMark))}
    assert noted == {keyring.newest, database.keyring.newest}
