"""What the database says, read only: the proof that money and access went where the screens said."""

from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from tests.journeys.demo import Demo

_PERSON = "(SELECT subscriber_id FROM addresses WHERE channel = 'msisdn' AND external_id = %(digits)s)"


class Books:
    """Reads on one connection, which is opened anew when the server was killed in between."""

    def __init__(self, demo: Demo) -> None:
        servers: Any = demo.servers
        self._where = (
            f"host=127.0.0.1 port={servers['postgres_port']} dbname=bando user=postgres "
            f"password={servers['postgres_passwords']['postgres']} connect_timeout=5 "
            "options='-c default_transaction_read_only=on'"
        )
        self._connection: psycopg.Connection[Any] | None = None

    def rows(self, question: str, **values: Any) -> list[Any]:
        """Raises OperationalError while the server is away."""
        if self._connection is not None and not self._connection.closed:
            try:
                return self._connection.execute(question, values).fetchall()
            except psycopg.OperationalError:
                self.close()
        self._connection = psycopg.connect(self._where, row_factory=namedtuple_row, autocommit=True)
        return self._connection.execute(question, values).fetchall()

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def one(self, question: str, **values: Any) -> Any:
        """The first column of the only row."""
        (row,) = self.rows(question, **values)
        return row[0]

    # -- one person

    def collections(self, digits: str) -> list[Any]:
        """What this phone was asked to pay, oldest first."""
        return self.rows("SELECT * FROM collections WHERE payer = %(digits)s ORDER BY id", digits=digits)

    def purchases(self, digits: str) -> list[Any]:
        return self.rows(f"SELECT * FROM purchases WHERE buyer_id = {_PERSON} ORDER BY id", digits=digits)

    def line(self, digits: str) -> Any:
        """The person's newest subscription."""
        return self.rows(
            f"SELECT * FROM subscriptions WHERE subscriber_id = {_PERSON} ORDER BY id DESC LIMIT 1",
            digits=digits,
        )[0]

    def account_no(self, digits: str) -> str:
        return str(self.one(f"SELECT account_no FROM subscribers WHERE id = {_PERSON}", digits=digits))

    def own_money(self, digits: str) -> int:
        """Cents that stand on the person's account as their own."""
        return -int(
            self.one(
                "SELECT coalesce(sum(amount_cents), 0) FROM postings p JOIN accounts a ON a.id = p.account_id "
                f"WHERE a.subscriber_id = {_PERSON}",
                digits=digits,
            )
        )

    def payments(self, digits: str) -> list[int]:
        """Cents of each payment entry on the person's account, oldest first."""
        return [
            -row.amount_cents
            for row in self.rows(
                "SELECT p.amount_cents FROM journal_entries e JOIN postings p ON p.entry_id = e.id "
                f"JOIN accounts a ON a.id = p.account_id WHERE e.kind = 'payment' AND a.subscriber_id = {_PERSON} "
                "ORDER BY e.id",
                digits=digits,
            )
        ]

    def vouchers(self, digits: str) -> list[Any]:
        """What this person has bought of vouchers, for whomever."""
        return self.rows(f"SELECT * FROM vouchers WHERE buyer_id = {_PERSON} ORDER BY id", digits=digits)

    def invoices(self, digits: str) -> list[int]:
        """Cents of each of the person's invoices."""
        return [
            row.total_cents
            for row in self.rows(
                f"SELECT * FROM invoices WHERE subscriber_id = {_PERSON} ORDER BY id", digits=digits
            )
        ]

    def events(self, purchase: Any, event: str) -> list[Any]:
        """The events of this kind that followed a purchase, with the deliveries they made."""
        return self.rows(
            "SELECT * FROM outbox WHERE event = %(event)s AND request_id = %(request_id)s ORDER BY id",
            event=event,
            request_id=purchase.request_id,
        )

    def is_bought_once(self, digits: str, shillings: int) -> None:
        """One purchase of a voucher: paid once, posted once, billed once, minted once."""
        cents = shillings * 100
        assert [purchase.price_cents for purchase in self.purchases(digits)] == [cents]
        assert [c.amount_cents for c in self.collections(digits) if c.state == "paid"] == [cents]
        assert self.payments(digits) == [cents]
        assert self.invoices(digits) == [cents]
        assert len(self.vouchers(digits)) == 1
        assert self.own_money(digits) == 0

    def has_nothing(self, digits: str) -> None:
        """No money came in, and nothing was given for it."""
        assert self.payments(digits) == []
        assert self.invoices(digits) == []
        assert self.vouchers(digits) == []

    # -- all

    def counts(self) -> dict[str, int]:
        """How many rows each table of business has: what a refused request must not change."""
        tables = (
            "subscribers addresses purchases collections receipts claims suspense vouchers subscriptions invoices "
            "journal_entries postings access_accounts notices inbox"
        ).split()
        together = ", ".join(f"(SELECT count(*) FROM {table}) AS {table}" for table in tables)
        together += ", (SELECT count(*) FROM outbox WHERE event <> 'ClockStruck') AS outbox"
        found: dict[str, int] = self.rows(f"SELECT {together}")[0]._asdict()
        return found

    def unfinished(self) -> list[Any]:
        """Deliveries that are due and not done."""
        return self.rows(
            "SELECT listener, attempts, last_error FROM deliveries "
            "WHERE finished_at IS NULL AND given_up_at IS NULL AND available_at <= now()"
        )

    def are_whole(self, statement: list[dict[str, Any]]) -> None:
        """What must hold at any moment, whatever was done to us. statement: M-PESA's own list of movements."""
        assert (
            self.rows("SELECT entry_id FROM postings GROUP BY entry_id HAVING sum(amount_cents) <> 0") == []
        )
        known = {movement["receipt"]: movement["amount"] * 100 for movement in statement}
        ours = self.rows("SELECT number, amount_cents FROM receipts")
        assert [row for row in ours if known.get(row.number) != row.amount_cents] == [], "invented money"
        assert self.clearing() <= sum(known.values()), "more money than M-PESA has moved"
        assert self.rows(_SERVED_UNPAID) == [], "served without payment"
        assert self.rows(_PAID_TWICE_SERVED) == [], "served twice"
        assert self.rows(_PAID_UNSERVED) == [], "paid and not served"

    def clearing(self) -> int:
        """Cents that stand in M-PESA's clearing account."""
        return int(
            self.one(
                "SELECT coalesce(sum(amount_cents), 0) FROM postings p JOIN accounts a ON a.id = p.account_id "
                "WHERE a.code = 'clearing.mpesa'"
            )
        )


_SERVED_UNPAID = """
    SELECT p.id FROM purchases p WHERE p.state IN ('paid', 'served') AND p.channel <> 'money'
      AND NOT EXISTS (SELECT 1 FROM collections c WHERE c.purchase_id = p.id AND c.state = 'paid')
    UNION ALL
    SELECT v.id FROM vouchers v WHERE NOT EXISTS (
        SELECT 1 FROM purchases p WHERE p.subscription_id = v.subscription_id AND p.state IN ('paid', 'served'))
"""
_PAID_TWICE_SERVED = """
    SELECT purchase_id FROM invoices WHERE purchase_id IS NOT NULL GROUP BY purchase_id HAVING count(*) > 1
"""
_PAID_UNSERVED = """
    SELECT p.id FROM purchases p WHERE p.state IN ('paid', 'served') AND (p.subscription_id IS NULL
      OR NOT EXISTS (SELECT 1 FROM invoices i WHERE i.purchase_id = p.id))
"""
