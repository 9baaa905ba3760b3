"""Which proof which act needs: every verb that a flow calls stands in the table, and the table is kept (T2)."""

import ast
import importlib
from collections.abc import Iterator
from pathlib import Path
from types import FunctionType

import pytest

from core.conversation import flows, levels
from core.conversation.levels import ACTS

ROOT = Path(levels.__file__).resolve().parents[2]
FLOWS = sorted(Path(flows.__file__).parent.glob("[a-z]*.py"))
ACTING_AREAS = tuple(
    f"core.{area}."
    for area in ("subscribers", "messaging", "billing", "vouchers", "payments", "network", "staff", "support")
)
READS = {
    "core.subscribers.account_no.parse_account_no": "reads what was typed",
    "core.messaging.waiting.waiting_for": "reads what waits to be told",
    "core.billing.account.standing": "reads what an account owes and what is its own",
    "core.billing.account.own_money": "reads what is the caller's own",
    "core.billing.change_plan.quote_change": "reads what a change of plan would cost",
    "core.billing.common_payday.price_to_join": "reads what joining in mid-period costs",
    "core.billing.coupon_use.discount_now": "reads what an offer code takes off",
    "core.billing.dispute_by_owner.looked_at_until": "reads until when a bill would be looked at",
    "core.billing.give_by_owner.gift_of": "reads how many days may be given",
    "core.billing.give_by_owner.line_for_gift": "reads which line would get them",
    "core.billing.payday.quote_payday": "reads what another payday would cost",
    "core.billing.purchase.purchase_at": "reads whether this very key was heard before",
    "core.billing.time_to_pay.time_to_pay": "reads what may be asked for",
    "core.subscribers.foreign_looks.shown_name": "puts a name as others may see it",
    "core.subscribers.tax_pin.parse_tax_pin": "reads what was typed",
    "core.billing.pause.check_pause": "reads whether a line may be paused",
    "core.billing.pause.longest_pause": "reads how long a pause may be",
    "core.payments.money_back.kept_waiting": "reads what may be had back",
    "core.payments.standing.begun_at": "reads whether this very key was heard before",
    "core.payments.standing.standing_of": "reads how things stand before a payment",
}
"""Functions outside of queries.py that change nothing."""
ACTS_OF_VERB: dict[str, set[str]] = {}
for name, need in ACTS.items():
    for verb in need.verbs:
        ACTS_OF_VERB.setdefault(verb, set()).add(name)


def verbs_of(path: Path) -> Iterator[str]:
    """The functions that a file takes from the areas below, but for their queries."""
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom) or not (node.module or "").startswith(ACTING_AREAS):
            continue
        module = importlib.import_module(node.module or "")
        for alias in node.names:
            thing = getattr(module, alias.name)
            if isinstance(thing, FunctionType):
                whole = f"{thing.__module__}.{thing.__name__}"
                if not thing.__module__.endswith((".queries", ".model")) and whole not in READS:
                    yield whole


def steps() -> Iterator[tuple[str, object]]:
    for path in FLOWS:
        module = importlib.import_module(f"core.conversation.flows.{path.stem}")
        for name, step in module.STEPS.items():
            yield f"{path.stem}.{name}", step


def test_there_is_something_to_look_at() -> None:
    assert len({verb for path in FLOWS for verb in verbs_of(path)}) > 10
    assert len(list(steps())) > 20


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_every_verb_of_a_flow_has_its_level(path: Path) -> None:
    without = sorted({verb for verb in verbs_of(path) if verb not in ACTS_OF_VERB})
    assert without == [], "give each an act in core/conversation/levels.py"


@pytest.mark.parametrize("path", FLOWS, ids=lambda path: path.stem)
def test_a_flow_asks_for_the_proof_of_what_needs_one(path: Path) -> None:
    """A verb all of whose acts need more than to be seen is called only where one of them is required."""
    text = path.read_text()
    for verb in set(verbs_of(path)):
        acts = ACTS_OF_VERB.get(verb, set())
        if acts and all(ACTS[act].level > 1 or ACTS[act].code_now for act in acts):
            assert "require(" in text, verb
            assert any(f'"{act}"' in text for act in acts), verb


def test_every_act_that_a_step_names_is_in_the_table() -> None:
    named = {name: step.act for name, step in steps() if getattr(step, "act", "")}
    assert len(named) >= 7
    assert {name: act for name, act in named.items() if act not in ACTS} == {}


@pytest.mark.parametrize("verb", sorted(ACTS_OF_VERB))
def test_every_verb_of_the_table_is_there(verb: str) -> None:
    module, _, name = verb.rpartition(".")
    assert callable(getattr(importlib.import_module(module), name))


def test_what_changes_who_a_person_is_needs_a_code_now() -> None:
    """Threats, section 4: link or unlink a chat or number, change details."""
    guarded = [act for act in ACTS if act.startswith(("number.", "chat.", "email.")) and act != "chat.here"]
    assert len(guarded) == 8
    for act in guarded:
        need = ACTS[act]
        assert (need.level, need.code_now) == (2, True), act
        assert need.waits == ("core.subscribers.changes.begin_change" in need.verbs), act
