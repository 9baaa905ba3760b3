"""Reads the world for the audit: our PostgreSQL, the sandbox's statement, routers and phones.

What the seed has left (purchases, lines and texts of a past that was not played) is below `Past` and is left out,
but for money and routers, which must agree from the first day on.
"""

import json
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import namedtuple_row

from core.base.secrets import Keyring
from core.base.settings import Brand
from core.messaging.template import compose
from core.messaging.templates import TEMPLATES
from drill import facts
from drill.outside import Outside

MENUS = {"hotspot": "/ip/hotspot/user", "pppoe": "/ppp/secret"}
MARK = "bando:"
SECRETIVE = ("voucher", "line_credentials")
"""The texts that carry access: no two of them are alike."""
PLACES = ("sms", "telegram", "whatsapp")
"""Where a phone shows what was sent to it."""


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

    def world(
        self, reachable: frozenset[int] = frozenset(), read: frozenset[int] = frozenset()
    ) -> facts.World:
        past = self.past
        return facts.World(
            movements=self._movements(),
            entries=[facts.Entry(*row) for row in self.rows(_ENTRIES)],
            receipts=[facts.Receipt(*row) for row in self.rows(_RECEIPTS)],
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
            read=read,
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
        texts: dict[tuple[str, str], list[str]] = {}
        found = []
        for row in self.rows(_NOTICES, past=self.past.notice):
            copies = None
            if row.template in SECRETIVE:
                places = [(row.address, channel) for channel in {"sms", *row.channels} if channel in PLACES]
                for place in places:
                    texts[place] = texts.get(place) or self._texts_on(*place)
                copies = sum(texts[place].count(self._text(row)) for place in places)
            lapses = not TEMPLATES[row.template].may_wait
            found.append(
                facts.Notice(row.id, row.template, row.dedupe_key, row.state, row.unknowns, copies, lapses)
            )
        return found

    def _texts_on(self, address: str, channel: str) -> list[str]:
        """What a phone was sent there, by anybody but M-PESA."""
        if channel == "sms":
            texts = self._outside.get(f"/phones/{address}")["texts"]
            return [text["text"] for text in texts if text["from"] != "MPESA"]
        messages = self._outside.get(f"/phones/{address}/{channel}")["messages"]
        return [message["text"] for message in messages if message["from_us"]]

    def _text(self, row: Any) -> str:
        """A notice in the words in which it is sent."""
        values = json.loads(self._open("notices", "values_sealed", row.id, row.values_sealed))
        return compose(TEMPLATES[row.template], values, Brand(), row.language)

    def unread(self, world: facts.World) -> list[facts.Unread]:
        """What no carrier is known to have taken, and is on no phone: the person must read it on the next dial."""
        pending = {
            notice.id
            for notice in world.notices
            if notice.state in ("waiting", "unknown") and not notice.copies and not notice.lapses
        }
        rows = self.rows(_NOTICES, past=self.past.notice)
        return [facts.Unread(row.id, row.address, self._text(row)) for row in rows if row.id in pending]

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
        read = {notice.reason for notice in world.notices if notice.copies or notice.id in world.read}
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
    WHERE e.kind = 'payment' AND NOT EXISTS (SELECT FROM journal_entries r WHERE r.reverses_id = e.id) GROUP BY e.source
"""
# What M-PESA took back is out of its statement, and must be out of our books.
_RECEIPTS = "SELECT id, number, amount_cents, collection_id, provider FROM receipts WHERE reversed_at IS NULL"
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
    SELECT n.id, template, dedupe_key, n.state, n.address, language, values_sealed,
        greatest(n.unknowns, count(*) FILTER (WHERE t.again))::int AS unknowns,
        coalesce(array_agg(t.channel) FILTER (WHERE t.channel IS NOT NULL), '{}') AS channels
    FROM notices n LEFT JOIN notice_tries t ON t.notice_id = n.id
    WHERE n.id > %(past)s AND values_sealed IS NOT NULL GROUP BY n.id ORDER BY n.id
"""
_HOLDERS = """
    SELECT v.id, a.external_id FROM vouchers v
    JOIN addresses a ON a.subscriber_id = v.holder_id AND a.channel = 'msisdn' AND a.is_primary
    WHERE v.id = ANY(%(ids)s) AND v.state = 'sold' ORDER BY v.id
"""
