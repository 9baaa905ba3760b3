"""Roles, and what each may do. A role has no exception: who needs more gets another role."""

from typing import Literal

Role = Literal["owner", "finance", "support", "technician", "viewer"]
Permission = Literal[
    "see_figures",  # the home page's sums and counts
    "see_people",  # search, a subscriber's page; each look is an audit entry
    "see_money",  # purchases, collections, receipts, suspense
    "see_vouchers",
    "see_machines",  # routers, deliveries, incidents
    "try_deliveries",
    "close_incidents",
    "correct_money",  # write off, refund, move, give: each with a reason
    "see_audit",
    "change_contacts",  # undo a change of numbers, give a parted number back
    "tell_many",  # a text to everybody at a site
    "change_lines",  # pause, bring back, move, end a line; give it days: each with a reason
    "ease_dunning",  # a promise to pay, an emergency day, whether somebody wants to be prompted
    "approve_cycle",  # the yes that a run of the billing cycle waits for, or its end
    "allow_cuts",  # the yes that a mass of cuts waits for
    "change_plans",  # what is sold, where and at which price
]

OWNER: Role = "owner"

MAY: dict[Role, frozenset[Permission]] = {
    "owner": frozenset(
        {
            "see_figures",
            "see_people",
            "see_money",
            "see_vouchers",
            "see_machines",
            "try_deliveries",
            "close_incidents",
            "correct_money",
            "see_audit",
            "change_contacts",
            "tell_many",
            "ease_dunning",
            "change_lines",
            "approve_cycle",
            "change_plans",
            "allow_cuts",
        }
    ),
    "finance": frozenset(
        {
            "see_figures",
            "see_people",
            "see_money",
            "see_vouchers",
            "see_machines",
            "close_incidents",
            "correct_money",
            "ease_dunning",
            "change_lines",
            "approve_cycle",
            "change_plans",
            "allow_cuts",
        }
    ),
    "support": frozenset(
        {
            "see_figures",
            "see_people",
            "see_money",
            "see_vouchers",
            "see_machines",
            "change_contacts",
            "ease_dunning",
            "change_lines",
        }
    ),
    # Technicians meet the line and its owner, not the provider's books.
    "technician": frozenset(
        {"see_figures", "see_people", "see_machines", "try_deliveries", "close_incidents"}
    ),
    # An accountant or investor: figures and lists, nobody's name.
    "viewer": frozenset({"see_figures", "see_money", "see_vouchers", "see_machines"}),
}


def may(role: str, permission: Permission) -> bool:
    """Whether a role allows something; an unknown role allows nothing."""
    return any(permission in allowed for name, allowed in MAY.items() if name == role)
