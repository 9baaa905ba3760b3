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
    "see_audit",
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
            "see_audit",
        }
    ),
    "finance": frozenset(
        {"see_figures", "see_people", "see_money", "see_vouchers", "see_machines", "close_incidents"}
    ),
    "support": frozenset({"see_figures", "see_people", "see_money", "see_vouchers", "see_machines"}),
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
