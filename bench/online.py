"""Paid to online: from a callback's arrival to the last router's read-back, in a whole `bando demo`.

Payments come evenly, at a rate; instants are those of the database. The outside world is the sandbox: its routers
and its SMS gateway share the machine's cores with the product.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx
from sqlalchemy import text

from bando.compose import AllSettings, Program, assemble
from bando.embedded import erase
from bando.embedded import start as servers_of
from bando.trial import trial_environment
from bench.figure import Figure
from bench.payments import paid_body
from bench.stage import Stage
from core.base.msisdn import Msisdn
from core.billing.purchase import StepId
from core.payments.ask import claim, note_answer
from core.payments.collect import pay_for_plan
from core.payments.gateway import Accepted
from core.subscribers.meet import choose_language, meet

AREA = "main-job"
PORT, SANDBOX_PORT = 8710, 8720
START_SECONDS, PATIENCE_SECONDS = 120.0, 180.0
SENDERS = 16
PLAN = "SELECT id FROM plans WHERE code = 'hs-24h'"
FIRST_PHONE = 254_720_000_000

_INSTANTS = text(
    """
    SELECT extract(epoch FROM max(r.acknowledged_at) - min(i.received_at)) AS seconds
    FROM inbox i JOIN collections c ON c.id = i.about JOIN purchases p ON p.id = c.purchase_id
    JOIN access_accounts a ON a.subscription_id = p.subscription_id
    JOIN router_accounts r ON r.account_id = a.id
    WHERE c.id = ANY(:ids) AND NOT r.withdrawn
    GROUP BY c.id HAVING bool_and(r.applied_revision >= a.revision)
    """
)


def paid_to_online(stage: Stage) -> list[Figure]:
    """p50, p95 and p99 at each rate of the scale."""
    figures = []
    with _demo() as program:
        _measured(program, 1, 2)
        for rate, seconds in stage.scale.rates:
            found = _measured(program, rate, rate * seconds)
            for share, aim in ((50, "p50 < 1 s"), (95, ""), (99, "")):
                name = f"paid to online at {rate}/s, p{share}"
                value = found[min(len(found) * share // 100, len(found) - 1)]
                figures.append(Figure(AREA, name, value, "s", None, None, aim))
    return figures


def _measured(program: Program, rate: int, count: int) -> list[float]:
    """Seconds of each payment, sorted."""
    doors = [_due(program, number) for number in range(count)]
    began = time.perf_counter()
    with httpx.Client() as client, ThreadPoolExecutor(SENDERS) as senders:
        for number, (path, body, _) in enumerate(doors):
            time.sleep(max(0.0, began + number / rate - time.perf_counter()))
            senders.submit(client.post, path, content=body)
    ids = [collection_id for _, _, collection_id in doors]
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with program.work() as work:
            found = sorted(float(row.seconds) for row in work.session.execute(_INSTANTS, {"ids": ids}))
        if len(found) == count:
            return found
        if time.monotonic() > deadline:
            raise RuntimeError(f"only {len(found)} of {count} payments came online")
        time.sleep(0.5)


def _due(program: Program, number: int) -> tuple[str, str, int]:
    """A prompted collection of somebody new: (where its callback goes, its body, its id)."""
    with program.work() as work:
        serial = work.next_id("subscribers")
        phone = Msisdn(str(FIRST_PHONE + serial))
        person = meet(work, msisdn=phone)
        choose_language(work, subscriber_id=person.id, language="en")
        collection = pay_for_plan(
            work,
            step=StepId("bench", f"{serial}", f"{number}"),
            buyer=person,
            payer=phone,
            plan_id=int(work.scalar(PLAN)),
            push_after=-work.now.resolution,
        )
        order = claim(work, collection.id)
        assert order is not None
        checkout = f"ws_CO_bench_{collection.id}"
        note_answer(work, collection.id, Accepted(f"bench-{collection.id}", checkout))
        work.session.flush()
        work.session.execute(  # nobody need ask or look: the callback will come
            text(
                "UPDATE deliveries SET finished_at = :now, dispatched_at = :now "
                "WHERE outbox_id IN (SELECT id FROM outbox WHERE request_id = :request)"
            ),
            {"now": work.now, "request": work.request_id},
        )
        body = paid_body(checkout, f"bench-{collection.id}", collection.amount_cents // 100, phone.digits)
        shared = program.settings.shared
        return (
            f"{shared.public_url}/pay/{shared.door_secrets[0]}/stk/{order.callback_token}",
            body,
            collection.id,
        )


@contextmanager
def _demo() -> Iterator[Program]:
    """A demo in a home of its own, and a program that looks into its database."""
    home = Path(tempfile.mkdtemp(prefix="bando-bench-demo-"))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BANDO_")}
    ours = {
        "BANDO_HOME": str(home),
        "BANDO_PORT": str(PORT),
        "BANDO_SANDBOX_PORT": str(SANDBOX_PORT),
        "BANDO_SEED_PEOPLE": "8",
        "BANDO_SEED_DAYS": "35",
    }
    demo = subprocess.Popen(
        [sys.executable, "-P", "-m", "bando", "demo"],
        env=kept | ours,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    before = dict(os.environ)
    try:
        _wait_for(f"http://127.0.0.1:{PORT}/health/ready", demo)
        os.environ.update(ours)
        os.environ.update(trial_environment(kept | ours, home))
        servers = servers_of(home)  # they run: nothing is started
        os.environ.update({"BANDO_DATABASE_URL": servers.app_url, "BANDO_REDIS_URL": servers.redis_url})
        program = assemble(AllSettings())
        yield program
        program.database.engine.dispose()
    finally:
        os.environ.clear()
        os.environ.update(before)
        demo.terminate()
        demo.communicate(timeout=60)
        erase(home)


def _wait_for(url: str, demo: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and demo.poll() is None:
        try:
            if httpx.get(url, timeout=2).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.5)
    raise RuntimeError("the demo did not start")
