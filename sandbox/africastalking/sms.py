"""SMS as the gateway plays it: sending and its reports, messages from phones, opting out."""

import secrets
import uuid
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from sandbox import gsm
from sandbox.clock import TrialClock
from sandbox.courier import Call, Courier
from sandbox.faults import StandingFaults
from sandbox.lane import Lane
from sandbox.phones import NoSuchNumber, Phones, Text, canonical
from sandbox.store import Lines, Sheet
from sandbox.world import World

CENTS_PER_PART = 80  # KES 0.80, what the samples show for Kenya
FIRST_BALANCE_CENTS = 50_000_00
DEFAULT_SENDER = "AFRICASTKNG"
INBOX_PAGE = 100  # rows a fetch returns; the real page size is not published
RETRY_EVERY = timedelta(minutes=1)  # inbound messages are tried again until HTTP 200 …
RETRY_FOR = timedelta(hours=12)  # … for half a day (help centre)


class Inbound(BaseModel):
    """A message a phone sent to the short code, as the fetch call tells it."""

    id: int
    sender: str
    to: str
    text: str
    date: str


class Fate(NamedTuple):
    """What becomes of one recipient's message."""

    code: int
    status: str


QUEUED = Fate(102, "Success")
INVALID_NUMBER = Fate(403, "InvalidPhoneNumber")
NO_BALANCE = Fate(405, "InsufficientBalance")
OPTED_OUT = Fate(406, "UserInBlacklist")
REFUSED = Fate(502, "RejectedByGateway")


