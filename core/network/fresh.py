"""The account of a voucher that was just sold: the way of almost every sale, in two statements of their own."""

from core.base.database import Work
from core.catalogue.model import Plan
from core.network.accounts import USERNAME_LOOKUP
from core.network.terms import terms_of

_SOLD = """
    SELECT nextval('access_accounts_id_seq'), v.id, v.code_sealed,
        (SELECT max(m.id) FROM subscription_moves m
         WHERE m.subscription_id = s.id AND m.to_state = 'awaiting_network'),
        ARRAY(SELECT r.id FROM routers r JOIN plan_sites ps ON ps.site_id = r.site_id
              WHERE r.serves_hotspot AND ps.plan_id = s.plan_id ORDER BY r.id),
        s.state, p.code, p.kind, p.term_unit, p.term_count, p.download_kbps, p.upload_kbps, p.shared_devices,
        p.data_cap_bytes, p.after_cap, p.until_midnight
    FROM subscriptions s JOIN plans p ON p.id = s.plan_id JOIN vouchers v ON v.subscription_id = s.id
    WHERE s.id = %(subscription_id)s AND p.kind = 'hotspot' AND s.state = 'awaiting_network'
      AND NOT EXISTS (SELECT 1 FROM access_accounts a WHERE a.subscription_id = s.id)
"""
# The line is held still meanwhile: whoever ends it afterwards finds its account.
_OPEN = """
    WITH line AS MATERIALIZED (
        SELECT id FROM subscriptions WHERE id = %(subscription_id)s AND state = 'awaiting_network'
          AND NOT EXISTS (SELECT 1 FROM access_accounts WHERE username_lookup = ANY (%(lookups)s))
        FOR SHARE
    ), account AS (
        INSERT INTO access_accounts (id, subscription_id, service, username_sealed, username_lookup, secret_sealed,
            asked_move_id, desired, profile, download_kbps, upload_kbps, shared_devices, uptime_limit_seconds,
            data_limit_bytes)
        SELECT %(id)s, line.id, 'hotspot', %(username)s, %(lookup)s, %(secret)s, %(asked_move_id)s, %(desired)s,
            %(profile)s, %(download_kbps)s, %(upload_kbps)s, %(shared_devices)s, %(uptime_limit_seconds)s,
            %(data_limit_bytes)s
        FROM line ON CONFLICT DO NOTHING RETURNING id
    ), placed AS (
        INSERT INTO router_accounts (account_id, router_id)
        SELECT account.id, router_id FROM account, unnest(CAST(%(routers)s AS bigint[])) AS router_id
    )
    SELECT id FROM account
"""


def open_voucher(work: Work, *, subscription_id: int) -> tuple[int, tuple[int, ...]] | None:
    """Open the account of a voucher that has none: its id, and the routers at which it is to stand.

    None where there is no such voucher, no router for it, or somebody was faster: `desire` looks more closely.
    """
    sold = work.at_once(_SOLD, {"subscription_id": subscription_id})
    if sold is None or not sold[4]:
        return None
    account_id, voucher_id, code_sealed, asked, routers, state, *of_plan = sold
    names = ("code", "kind", "term_unit", "term_count", "download_kbps", "upload_kbps", "shared_devices")
    plan = Plan(**dict(zip((*names, "data_cap_bytes", "after_cap", "until_midnight"), of_plan, strict=True)))
    keyring = work.keyring
    code = keyring.unseal(code_sealed, table="vouchers", column="code_sealed", row=voucher_id)
    lookups = keyring.lookups(code, USERNAME_LOOKUP)
    values = {
        **terms_of(state, plan),
        "id": account_id,
        "subscription_id": subscription_id,
        "username": keyring.seal(code, table="access_accounts", column="username_sealed", row=account_id),
        "secret": keyring.seal(code, table="access_accounts", column="secret_sealed", row=account_id),
        "lookup": lookups[0],
        "lookups": lookups,  # under the keys of before, too
        "asked_move_id": asked,
        "routers": routers,
    }
    return (account_id, tuple(routers)) if work.at_once(_OPEN, values) else None
