"""Who gets in, who does not, and that leaving is leaving."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from admin.cookies import SESSION
from core.base.clock import SetClock
from core.base.settings import Settings
from core.staff import passwords
from core.staff.login import MISSES_OF_A_PERSON, TRIES_OF_A_SOURCE, WINDOW
from core.staff.model import AuditEntry, LoginTry, StaffMember, StaffSession
from core.staff.sessions import LIFE
from tests.admin.conftest import PASSWORD, SECRET, Browser, House, hire, logged_in, mounted

OWNER = "owner@pwani.example"
WRONG = "E-mail, password or code is wrong."
MANY = "Too many tries."


@pytest.fixture(autouse=True)
def an_owner(house: House) -> None:
    with house.work() as work:
        hire(work, "owner")


def audit(house: House) -> list[str]:
    with house.work() as work:
        return list(work.session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)))


def test_the_right_words_open_the_house(browser: Browser, house: House) -> None:
    answer = browser.log_in(OWNER)
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/")
    assert browser.get("/").status_code == 200
    assert audit(house) == ["logged_in"]


def test_the_address_is_known_in_any_case(browser: Browser) -> None:
    assert browser.log_in("  Owner@Pwani.Example ").status_code == 303


@pytest.mark.parametrize(
    ("email", "password", "code"),
    [
        (OWNER, "wrong horse battery", None),
        (OWNER, PASSWORD, "000000"),
        (OWNER, PASSWORD, ""),
        (OWNER, PASSWORD, "١٢٣"),
        ("nobody@pwani.example", PASSWORD, None),
        ("no address", PASSWORD, None),
        ("", "", ""),
        (OWNER, "\ud800", None),
    ],
)
def test_wrong_words_are_refused_with_one_sentence(
    browser: Browser, house: House, email: str, password: str, code: str | None
) -> None:
    answer = browser.log_in(email, password.encode(errors="surrogatepass").decode(errors="replace"), code)
    assert answer.status_code == 401
    assert WRONG in answer.text
    assert SESSION not in browser.cookies
    assert audit(house) == ["login_refused"]


def test_a_code_works_once(browser: Browser, web: object, machine: SetClock) -> None:
    code = browser.code()
    assert browser.log_in(OWNER, code=code).status_code == 303
    another = Browser(web, machine)
    assert another.log_in(OWNER, code=code).status_code == 401
    # Nor does an older one, that was not used yet.
    assert another.log_in(OWNER).status_code == 303


def test_a_code_of_the_step_before_works_and_an_older_one_does_not(
    browser: Browser, machine: SetClock
) -> None:
    code = browser.code()
    machine.advance(timedelta(seconds=90))
    assert browser.log_in(OWNER, code=code).status_code == 401
    code = browser.code()
    machine.advance(timedelta(seconds=30))
    assert browser.log_in(OWNER, code=code).status_code == 303


def test_a_wrong_password_does_not_use_the_code_up(browser: Browser) -> None:
    code = browser.code()
    assert browser.log_in(OWNER, "wrong horse battery", code).status_code == 401
    assert browser.log_in(OWNER, code=code).status_code == 303


def test_codes_follow_the_machine_s_clock_not_the_trial_s(
    browser: Browser, clock: SetClock, machine: SetClock
) -> None:
    clock.advance(timedelta(days=35))
    assert browser.log_in(OWNER).status_code == 303
    clock.advance(timedelta(days=35))
    assert browser.get("/").status_code == 200


def test_misses_lock_the_address_for_a_while(
    browser: Browser, web: object, machine: SetClock, clock: SetClock
) -> None:
    for _ in range(MISSES_OF_A_PERSON):
        assert browser.log_in(OWNER, "wrong horse battery").status_code == 401
    elsewhere = Browser(web, machine, address="198.51.100.9")
    answer = elsewhere.log_in(OWNER)
    assert answer.status_code == 429
    assert MANY in answer.text
    clock.advance(WINDOW + timedelta(seconds=1))
    assert elsewhere.log_in(OWNER).status_code == 303


def test_an_unknown_address_locks_like_a_known_one(browser: Browser) -> None:
    found = [browser.log_in("nobody@pwani.example", code="1").status_code for _ in range(6)]
    assert found == [401] * MISSES_OF_A_PERSON + [429]


def test_a_success_begins_the_count_anew(browser: Browser) -> None:
    for _ in range(2):
        for _ in range(MISSES_OF_A_PERSON - 1):
            assert browser.log_in(OWNER, "wrong horse battery").status_code == 401
        assert browser.log_in(OWNER).status_code == 303
        browser.cookies.clear()


def test_one_source_may_try_so_often(browser: Browser, web: object, machine: SetClock, house: House) -> None:
    with house.work() as work:
        for number in range(TRIES_OF_A_SOURCE):
            member = work.session.get_one(StaffMember, hire(work, "viewer" if number == 0 else "support"))
            member.email = f"{number}@pwani.example"
            work.session.flush()
    for number in range(TRIES_OF_A_SOURCE):
        assert browser.log_in(f"{number}@pwani.example", "x", "1").status_code == 401
    assert browser.log_in(OWNER).status_code == 429
    assert Browser(web, machine, address="198.51.100.9").log_in(OWNER).status_code == 303


def test_logging_out_ends_the_session_on_the_server(browser: Browser, house: House) -> None:
    browser.log_in(OWNER)
    stolen = browser.cookies[SESSION]
    assert browser.post("/logout").headers["location"] == "/admin/login"
    browser.cookies.clear()
    browser.cookies.set(SESSION, stolen)
    assert browser.get("/").headers["location"] == "/admin/login"
    assert audit(house) == ["logged_in", "logged_out"]


def test_a_session_ends_after_a_working_day(browser: Browser, machine: SetClock) -> None:
    browser.log_in(OWNER)
    machine.advance(LIFE - timedelta(seconds=1))
    assert browser.get("/").status_code == 200
    machine.advance(timedelta(seconds=2))
    assert browser.get("/").status_code == 303


def test_a_person_who_left_is_out_at_once(browser: Browser, house: House, clock: SetClock) -> None:
    browser.log_in(OWNER)
    with house.work() as work:
        work.session.scalars(select(StaffMember)).one().disabled_at = work.now
    assert browser.get("/").status_code == 303
    assert browser.log_in(OWNER).status_code == 401


def test_a_forged_cookie_never_reaches_the_database(browser: Browser, house: House) -> None:
    browser.log_in(OWNER)
    token, _, signature = browser.cookies[SESSION].partition(".")
    with house.work() as work:
        stored = work.session.scalars(select(StaffSession.token_hash)).one()
    assert token.encode() not in stored
    for forged in (f"{token}.{signature[:-1]}0", token, f"{token}.", f".{signature}", "x.y", "é.é"):
        browser.cookies.clear()
        found = browser.ask("GET", "/", headers={"cookie": f"{SESSION}={forged}".encode()})
        assert found.status_code == (200 if forged == f"{token}.{signature}" else 303)


def test_the_cookie_is_for_us_alone(browser: Browser, house: House, machine: SetClock) -> None:
    cookie = browser.log_in(OWNER).headers["set-cookie"]
    assert {"HttpOnly", "Path=/admin", "SameSite=lax"} <= set(cookie.split("; "))
    assert "Secure" not in cookie
    settings = Settings(mode="live", public_url="https://bando.example", _env_file=None)
    safe = Browser(mounted(house, machine, settings), machine, host="https://house")
    assert "Secure" in safe.log_in(OWNER).headers["set-cookie"].split("; ")


def test_a_trial_s_account_is_nobody_in_live_mode(house: House, machine: SetClock) -> None:
    with house.work() as work:
        hire(work, "finance", trial=True)
    settings = Settings(mode="live", public_url="https://bando.example", _env_file=None)
    live = Browser(mounted(house, machine, settings), machine, host="https://house")
    assert live.log_in("finance@pwani.example").status_code == 401
    trial = Browser(mounted(house, machine, Settings(_env_file=None)), machine)
    assert trial.log_in("finance@pwani.example").status_code == 303
    live.cookies = trial.cookies
    assert live.get("/").status_code == 303


def test_the_login_leads_on_to_where_one_was_going(browser: Browser) -> None:
    asked = browser.get("/collections/7")
    assert asked.headers["location"] == "/admin/login?next=/collections/7"
    assert 'value="/collections/7"' in browser.get("/login?next=/collections/7").text
    assert browser.log_in(OWNER, next="/collections/7").headers["location"] == "/admin/collections/7"


@pytest.mark.parametrize(
    "elsewhere", ["//evil.example/", "https://evil.example", "/\\evil.example", "/a//b", "/%2f", "/a\nb"]
)
def test_the_login_leads_nowhere_else(browser: Browser, elsewhere: str) -> None:
    assert browser.log_in(OWNER, next=elsewhere).headers["location"] == "/admin/"


def test_the_login_speaks_swahili_when_asked(browser: Browser) -> None:
    assert '<html lang="sw"' in browser.get("/login?lang=sw").text
    assert '<html lang="en"' in browser.get("/login?lang=../../etc").text


def test_the_secret_is_sealed(house: House, browser: Browser) -> None:
    logged_in(house, browser, "viewer")
    with house.work() as work:
        for member in work.session.scalars(select(StaffMember)):
            assert SECRET.encode() not in member.totp_sealed


def test_a_crowd_locks_nobody_out(browser: Browser, house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A try that could not be judged, because others are being judged, is not counted as a miss."""
    monkeypatch.setattr(passwords, "PATIENCE_SECONDS", 0.05)
    for _ in range(passwords.AT_ONCE):
        assert passwords._room.acquire(blocking=False)
    try:
        answer = browser.log_in(OWNER)
    finally:
        for _ in range(passwords.AT_ONCE):
            passwords._room.release()
    assert answer.status_code == 401
    assert "Many people are logging in" in answer.text
    with house.work() as work:
        assert work.session.scalars(select(LoginTry)).all() == []
    assert browser.log_in(OWNER).status_code == 303
