"""What the page with the phone looks at: one scene a number, and the way of its purchase."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.sandbox.conftest import SECRET, Product, until

USSD = f"/ussd/africastalking/{SECRET}"


def dial(trial: Any, number: str, answer: str) -> None:
    trial.product.answers[USSD] = lambda _: (200, answer)
    trial.post(f"/phones/{number}/dial", {"code": "*384*123#"})


def held(trial: Any, number: str) -> list[str]:
    return [
        row["name"] for router in trial.get(f"/phones/{number}/scene")["routers"] for row in router["held"]
    ]


def tells(trial: Any, number: str, *steps: tuple[str, datetime]) -> None:
    """The product's word about the number's latest purchase."""
    rows = ",".join(f'{{"at": "{at.isoformat()}", "what": "{what}"}}' for what, at in steps)
    trial.product.answers[f"/trial/journey/{number}"] = lambda _: (
        200,
        f'{{"purchase": 7, "steps": [{rows}]}}',
    )


def walked(trial: Any, number: str) -> list[tuple[str, str]]:
    return [(step["what"], step["seen_by"]) for step in trial.get(f"/phones/{number}/journey")["steps"]]


def test_a_router_row_belongs_to_the_phone_that_was_told_its_name(trial: Any) -> None:
    asha, stranger = trial.number(), trial.number()
    assert held(trial, asha) == []
    dial(trial, asha, "END Your code: RECEP-TION. Time starts when you log in.")
    assert held(trial, asha) == ["reception"]
    assert held(trial, stranger) == []
    row = trial.get(f"/phones/{asha}/scene")["routers"][0]["held"][0]
    assert row["password"] == "karibu"
    assert row["service"] == "hotspot"


def test_the_scene_tells_who_is_online_and_what_is_wrong(trial: Any) -> None:
    asha = trial.number()
    dial(trial, asha, "END Your code: RECEPTION")
    login = {"username": "reception", "password": "karibu", "service": "hotspot"}
    assert trial.post("/routers/baraka/sessions", login)["ok"]
    trial.faults(router_silent=["baraka"], callback="late")
    scene = trial.get(f"/phones/{asha}/scene")
    (router,) = scene["routers"]
    assert [session["username"] for session in router["online"]] == ["reception"]
    assert router["fault"] == "silent"
    assert router["on"]
    assert scene["faults"]["callback"] == "late"
    assert scene["held_calls"] == 0
    assert scene["phone"] == trial.phone(asha)
    trial.post("/routers/baraka/sessions/hangup", {"username": "reception", "service": "hotspot"})


@pytest.mark.parametrize("fault", ["silent", "cut", "fatal", "refusing"])
def test_each_fault_of_a_router_has_its_word(trial: Any, fault: str) -> None:
    trial.faults(**{f"router_{fault}": ["baraka"]})
    assert trial.get(f"/phones/{trial.number()}/scene")["routers"][0]["fault"] == fault


def test_a_purchase_is_seen_on_the_phone_between_the_products_own_steps(trial: Any) -> None:
    asha = trial.number()
    assert trial.get(f"/phones/{asha}/journey") == {"purchase": None, "answering": True, "steps": []}
    tells(trial, asha, ("CollectionRequested", datetime.now(UTC)))
    trial.push(asha)
    trial.prompt(asha)
    assert walked(trial, asha) == [("CollectionRequested", "product"), ("PromptShown", "phone")]
    trial.touch(asha, "pin")
    assert walked(trial, asha)[2:] == [("MoneyTaken", "phone")]
    sent = trial.http.post(
        "/version1/messaging",
        data={"username": "sandbox", "to": f"+{asha}", "message": "Your voucher", "from": "PWANINET"},
        headers={"apiKey": "atkey", "Accept": "application/json"},
    )
    assert sent.status_code == 201
    until(lambda: walked(trial, asha)[3:] == [("TextArrived", "phone")])


def test_what_was_seen_before_the_purchase_is_no_step_of_it(trial: Any) -> None:
    asha = trial.number()
    trial.push(asha)
    trial.touch(asha, "pin")
    later = datetime.now(UTC) + timedelta(seconds=5)
    tells(trial, asha, ("CollectionRequested", later))
    assert walked(trial, asha) == [("CollectionRequested", "product")]


def test_a_login_is_a_step_when_it_comes_after_the_purchase(trial: Any) -> None:
    asha = trial.number()
    dial(trial, asha, "END Your code: RECEPTION")
    tells(trial, asha, ("CollectionRequested", datetime.now(UTC)))
    trial.post(
        "/routers/baraka/sessions", {"username": "reception", "password": "karibu", "service": "hotspot"}
    )
    assert ("LoggedIn", "router") in walked(trial, asha)
    tells(trial, asha, ("CollectionRequested", datetime.now(UTC) + timedelta(seconds=5)))
    assert ("LoggedIn", "router") not in walked(trial, asha)
    trial.post("/routers/baraka/sessions/hangup", {"username": "reception", "service": "hotspot"})


@pytest.mark.parametrize("answer", [(500, "no"), (200, "no"), (404, "{}")])
def test_a_product_that_cannot_be_asked_is_said_to_be_away(
    trial: Any, product: Product, answer: tuple[int, str]
) -> None:
    asha = trial.number()
    product.answers[f"/trial/journey/{asha}"] = lambda _: answer
    assert trial.get(f"/phones/{asha}/journey") == {"purchase": None, "answering": False, "steps": []}


def test_who_paid_most_stands_first(trial: Any) -> None:
    small, large = trial.number(), trial.number()
    for number, amount in ((small, 3), (large, 4_999), (large, 1)):
        assert trial.post(
            f"/phones/{number}/paybill", {"shortcode": "174379", "account": "1", "amount": amount}
        )["ok"]
    ranked = trial.get("/payers")
    assert ranked[0] == {"msisdn": large, "amount": 4_999}
    assert [row["amount"] for row in ranked] == sorted((row["amount"] for row in ranked), reverse=True)
    assert len(ranked) <= 12
