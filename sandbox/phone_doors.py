"""Doors for whoever plays the subscriber: wallet, inbox, PIN prompts, paybill, USSD, SMS."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, HTTPException, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from sandbox.africastalking.sms import SmsGateway
from sandbox.africastalking.ussd import NoOpenSession, Screen, UssdGateway
from sandbox.changes import Wait
from sandbox.courier import Call
from sandbox.daraja.c2b import PaybillAnswer, PaybillDesk
from sandbox.daraja.payloads import MOST_PER_PAYMENT
from sandbox.daraja.prompts import NoOpenPrompt, Prompts
from sandbox.daraja.results import PromptView
from sandbox.phones import LineState, NoSuchNumber, Phones, Text, canonical


class PhoneView(BaseModel):
    """A phone at a glance. `wallet` and amounts are whole shillings; texts and prompts run oldest first."""

    msisdn: str
    wallet: int
    texts: list[Text]
    prompts: list[PromptView]
    line: LineState
    network_code: str


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid")


class PhoneChange(_Asked):
    """What is named is set. `line`: whether PIN prompts reach the phone (busy: in another session). `name` and
    `language` are the person's in the chats."""

    wallet: Annotated[int, Field(ge=0, le=1_000_000_000)] | None = None
    line: LineState | None = None
    network_code: Annotated[str, Field(pattern=r"^\d{5}$")] | None = None
    name: Annotated[str, Field(max_length=64)] | None = None
    language: Annotated[str, Field(pattern=r"^([a-z]{2})?$")] | None = None


class PromptAction(_Asked):
    """`ignore` lets the prompt run out, at once."""

    action: Literal["pin", "wrong_pin", "cancel", "ignore"]


class Paybill(_Asked):
    shortcode: str
    account: str = Field(max_length=20)
    amount: int = Field(ge=1, le=MOST_PER_PAYMENT, description="whole shillings")


class Dial(_Asked):
    code: str = Field(max_length=182)


class Typed(_Asked):
    input: str = Field(max_length=182)


class Sms(_Asked):
    to: str
    text: str = Field(max_length=1_600)


class Delivered(BaseModel):
    """How the product's door answered: its HTTP status, or null and why there is none."""

    status: int | None
    error: str


def _delivered(call: Call) -> Delivered:
    return Delivered(status=call.status, error=call.error)


async def _number(msisdn: Annotated[str, Path(description="any spelling of a Kenyan mobile number")]) -> str:
    # async, or each request would wait for a thread
    try:
        return canonical(msisdn)
    except NoSuchNumber as error:
        raise HTTPException(422, str(error)) from error


Number = Annotated[str, Depends(_number)]
Known = Annotated[int | None, Query(ge=0, description="how many texts are known: waits until there are more")]


def look_at(phones: Phones, prompts: Prompts, number: str) -> PhoneView:
    phone = phones.get(number)
    return PhoneView(
        msisdn=number, wallet=phone.wallet, texts=phones.inbox(number), prompts=prompts.views(number),
        line=phone.line, network_code=phone.network_code,
    )  # fmt: skip


def phone_doors(
    phones: Phones, prompts: Prompts, paybill: PaybillDesk, ussd: UssdGateway, sms: SmsGateway
) -> APIRouter:
    router = APIRouter(prefix="/phones/{msisdn}", tags=["phones"])

    @router.get("")
    async def look(msisdn: Number, texts: Known = None, wait: Wait = 0) -> PhoneView:
        """The phone; it exists as soon as somebody looks."""
        if texts is not None:
            await phones.arrivals.more_than(texts, msisdn, wait)
        return look_at(phones, prompts, msisdn)

    @router.post("")
    async def set_up(msisdn: Number, change: PhoneChange) -> PhoneView:
        """Fills the wallet, takes the phone off the network or into another session."""
        phones.keep(phones.get(msisdn).model_copy(update=change.model_dump(exclude_none=True)))
        return look_at(phones, prompts, msisdn)

    @router.post("/prompts/{id}")
    async def touch_prompt(msisdn: Number, id: str, asked: PromptAction) -> PromptView:
        """Answers an open PIN prompt."""
        try:
            return prompts.view(prompts.touch(msisdn, id, asked.action))
        except NoOpenPrompt as error:
            raise HTTPException(409, f"no open prompt {id} on {msisdn}") from error

    @router.post("/paybill")
    async def pay_bill(msisdn: Number, asked: Paybill) -> PaybillAnswer:
        """Lipa na M-Pesa, Pay Bill, from the phone's own menu."""
        return await paybill.pay(msisdn, asked.shortcode, asked.amount, asked.account)

    @router.post("/dial")
    async def dial(msisdn: Number, asked: Dial) -> Screen:
        """Dials a code; the service code, also with digits behind it, reaches the product."""
        return await ussd.dial(msisdn, asked.code.strip())

    @router.post("/ussd/{session}")
    async def answer(msisdn: Number, session: str, asked: Typed) -> Screen:
        """Types an answer into the open session."""
        try:
            return await ussd.answer(msisdn, session, asked.input)
        except NoOpenSession as error:
            raise HTTPException(409, f"no open session {session} on {msisdn}") from error

    @router.post("/ussd/{session}/drop")
    async def drop(msisdn: Number, session: str) -> Screen:
        """Hangs up in mid-session."""
        try:
            ussd.drop(msisdn, session)
        except NoOpenSession as error:
            raise HTTPException(409, f"no open session {session} on {msisdn}") from error
        return Screen(session=session, screen="", open=False)

    @router.post("/sms")
    async def send_sms(msisdn: Number, asked: Sms) -> Delivered:
        """Sends an SMS to a short code; any receiver is taken for the provider's."""
        return _delivered(await sms.receive(msisdn, asked.to, asked.text))

    @router.post("/optout")
    async def opt_out(msisdn: Number) -> Delivered:
        """Stops messages of the provider's sender."""
        return _delivered(await sms.opt_out(msisdn))

    return router
