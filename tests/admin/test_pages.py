"""What pages show, what they write into the audit trail, and what staff may do there."""

import pytest
from sqlalchemy import select

from core.base.clock import SetClock
from core.base.inbox import Incident
from core.base.outbox import Delivery
from core.base.secrets import Keyring
from core.staff.model import AuditEntry, IncidentClosing
from core.vouchers.codes import show_code
from core.vouchers.model import Voucher
from tests.admin.conftest import Browser, House
from tests.admin.pages import Read
from tests.admin.provider import Met, open_shop

HOSTILE = (
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "{{ 7 * 7 }}{% raw %}",
    '#read("/etc/hostname")',
    "{0.__class__}",
    "\u202e5171600\u202c a.co",
    "line\nbreak\ttab",
    "=HYPERLINK(1)",
    "' onmouseover='x",
    "javascript:alert(1)",
)


@pytest.fixture
def met(house: House) -> Met:
    with house.work() as work:
        return open_shop(work)


def entries(house: House, what: str) -> list[AuditEntry]:
    with house.work() as work:
        return list(
            work.session.scalars(select(AuditEntry).where(AuditEntry.what == what).order_by(AuditEntry.id))
        )


PERSON = ("", "/contacts", "/purchases", "/journal", "/texts", "/vouchers")
EVERYWHERE = (
    "/", "/purchases", "/purchases/1", "/collections", "/collections/1", "/receipts", "/suspense", "/vouchers",
    "/routers", "/deliveries?show=given_up", "/incidents", "/audit", "/messages", "/messages/costs",
    "/messages/wording", "/orders?show=all", "/orders/1", "/receipts/1",
)  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_are_shown_as_words(house: House, owner: Browser, words: str) -> None:
    with house.work() as work:
        met = open_shop(work, first_name=words, last_name=words, text=words)
    paths = [f"/subscribers/{met.subscriber}{tab}" for tab in PERSON] + list(EVERYWHERE)
    seen = ""
    for path in paths:
        answer = owner.get(path)
        assert answer.status_code == 200, path
        page = Read(answer.text)
        assert page.inline == [], path
        assert "img" not in page.tags, path
        assert not {link for link in page.links if not link.startswith(("/admin", "#page"))}, path
        assert "\u202e" not in answer.text, path
        seen += page.text
    shown = " ".join(words.replace("\u202e", "\ufffd").replace("\u202c", "\ufffd").split())
    assert seen.count(shown) >= 8


@pytest.mark.parametrize(
    ("typed", "by"),
    [
        ("0712 345 678", "phone"),
        ("+254 712-345-678", "phone"),
        ("254712345678", "phone"),
        ("{account}", "account"),
        ("acc {account}", "account"),
        ("amina", "name"),
        ("ODHI", "name"),
        ("odhiambo am", "name"),
        ("  Amina   Odhiambo ", "name"),
        ("UKM7EXAMPL", "receipt"),
        ("ukm7exampl", "receipt"),
        ("{code}", "voucher"),
        ("{shown}", "voucher"),
    ],
)
def test_a_person_is_found_by_what_a_caller_reads_out(
    house: House, owner: Browser, met: Met, typed: str, by: str
) -> None:
    words = typed.format(account=met.account_no, code=met.code, shown=show_code(met.code).lower())
    answer = owner.post("/search", q=words)
    assert answer.headers.get("location") == f"/admin/subscribers/{met.subscriber}"
    (noted,) = entries(house, "searched")
    assert noted.detail == {"by": by, "found": [met.subscriber]}


@pytest.mark.parametrize(
    "typed", ["", "a", "%", "_____", "\\", "0799 999 999", "1000023", "QQQQQ-QQQQQ", "x" * 70]
)
def test_a_search_that_meets_nobody_says_so_and_is_noted(
    house: House, owner: Browser, met: Met, typed: str
) -> None:
    answer = owner.post("/search", q=typed)
    assert answer.status_code == 200
    assert "Nobody was found" in Read(answer.text).text
    (noted,) = entries(house, "searched")
    assert noted.detail["found"] == []


def test_the_end_of_a_code_finds_nothing(owner: Browser, met: Met) -> None:
    assert "Nobody was found" in owner.post("/search", q=met.code[-4:]).text


def test_money_without_an_owner_is_found_in_suspense(owner: Browser, met: Met) -> None:
    assert owner.post("/search", q="UKM8EXAMPL").headers["location"] == "/admin/suspense"


def test_what_was_typed_is_not_kept(
    house: House, owner: Browser, met: Met, capsys: pytest.CaptureFixture[str]
) -> None:
    for words in ("0712345678", met.code, "Amina"):
        owner.post("/search", q=words)
    with house.work() as work:
        kept = str([(row.detail, row.source) for row in work.session.scalars(select(AuditEntry))])
    printed = capsys.readouterr().out
    for words in ("712345678", met.code, "Amina"):
        assert words not in kept
        assert words not in printed


