"""The home page: money of today and of 30 days, what is sold, how the routers and jobs are, what needs a person."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from admin.charts import bars
from admin.desk import Ask, Door
from admin.show import Page, Tone
from core.base.clock import nairobi_day, start_of_day
from core.base.database import Work
from core.base.money import CENTS, Money, show_money
from core.base.words import Sentence, say
from core.catalogue.labels import term_label
from core.catalogue.model import HOTSPOT

DAYS = 30
PLANS = 8
"""The best-selling plans; the rest is in the lists."""
COUNTED_UP_TO = 1_000
"""A backlog beyond it is a backlog; counting on would cost the more the worse things are."""

_MONEY_BY_DAY = text(
    """
    SELECT CAST(received_at AT TIME ZONE 'Africa/Nairobi' AS date) AS day, sum(amount_cents)::bigint AS cents
    FROM receipts WHERE received_at >= :since AND reversed_at IS NULL GROUP BY 1
    """
)
_SALES = text(
    """
    SELECT p.name, p.kind, p.term_unit, p.term_count, s.sold, s.cents
    FROM (SELECT plan_id, count(*) AS sold, sum(price_cents)::bigint AS cents
          FROM purchases WHERE paid_at >= :since GROUP BY plan_id) s
    JOIN plans p ON p.id = s.plan_id ORDER BY s.cents DESC, p.id LIMIT :plans
    """
)
_WORKINGS = text(
    """
    SELECT
        (SELECT count(*) FROM routers WHERE away_since IS NULL) AS up,
        (SELECT count(*) FROM routers WHERE away_since IS NOT NULL) AS away,
        (SELECT count(*) FROM (SELECT 1 FROM deliveries
            WHERE finished_at IS NULL AND given_up_at IS NULL LIMIT :most) w) AS waiting,
        (SELECT count(*) FROM (SELECT 1 FROM deliveries WHERE given_up_at IS NOT NULL LIMIT :most) g)
            AS given_up,
        (SELECT count(*) FROM (SELECT 1 FROM incidents WHERE closed_at IS NULL LIMIT :most) i) AS incidents,
        (SELECT count(*) FROM (SELECT 1 FROM suspense WHERE resolved_at IS NULL LIMIT :most) s) AS suspense,
        (SELECT count(*) FROM (SELECT 1 FROM collections WHERE state = 'unknown' LIMIT :most) c) AS unknown
    """
)


@dataclass(frozen=True, slots=True)
class Figure:
    """A card: what, how much, and where to read on."""

    label: Sentence
    value: str
    path: str | None = None
    under: Sentence | None = None
    tone: Tone = ""


@dataclass(frozen=True, slots=True)
class Sold:
    """What one plan brought; share: of the best one, in thousandths."""

    name: Sentence | str
    count: str
    value: str
    share: int


def show(ask: Ask) -> Page:
    today = nairobi_day(ask.work.now)
    first = today - timedelta(days=DAYS - 1)
    since = start_of_day(first)
    found = {row.day: int(row.cents) for row in ask.work.session.execute(_MONEY_BY_DAY, {"since": since})}
    by_day = [(first + timedelta(days=at), found.get(first + timedelta(days=at), 0)) for at in range(DAYS)]
    money = [
        Figure(
            say("Received today"),
            _shillings(by_day[-1][1]),
            under=say("yesterday {amount}", amount=_shillings(by_day[-2][1])),
        ),
        Figure(
            say("Received in 30 days"),
            _shillings(sum(cents for _, cents in by_day)),
            under=say(
                "{amount} a day",
                amount=_shillings(sum(cents for _, cents in by_day) // (DAYS * CENTS) * CENTS),
            ),
        ),
    ]
    chart = bars([(f"{day:%d/%m}", cents // CENTS, _shillings(cents)) for day, cents in by_day])
    return Page(
        say("Home"),
        template="home.html",
        place="home",
        values={
            "money": money,
            "figures": _figures(ask),
            "chart": chart,
            "sold": _sold(ask.work, since),
            "chart_title": say("Received by day, in shillings"),
            "sold_title": say("Sold in 30 days, by plan"),
        },
    )


def _figures(ask: Ask) -> list[Figure]:
    row = ask.work.session.execute(_WORKINGS, {"most": COUNTED_UP_TO}).one()
    found = [
        Figure(
            say("Routers that answer"),
            f"{row.up} / {row.up + row.away}",
            "/routers",
            say("{count} away", count=row.away),
            "red" if row.away else "green",
        ),
        Figure(
            say("Jobs waiting"),
            _count(row.waiting),
            "/deliveries",
            say("{count} given up", count=_count(row.given_up)),
            "red" if row.given_up else "green",
        ),
        Figure(
            say("Open incidents"),
            _count(row.incidents),
            "/incidents",
            say("{count} payments with an outcome not known", count=_count(row.unknown)),
            "red" if row.incidents else "green",
        ),
    ]
    if ask.may("see_money"):
        found.append(
            Figure(
                say("Owner not known"),
                _count(row.suspense),
                "/suspense",
                say("receipts that wait for an owner"),
                "yellow" if row.suspense else "green",
            )
        )
    return found


def _sold(work: Work, since: object) -> list[Sold]:
    rows = work.session.execute(_SALES, {"since": since, "plans": PLANS}).all()
    best = max((int(row.cents) for row in rows), default=0) or 1
    return [
        Sold(
            name=say("WiFi {term}", term=term_label(row.term_unit, row.term_count))
            if row.kind == HOTSPOT
            else row.name,
            count=f"{row.sold:,} ×",
            value=_shillings(int(row.cents)),
            share=int(row.cents) * 1_000 // best,
        )
        for row in rows
    ]


def _shillings(cents: int) -> str:
    return show_money(Money(cents))


def _count(found: int) -> str:
    return f"{found:,}" + ("+" if found >= COUNTED_UP_TO else "")


DOORS = (Door("/", "see_figures", show),)
"""Sums over 30 days read two covering indexes; at a million purchases a month see docs/decisions/0016."""
