"""What must have come of a story once its prompts are answered: paid, served, delivered, online."""

from __future__ import annotations

from typing import Any

from core.messaging.carrier import CHATS
from core.payments.model import OPEN_STATES
from tests.doors.town import Town

PAID_FOR = ("paid", "served")
"""A voucher is served at its first login."""
A_MONTH = 31
HOTSPOT = "baraka-hotspot"


def bought(town: Town, digits: str) -> list[Any]:
    """What this number has asked to pay for, with what came of it."""
    return town.world.books.rows(_BOUGHT, digits=digits)


def payers(town: Town, digits: str) -> list[str]:
    """Who is asked for the PIN still, of what this number buys."""
    return [one.payer for one in bought(town, digits) if one.collection in OPEN_STATES]


def are_delivered(town: Town, digits: str) -> None:
    """Each purchase: paid once for its price, posted, billed and served; and the goods are where they belong."""
    found = bought(town, digits)
    assert {(one.state in PAID_FOR, one.collection, one.invoices) for one in found} <= {(True, "paid", 1)}, (
        found
    )
    paid = [one.cents for one in town.world.books.rows(_PAID, digits=digits)]
    assert paid == [one.price_cents for one in found]
    for one in found:
        if one.role == "topup":
            assert one.topups == 1, one
        elif one.kind == "hotspot":
            assert (one.vouchers, one.holder) == (1, one.receiver), one
            code = town.vouchers_on(one.receiver)[-1]
            assert town.world.router(HOTSPOT).log_in(code, code, service="hotspot")["ok"], (
                "the code is not online"
            )
        else:
            assert (one.line, one.line_plan) == ("active", one.plan_id), one
            assert one.granted or one.days > A_MONTH, "the router has not said yes, nor is it a further month"


def papers_arrived(town: Town, channel: str, digits: str) -> None:
    """Each paper that was asked for is a file in the chat that asked for it; elsewhere a text tells of it."""
    for (title,) in town.world.books.rows(_PAPERS, digits=digits):
        told = [text for text in town.phone(digits).texts if title in text]
        files = town.files(channel, digits) if channel in CHATS else {}
        if channel in CHATS:
            (content,) = [content for name, content in files.items() if title in name]
            assert content.startswith(b"%PDF")
            assert not told, f"{title} came by SMS too"
        else:
            assert len(told) == 1, (title, told)


_BOUGHT = """
    SELECT p.id, p.state, p.price_cents, c.payer, c.state AS collection, pl.kind, pl.role, p.plan_id,
        r.external_id AS receiver, s.state AS line, s.plan_id AS line_plan, h.external_id AS holder,
        extract(day FROM s.paid_through - s.starts_at) AS days,
        (SELECT count(*) FROM invoices i WHERE i.purchase_id = p.id) AS invoices,
        (SELECT count(*) FROM vouchers v WHERE v.subscription_id = p.subscription_id) AS vouchers,
        (SELECT count(*) FROM data_topups t WHERE t.purchase_id = p.id) AS topups,
        EXISTS (SELECT FROM access_accounts a JOIN router_accounts ra ON ra.account_id = a.id
            WHERE a.subscription_id = p.subscription_id AND ra.applied_revision = a.revision) AS granted
    FROM purchases p
    JOIN addresses b ON b.subscriber_id = p.buyer_id AND b.channel = 'msisdn'
    JOIN addresses r ON r.subscriber_id = p.beneficiary_id AND r.channel = 'msisdn'
    JOIN collections c ON c.purchase_id = p.id
    JOIN plans pl ON pl.id = p.plan_id
    LEFT JOIN subscriptions s ON s.id = p.subscription_id
    LEFT JOIN vouchers v ON v.subscription_id = p.subscription_id
    LEFT JOIN addresses h ON h.subscriber_id = v.holder_id AND h.channel = 'msisdn'
    WHERE b.external_id = %(digits)s ORDER BY p.id
"""
_PAPERS = """
    SELECT i.series || '-' || lpad(i.number::text, 6, '0')
    FROM notices n
    JOIN addresses a ON a.subscriber_id = n.subscriber_id AND a.channel = 'msisdn'
    JOIN invoices i ON n.document = 'invoice:' || i.id
    WHERE n.prefer IS NOT NULL AND a.external_id = %(digits)s ORDER BY n.id
"""
_PAID = """
    SELECT -p.amount_cents AS cents FROM journal_entries e
    JOIN postings p ON p.entry_id = e.id
    JOIN accounts a ON a.id = p.account_id
    JOIN addresses b ON b.subscriber_id = a.subscriber_id AND b.channel = 'msisdn'
    WHERE e.kind = 'payment' AND e.source NOT LIKE 'factory:%%' AND b.external_id = %(digits)s ORDER BY e.id
"""
"""What was paid since the scene was set."""
