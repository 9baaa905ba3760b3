"""Deeds about a person's account: the KRA PIN that invoices name, and money that is kept aside towards a plan."""

from collections.abc import Mapping

from sqlalchemy import select

from admin.deeds import Deed, Field, Thing
from admin.desk import Ask
from admin.effects import Outcome
from admin.given import Given
from admin.show import NOTHING, Cell, account, plain
from core.base.database import Work
from core.base.money import Money, show_money
from core.base.words import say
from core.catalogue.model import Plan, Site, plan_sites
from core.payments.installments import open_installments
from core.payments.savings_by_staff import give_up_for, keep_aside_for
from core.staff.audit import Actor
from core.subscribers.by_staff import set_tax_pin_by_staff
from core.subscribers.model import Subscriber


def _person(ask: Ask, ids: Mapping[str, int], *fields: Field) -> Thing:
    person = ask.work.session.get_one(Subscriber, ids["subscriber"])
    kept = open_installments(ask.work, person.id)
    facts = [
        (say("Account"), account(person.account_no, person.id, linked=True)),
        (say("KRA PIN"), plain(person.tax_pin)),
        (say("Kept aside"), Cell(show_money(Money(kept.kept_cents)) if kept else NOTHING)),
    ]
    return Thing(
        "subscriber", person.id, person.account_no, f"/subscribers/{person.id}/journal", facts, fields
    )


def _pin_form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    person = ask.work.session.get_one(Subscriber, ids["subscriber"])
    hint = say("Such as A012345678Z. Invoices that stand keep what they have")
    return _person(ask, ids, Field("pin", say("KRA PIN"), value=person.tax_pin or "", hint=hint))


def _set_pin(work: Work, actor: Actor, given: Given) -> Outcome:
    person_id = given.ids["subscriber"]
    set_tax_pin_by_staff(work, actor, subscriber_id=person_id, pin=given.text("pin"), reason=given.reason)
    return Outcome(people=frozenset({person_id}))


def _save_form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    sold = ask.work.session.execute(
        select(Plan, Site)
        .join(plan_sites, plan_sites.c.plan_id == Plan.id)
        .join(Site, Site.id == plan_sites.c.site_id)
        .where(Plan.state == "on_sale", Plan.role == "access", Plan.price_cents > 0)
        .order_by(Plan.kind.desc(), Plan.price_cents, Plan.id, Site.name)
    ).all()
    choices = [
        (f"{row.Plan.id}:{row.Site.id}", f"{row.Plan.name} · {show_money(row.Plan.price)} · {row.Site.name}")
        for row in sold
    ]
    return _person(ask, ids, Field("plan", say("Plan"), "select", choices=choices))


def _save(work: Work, actor: Actor, given: Given) -> Outcome:
    person_id = given.ids["subscriber"]
    plan_id, _, site_id = given.text("plan").partition(":")
    keep_aside_for(
        work,
        actor,
        subscriber_id=person_id,
        plan_id=int(plan_id) if plan_id.isdecimal() else 0,
        site_id=int(site_id) if site_id.isdecimal() else 0,
        reason=given.reason,
    )
    return Outcome(people=frozenset({person_id}))


def _plain_form(ask: Ask, ids: Mapping[str, int]) -> Thing:
    return _person(ask, ids)


def _give_up(work: Work, actor: Actor, given: Given) -> Outcome:
    person_id = given.ids["subscriber"]
    give_up_for(work, actor, subscriber_id=person_id, reason=given.reason)
    return Outcome(people=frozenset({person_id}))


PIN = Deed(
    "tax_pin",
    "/subscribers/{subscriber:int}/tax-pin",
    "change_contacts",
    say("Set the KRA PIN"),
    say("Set it"),
    _pin_form,
    _set_pin,
    lead=say("The invoices of this account name it from now on."),
)
SAVE = Deed(
    "keep_aside",
    "/subscribers/{subscriber:int}/keep-aside",
    "change_lines",
    say("Keep money aside towards a plan"),
    say("Keep it aside"),
    _save_form,
    _save,
    lead=say(
        "What comes in after debts is kept, and buys the plan at the price of the day on which it suffices."
    ),
)
GIVE_UP = Deed(
    "give_up_saving",
    "/subscribers/{subscriber:int}/give-up-saving",
    "change_lines",
    say("Keep no more money aside"),
    say("Give it back"),
    _plain_form,
    _give_up,
    lead=say("What was kept becomes the account's own money again."),
)
DEEDS = (PIN, SAVE, GIVE_UP)