class SmsGateway:
    """The provider's account: its balance, the texts it sends, their reports, the messages it gets."""

    def __init__(
        self,
        state: Path,
        world: World,
        phones: Phones,
        courier: Courier,
        faults: StandingFaults,
        clock: TrialClock,
    ) -> None:
        self._world, self._phones, self._courier = world, phones, courier
        self._faults, self._clock = faults, clock
        self._senders = {world.sender, world.africastalking.short_code, DEFAULT_SENDER}
        self._sheet = Sheet(state / "africastalking.json")
        self._balance_cents = int(self._sheet.read().get("balance_cents", FIRST_BALANCE_CENTS))
        self._inbox_lines = Lines(state / "inbound.jsonl")
        self._inbox = [Inbound.model_validate_json(line) for line in self._inbox_lines.read()]
        self._inbound = Lane(
            courier,
            clock,
            taken=lambda status: status == 200,
            wait=lambda _: RETRY_EVERY,
            give_up_after=RETRY_FOR,
        )

    @property
    def balance(self) -> str:
        return _kes(self._balance_cents, places=2)

    def send(self, sender: str | None, numbers: list[str], message: str) -> tuple[dict[str, Any], list[Call]]:
        """The answer's body, and the delivery reports to send once it is out."""
        sender = sender or DEFAULT_SENDER
        if self._faults.now.sms == "invalid_sender" or sender not in self._senders:
            return {"SMSMessageData": {"Message": "InvalidSenderId", "Recipients": []}}, []
        parts = gsm.segments(message)
        spent, recipients, reports = 0, [], []
        for number in numbers:
            fate = self._fate(sender, number, parts)
            accepted = fate is QUEUED
            message_id = f"ATXid_{secrets.token_hex(16)}" if accepted else "None"
            cost = parts * CENTS_PER_PART if accepted else 0
            recipients.append(
                {
                    "statusCode": fate.code,
                    "number": number,
                    "status": fate.status,
                    "cost": _kes(cost) if cost else "0",
                    "messageId": message_id,
                }
            )
            if accepted:
                spent += cost
                self._balance_cents -= cost
                reports += self._hand_over(canonical(number), sender, message, message_id)
        if spent:
            self._sheet.write({"balance_cents": self._balance_cents})
        good = sum(1 for recipient in recipients if recipient["statusCode"] == QUEUED.code)
        total = _kes(spent) if spent else "0"
        prose = f"Sent to {good}/{len(numbers)} Total Cost: {total} Message parts: {parts}"
        return {"SMSMessageData": {"Message": prose, "Recipients": recipients}}, reports

    async def report(self, reports: list[Call]) -> None:
        """Sends the reports that are neither held nor dropped, in the background."""
        for call in reports:
            if call.state == "sending":
                self._courier.errand(self._courier.send(call))

    async def receive(self, msisdn: str, to: str, text: str) -> Call:
        """A phone's message to the product's door; again each minute for half a day until it says 200."""
        row = Inbound(
            id=len(self._inbox) + 1, sender=f"+{msisdn}", to=to, text=text, date=self._clock.now().isoformat()
        )
        self._inbox.append(row)
        self._inbox_lines.append(row.model_dump_json())
        url = f"{self._world.web}/sms/africastalking/{self._world.door_secret}"
        body = {
            "date": f"{self._clock.now():%Y-%m-%d %H:%M:%S}",
            "from": row.sender,
            "id": str(uuid.uuid4()),
            "linkId": "",
            "text": text,
            "to": to,
            "cost": "KES 0.00",
            "networkCode": self._phones.get(msisdn).network_code,
        }
        call = self._courier.note("sms inbound", url, body, form=True)
        await self._inbound.take(call, self._faults.now.sms_inbound)
        return call

    async def opt_out(self, msisdn: str) -> Call:
        """The subscriber wants nothing more from the sender: noted, and told to the product."""
        phone = self._phones.get(msisdn)
        if self._world.sender not in phone.opted_out:
            self._phones.keep(phone.model_copy(update={"opted_out": [*phone.opted_out, self._world.sender]}))
        url = f"{self._world.web}/sms/africastalking/optout/{self._world.door_secret}"
        body = {"senderId": self._world.sender, "phoneNumber": f"+{msisdn}"}
        return await self._courier.post("sms optout", url, body, form=True)

    def sent_by(self, msisdn: str) -> list[Inbound]:
        """What the phone has written, oldest first."""
        return [row for row in self._inbox if row.sender == f"+{msisdn}"]

    def fetch(self, after: int) -> list[dict[str, Any]]:
        """Inbound messages with a larger id, oldest first."""
        return [
            {
                "linkId": None,
                "text": row.text,
                "to": row.to,
                "id": row.id,
                "date": row.date,
                "from": row.sender,
            }
            for row in self._inbox[after : after + INBOX_PAGE]
        ]

    def _fate(self, sender: str, number: str, parts: int) -> Fate:
        try:
            phone = self._phones.get(canonical(number))
        except NoSuchNumber:
            return INVALID_NUMBER
        if not number.startswith("+"):
            return INVALID_NUMBER  # E.164 only
        fault = self._faults.now.sms
        if fault == "refused":
            return REFUSED
        if fault == "no_balance" or self._balance_cents < parts * CENTS_PER_PART:
            return NO_BALANCE
        if fault == "blacklisted" or sender in phone.opted_out:
            return OPTED_OUT
        return QUEUED

    def _hand_over(self, msisdn: str, sender: str, message: str, message_id: str) -> list[Call]:
        """Puts the text into the inbox and writes its report, unless a fault has it lost or failed."""
        faults = self._faults.now
        if faults.sms == "lost":
            return []
        failed = faults.sms_report == "failed"
        if not failed:
            self._phones.receive(msisdn, Text(at=self._clock.now(), sender=sender, text=message))
        report = {
            "id": message_id,
            "status": "Failed" if failed else "Success",
            "phoneNumber": f"+{msisdn}",
            "networkCode": self._phones.get(msisdn).network_code,
        }
        if failed:
            report["failureReason"] = "DeliveryFailure"
        url = f"{self._world.web}/sms/africastalking/delivery/{self._world.door_secret}"
        held: dict[str, Any] = {"late": "held", "dropped": "dropped"}
        return [
            self._courier.note(
                "sms report", url, report, form=True, state=held.get(faults.sms_report, "sending")
            )
        ]


def _kes(cents: int, places: int = 4) -> str:
    """`KES 0.8000`, as the gateway writes money."""
    return f"KES {cents // 100}.{cents % 100:02d}{'0' * (places - 2)}"
