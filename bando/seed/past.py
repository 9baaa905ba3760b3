"""The past that is being lived: one transaction that is moved from moment to moment."""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from core.base.database import Work
from core.base.log import draw_request_id
from core.catalogue.model import Plan

RECEIPT_SYMBOLS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"


@dataclass
class Past:
    """What is drawn, what M-Pesa would know of it, and up to which event of the outbox the past has listened.
    in_full_from: from then on people are prompted and told as they are today; before it they pay the paybill, and
    nobody texts."""

    work: Work
    draw: random.Random
    shortcode: str
    in_full_from: datetime
    plans: dict[str, list[Plan]] = field(default_factory=dict)
    lines: dict[str, int] = field(default_factory=dict)
    receipts: list[dict[str, Any]] = field(default_factory=list)
    sales: int = 0
    heard: int = 0
    staff_acts: Counter[str] = field(default_factory=Counter)

    def at(self, moment: datetime) -> Work:
        """The same transaction at another moment."""
        self.work.session.flush()
        self.work.now = moment
        self.work.request_id = draw_request_id()
        return self.work

    @property
    def is_told_in_full(self) -> bool:
        return self.work.now >= self.in_full_from

    def draw_receipt(self) -> str:
        return "U" + "".join(self.draw.choices(RECEIPT_SYMBOLS, k=9))

    def keep_for_sandbox(self, number: str, cents: int, msisdn: str, account: str) -> None:
        """M-Pesa's side of a payment, as the sandbox reads it."""
        self.receipts.append(
            {
                "receipt": number,
                "amount": cents // 100,
                "msisdn": msisdn,
                "account": account,
                "at": self.work.now.isoformat(),
            }
        )
