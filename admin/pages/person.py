"""A subscriber: record, lines, purchases, texts, vouchers. Each look is audited."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import InstrumentedAttribute

from admin.desk import Ask, Door
from admin.lists import ROWS, cursor, keyset
from admin.pages.money import plan_words, purchase_cells, purchase_columns, purchases_with_plan
from admin.pages.vouchers import voucher_cells, voucher_columns, vouchers_with_plan
from admin.show import NOTHING, Cell, Page, Tab, Table, Way, instant, money, plain, state
from core.base.i18n import LANGUAGES
from core.base.words import Sentence, say
from core.billing.account import standing
from core.billing.model import Purchase, Subscription
from core.catalogue.model import Plan, Site
from core.messaging.model import Notice
from core.network.model import AccessAccount, Router, RouterAccount
from core.staff.audit import note
from core.staff.roles import Permission
from core.subscribers.model import PHONE, Address, Subscriber
from core.vouchers.model import Voucher


def overview(ask: Ask) -> Page:
    subscriber = seen(ask, "subscriber_seen")
    phones = ask.work.session.scalars(
        select(Address.external_id).where(
            Address.subscriber_id == subscriber.id, Address.channel == PHONE, Address.is_primary
        )
    ).all()
    site = ask.work.session.get(Site, subscriber.site_id) if subscriber.site_id else None
    facts = [
        (say("Account"), plain(subscriber.account_no)),
        (say("Phone"), plain(", ".join(_phone(digits) for digits in phones))),
        (say("Language"), plain(LANGUAGES.get(subscriber.language or ""))),
        (say("Site"), plain(site.name if site else None)),
        (say("State"), state(subscriber.status)),
        (say("Since"), instant(subscriber.created_at)),
    ]
    if ask.may("see_money"):
        owed, own = standing(ask.work, subscriber.id)
        facts[2:2] = [(say("Owes us"), Cell(str(owed))), (say("Has with us"), Cell(str(own)))]
    return page_of(ask, subscriber, "", facts=facts, tables=[_lines(ask, subscriber.id)])


def purchases(ask: Ask) -> Page:
    subscriber = seen(ask, "purchases_seen")
    mine = Purchase.id.in_(
        _either(Purchase.id, Purchase.buyer_id, Purchase.beneficiary_id, subscriber.id, ask.query)
    )
    table = keyset(
        ask.work,
        purchases_with_plan().where(mine),
        Purchase.id,
        query=ask.query,
        path=f"/subscribers/{subscriber.id}/purchases",
        columns=purchase_columns(),
        cells=lambda row: purchase_cells(row, ask),
        key_of=lambda row: row.Purchase.id,
        empty=say("Nothing was bought yet."),
    )
    return page_of(ask, subscriber, "purchases", tables=[table])


def texts(ask: Ask) -> Page:
    subscriber = seen(ask, "texts_seen")
    table = keyset(
        ask.work,
        select(Notice).where(Notice.subscriber_id == subscriber.id),
        Notice.id,
        query=ask.query,
        path=f"/subscribers/{subscriber.id}/texts",
        columns=[
            *(say("When"), say("Text"), say("State"), say("Channel")),
            *(say("Cost"), say("Sent"), say("Delivered"), say("Trouble")),
        ],
        cells=lambda row: [
            instant(row.Notice.created_at),
            plain(row.Notice.template.replace("_", " ")),
            state(row.Notice.state),
            plain(row.Notice.channel),
            money(row.Notice.cost_cents),
            instant(row.Notice.sent_at),
            instant(row.Notice.delivered_at),
            Cell(row.Notice.last_error or NOTHING, quiet=True),
        ],
        key_of=lambda row: row.Notice.id,
        empty=say("No text was sent yet."),
    )
    return page_of(ask, subscriber, "texts", tables=[table])


def vouchers(ask: Ask) -> Page:
    subscriber = seen(ask, "vouchers_seen")
    mine = Voucher.id.in_(_either(Voucher.id, Voucher.buyer_id, Voucher.holder_id, subscriber.id, ask.query))
    table = keyset(
        ask.work,
        vouchers_with_plan().where(mine),
        Voucher.id,
        query=ask.query,
        path=f"/subscribers/{subscriber.id}/vouchers",
        columns=voucher_columns(),
        cells=lambda row: voucher_cells(row, ask),
        key_of=lambda row: row.Voucher.id,
        empty=say("There are no vouchers yet."),
    )
    return page_of(ask, subscriber, "vouchers", tables=[table])


def seen(ask: Ask, what: str) -> Subscriber:
    """The subscriber of the path, and the entry that somebody looked. Raises NoResultFound."""
    subscriber = ask.work.session.get_one(Subscriber, ask.ids["subscriber"])
    note(ask.work, ask.actor, what, whom="subscriber", whom_id=subscriber.id)
    return subscriber


def _either(
    key: InstrumentedAttribute[int],
    one: InstrumentedAttribute[int],
    other: InstrumentedAttribute[int],
    subscriber_id: int,
    query: Any,
) -> Select[int]:
    """The ids near the cursor of rows that name the person in either column: two short walks of two indexes,
    where an OR would read the whole table."""
    before, after = cursor(query.get("before")), cursor(query.get("after"))

    def walk(column: InstrumentedAttribute[int]) -> Select[int]:
        rows = select(key).where(column == subscriber_id)
        if after is not None:
            return rows.where(key > after).order_by(key).limit(ROWS + 1)
        if before is not None:
            rows = rows.where(key < before)
        return rows.order_by(key.desc()).limit(ROWS + 1)

    first, second = walk(one).subquery(), walk(other).subquery()
    return select(first.c[0]).union_all(select(second.c[0]))  # type: ignore[return-value]


def _lines(ask: Ask, subscriber_id: int) -> Table:
    """The person's newest lines and hotspot times, with where they stand on their routers."""
    rows = ask.work.session.execute(
        select(Subscription, Plan, AccessAccount, Site.name)
        .join(Plan, Plan.id == Subscription.plan_id)
        .outerjoin(AccessAccount, AccessAccount.subscription_id == Subscription.id)
        .outerjoin(Site, Site.id == Subscription.site_id)
        .where(Subscription.subscriber_id == subscriber_id)
        .order_by(Subscription.id.desc())
        .limit(ROWS)
    ).all()
    holds = ask.work.session.execute(
        select(
            RouterAccount.account_id, RouterAccount.applied_revision, RouterAccount.last_error, Router.name
        )
        .join(Router, Router.id == RouterAccount.router_id)
        .where(
            RouterAccount.account_id.in_([row.AccessAccount.id for row in rows if row.AccessAccount]),
            ~RouterAccount.withdrawn,
        )
        .order_by(Router.name)
    ).all()
    return Table(
        title=say("Lines"),
        columns=[
            say("Plan"),
            say("State"),
            say("Site"),
            say("Paid up to"),
            say("First login"),
            say("On the routers"),
        ],
        rows=[
            [
                Cell(plan_words(row.Plan)),
                state(row.Subscription.state),
                plain(row.name),
                instant(row.Subscription.paid_through),
                instant(row.AccessAccount.first_login_at if row.AccessAccount else None),
                _on_routers(row.AccessAccount, holds),
            ]
            for row in rows
        ],
        empty=say("There are no lines yet."),
    )