@pytest.mark.parametrize(
    ("tab", "what"),
    [
        ("", "subscriber_seen"),
        ("/purchases", "purchases_seen"),
        ("/journal", "journal_seen"),
        ("/texts", "texts_seen"),
        ("/vouchers", "vouchers_seen"),
    ],
)
def test_a_look_at_a_person_is_an_entry(
    house: House, owner: Browser, met: Met, tab: str, what: str, clock: SetClock
) -> None:
    assert owner.get(f"/subscribers/{met.subscriber}{tab}").status_code == 200
    (noted,) = entries(house, what)
    assert (noted.whom, noted.whom_id, noted.staff_id) == ("subscriber", met.subscriber, 1)
    assert (noted.source, noted.at) == ("192.0.2.7", clock.now())


def test_a_look_at_somebody_s_payment_is_an_entry(house: House, owner: Browser, met: Met) -> None:
    owner.get(f"/purchases/{met.purchase}")
    owner.get(f"/collections/{met.collection}")
    for what in ("purchase_seen", "collection_seen"):
        (noted,) = entries(house, what)
        assert noted.whom_id == met.subscriber


def test_a_look_at_nobody_is_no_entry(house: House, owner: Browser, met: Met) -> None:
    assert owner.get("/subscribers/777").status_code == 404
    assert entries(house, "subscriber_seen") == []


def test_no_page_shows_a_code(owner: Browser, met: Met) -> None:
    for path in (*EVERYWHERE, *(f"/subscribers/{met.subscriber}{tab}" for tab in PERSON)):
        text = owner.get(path).text.upper()
        assert met.code not in text
        assert show_code(met.code) not in text
    assert f"…{met.code[-4:]}" in Read(owner.get("/vouchers").text).text


def test_a_voucher_is_found_under_an_older_key(house: House, met: Met) -> None:
    from admin.pages.search import find

    turned = Keyring(["f" * 64, "0123456789abcdef" * 4])
    with house.work() as work:
        work.keyring = turned
        assert find(work, met.code).subscriber_ids == [met.subscriber]
        assert work.session.scalars(select(Voucher)).one().state == "sold"


def test_the_home_page_adds_up(owner: Browser, met: Met) -> None:
    text = Read(owner.get("/").text).text
    assert "Received today Ksh 120" in text
    assert "Received in 30 days Ksh 120 Ksh 4 a day" in text
    assert "Routers that answer 1 / 1" in text
    assert "1 given up" in text
    assert "Open incidents 1" in text
    assert "WiFi 24 hours 1 × Ksh 50" in text


def test_a_given_up_job_is_tried_again_once(house: House, owner: Browser, met: Met) -> None:
    answer = owner.post(f"/deliveries/{met.delivery}/again", on="/deliveries?show=given_up")
    assert answer.headers["location"] == "/admin/deliveries?show=given_up&done=again"
    with house.work() as work:
        row = work.session.get_one(Delivery, met.delivery)
        assert (row.given_up_at, row.dispatched_at, row.attempts) == (None, None, 0)
        assert row.available_at == work.now
    again = owner.post(f"/deliveries/{met.delivery}/again", on="/own")
    assert again.status_code == 409
    assert "not given up any more" in Read(again.text).text
    assert [noted.whom_id for noted in entries(house, "delivery_tried_again")] == [met.delivery]


def test_an_incident_is_closed_with_a_reason(house: House, owner: Browser, met: Met) -> None:
    path = f"/incidents/{met.incident}/close"
    for empty in ("", "   ", "ok", "x" * 501):
        assert owner.post(path, reason=empty).status_code == 409
    assert owner.post(path, reason=" asked  M-PESA:\nit came ").status_code == 303
    with house.work() as work:
        assert work.session.get_one(Incident, met.incident).closed_at == work.now
        assert work.session.get_one(IncidentClosing, met.incident).reason == "asked M-PESA: it came"
    assert owner.post(path, reason="once more").status_code == 409
    (noted,) = entries(house, "incident_closed")
    assert (noted.whom_id, noted.detail) == (met.incident, {})
    assert "asked M-PESA: it came" in Read(owner.get("/incidents?show=closed").text).text


def test_language_and_light_are_one_s_own(owner: Browser) -> None:
    assert owner.post("/own", language="sw", theme="dark").status_code == 303
    html = owner.get("/").text
    assert '<html lang="sw" data-theme="dark" data-bs-theme="dark">' in html
    assert "theme.js" not in html
    owner.post("/own", language="xx", theme="dark")
    assert 'lang="sw"' in owner.get("/own").text


def test_reading_the_trail_is_in_the_trail(house: House, owner: Browser) -> None:
    owner.get("/audit")
    assert "looked at the audit trail" in Read(owner.get("/audit").text).text
