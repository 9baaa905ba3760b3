"""The second factor: time-based codes (RFC 6238) of an authenticator, six digits, 30 seconds, SHA-1."""

import hmac
from datetime import datetime

import pyotp

from core.base.database import Work
from core.base.typed import tidy
from core.staff.model import StaffMember

STEP_SECONDS = 30
DRIFT_STEPS = 1
"""A telephone's clock may be half a minute off, either way."""


def draw_secret() -> str:
    """A fresh secret: 160 bits, base32, as authenticators read it."""
    return pyotp.random_base32()


def address_for_authenticator(secret: str, *, email: str, provider_name: str) -> str:
    """The otpauth:// address that stands in the QR code."""
    return pyotp.TOTP(secret).provisioning_uri(name=email, issuer_name=f"Bando {provider_name}")


def spend_code(work: Work, member: StaffMember, typed: str, *, at: datetime) -> bool:
    """Whether `typed` is a right code that was not used before; a right one is used up. `member` is locked.

    at: the machine's time, also in a trial whose clock was moved: a telephone's authenticator does not follow it.
    """
    code = tidy(typed).replace(" ", "")
    secret = work.keyring.unseal(member.totp_sealed, table="staff", column="totp_sealed", row=member.id)
    step = _step_of(secret, code, at)
    if step is None or step <= member.totp_last_step:
        return False
    member.totp_last_step = step
    return True


def _step_of(secret: str, code: str, at: datetime) -> int | None:
    """The newest time step near `at` whose code this is. All are compared, each in constant time."""
    newest = int(at.timestamp()) // STEP_SECONDS
    otp, found = pyotp.TOTP(secret), None
    for step in range(newest - DRIFT_STEPS, newest + DRIFT_STEPS + 1):
        if hmac.compare_digest(otp.generate_otp(step).encode(), code.encode(errors="surrogatepass")):
            found = step
    return found