def _on_routers(wanted: AccessAccount | None, holds: Any) -> Cell:
    mine = [hold for hold in holds if wanted is not None and hold.account_id == wanted.id]
    if wanted is None or not mine:
        return Cell(NOTHING)
    behind = [hold.name for hold in mine if hold.applied_revision < wanted.revision]
    if behind:
        return Cell(say("waits for {routers}", routers=", ".join(behind)), tone="yellow")
    return Cell(", ".join(hold.name for hold in mine))


def _phone(digits: str) -> str:
    return f"0{digits[3:6]} {digits[6:9]} {digits[9:]}"


TABS: tuple[tuple[str, Sentence, Permission], ...] = (
    ("", say("Record and lines"), "see_people"),
    ("lines", say("Lines"), "see_people"),
    ("contacts", say("Numbers and chats"), "see_people"),
    ("purchases", say("Purchases"), "see_money"),
    ("journal", say("Journal"), "see_money"),
    ("dunning", say("Dunning"), "see_people"),
    ("texts", say("Texts"), "see_people"),
    ("vouchers", say("Vouchers"), "see_vouchers"),
)


def page_of(
    ask: Ask,
    subscriber: Subscriber,
    here: str,
    *,
    tables: Sequence[Table],
    facts: Any = (),
    lead: Sentence | None = None,
    done: Sentence | None = None,
    ways: Sequence[Way] = (),
) -> Page:
    """A page under the person's name, with the views that this role may open."""
    base = f"/subscribers/{subscriber.id}"
    name = f"{subscriber.first_name} {subscriber.last_name}".strip()
    return Page(
        name or say("Account {account}", account=subscriber.account_no),
        facts=facts,
        tables=tables,
        lead=lead,
        done=done,
        ways=ways,
        tabs=[
            Tab(label, f"{base}/{path}" if path else base, here=path == here)
            for path, label, permission in TABS
            if ask.may(permission)
        ],
    )


DOORS = (
    Door("/subscribers/{subscriber:int}", "see_people", overview),
    Door("/subscribers/{subscriber:int}/texts", "see_people", texts),
    Door("/subscribers/{subscriber:int}/purchases", ("see_people", "see_money"), purchases),
    Door("/subscribers/{subscriber:int}/vouchers", ("see_people", "see_vouchers"), vouchers),
)
