"""A payment gateway in memory: prompts nobody, answers as it was told, remembers what it was asked."""

from collections import deque
from collections.abc import Callable, Iterator
from datetime import datetime

from core.payments.gateway import Accepted, CollectionOrder, Paid, Verdict

UNDER_WAY = Verdict(paid=None)


class FakeGateway:
    """Fits core.payments.gateway.PaymentGateway. `answers` come oldest first; then all is accepted."""

    name = "mpesa"

    def __init__(self) -> None:
        self.orders: list[CollectionOrder] = []
        self.looked_up: list[str] = []
        self.questions: list[str] = []
        self.answers: deque[Exception] = deque()
        self.refusals: deque[Exception] = deque()
        """What questions about receipts are answered with, oldest first."""
        self.pulls: list[tuple[datetime, datetime]] = []
        self.listed: list[Paid] = []
        """What the provider's own list holds."""
        self.verdicts: dict[str, Verdict] = {}
        self.while_asking: Callable[[CollectionOrder], None] = lambda order: None
        """Called in the middle of a request, when the prompt is on the phone and nothing is answered."""

    def request(self, order: CollectionOrder) -> Accepted:
        if self.answers:
            raise self.answers.popleft()
        self.orders.append(order)
        number = len(self.orders)
        self.while_asking(order)
        return Accepted(f"request-{number}", self.checkout(number))

    def look_up(self, checkout_id: str) -> Verdict:
        self.looked_up.append(checkout_id)
        return self.verdicts.get(checkout_id, UNDER_WAY)

    def ask_about(self, receipt: str) -> str:
        if self.refusals:
            raise self.refusals.popleft()
        self.questions.append(receipt)
        return f"conversation-{len(self.questions)}"

    def pull(self, since: datetime, until: datetime) -> Iterator[list[Paid]]:
        if self.refusals:
            raise self.refusals.popleft()
        self.pulls.append((since, until))
        yield from ([paid] for paid in self.listed)

    @staticmethod
    def checkout(number: int) -> str:
        """The checkout id of the `number`th order."""
        return f"ws_CO_{number:06d}"
