"""What was typed into a form, read into our own types; what cannot be read is refused in words for who typed it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from core.base.clock import NAIROBI
from core.base.database import Work
from core.base.errors import Refusal
from core.base.money import Money, NotAnAmount
from core.base.msisdn import Msisdn, NotAPhoneNumber
from core.base.words import say
from core.subscribers.account_no import parse_account_no
from core.subscribers.meet import find
from core.subscribers.model import Subscriber
from core.subscribers.queries import by_account_no

MAX_CHARACTERS = 500
MAX_NUMBER = 9_999


@dataclass(frozen=True, slots=True)
class Given:
    """One filled-in form. ids: those of its path; key: by which the same form is known again."""

    ids: Mapping[str, int]
    form: Mapping[str, str]
    key: str

    @property
    def reason(self) -> str:
        return self.text("reason")

    def text(self, name: str) -> str:
        return " ".join(self.form.get(name, "").split())[:MAX_CHARACTERS]

    def amount(self, name: str = "amount") -> Money:
        """Above zero. Raises Refusal."""
        try:
            found = Money.parse(self.text(name))
        except NotAnAmount:
            raise Refusal(say("Type an amount in shillings, such as 500 or 12.50.")) from None
        if not found.is_positive:
            raise Refusal(say("Type an amount above zero."))
        return found

    def number(self, name: str) -> int:
        """A whole number. Raises Refusal."""
        typed = self.text(name)
        if not (typed.isascii() and typed.isdigit() and len(typed) <= 4):
            raise Refusal(say("Type a whole number from 0 to {most}.", most=MAX_NUMBER))
        return int(typed)

    def day(self, name: str) -> date:
        """Raises Refusal."""
        try:
            return date.fromisoformat(self.text(name))
        except ValueError:
            raise Refusal(say("Choose a day.")) from None

    def moment(self, name: str) -> datetime:
        """A day and an hour of Nairobi. Raises Refusal."""
        try:
            found = datetime.fromisoformat(self.text(name))
        except ValueError:
            raise Refusal(say("Choose a day and an hour.")) from None
        return found.replace(tzinfo=NAIROBI) if found.tzinfo is None else found

    def person(self, work: Work, name: str = "account") -> Subscriber:
        """By account or phone number, never by likeness. Raises Refusal."""
        typed = self.text(name)
        account_no = parse_account_no(typed)
        found = by_account_no(work, account_no) if account_no is not None else None
        if found is None:
            try:
                found = find(work, msisdn=Msisdn.parse(typed))
            except NotAPhoneNumber:
                found = None
        if found is None:
            raise Refusal(say("There is no such account. Look at the number again."))
        return found
