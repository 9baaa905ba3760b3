"""The fields of each Daraja request with their rules; the first that breaks one is named in the answer."""

import re
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, StringConstraints, ValidationError

from sandbox.daraja.errors import invalid, malformed
from sandbox.world import is_loopback

MOST_PER_PAYMENT = 250_000  # shillings, by the portal's FAQ
FORBIDDEN_IN_URLS = ("mpesa", "m-pesa", "safaricom", "exe", "exec", "cmd", "sql", "query")


def _as_text(value: Any) -> Any:
    """Safaricom's samples write numbers both bare and in quotes."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _whole(value: Any) -> Any:
    text = _as_text(value)
    if not isinstance(text, str) or not re.fullmatch(r"\d{1,9}", text, re.ASCII):
        raise ValueError("whole shillings")
    return int(text)


def _moment(text: str) -> str:
    datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 (only the shape is checked)
    return text


def _url(text: str) -> str:
    """Lower-case, free of the words Safaricom forbids, and on this machine: a trial calls nobody else."""
    if text != text.lower() or any(word in text for word in FORBIDDEN_IN_URLS) or not is_loopback(text):
        raise ValueError("url")
    return text


Shortcode = Annotated[str, BeforeValidator(_as_text), StringConstraints(pattern=r"^\d{5,7}$")]
Payer = Annotated[str, BeforeValidator(_as_text), StringConstraints(pattern=r"^254[17]\d{8}$")]
Party = Annotated[str, BeforeValidator(_as_text), StringConstraints(pattern=r"^\d{5,12}$")]
Shillings = Annotated[int, BeforeValidator(_whole), Field(ge=1, le=MOST_PER_PAYMENT)]
Moment = Annotated[
    str, BeforeValidator(_as_text), StringConstraints(pattern=r"^\d{14}$"), AfterValidator(_moment)
]
CallbackUrl = Annotated[str, AfterValidator(_url)]
Word = Annotated[str, StringConstraints(min_length=1)]
Remark = Annotated[str, StringConstraints(min_length=2, max_length=100)]


class StkPushRequest(BaseModel):
    BusinessShortCode: Shortcode
    Password: Word
    Timestamp: Moment
    TransactionType: Literal["CustomerPayBillOnline", "CustomerBuyGoodsOnline"]
    Amount: Shillings
    PartyA: Payer
    PartyB: Party
    PhoneNumber: Payer
    CallBackURL: CallbackUrl
    AccountReference: Annotated[
        str, BeforeValidator(_as_text), StringConstraints(pattern=r"^[A-Za-z0-9]{1,12}$")
    ]
    TransactionDesc: Annotated[str, StringConstraints(max_length=13)] = ""


class StkQueryRequest(BaseModel):
    BusinessShortCode: Shortcode
    Password: Word
    Timestamp: Moment
    CheckoutRequestID: Word


class RegisterUrlRequest(BaseModel):
    ShortCode: Shortcode
    ResponseType: Literal["Completed", "Cancelled"]
    ConfirmationURL: CallbackUrl
    ValidationURL: CallbackUrl


class SimulateRequest(BaseModel):
    ShortCode: Shortcode
    CommandID: Literal["CustomerPayBillOnline", "CustomerBuyGoodsOnline"]
    Amount: Shillings
    Msisdn: Payer
    BillRefNumber: Annotated[str | None, StringConstraints(max_length=20)] = None


class TransactionStatusRequest(BaseModel):
    Initiator: Word
    SecurityCredential: Word
    CommandID: Literal["TransactionStatusQuery"]
    TransactionID: str = ""
    OriginalConversationID: str = ""
    PartyA: Party
    IdentifierType: Annotated[Literal["1", "2", "4"], BeforeValidator(_as_text)]
    ResultURL: CallbackUrl
    QueueTimeOutURL: CallbackUrl
    Remarks: Annotated[str, StringConstraints(max_length=100)] = ""
    Occasion: Annotated[str, StringConstraints(max_length=100)] = ""


class ReversalRequest(BaseModel):
    """`RecieverIdentifierType` is Safaricom's spelling."""

    Initiator: Word
    SecurityCredential: Word
    CommandID: Literal["TransactionReversal"]
    TransactionID: Word
    Amount: Shillings
    ReceiverParty: Shortcode
    RecieverIdentifierType: Annotated[Literal["11"], BeforeValidator(_as_text)]
    ResultURL: CallbackUrl
    QueueTimeOutURL: CallbackUrl
    Remarks: Remark


class PullRegisterRequest(BaseModel):
    ShortCode: Shortcode
    RequestType: Literal["Pull"]
    NominatedNumber: Payer
    CallBackURL: CallbackUrl


class PullQueryRequest(BaseModel):
    ShortCode: Shortcode
    StartDate: Word
    EndDate: Word
    OffSetValue: Annotated[int, BeforeValidator(_whole), Field(ge=0)] = 0


Request = TypeVar("Request", bound=BaseModel)


def checked(model: type[Request], body: Any) -> Request:
    """The request read by its rules; raises DarajaRefusal naming the first wrong field."""
    if not isinstance(body, dict):
        raise malformed()
    try:
        return model.model_validate(body)
    except ValidationError as error:
        raise invalid(str(error.errors()[0]["loc"][0])) from error
