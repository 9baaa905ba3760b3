"""Every screen with the longest names and amounts that staff can enter: data of each step, by its name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from core.base.msisdn import Msisdn
from core.base.settings import Brand
from core.catalogue.queries import Offer
from core.conversation.dialogue import Dialogue, Frame
from core.conversation.offer_book import OfferBook
from core.conversation.order import Order
from core.conversation.step import Context

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)
CALLER = Msisdn("254712345678")
BRAND = Brand(
    provider_name="Pwani Net",
    merchant_name="PWANI NETWKS",
    wifi_name="PWANI WIFI 2",
    service_code="*384*123#",
)
NAME, PLAN, SITE, ACCOUNT = "Maximilian", "Home 100Mbps", "Kisimani Juu", "10000015"

BUNDLE = Order("hotspot", 3, "Hotspot 30d", 1_250_000, "seconds", 30 * 86_400, 10)
FOR_OTHER = replace(BUNDLE, beneficiary="254722333444")
RENEWAL = Order("pppoe", 9, PLAN, 1_250_000, "months", 12, renews=7, new_last_day="2027-12-30")
NEW_LINE = Order("pppoe", 9, PLAN, 1_250_000, "months", 12, starts="grant", site_id=2, site_name=SITE)
VOUCHER = {
    "id": 8,
    "term_unit": "seconds",
    "term_count": 30 * 86_400,
    "phones": 10,
    "use_by": "20/02/2027",
    "sold": "22/11",
}


def voucher(state: str) -> dict[str, Any]:
    return {**VOUCHER, "state": state}


def home(**facts: Any) -> dict[str, Any]:
    return {"name": NAME, "line": None, "renewal": None, "again": None, "open_cents": None, **facts}


def line(state: str) -> dict[str, Any]:
    return {"plan": PLAN, "state": state, "last_day": "30/12"}


def account(**facts: Any) -> dict[str, Any]:
    nothing = {"line": None, "times": [], "renewal": None, "paying": False, "balance_cents": 0}
    return {"name": NAME, "account_no": ACCOUNT, **nothing, **facts}


TIME = {
    "term": ["seconds", 30 * 86_400],
    "minutes_left": 29 * 1440 + 1439,
    "day": "23/11",
    "time": "18:30",
    "phones": 10,
}

CHAT = ["whatsapp", "KE.88112233445566", "22/11"]

SCREENS: dict[str, list[dict[str, Any]]] = {
    "language.choose": [{}],
    "home.menu": [
        home(),
        home(line=line("active"), renewal=RENEWAL.as_json()),
        home(line=line("suspended"), renewal=RENEWAL.as_json()),
        home(line=line("awaiting_network"), again=BUNDLE.as_json()),
        home(again=BUNDLE.as_json()),
        home(open_cents=1_250_000),
    ],
    "resume.ask": [
        {"frames": [Frame("buy.for_whom", {"order": BUNDLE.as_json()}).as_json()]},
        {"frames": [Frame("renew.confirm", {"order": RENEWAL.as_json()}).as_json()]},
        {"frames": [Frame("numbers.move", {}).as_json()]},
    ],
    "payment_open.checking": [{"amount_cents": 1_250_000}],
    "waiting.message": [
        {"notice_id": 1, "subscriber_id": 1, "text": text, "frames": []}
        for text in ("word " * 32, "x" * 160, "[" * 80, "Karibu")
    ],
    "buy.bundle": [{"order": BUNDLE.as_json()}, {"order": {**BUNDLE.as_json(), "starts": "grant"}}],
    "buy.for_whom": [{"order": BUNDLE.as_json()}],
    "buy.read_back": [{"order": FOR_OTHER.as_json()}],
    "home_wifi.place": [{"order": NEW_LINE.as_json(), "sites": [[1, "Baraka"], [2, SITE]]}],
    "home_wifi.confirm": [{"order": NEW_LINE.as_json()}],
    "renew.confirm": [{"order": RENEWAL.as_json()}],
    "pay.payer": [{"order": RENEWAL.as_json()}],
    "pay.confirm": [
        {"order": one.as_json(), "payer": "254722333444"} for one in (FOR_OTHER, RENEWAL, BUNDLE)
    ],
    "vouchers.voucher": [
        {"voucher": voucher("sold"), "others": [voucher("used")]},
        {"voucher": voucher("active"), "others": []},
        {"voucher": voucher("used"), "others": []},
    ],
    "account.account": [
        account(),
        account(line=[PLAN, "suspended", "30/12"], renewal=RENEWAL.as_json(), balance_cents=1_250_000),
        account(times=[TIME], balance_cents=-1_250_000),
        account(times=[{**TIME, "minutes_left": 20}]),
        account(times=[{**TIME, "minutes_left": 800}]),
    ],
    "link.ask": [{}],
    "link.code": [{"number": "254722333444", "purpose": "prove", "then": ["link.ask", {}], "text": ""}],
    "link.chat": [{"chat": CHAT}],
    "numbers.mine": [{"several": True}, {"several": False}],
    "numbers.number": [{"number": "254722333444", "is_main": is_main} for is_main in (True, False)],
    "numbers.add": [{}],
    "numbers.move": [{}],
    "numbers.old_account": [{}],
    "numbers.last_receipt": [{"account_no": ACCOUNT}],
}
"""Steps whose screen is one page."""

HOME = Frame("home.menu", home(again=BUNDLE.as_json()))
AT_HOME = Dialogue(language="en", turn=1, frames=(HOME,))
"""A talk that stands on the first screen of somebody who bought a bundle before."""

LISTS: dict[str, list[dict[str, Any]]] = {
    "buy.bundles": [{}],
    "home_wifi.plans": [{}],
    "vouchers.old": [{"others": [voucher(state) for state in ("sold", "active", "used", "void") * 3]}],
    "link.chats": [{"chats": []}, {"chats": [CHAT] * 3}],
    "numbers.list": [{"numbers": [["254722333444", True], ["254722333445", False]]}],
    "numbers.accounts": [{"accounts": [[1, ACCOUNT, NAME], [2, ACCOUNT, ""]]}],
}
"""Steps whose screen is a list, which may take several pages."""


def context(*, language: str = "en", frame: Frame | None = None, has_mpesa: bool = True) -> Context:
    """A turn without a database; plans are on sale."""
    book = OfferBook(timedelta(minutes=1))
    book.learn("hotspot", [bundle(n, n * 150_000) for n in range(1, 9)], NOW)
    book.learn("pppoe", [home_plan(11), home_plan(12)], NOW)
    made = Context(
        caller=CALLER, caller_has_mpesa=has_mpesa, channel="ussd", session="s", now=NOW, brand=BRAND,
        book=book, push_after=timedelta(seconds=4),
    )  # fmt: skip
    made.language = language
    made.frame = frame or Frame("", {})
    return made


def bundle(number: int, cents: int) -> Offer:
    term = number * 36_000
    return Offer(number, "hotspot", f"Hotspot {number}", cents, "seconds", term, 1, "first_login", (1,))


def home_plan(number: int) -> Offer:
    return Offer(number, "pppoe", PLAN, 1_250_000, "months", 1, 1, "grant", (1,))
