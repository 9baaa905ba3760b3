"""USSD as the gateway plays it: cumulative text, CON or END, and a notice when the session is over."""

import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import BaseModel

from sandbox import gsm
from sandbox.clock import TrialClock
from sandbox.courier import Call, Courier
from sandbox.faults import StandingFaults
from sandbox.phones import Phones
from sandbox.world import World

OPERATOR_ERROR = "Connection problem or invalid MMI code."
SCREEN_SIGNS = 160  # Safaricom's menu limit, counted with the prefix
ANSWER_SECONDS = 10.0  # the gateway's documented ceiling
# Operators close after 180 s, or 30 s of silence. Here 180 s of silence count: trial hands may be slow, and a
# session that was left must still free the phone for its PIN prompt.
IDLE_SECONDS = 180
ENDED = "ussd ended"


class Screen(BaseModel):
    """What the phone shows, without the CON or END; `open` while an answer is awaited. `warnings` name what
    a real network would spoil: too long, signs outside GSM-7, or why the operator's error is shown."""

    session: str
    screen: str
    open: bool
    warnings: list[str] = []


class NoOpenSession(LookupError):
    """There is no such session on the phone, or it is over."""


@dataclass
class Session:
    id: str
    msisdn: str
    service_code: str
    began: datetime
    touched: datetime
    typed: list[str] = field(default_factory=list)
    hops: int = 0
    last_answer: str = ""

    @property
    def text(self) -> str:
        return "*".join(self.typed)


class UssdGateway:
    """At most one session a phone; everything about it is gone once it ends, except its notice."""

    def __init__(
        self, world: World, phones: Phones, courier: Courier, faults: StandingFaults, clock: TrialClock
    ) -> None:
        self._world, self._phones, self._courier = world, phones, courier
        self._faults, self._clock = faults, clock
        self._sessions: dict[str, Session] = {}

    def in_session(self, msisdn: str) -> bool:
        """Whether a PIN prompt would find the phone busy; a session left alone too long is closed first."""
        session = self._sessions.get(msisdn)
        if session is None:
            return False
        if self._clock.now() - session.touched > timedelta(seconds=IDLE_SECONDS):
            self._end(session, "Incomplete")
            return False
        return True

    async def dial(self, msisdn: str, code: str) -> Screen:
        """Opens a session; one still open on the phone is dropped."""
        if self.in_session(msisdn):
            self._end(self._sessions[msisdn], "Incomplete")
        own = self._world.service_code
        through = code.startswith(f"{own[:-1]}*") and code.endswith("#")
        if code != own and not through:
            return Screen(session="", screen=OPERATOR_ERROR, open=False, warnings=[f"{code} is not {own}"])
        now = self._clock.now()
        session = Session(f"ATUid_{secrets.token_hex(16)}", msisdn, own, began=now, touched=now)
        if through and self._faults.now.ussd_dial_through == "text":
            session.typed = code[len(own) : -1].split("*")
        elif through:
            session.service_code = code
        self._sessions[msisdn] = session
        return await self._turn(session)

    async def answer(self, msisdn: str, session_id: str, typed: str) -> Screen:
        """One key press and Send; raises NoOpenSession."""
        session = self._open(msisdn, session_id)
        session.typed.append(typed)
        return await self._turn(session)

    def drop(self, msisdn: str, session_id: str) -> None:
        """The user hangs up; raises NoOpenSession."""
        self._end(self._open(msisdn, session_id), "Incomplete")

    def _open(self, msisdn: str, session_id: str) -> Session:
        if not self.in_session(msisdn) or self._sessions[msisdn].id != session_id:
            raise NoOpenSession(session_id)
        return self._sessions[msisdn]

    async def _turn(self, session: Session) -> Screen:
        phone = self._phones.get(session.msisdn)
        session.hops += 1
        session.touched = self._clock.now()
        call = await self._courier.post(
            "ussd",
            f"{self._world.web}/ussd/africastalking/{self._world.door_secret}",
            {
                "sessionId": session.id,
                "phoneNumber": f"+{session.msisdn}",
                "networkCode": phone.network_code,
                "serviceCode": session.service_code,
                "text": session.text,
            },
            form=True,
            headers={"User-Agent": "at-ussd-api/1.0"},
            timeout_seconds=ANSWER_SECONDS,
        )
        return self._shown(session, call)

    def _shown(self, session: Session, call: Call) -> Screen:
        session.last_answer = call.answer
        error = _what_is_wrong(call)
        superseded = self._sessions.get(session.msisdn) is not session
        if error is not None:
            if not superseded:
                self._end(session, "Failed", error)
            return Screen(session=session.id, screen=OPERATOR_ERROR, open=False, warnings=[error])
        going_on = call.answer.startswith("CON ") and not superseded
        if not going_on and not superseded:
            self._end(session, "Success")
        return Screen(
            session=session.id, screen=call.answer[4:], open=going_on, warnings=_spoiled(call.answer)
        )

    def _end(self, session: Session, status: str, error: str | None = None) -> None:
        self._sessions.pop(session.msisdn, None)
        now = self._clock.now()
        notice = {
            "date": f"{now:%Y-%m-%d %H:%M:%S}",
            "sessionId": session.id,
            "serviceCode": session.service_code,
            "networkCode": self._phones.get(session.msisdn).network_code,
            "phoneNumber": f"+{session.msisdn}",
            "status": status,
            "cost": "KES 0.10",
            "durationInMillis": str(round((now - session.began).total_seconds() * 1_000)),
            "hopsCount": str(session.hops),
            "hopsMetadata": "",
            "input": session.text,
            "lastAppResponse": session.last_answer,
        }
        if error is not None:
            notice["errorMessage"] = error
        url = f"{self._world.web}/ussd/africastalking/ended/{self._world.door_secret}"
        self._courier.errand(self._courier.post(ENDED, url, notice, form=True))


def _what_is_wrong(call: Call) -> str | None:
    """Why the operator's error is shown instead of the answer."""
    if call.status is None:
        return f"the application did not answer: {call.error}"
    if call.status != 200:
        return f"the application answered HTTP {call.status}"
    if not call.answer.startswith(("CON ", "END ")):
        return "Response should start with a CON or an END"
    return None


def _spoiled(answer: str) -> list[str]:
    warnings = []
    if (signs := gsm.length(answer)) > SCREEN_SIGNS:
        warnings.append(f"{signs} signs with the prefix, {SCREEN_SIGNS} fit")
    if not gsm.is_gsm7(answer):
        odd = "".join(sorted({sign for sign in answer if not gsm.is_gsm7(sign)}))
        warnings.append(f"signs outside GSM-7: {odd}")
    return warnings
