"""Every screen with the longest names and amounts that staff can enter: data of each step, by its name."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from core.base.msisdn import Msisdn
from core.base.settings import Brand
from core.billing.time_to_pay import TimeToPay
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
MAILBOX = f"maximilian@{'long-' * 8}provider.co.ke"
NAME, PLAN, SITE, ACCOUNT = "Maximilian", "Home 100Mbps", "Kisimani Juu", "10000015"

BUNDLE = Order("hotspot", 3, "Hotspot 30d", 1_250_000, "seconds", 30 * 86_400, 10)
FOR_OTHER = replace(BUNDLE, beneficiary="254722333444")
RENEWAL = Order("pppoe", 9, PLAN, 1_250_000, "months", 12, renews=7, new_last_day="2027-12-30")
NEW_LINE = Order("pppoe", 9, PLAN, 1_250_000, "months", 12, starts="grant", site_id=2, site_name=SITE)
WITH_FEES = replace(
    NEW_LINE, installation_cents=1_250_000, equipment_cents=1_250_000, deposit_cents=1_250_000
)
MORE_DATA = replace(BUNDLE, data_bytes=999_900_000_000, renews=7)
FREE = replace(BUNDLE, price_cents=0)


def with_codes(order: Order) -> list[dict[str, Any]]:
    """The order where a code may be typed, and where one was."""
    coded = replace(order, takes_code=True, coupon="WWWWWWWW9", discount_cents=1_249_900)
    return [{"order": one.as_json()} for one in (replace(order, takes_code=True), coded)]


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


BACK = {"purchase_id": 1, "cents": 1_250_000}
LINE_BACK = {**BACK, "plan": PLAN, "term": None}
VOUCHER_BACK = {**BACK, "plan": None, "term": ("seconds", 30 * 86_400)}


def home(**facts: Any) -> dict[str, Any]:
    return {"name": NAME, "line": None, "renewal": None, "again": None, "open_cents": None, **facts}


def line(state: str) -> dict[str, Any]:
    return {"plan": PLAN, "state": state, "last_day": "30/12"}


def account(**facts: Any) -> dict[str, Any]:
    nothing = {"line": None, "times": [], "renewal": None, "paying": False, "owed_cents": 0, "mine_cents": 0}
    return {"name": NAME, "account_no": ACCOUNT, **nothing, **facts}


TIME = {
    "term": ["seconds", 30 * 86_400],
    "minutes_left": 29 * 1440 + 1439,
    "day": "23/11",
    "time": "18:30",
    "phones": 10,
}


def change(**facts: Any) -> dict[str, Any]:
    plain = {"line_id": 1, "plan_id": 2, "plan": PLAN, "price_cents": 1_250_000, "last_day": "30/12"}
    return {**plain, "is_mine": True, **facts}


TIME_TO_PAY = {
    "line_id": 1, "line": [PLAN, "grace", "30/12"], "price_cents": 1_250_000, "lends": True, "promises": True,
    "lent": None, "promised": None, "lends_from": "30/12", "lend_until": "2027-12-30", "next_lend": "30/12",
    "next_promise": "30/12", "month_from": "30/12", "days": ["2027-12-30"] * 5,
}  # fmt: skip
_DAY = date(2027, 12, 30)
NO_TIME_LEFT = TimeToPay(
    due_day=_DAY, lent_until=_DAY, promised_until=_DAY, lend_from=_DAY, promise_from=_DAY, lend_until=_DAY,
    promise_days=(_DAY, _DAY), next_lend=_DAY, next_promise=_DAY, is_slow=True,
)  # fmt: skip
GIFT = {"line_id": 1, "plan": PLAN, "most": 31, "to_id": 2, "to_account": ACCOUNT, "to_name": f"{NAME} M."}
BILL = {"ref": "invoice:1", "number": "INV-2026-0000001", "day": "22/12", "cents": 1_250_000}

CHAT = ["whatsapp", "KE.88112233445566", "22/11"]

SCREENS: dict[str, list[dict[str, Any]]] = {
    "language.choose": [{}],
    "home.menu": [
        home(),
        home(line=line("active"), renewal=RENEWAL.as_json()),
        home(line=line("suspended"), renewal=RENEWAL.as_json()),
        home(line=line("grace"), renewal=RENEWAL.as_json(), asks_time=True),
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
    "buy.bundle": [
        {"order": BUNDLE.as_json()},
        {"order": {**BUNDLE.as_json(), "starts": "grant"}},
        {"order": FREE.as_json()},
        *with_codes(BUNDLE),
    ],
    "buy.for_whom": [{"order": BUNDLE.as_json()}],
    "buy.read_back": [{"order": FOR_OTHER.as_json()}],
    "home_wifi.place": [
        {
            "order": NEW_LINE.as_json(),
            "sites": [[1, "Baraka"], [2, SITE]],
            "prices": {"1": 1_250_000, "2": 1_250_000},
        }
    ],
    "home_wifi.first": [{"order": WITH_FEES.as_json()}],
    "home_wifi.confirm": [
        {"order": NEW_LINE.as_json()},
        {"order": WITH_FEES.as_json()},
        *with_codes(WITH_FEES),
    ],
    "more_data.confirm": [{"order": MORE_DATA.as_json()}],
    "renew.confirm": [{"order": RENEWAL.as_json()}, *with_codes(RENEWAL)],
    "pay.code": [{"order": BUNDLE.as_json(), "then": "buy.bundle"}],
    "pay.payer": [{"order": RENEWAL.as_json()}],
    "pay.confirm": [
        {"order": one.as_json(), "payer": "254722333444"} for one in (FOR_OTHER, RENEWAL, BUNDLE)
    ],
    "vouchers.voucher": [
        {"voucher": voucher("sold"), "others": [voucher("used")]},
        {"voucher": voucher("sold"), "others": [voucher("used")], "back": VOUCHER_BACK},
        {"voucher": voucher("active"), "others": []},
        {"voucher": voucher("used"), "others": []},
    ],
    "account.account": [
        account(line=None),
        account(times=[{**TIME, "minutes_left": 20}]),
        account(times=[{**TIME, "minutes_left": 800}]),
    ],
    "money_back.waiting": [LINE_BACK],
    "money_back.confirm": [LINE_BACK, VOUCHER_BACK],
    "change_plan.confirm": [
        change(when="now", due_cents=1_250_033, day="22/12"),
        change(when="now", due_cents=1_250_033, day="22/12", is_mine=False),
        change(when="now", due_cents=-1_250_000, day="22/12"),
        change(when="now", due_cents=0, day="22/12"),
        change(when="next", due_cents=0, day="22/12"),
        change(when="kept", due_cents=0, day=None),
    ],
    "account.line": [{}],
    "promise.choose": [
        TIME_TO_PAY,
        {**TIME_TO_PAY, "lends": False, "lent": "30/12"},
        {**TIME_TO_PAY, "promises": False, "promised": "30/12"},
    ],
    "promise.lend": [{**TIME_TO_PAY, "is_slow": is_slow} for is_slow in (True, False)],
    "promise.day": [TIME_TO_PAY],
    "promise.confirm": [
        {**TIME_TO_PAY, "until": "2027-12-30", "is_slow": is_slow} for is_slow in (True, False)
    ],
    "payday.day": [{"last_day": "30/12"}],
    "payday.confirm": [
        {
            "anchor": 31,
            "days": days,
            "due_cents": 1_250_000,
            "first": "30/12",
            "last": "30/12",
            "is_mine": True,
        }
        for days in (1, 31)
    ],
    "give.to_whom": [GIFT],
    "give.days": [GIFT],
    "give.confirm": [{**GIFT, "days": days} for days in (1, 31)],
    "papers.open": [{"paper": BILL}],
    "papers.wrong": [{"paper": BILL, "until": "30/12"}],
    "papers.pin": [{"pin": None}, {"pin": "A012345678Z"}],
    "papers.pin_read": [{"pin": "A012345678Z"}],
    "pause.confirm": [{"line_id": 1, "plan": PLAN, "days": 365, "until": "22/12"}],
    "pause.back": [{"line_id": 1, "plan": PLAN, "days": 1, "until": "22/12"}],
    "renews_itself.choose": [{"line_id": 1, "plan": PLAN, "renews": renews} for renews in (True, False)],
    "link.ask": [{}],
    "link.code": [
        {"number": to, "purpose": "prove", "then": ["link.ask", {}], "text": ""}
        for to in ("254722333444", MAILBOX)
    ],
    "emails.mine": [
        {"mailboxes": found}
        for found in ([[MAILBOX, True]], [[MAILBOX, False]], [[MAILBOX, True], [MAILBOX, False]])
    ],
    "emails.type": [{}],
    "link.chat": [{"chat": CHAT}],
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

LONG_HEADED = ("account.account", "papers.list")
"""Lists that say so much that they may take one page more."""
LISTS: dict[str, list[dict[str, Any]]] = {
    "papers.list": [
        {
            "papers": [
                {
                    "ref": "invoice:1",
                    "day": "22/12",
                    "cents": 1_250_000,
                    "open": is_open,
                    "credit": not is_open,
                }
                for is_open in (True, False, True, False)
            ]
        }
    ],
    "account.account": [
        account(line=[PLAN, state, "30/12"], renewal=renewal, owed_cents=1_250_000, mine_cents=1_250_000)
        for state, renewal in (
            ("active", RENEWAL.as_json()),
            ("suspended", RENEWAL.as_json()),
            ("awaiting_network", None),
            ("paused", None),
        )
    ]
    + [account(line=[PLAN, "awaiting_network", None], mine_cents=1_250_000, back=LINE_BACK)]
    + [account(times=[TIME], owed_cents=1_250_000, mine_cents=1_250_000)],
    "change_plan.plans": [
        {"plan": PLAN, "plans": [[1, PLAN, 0], *([n, PLAN, 1_250_000] for n in range(2, 9))]}
    ],
    "buy.bundles": [{}],
    "home_wifi.plans": [{}],
    "more_data.topups": [{"line": 7, "kind": "hotspot", "left": 999_900_000_000, "quota": 999_900_000_000}],
    "vouchers.old": [{"others": [voucher(state) for state in ("sold", "active", "used", "void") * 3]}],
    "link.chats": [{"chats": []}, {"chats": [CHAT] * 3}],
    "numbers.mine": [{"several": True}, {"several": False}],
    "numbers.list": [{"numbers": [["254722333444", True], ["254722333445", False]]}],
    "numbers.accounts": [{"accounts": [[1, ACCOUNT, NAME], [2, ACCOUNT, ""]]}],
}
"""Steps whose screen is a list, which may take several pages."""


def context(*, language: str = "en", frame: Frame | None = None, has_mpesa: bool = True) -> Context:
    """A turn without a database; plans are on sale."""
    book = OfferBook(timedelta(minutes=1))
    book.learn("hotspot", [bundle(n, n * 150_000) for n in range(1, 9)], NOW)
    book.learn("topup", [topup(21), topup(22)], NOW)
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
    return Offer(
        number,
        "hotspot",
        f"Hotspot {number}",
        cents,
        "seconds",
        term,
        1,
        "first_login",
        False,
        "access",
        None,
        (1,),
    )


def home_plan(number: int) -> Offer:
    return Offer(number, "pppoe", PLAN, 1_250_000, "months", 1, 1, "grant", False, "access", None, (1,))


def topup(number: int) -> Offer:
    size = number * 99_900_000_000
    return Offer(number, "hotspot", "Top-up", 1_250_000, "months", 1, 1, "grant", False, "topup", size, (1,))
