"""The command line's words with staff accounts, and the owner whom a trial begins with."""

import io

import segno

from bando.processes import start
from core.base.database import Work
from core.staff.accounts import add_staff, find, switch_off, tidy_email
from core.staff.audit import COMMAND_LINE
from core.staff.jobs import seal_audit
from core.staff.seal import head, verify
from core.staff.second_factor import address_for_authenticator


def add(*, email: str, role: str, password: str) -> str:
    """Add a person; what to show, once: the authenticator's QR code and secret. Raises Refusal."""
    program = start("cli")
    with program.work() as work:
        member, secret = add_staff(work, COMMAND_LINE, email=email, role=role, password=password)
    address = address_for_authenticator(secret, email=member.email, provider_name=program.provider_name)
    return (
        f"{member.email} is on the staff as {role}.\n\n{qr(address)}\n"
        f"Scan this with an authenticator, or type its secret: {secret}\n"
        "It is not shown again. The login is at "
        f"{program.settings.shared.public_url}/admin/login"
    )


def off(*, email: str) -> str:
    """Switch a person's account off, ending every session of theirs. Raises Refusal."""
    program = start("cli")
    with program.work() as work:
        switch_off(work, COMMAND_LINE, email=email)
    return f"{email} is on the staff no longer; every session has ended."


def audit_verify(expected: str | None) -> tuple[bool, list[str]]:
    """Whether the audit trail is what was sealed, and what to say. expected: a head noted earlier."""
    program = start("cli")
    seal_audit(program)
    with program.work() as work:
        problems = verify(work, expected=expected)
        now = head(work)
    return not problems, problems or [f"The audit trail is as it was sealed. Its head: {now}"]


def ensure_trial_owner(work: Work, *, email: str, password: str, totp_secret: str) -> None:
    """The owner of a trial, who can log in by what stands in the trial's own file; refused in live mode."""
    if find(work, email=tidy_email(email)) is None:
        add_staff(
            work,
            COMMAND_LINE,
            email=email,
            role="owner",
            password=password,
            totp_secret=totp_secret,
            trial=True,
        )


def qr(text: str) -> str:
    """A QR code in half blocks, for a terminal."""
    drawn = io.StringIO()
    segno.make(text, micro=False).terminal(out=drawn, compact=True)
    return drawn.getvalue()
