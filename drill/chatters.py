"""People in a chat with buttons: WhatsApp and Telegram."""

from collections.abc import Mapping
from typing import Any

from drill.line import NoAnswer
from drill.talkers import ASK_AGAIN, MENU_SECONDS, PATIENCE_SECONDS, WAITS, Talker
from sandbox.people import telegram_id

DEEDS = {"tap": 60, "type": 16, "old": 7, "twice": 8, "sticker": 2, "voice": 2, "location": 2, "contact": 3}
SHARES = 0.7
"""How probable it is that whoever is asked for the number shares it."""
MENU_IDS = (".vouchers", ".account")
"""How the data of the menu's buttons ends."""
TO_BUY, EAGER = (".buy", ".mine", ".pay", ".again", ".ok", ".en", ".sw"), 5
REMEMBERED, LOOKED_AT = 40, 20
"""Buttons that a person may still tap; messages at the end of a chat that are on the screen."""
SETTLED_SECONDS = 0.2
"""How long a screen must stand still until it is taken for whole."""
Message = Mapping[str, Any]


class Chatter(Talker):
    """In WhatsApp, where every button that was ever shown can be tapped."""

    channel = "whatsapp"

    _seen_last: Mapping[str, Any] | None = None
    """The chat as it was looked at last; None where something was done since, and its answer not waited for."""

    def turn(self) -> None:
        newest = self._newest(self._look())
        if self._do(newest) and self.draw.random() < WAITS:
            self._wait(PATIENCE_SECONDS)
        else:
            self._seen_last = None

    def _do(self, newest: Message | None) -> bool:
        if newest is None:
            return self._act(text=self.draw.choice(("menu", "/start", "habari", "hi", "2")))
        self._remember(newest)
        if newest["asks_contact"] and self.draw.random() < SHARES:
            return self._act(contact=True)
        choices = [choice["id"] for choice in newest["choices"]]
        deed = self.draw.choices(list(DEEDS), list(DEEDS.values()))[0]
        match deed:
            case "tap" | "twice" if choices:
                return self._tap(newest, self._pick(choices), times=2 if deed == "twice" else 1)
            case "old":
                return self._tap_old(choices)
            case "sticker" | "voice" | "location" | "contact":
                return self._act(**{deed: True})
        numbers = [str(number) for number in range(1, len(choices) + 1)]
        return self._act(text=self.typed(numbers, asked=not choices))

    def _pick(self, choices: list[str]) -> str:
        """Most come to buy."""
        eager = [EAGER if data.endswith(TO_BUY) or data[-1].isdigit() else 1 for data in choices]
        return self.draw.choices(choices, eager)[0]

    def _tap(self, message: Message, data: str, *, times: int) -> bool:
        self.fresh.add(data)
        left = sum(self._act(choice=data, message=message["id"]) for _ in range(times))
        return left > 0

    def _remember(self, message: Message) -> None:
        shown = [(choice["id"], message["id"]) for choice in message["choices"]]
        self._seen = [*(one for one in self._seen if one not in shown), *shown][-REMEMBERED:]

    _seen: list[tuple[str, str]] = []  # noqa: RUF012 - replaced, never changed

    def _tap_old(self, present: list[str]) -> bool:
        """A button of a screen that was there before."""
        old = [one for one in self._seen if one[0] not in present]
        if not old:
            return False
        data, message = self.draw.choice(old)
        return self._tap_gone(data, message)

    def _tap_gone(self, data: str, message: str) -> bool:
        return self._act(choice=data, message=message)

    def _act(self, **act: Any) -> bool:
        try:
            answer = self.outside.sandbox.post(f"/phones/{self.number}/{self.channel}?last=1", json=act)
        except NoAnswer:
            self.unsure += 1
            return False
        if answer.status_code == 409:
            return False  # the button has gone meanwhile
        answer.raise_for_status()
        self.sent += 1
        return True

    def _look(self) -> list[Message]:
        """The end of the chat; as it was seen last where the person has not looked away."""
        if self._seen_last is None:
            self._seen_last = self.outside.get(f"/phones/{self.number}/{self.channel}", last=LOOKED_AT)
        found: list[Message] = self._seen_last["messages"]
        return found

    def _wait(self, seconds: float) -> bool:
        """Look at the phone until something new stands there. False where nothing came."""
        before = self._seen_last["changes"] if self._seen_last is not None else 0
        door = f"/phones/{self.number}/{self.channel}"
        self._seen_last = self.outside.get(door, last=LOOKED_AT, changes=before, wait=seconds)
        return bool(self._seen_last["changes"] > before)

    def _newest(self, messages: list[Message]) -> Message | None:
        """The message of ours that holds the present screen, as far as a person can tell."""
        ours = [message for message in messages if message["from_us"]]
        asking = (message for message in reversed(ours) if message["choices"] or message["asks_contact"])
        return next(asking, ours[-1] if ours else None)

    def finds_menu(self) -> bool:
        for _ in range(ASK_AGAIN):
            self._seen_last = None
            newest = self._newest(self._look())
            if newest is not None and newest["asks_contact"]:
                self._act(contact=True)
            elif newest is not None and _asks_language(newest):
                self._act(choice=newest["choices"][0]["id"], message=newest["id"])
            else:
                self._act(text="menu")
            if not self._wait(MENU_SECONDS):
                return False
            if _is_menu(self._newest(self._look())):
                return True
        return False


class Telegrammer(Chatter):
    """In Telegram, where the buttons of a screen that is gone are gone too, but for a phone that was offline."""

    channel = "telegram"

    def _wait(self, seconds: float) -> bool:
        """The old buttons go before the new ones stand there: nobody acts between the two."""
        if not super()._wait(seconds):
            return False
        while super()._wait(SETTLED_SECONDS):
            pass
        return True

    def _tap_gone(self, data: str, message: str) -> bool:
        world = self.outside.house.world
        person = {"id": telegram_id(self.digits), "is_bot": False, "first_name": "Asha"}
        chat = {"id": person["id"], "type": "private", "first_name": "Asha"}
        query = self.draw.randrange(10**18)
        update = {
            "update_id": self.draw.randrange(10**12),
            "callback_query": {
                "id": str(query),
                "from": person,
                "message": {"message_id": int(message), "date": 1, "chat": chat, "text": "..."},
                "chat_instance": "1",
                "data": data,
            },
        }
        call = self.outside.post(
            "/callbacks",
            {
                "url": f"{world['web']}/telegram/{world['door_secrets'][0]}",
                "body": update,
                "source": "127.0.0.1",
                "headers": {"X-Telegram-Bot-Api-Secret-Token": world["telegram"]["secret_token"]},
            },
        )
        if call["status"] == 200:
            self.sent += 1
        else:
            self.unsure += 1
        return bool(call["status"] == 200)


def _is_menu(message: Message | None) -> bool:
    return message is not None and any(choice["id"].endswith(MENU_IDS) for choice in message["choices"])


def _asks_language(message: Message) -> bool:
    return any(choice["id"].endswith((".en", ".sw")) for choice in message["choices"])
