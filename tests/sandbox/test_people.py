"""Ids in the chats: made from the number, never shared, and telling the number again."""

from hypothesis import given
from hypothesis import strategies as st

from sandbox import people

numbers = st.from_regex(r"\A254[17][0-9]{8}\Z")


@given(numbers)
def test_an_id_tells_its_phone(number: str) -> None:
    assert people.phone_of_telegram(people.telegram_id(number)) == number
    assert people.phone_of_whatsapp(people.whatsapp_user_id(number)) == number
    assert people.telegram_id(number) > 2**32


@given(st.integers() | st.text())
def test_no_other_id_is_taken_for_one(found: int | str) -> None:
    if isinstance(found, int):
        phone = people.phone_of_telegram(found)
        assert phone is None or people.telegram_id(phone) == found
    else:
        assert people.phone_of_whatsapp(f"UG.{found}") is None


def test_ids_of_neighbours_lie_far_apart() -> None:
    first, second = people.telegram_id("254712345678"), people.telegram_id("254712345679")
    assert abs(first - second) > 1_000_000
