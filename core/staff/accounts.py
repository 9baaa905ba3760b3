"""Staff accounts: added by whoever holds the machine, or by the demo."""

from sqlalchemy import select, update

from core.base.database import Work
from core.base.email import parse_email
from core.base.errors import Refusal
from core.base.i18n import LANGUAGES
from core.base.words import say
from core.staff import passwords, second_factor
from core.staff.audit import Actor, note
from core.staff.model import StaffMember, StaffSession
from core.staff.roles import MAY

THEMES = ("auto", "light", "dark")


def tidy_email(text: str) -> str:
    """An address as it is stored. Raises Refusal for what is none."""
    email = parse_email(text)
    if email is None:
        raise Refusal(say("That is no e-mail address."))
    return email.address


def add_staff(
    work: Work,
    actor: Actor,
    *,
    email: str,
    role: str,
    password: str,
    totp_secret: str | None = None,
    trial: bool = False,
) -> tuple[StaffMember, str]:
    """Add a person. Returns the account and its authenticator secret, which is shown once and never again."""
    address = tidy_email(email)
    if role not in MAY:
        raise Refusal(say("There is no role named {role}.", role=role))
    if find(work, email=address) is not None:
        raise Refusal(say("{email} is on the staff already.", email=address))
    passwords.check_rules(password, email=address)
    secret = totp_secret or second_factor.draw_secret()
    member_id = work.next_id("staff")
    member = StaffMember(
        id=member_id,
        email=address,
        role=role,
        password_hash=passwords.hash_password(password),
        totp_sealed=work.keyring.seal(secret, table="staff", column="totp_sealed", row=member_id),
        trial=trial,
        created_at=work.now,
    )
    work.session.add(member)
    work.session.flush()
    note(work, actor, "staff_added", whom="staff", whom_id=member_id, detail={"role": role})
    return member, secret


def find(work: Work, *, email: str) -> StaffMember | None:
    """The person of an address as stored."""
    return work.session.scalar(select(StaffMember).where(StaffMember.email == email))


def switch_off(work: Work, actor: Actor, *, email: str) -> None:
    """The person works here no longer: every session of theirs ends with this transaction. Raises Refusal."""
    member = find(work, email=tidy_email(email))
    if member is None or member.disabled_at is not None:
        raise Refusal(say("{email} is not on the staff.", email=email))
    member.disabled_at = work.now
    work.session.execute(
        update(StaffSession)
        .where(StaffSession.staff_id == member.id, StaffSession.ended_at.is_(None))
        .values(ended_at=work.now)
    )
    note(work, actor, "staff_switched_off", whom="staff", whom_id=member.id)


def choose_looks(work: Work, actor: Actor, *, language: str, theme: str) -> None:
    """The person's own language and light or dark. Unknown ones change nothing."""
    member = work.session.get_one(StaffMember, actor.staff_id)
    if language in LANGUAGES and theme in THEMES:
        member.language, member.theme = language, theme
        note(work, actor, "own_looks_chosen", whom="staff", whom_id=member.id)
