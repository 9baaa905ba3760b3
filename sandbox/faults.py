"""Everything the outside world can be told to do wrong, by name."""

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sandbox.store import Sheet

Callback = Literal[
    "normal",
    "dropped",
    "late",
    "doubled",
    "tenfold",
    "out_of_order",
    "before_answer",
    "forged",
    "wrong_amount",
    "unknown_id",
    "foreign_source",
]
StkResult = Literal[
    "none",
    "0",
    "1",
    "2",
    "3",
    "4",
    "8",
    "17",
    "26",
    "1001",
    "1019",
    "1025",
    "1031",
    "1032",
    "1037",
    "2001",
    "2006",
    "2028",
    "8006",
    "9999",
    "SFC_IC0003",
]  # 4999 is no outcome: ask for it with stk_query
StkPush = Literal[
    "normal",
    "500",
    "slow",
    "token_expired",
    "spike",
    "locked",
    "html",
    "accepted_silent",
    "accepted_no_answer",
]
StkQuery = Literal["normal", "pending_500", "pending_empty", "pending_4999", "500"]
Sms = Literal["normal", "refused", "500", "slow", "lost", "no_balance", "blacklisted", "invalid_sender"]
Switch = Literal["on", "off"]
SmsInbound = Literal["normal", "doubled", "late", "shuffled"]
Telegram = Literal["normal", "429", "500", "slow", "down", "blocked"]
TelegramWebhook = Literal["normal", "doubled", "tenfold", "shuffled", "late"]
WhatsApp = Literal[
    "normal",
    "500",
    "slow",
    "down",
    "rate",
    "pair_rate",
    "window_closed",
    "undeliverable",
    "token",
]
WhatsAppWebhook = Literal["normal", "doubled", "tenfold", "batched", "shuffled", "week_old", "late"]
WhatsAppStatus = Literal["normal", "dropped", "reordered", "read_only", "failed"]
Mail = Literal["normal", "refused", "down"]


class Faults(BaseModel):
    """The standing settings; a POST changes the ones it names and leaves the rest."""

    model_config = ConfigDict(extra="forbid")

    callback: Callback = Field(
        "normal",
        description="STK callbacks. late: held until POST /callbacks/release. "
        "out_of_order: C2B confirmation, then a 1037 notice, then the truth. "
        "before_answer: the push is answered only after its callback. "
        "forged: besides the true one, a made-up success from forged_source as soon as the prompt opens. "
        "wrong_amount: names twice the amount that moved. "
        "unknown_id: the true callback is replaced by one for a request nobody made. "
        "foreign_source: the true callback, sent from forged_source.",
    )
    callback_delay_seconds: float = Field(
        0, ge=0, le=86_400, description="by the sandbox's clock, before each callback"
    )
    forged_source: str = Field("127.0.0.9", pattern=r"^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$")
    prompt_seconds: float = Field(26, ge=0.05, le=600, description="how long a PIN prompt stays open")
    stk_result: StkResult = Field(
        "none", description="the next prompts end with this code at once, without anybody touching the phone"
    )
    stk_push: StkPush = Field(
        "normal",
        description="token_expired: a token serves one push, the next needs a fresh one. "
        "accepted_silent: accepted, but no prompt and no callback. "
        "accepted_no_answer: prompt sent, HTTP call never answered.",
    )
    stk_query: StkQuery = Field(
        "normal", description="a pending shape is given for finished payments too while it is set"
    )
    stk_query_codes: Literal["text", "number"] = "text"
    c2b: Literal["normal", "dropped", "doubled", "late"] = "normal"
    c2b_after_stk: Switch = "on"
    c2b_msisdn: Literal["registered", "v1", "v2"] = Field(
        "registered",
        description="v1 hashes the payer's number, v2 masks it; registered: as the URLs were registered",
    )
    c2b_validation: Switch = "on"
    c2b_validation_seconds: float = Field(
        8, ge=0.05, le=60, description="then the registered ResponseType decides"
    )
    c2b_reregister: Literal["same_urls", "never"] = Field(
        "same_urls",
        description="whether a second registration of the very same URLs is answered as a success",
    )
    transaction_status: Literal["normal", "dropped", "timeout"] = "normal"
    pull: Literal["normal", "behind"] = Field(
        "normal", description="behind: the provider's own list does not show any payment yet"
    )
    sms: Sms = "normal"
    sms_report: Literal["normal", "dropped", "failed", "late"] = "normal"
    sms_inbound: SmsInbound = Field(
        "normal",
        description="messages that phones send. doubled: each twice at once. late: held until "
        "POST /callbacks/release. shuffled: each waits up to 5 s for the next, which then arrives first.",
    )
    slow_seconds: float = Field(
        12, ge=0, le=120, description="how long a slow gateway takes, in real seconds"
    )
    telegram: Telegram = Field(
        "normal",
        description="calls of the bot. 429: asks to wait three seconds. slow: done, but answered after "
        "slow_seconds. down: a web page with 502. blocked: everybody has blocked the bot.",
    )
    telegram_webhook: TelegramWebhook = Field(
        "normal",
        description="updates. doubled, tenfold: the same update_id so many times at once. shuffled: each waits "
        "up to 5 s for the next, which then arrives first. late: held until POST /callbacks/release.",
    )
    whatsapp: WhatsApp = Field(
        "normal",
        description="calls to Meta. slow: accepted, its statuses come before the answer. down: a web page with "
        "503. rate: 130429. pair_rate: 131056. window_closed: refused with 131047, where a window that really "
        "closed is told in a failed status. undeliverable: accepted, then failed with 131026. token: 190.",
    )
    whatsapp_webhook: WhatsAppWebhook = Field(
        "normal",
        description="messages of people. batched: up to four wait 5 s to come in one envelope of two entries. "
        "shuffled: each waits up to 5 s for the next, which then arrives first. week_old: their timestamps "
        "are seven days back. late: held until POST /callbacks/release.",
    )
    whatsapp_status: WhatsAppStatus = Field(
        "normal",
        description="what Meta tells about messages. read is told when somebody looks at the chat. "
        "reordered: read, delivered, sent, in this order. read_only: sent and read, for the chat is open. "
        "failed: accepted and sent, then failed with 131000.",
    )
    whatsapp_number: Literal["shown", "hidden"] = Field(
        "shown", description="hidden: people have usernames; no webhook names their number"
    )
    mail: Mail = Field("normal", description="refused: 550 for every recipient. down: nobody listens")
    ussd_dial_through: Literal["text", "service_code"] = Field(
        "text",
        description="where the digits of *384*123*1*2# arrive: as first text, or in a longer service code",
    )
    router_slow_seconds: float = Field(
        0, ge=0, le=120, description="every router waits this long before it answers"
    )
    router_silent: list[str] = Field([], description="names of routers that take commands and never answer")
    router_cut: list[str] = Field([], description="names of routers that cut the connection in mid-sentence")
    router_fatal: list[str] = Field([], description="names of routers that answer !fatal")
    router_refusing: list[str] = Field([], description="names of routers that refuse connections")


class StandingFaults:
    """The faults in force, kept over a restart."""

    def __init__(self, path: Path) -> None:
        self._sheet = Sheet(path)
        self.now = Faults.model_validate(self._sheet.read())

    def change(self, asked: Faults) -> Faults:
        """Takes only what the caller named."""
        return self._put(self.now.model_copy(update=asked.model_dump(exclude_unset=True)))

    def reset(self) -> Faults:
        return self._put(Faults())

    def _put(self, faults: Faults) -> Faults:
        self._sheet.write(faults.model_dump())
        self.now = faults
        return faults
