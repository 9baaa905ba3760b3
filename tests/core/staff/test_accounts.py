"""Staff accounts: who may be added, with which password, and how a trial begins."""

from datetime import timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bando.staff import ensure_trial_owner, qr
from core.base.clock import SetClock
from core.base.database import Database
from core.base.errors import Refusal
from core.staff.accounts import add_staff, find, switch_off, tidy_email
from core.staff.acts import close_incident, try_delivery_again
from core.staff.audit import COMMAND_LINE, Actor
from core.staff.jobs import SESSIONS_ARE_KEPT, TRIES_ARE_KEPT, forget_old_tries
from core.staff.login import log_in
from core.staff.model import AuditEntry, LoginTry, StaffMember, StaffSession
from core.staff.passwords import check_rules, is_right
from core.staff.roles import MAY, may
from core.staff.second_factor import address_for_authenticator, spend_code
from core.staff.sessions import visit_of

GOOD = "correct horse battery"


def test_an_added_person_gets_in_with_what_was_shown(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        member, secret = add_staff(
            work, COMMAND_LINE, email=" Njeri@Pwani.example", role="finance", password=GOOD
        )
        assert (member.email, member.language, member.theme) == ("njeri@pwani.example", "en", "auto")
        assert secret not in str(vars(member))
        assert GOOD not in member.password_hash
    token = log_in(
        database,
        email="njeri@pwani.example",
        password=GOOD,
        code=pyotp.TOTP(secret).at(clock.now()),
        source="192.0.2.1",
        live=True,
        machine_now=clock.now(),
    )
    with database.work() as work:
        visit = visit_of(work, token, live=True, machine_now=clock.now())
        assert visit is not None
        assert (visit.email, visit.role) == ("njeri@pwani.example", "finance")
        what = work.session.scalars(select(AuditEntry.what).order_by(AuditEntry.id)).all()
    assert what == ["staff_added", "logged_in"]


REFUSED = [
    ("njeri@pwani.example", "finance", GOOD),
    ("njeri", "finance", GOOD),
    ("<script>@pwani.example", "finance", GOOD),
    ("a" * 250 + "@b.example", "finance", GOOD),
    ("otieno@pwani.example", "god", GOOD),
    ("otieno@pwani.example", "finance", "short"),
    ("otieno@pwani.example", "finance", "aaaaaaaaaaaaaaaa"),
    ("otieno@pwani.example", "finance", "Otieno-12345678"),
    ("otieno@pwani.example", "finance", "x1y2z3" * 30),
]


def test_others_are_not_added(database: Database) -> None:
    with database.work() as work:
        add_staff(work, COMMAND_LINE, email="njeri@pwani.example", role="owner", password=GOOD)
    for email, role, password in REFUSED:
        with pytest.raises(Refusal), database.work() as work:
            add_staff(work, COMMAND_LINE, email=email, role=role, password=password)
    with database.work() as work:
        assert len(work.session.scalars(select(StaffMember)).all()) == 1


def test_who_is_switched_off_is_out(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        member, _ = add_staff(work, COMMAND_LINE, email="a@pwani.example", role="owner", password=GOOD)
        work.session.add(
            StaffSession(
                staff_id=member.id,
                token_hash=b"x",
                source="s",
                opened_at=work.now,
                expires_at=work.now + timedelta(hours=1),
            )
        )
    with database.work() as work:
        switch_off(work, COMMAND_LINE, email="A@pwani.example")
    with database.work() as work:
        assert work.session.scalars(select(StaffSession.ended_at)).one() == clock.now()
    with pytest.raises(Refusal), database.work() as work:
        switch_off(work, COMMAND_LINE, email="a@pwani.example")


def test_a_trial_begins_with_one_owner_however_often_it_starts(database: Database) -> None:
    for _ in range(2):
        with database.work() as work:
            ensure_trial_owner(
                work, email="o@trial.example", password=GOOD, totp_secret=pyotp.random_base32()
            )
    with database.work() as work:
        member = find(work, email="o@trial.example")
        assert member is not None
        assert (member.role, member.trial) == ("owner", True)


def test_an_address_for_the_authenticator_and_its_picture() -> None:
    address = address_for_authenticator(
        "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", email="a@b.example", provider_name="Pwani Net"
    )
    assert address.startswith("otpauth://totp/Bando%20Pwani%20Net:a%40b.example?")
    assert "secret=JBSWY3DPEHPK3PXP" in address
    assert len(qr(address).splitlines()) > 15


def test_codes_of_one_secret_are_used_in_order(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        member, secret = add_staff(work, COMMAND_LINE, email="a@b.example", role="owner", password=GOOD)
        otp, at = pyotp.TOTP(secret), clock.now()
        assert not spend_code(work, member, otp.at(at - timedelta(seconds=60)), at=at)
        assert spend_code(work, member, otp.at(at - timedelta(seconds=30)), at=at)
        assert spend_code(work, member, f" {otp.at(at)[:3]} {otp.at(at)[3:]} ", at=at)
        assert not spend_code(work, member, otp.at(at), at=at)
        assert not spend_code(work, member, otp.at(at - timedelta(seconds=30)), at=at)
        assert not spend_code(work, member, "", at=at)


@given(st.text(max_size=60))
def test_an_address_is_refused_or_fit_to_be_stored(typed: str) -> None:
    try:
        found = tidy_email(typed)
    except Refusal:
        return
    assert found == found.lower().strip()
    assert found.count("@") == 1
    assert not set(found) & set(' <>"\n')


def test_a_password_of_any_length_is_answered() -> None:
    assert not is_right("x" * 100_000, None)
    check_rules("a whole sentence is fine", email="njeri@pwani.example")


def test_roles_grow_only_where_it_is_said() -> None:
    assert all(found <= MAY["owner"] for found in MAY.values())
    assert not may("viewer", "see_people")
    assert not may("support", "try_deliveries")
    assert not may("", "see_figures")
    assert not may("god", "see_figures")


@pytest.mark.parametrize("role", ["support", "viewer", ""])
def test_the_verbs_ask_for_the_role_themselves(database: Database, role: str) -> None:
    nobody = Actor(staff_id=None, role=role, source="test")
    with database.work() as work:
        with pytest.raises(Refusal):
            try_delivery_again(work, nobody, delivery_id=1)
        with pytest.raises(Refusal):
            close_incident(work, nobody, incident_id=1, reason="long enough")


def test_old_tries_are_forgotten(database: Database, clock: SetClock) -> None:
    with database.work() as work:
        member, _ = add_staff(work, COMMAND_LINE, email="a@b.example", role="owner", password=GOOD)
        for age in (TRIES_ARE_KEPT + timedelta(days=1), timedelta(days=1)):
            work.session.add(LoginTry(who="w", source="s", at=work.now - age))
        for number, age in enumerate((SESSIONS_ARE_KEPT + timedelta(days=1), timedelta(days=1))):
            work.session.add(
                StaffSession(
                    staff_id=member.id,
                    token_hash=bytes([number]),
                    source="s",
                    opened_at=work.now - age,
                    expires_at=work.now - age,
                )
            )
    forget_old_tries(database)
    with database.work() as work:
        assert len(work.session.scalars(select(LoginTry)).all()) == 1
        assert len(work.session.scalars(select(StaffSession)).all()) == 1
