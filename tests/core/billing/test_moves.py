"""The state machine of lines: its moves, refused otherwise by the database too, and nobody else writes states."""

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from core.base.clock import SetClock
from core.base.database import Database
from core.billing.model import ACTIVE, AWAITING_NETWORK, ENDED, GRACE, PAUSED, SUSPENDED, Subscription
from core.billing.moves import NAMES, MoveNotAllowed, move
from tests.core.billing.line_house import LineHouse
from tests.core.billing.test_pause import back, paused
from tests.factories import a_home_line, a_home_plan, a_subscriber

STATES = (AWAITING_NETWORK, ACTIVE, GRACE, SUSPENDED, PAUSED, ENDED)
ROOT = Path(__file__).resolve().parents[3]
MAY_WRITE = {
    "core/billing/moves.py",
    "core/billing/expire.py",  # many at once, each noted in the same statement
    "core/billing/dark_days.py",
    "core/billing/dunning_cut.py",
    "core/billing/dunning_restore.py",
}
WRITES = re.compile(
    r"UPDATE subscriptions\b(?:(?!RETURNING).)*?\bSET\b(?:(?!WHERE|FROM).)*?\bstate\s*=", re.DOTALL
)
IS_CHANGE = re.compile(r"UPDATE subscriptions s SET \{change\}")


def test_the_database_knows_the_same_moves(database: Database) -> None:
    with database.work() as work:
        line = a_home_line(work, a_subscriber(work), a_home_plan(work))
        allowed = set()
        for before in STATES:
            for after in STATES:
                if before == after:
                    continue
                try:
                    with work.session.begin_nested():
                        _force(work.session, line.id, before)
                        work.session.execute(
                            text("UPDATE subscriptions SET state = :state WHERE id = :id"),
                            {"state": after, "id": line.id},
                        )
                        allowed.add((before, after))
                        raise _Undone
                except (_Undone, IntegrityError):
                    pass
    assert allowed == set(NAMES)


def test_a_move_is_one_of_a_line_and_no_line_is_taken_out(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        line = a_home_line(work, a_subscriber(work), a_home_plan(work))
    for statement in (
        "INSERT INTO subscription_moves (subscription_id, at, to_state, cause) VALUES (:other, :now, 'active', 'test')",
        "INSERT INTO dunning_steps_taken (subscription_id, day_zero, step_key, step_id, at) "
        "SELECT id, CAST(:now AS date), 'remind', 1, :now FROM (VALUES (:line), (:other)) AS one (id)",
        "DELETE FROM subscriptions WHERE id = :line",
    ):
        values = {"line": line.id, "other": line.id + 1, "now": clock.now()}
        asked = {name: value for name, value in values.items() if f":{name}" in statement}
        with database.work() as work, pytest.raises(IntegrityError):
            work.session.execute(text(statement), asked)
    with database.work() as work:
        assert work.session.get_one(Subscription, line.id).state == ACTIVE


class _Undone(Exception):
    """The savepoint goes back."""


def _force(session: object, line_id: int, state: str) -> None:
    """Put a line into a state by allowed moves."""
    ways = {
        AWAITING_NETWORK: [SUSPENDED, AWAITING_NETWORK],
        ACTIVE: [],
        GRACE: [GRACE],
        SUSPENDED: [SUSPENDED],
        PAUSED: [PAUSED],
        ENDED: [ENDED],
    }
    for step in ways[state]:
        session.execute(  # type: ignore[attr-defined]
            text("UPDATE subscriptions SET state = :state WHERE id = :id"), {"state": step, "id": line_id}
        )


@pytest.mark.parametrize(("before", "after"), [(ENDED, ACTIVE), (GRACE, PAUSED), (SUSPENDED, ACTIVE)])
def test_a_verb_that_did_not_look_is_refused(database: Database, before: str, after: str) -> None:
    with database.work() as work:
        line = a_home_line(work, a_subscriber(work), a_home_plan(work), state=before)
        with pytest.raises(MoveNotAllowed):
            move(work, line, after, "test")


def _strings(tree: ast.AST) -> list[str]:
    return [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    ]


def _assigns_state(tree: ast.Module) -> bool:
    """line.state = GRACE, where GRACE is a subscription's."""
    ours = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "core.billing.model"
        for alias in node.names
        if alias.name in {"AWAITING_NETWORK", "ACTIVE", "GRACE", "SUSPENDED", "PAUSED", "ENDED"}
    }
    for node in ast.walk(tree):
        if not isinstance(node, ast.Assign):
            continue
        targets = [
            t for target in node.targets for t in (target.elts if isinstance(target, ast.Tuple) else [target])
        ]
        for target in targets:
            if isinstance(target, ast.Attribute) and target.attr == "state":
                if isinstance(target.value, ast.Name) and target.value.id in ("line", "subscription"):
                    return True
                if {name.id for name in ast.walk(node.value) if isinstance(name, ast.Name)} & ours:
                    return True
    return False


def test_nobody_else_writes_states() -> None:
    found = set()
    for area in ("core", "admin", "bando", "bots", "ussd"):
        for path in sorted((ROOT / area).rglob("*.py")):
            if "migrations" in path.parts:
                continue
            source = path.read_text()
            if "subscription" not in source.lower():
                continue
            tree = ast.parse(source)
            writes = any(WRITES.search(one) or IS_CHANGE.search(one) for one in _strings(tree))
            if writes or _assigns_state(tree):
                found.add(path.relative_to(ROOT).as_posix())
    assert found == MAY_WRITE
    for name in MAY_WRITE - {"core/billing/moves.py"}:
        assert "INSERT INTO subscription_moves" in (ROOT / name).read_text()


def test_a_life_is_one_unbroken_chain_of_moves(database: Database, clock: SetClock) -> None:
    house = LineHouse(database, clock)
    line = house.line("2027-03-15")
    house.at("2027-04-17")
    house.renew(line)
    paused(house, line, "2027-05-10")
    back(house, line, "2027-06-02")
    house.at("2027-07-01")
    with house.work() as work:
        from core.billing.ending import end_line

        end_line(work, line, reason="moved away")
        work.session.flush()
        rows = work.session.execute(
            text("SELECT from_state, to_state, cause, at FROM subscription_moves ORDER BY id")
        ).all()
        state = work.session.get_one(Subscription, line).state
    assert [row.to_state for row in rows] == [
        *(AWAITING_NETWORK, ACTIVE, GRACE, ACTIVE),
        *(PAUSED, AWAITING_NETWORK, ACTIVE, GRACE, ENDED),
    ]
    assert all(before.to_state == after.from_state for before, after in pairwise(rows))
    assert all(row.cause for row in rows)
    assert [row.at for row in rows] == sorted(row.at for row in rows)
    assert rows[-1].to_state == state
