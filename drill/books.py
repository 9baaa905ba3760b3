"""Reads the world for the audit: our PostgreSQL, the sandbox's statement, routers and phones.

What the seed has left (purchases, lines and texts of a past that was not played) is below `Past` and is left out,
but for money and routers, which must agree from the first day on.
"""

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from core.base.secrets import Keyring
from drill import facts
from drill.outside import Outside

MENUS = {"hotspot": "/ip/hotspot/user", "pppoe": "/ppp/secret"}
MARK = "bando:"
SECRET_OF = {"voucher": "code", "line_credentials": "password"}
"""The texts that carry access, and which of their values tells them apart on the phone."""


@dataclass(frozen=True, slots=True)
class Past:
    """The last ids of the seed."""

    purchase: int
    line: int
    notice: int


class Books:
    """Our database, read by the superuser, with a connection for each look: servers die in between."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._keyring = Keyring(outside.house.secret_key.split(","))
        self.past = Past(
            *(
                self.rows(f"SELECT coalesce(max(id), 0) AS id FROM {table}")[0].id  # noqa: S608
                for table in ("purchases", "subscriptions", "notices")
            )
        )

    def rows(self, question: str, **values: Any) -> list[Any]:
        servers = self._outside.house.servers
        with psycopg.connect(
            host="127.0.0.1",
            port=servers["postgres_port"],
            dbname="bando",
            user="postgres",
            password=servers["postgres_passwords"]["postgres"],
            connect_timeout=5,
            row_factory=namedtuple_row,
        ) as connection:
            return connection.execute(question, values).fetchall()

    def world(self, reachable: frozenset[int] = frozenset()) -> facts.World:
        past = self.past
        return facts.World(
            movements=self._movements(),
            entries=[facts.Entry(*row) for row in self.rows(_ENTRIES)],
            receipts=[
                facts.Receipt(*row)
                for row in self.rows("SELECT id, number, amount_cents, collection_id FROM receipts")
            ],
            collections=[
                facts.Collection(*row)
                for row in self.rows(
                    "SELECT id, purchase_id, reference, state, amount_cents FROM collections"
                )
            ],
            purchases=[facts.Purchase(*row) for row in self.rows(_PURCHASES, past=past.purchase)],
            lines=self._lines(),
            vouchers=[
                facts.Voucher(*row)
                for row in self.rows(
                    "SELECT id, subscription_id, state FROM vouchers WHERE subscription_id > %(past)s",
                    past=past.line,
                )
            ],
            notices=self._notices(),
            rows=self._router_rows(),
            unbalanced=[
                row.entry_id
                for row in self.rows(
                    "SELECT entry_id FROM postings GROUP BY entry_id HAVING sum(amount_cents) <> 0"
                )
            ],
            reachable=reachable,
        )

    def _movements(self) -> list[facts.Movement]:
        return [
            facts.Movement(row["receipt"], row["amount"] * 100, row["account"], row["kind"])
            for row in self._outside.get("/mpesa/statement")
            if not row["reversed"]
        ]

    def _lines(self) -> list[facts.Line]:
        """Lines of the drills, and of the seed those that stand on a router."""
        return [
            facts.Line(
                id=row.id,
                kind=row.kind,
                state=row.state,
                starts_at=row.starts_at if row.id > self.past.line else None,
                paid_through=row.paid_through,
                account_id=row.account_id,
                username=self._open(
                    "access_accounts", "username_sealed", row.account_id, row.username_sealed
                ),
                wanted=row.desired or "",
                routers=tuple(row.routers or ()),
            )
            for row in self.rows(_LINES)
        ]

    def _notices(self) -> list[facts.Notice]:
        texts: dict[str, list[str]] = {}
        found = []
        for row in self.rows(_NOTICES, past=self.past.notice):
            copies = None
            if row.template in SECRET_OF:
                values = json.loads(self._open("notices", "values_sealed", row.id, row.values_sealed))
                if row.address not in texts:
                    phone = self._outside.get(f"/phones/{row.address}")
                    texts[row.address] = [text["text"] for text in phone["texts"] if text["from"] != "MPESA"]
                secret = str(values[SECRET_OF[row.template]])
                copies = Counter(secret in text for text in texts[row.address])[True]
            found.append(facts.Notice(row.id, row.template, row.dedupe_key, row.state, row.unknowns, copies))
        return found

    def _router_rows(self) -> list[facts.Row]:
        found = []
        for router in self._outside.routers:
            for menu in MENUS.values():
                for row in self._outside.get(f"/routers/{router}/print", menu=menu):
                    mark, _, _ = row.get("comment", "").partition(" ")
                    if mark.startswith(MARK):
                        works = row.get("disabled", "false") == "false"
                        found.append(facts.Row(router, int(mark.removeprefix(MARK)), row["name"], works))
        return found

    def _open(self, table: str, column: str, row: int | None, sealed: bytes | None) -> str:
        if row is None or sealed is None:
            return ""
        return self._keyring.unseal(bytes(sealed), table=table, column=column, row=row)

    def holders_of_unread_vouchers(self, world: facts.World) -> list[tuple[int, str]]:
        """(voucher id, holder's digits) of the vouchers whose text is on no phone."""
        read = {notice.reason for notice in world.notices if notice.copies}
        missing = [voucher.id for voucher in world.vouchers if f"voucher:{voucher.id}" not in read]
        return [(row.id, row.external_id) for row in self.rows(_HOLDERS, ids=missing)]

    def left_over(self) -> dict[str, int]:
        """What a person would have to look at: deliveries given up, and incidents by kind."""
        given_up = self.rows("SELECT listener AS kind, count(*) AS n FROM deliveries "
                             "WHERE given_up_at IS NOT NULL GROUP BY listener")  # fmt: skip
        silent = self.rows(_SILENT)
        incidents = self.rows("SELECT kind, count(*) AS n FROM incidents GROUP BY kind")
        return {f"given up {row.kind}": row.n for row in given_up} | {
            row.kind: row.n for row in [*incidents, *silent]
        }


_SILENT = """
    SELECT 'payments without an answer' AS kind, count(*) AS n FROM collections WHERE state IN ('unknown', 'lapsed')
"""
_ENTRIES = """
    SELECT e.source, sum(p.amount_cents)::bigint AS cents FROM journal_entries e
    JOIN postings p ON p.entry_id = e.id JOIN accounts a ON a.id = p.account_id AND a.code = 'clearing.mpesa'
    WHERE e.kind = 'payment' GROUP BY e.source
"""
_PURCHASES = """
    SELECT p.id, l.kind, p.state, p.price_cents, p.session, p.subscription_id,
        (SELECT count(*) FROM invoices i WHERE i.purchase_id = p.id) AS invoices,
        (SELECT count(*) FROM outbox o WHERE o.event = 'PaidTimeStarted'
            AND (o.payload->>'purchase_id')::bigint = p.id) AS started
    FROM purchases p JOIN plans l ON l.id = p.plan_id WHERE p.id > %(past)s ORDER BY p.id
"""
_LINES = """
    SELECT s.id, l.kind, s.state, s.starts_at, s.paid_through, a.id AS account_id, a.username_sealed, a.desired,
        (SELECT array_agg(r.name ORDER BY r.name) FROM router_accounts x JOIN routers r ON r.id = x.router_id
         WHERE x.account_id = a.id AND NOT x.withdrawn) AS routers
    FROM subscriptions s JOIN plans l ON l.id = s.plan_id LEFT JOIN access_accounts a ON a.subscription_id = s.id
    ORDER BY s.id
"""
_NOTICES = """
    SELECT id, template, dedupe_key, state, unknowns, address, values_sealed FROM notices
    WHERE id > %(past)s ORDER BY id
"""
_HOLDERS = """
    SELECT v.id, a.external_id FROM vouchers v
    JOIN addresses a ON a.subscriber_id = v.holder_id AND a.channel = 'msisdn' AND a.is_primary
    WHERE v.id = ANY(%(ids)s) AND v.state = 'sold' ORDER BY v.id
"""
