"""Collections that wait for their callback, and the callbacks, as Daraja writes them."""

import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import text

from bando.compose import Program
from bench.crowd import phone_of
from core.base.secrets import draw_secret
from core.payments.ask import CALLBACK_LOOKUP

_PREPARE = text(
    """
    WITH wanted AS (
        SELECT n, lookup FROM unnest(CAST(:people AS bigint[]), CAST(:lookups AS bytea[])) w (n, lookup)
    ), plan AS (
        SELECT * FROM plans WHERE code = 'hs-24h'
    ), purchase AS (
        INSERT INTO purchases (channel, session, step, buyer_id, beneficiary_id, plan_id, price_cents, term_unit,
            term_count, request_id, created_at)
        SELECT 'bench', :run || ':' || n, '1', n, n, plan.id, price_cents, term_unit, term_count,
            left(md5(:run || n), 16), :now
        FROM wanted, plan RETURNING id, buyer_id, price_cents
    )
    INSERT INTO collections (purchase_id, gateway, payer, amount_cents, reference, callback_lookup, callback_sealed,
        state, gateway_request_id, gateway_checkout_id, created_at, push_due_at, asked_at)
    SELECT p.id, 'mpesa', a.external_id, price_cents, left('B' || :run || p.buyer_id, 12), w.lookup, '', 'prompted',
        'bench-' || p.id, 'ws_CO_' || :run || w.n, :now, :now, :now
    FROM purchase p JOIN wanted w ON w.n = p.buyer_id
    JOIN addresses a ON a.subscriber_id = p.buyer_id AND a.channel = 'msisdn'
    RETURNING (SELECT n FROM wanted WHERE wanted.lookup = callback_lookup) AS n, id, gateway_checkout_id,
        gateway_request_id, amount_cents
    """
)


@dataclass(frozen=True, slots=True)
class Callback:
    """A callback that is due: the token of its path, and its body."""

    collection_id: int
    token: str
    body: str


def prompted(program: Program, people: Iterable[int]) -> list[Callback]:
    """A prompted collection for each of these subscribers of the crowd, and the word that it was paid."""
    tokens = {n: draw_secret() for n in people}
    lookups = [program.keyring.lookup(token, CALLBACK_LOOKUP) for token in tokens.values()]
    with program.work() as work:
        values = {
            "people": list(tokens),
            "lookups": lookups,
            "run": secrets.token_hex(2),
            "now": work.now - timedelta(seconds=10),
        }
        rows = work.session.execute(_PREPARE, values).all()
    return [
        Callback(
            row.id,
            tokens[row.n],
            paid_body(
                row.gateway_checkout_id, row.gateway_request_id, row.amount_cents // 100, phone_of(row.n)
            ),
        )
        for row in rows
    ]


def paid_body(checkout: str, request: str, shillings: int, digits: str) -> str:
    """The body of a successful STK callback."""
    items = [
        {"Name": "Amount", "Value": float(shillings)},
        {"Name": "MpesaReceiptNumber", "Value": "B" + secrets.token_hex(5).upper()[:9]},
        {"Name": "Balance"},
        {"Name": "TransactionDate", "Value": 20261122101500},
        {"Name": "PhoneNumber", "Value": int(digits)},
    ]
    said = {
        "MerchantRequestID": request,
        "CheckoutRequestID": checkout,
        "ResultCode": 0,
        "ResultDesc": "The service request is processed successfully.",
        "CallbackMetadata": {"Item": items},
    }
    return json.dumps({"Body": {"stkCallback": said}})
