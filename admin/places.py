"""The menu: every place in it, under its heading, and what one must be allowed to see it."""

from dataclasses import dataclass

from core.base.words import Sentence, say
from core.staff.roles import Permission


@dataclass(frozen=True, slots=True)
class Place:
    """One entry of the menu. name: by which a page says where it stands."""

    name: str
    path: str
    label: Sentence
    permission: Permission
    icon: str


MENU: tuple[tuple[Sentence | None, tuple[Place, ...]], ...] = (
    (None, (Place("home", "/", say("Home"), "see_figures", "home"),)),
    (
        say("Money"),
        (
            Place("purchases", "/purchases", say("Purchases"), "see_money", "cart"),
            Place("collections", "/collections", say("Payments asked for"), "see_money", "phone"),
            Place("invoices", "/invoices", say("Invoices"), "see_money", "receipt"),
            Place("billing", "/billing", say("Billing"), "see_money", "receipt"),
            Place("dunning", "/dunning", say("Dunning"), "see_machines", "alert"),
            Place("plans", "/plans", say("Plans"), "see_figures", "cart"),
            Place("coupons", "/coupons", say("Offer codes"), "see_money", "ticket"),
            Place("receipts", "/receipts", say("Receipts"), "see_money", "receipt"),
            Place("suspense", "/suspense", say("Owner not known"), "see_money", "question"),
            Place("orders", "/orders", say("Corrections"), "see_money", "pen"),
            Place("vouchers", "/vouchers", say("Vouchers"), "see_vouchers", "ticket"),
        ),
    ),
    (
        say("Machines"),
        (
            Place("routers", "/routers", say("Routers"), "see_machines", "router"),
            Place("deliveries", "/deliveries", say("Jobs"), "see_machines", "queue"),
            Place("incidents", "/incidents", say("Incidents"), "see_machines", "alert"),
        ),
    ),
    (
        say("House"),
        (
            Place("messages", "/messages", say("Messages"), "see_machines", "letter"),
            Place("tell", "/tell", say("Tell a site"), "tell_many", "megaphone"),
            Place("audit", "/audit", say("Audit trail"), "see_audit", "eye"),
        ),
    ),
)
