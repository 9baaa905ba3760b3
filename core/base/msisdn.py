"""A Kenyan mobile number, in the many ways people write it and the few ways we do."""

import re
from dataclasses import dataclass

import phonenumbers

from core.base.typed import tidy

_STORED = re.compile(r"254[1-9][0-9]{8}")
_TEL = re.compile(r"\Atel: ?", re.IGNORECASE)
_SEPARATORS = str.maketrans("", "", " -.()")
# As dialled abroad; the 000 that is dialled in Kenya is known to the library.
_DIALLED_ABROAD = re.compile(r"\A00(?=254)")


class NotAPhoneNumber(ValueError):
    """The text is no mobile number of Kenya. The text is not repeated: errors end in logs."""

    def __init__(self) -> None:
        super().__init__("not a Kenyan mobile number")


@dataclass(frozen=True, slots=True, order=True, repr=False)
class Msisdn:
    """A mobile number of Kenya; `digits` is "254712345678", as M-Pesa writes it and as we store it.

    `str()` and `repr()` are masked, so that a number put into a log or an error never shows whole.
    Raises NotAPhoneNumber. The constructor checks the form alone (for stored rows); `parse` is for input.
    """

    digits: str

    def __post_init__(self) -> None:
        if not _STORED.fullmatch(self.digits):
            raise NotAPhoneNumber

    @classmethod
    def parse(cls, text: str) -> "Msisdn":
        """Any way a Kenyan writes a number: 0712 345 678, 0110-123456, 712345678, +254 (0) 712.345.678,
        00254712345678, tel:+254712345678, digits of any script. Words around it are refused.
        """
        written = _TEL.sub("", tidy(text))
        number = _DIALLED_ABROAD.sub("+", written.translate(_SEPARATORS))
        if not re.fullmatch(r"\+?[0-9]{9,15}", number):
            raise NotAPhoneNumber
        try:
            parsed = phonenumbers.parse(number, "KE")
        except phonenumbers.NumberParseException:
            raise NotAPhoneNumber from None
        is_mobile = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.MOBILE
        if parsed.country_code != 254 or not is_mobile:
            raise NotAPhoneNumber
        return cls(f"254{parsed.national_number}")

    @property
    def e164(self) -> str:
        """ "+254712345678": Africa's Talking, WhatsApp."""
        return f"+{self.digits}"

    @property
    def local(self) -> str:
        """ "0712345678": as dialled in Kenya."""
        return f"0{self.digits[3:]}"

    @property
    def spaced(self) -> str:
        """ "0712 345 678": for reading."""
        return f"{self.local[:4]} {self.local[4:7]} {self.local[7:]}"

    @property
    def masked(self) -> str:
        """ "0712***678": for screens that others may see, and for logs."""
        return f"{self.local[:4]}***{self.local[7:]}"

    @property
    def looks_mpesa_capable(self) -> bool:
        """2547… or 2541…. More cannot be told from a number: people keep theirs when they change network."""
        return self.digits[3] in "17"

    def __str__(self) -> str:
        return self.masked

    def __repr__(self) -> str:
        return f"Msisdn({self.masked})"
