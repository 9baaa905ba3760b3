"""A sandbox and a product on real ports: this product only records what reaches it and answers as told."""

import base64
import json
import secrets
import shutil
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import httpx
import pytest
import uvicorn

from sandbox.app import create_app
from sandbox.daraja.credentials import InitiatorDesk
from sandbox.world import DarajaAccount, World
from tests.sandbox.worlds import DARAJA, SECRET, TELEGRAM, WHATSAPP

DEADLINE_SECONDS = 10.0
Answer = tuple[int, str]


def until(found: Callable[[], Any]) -> Any:
    """Polls until the answer is true; fails after the deadline."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not (value := found()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
    return value


@dataclass
class Received:
    path: str
    source: str
    headers: dict[str, str]
    body: Any
    raw: bytes = b""


@dataclass
class Product:
    """Answers 200 `{}` unless a path was given another answer."""

    received: list[Received] = field(default_factory=list)
    answers: dict[str, Callable[[Any], Answer]] = field(default_factory=dict)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def at(self, path: str) -> list[Received]:
        return [call for call in self.received if call.path == path]

    def wait(self, path: str, count: int = 1) -> list[Received]:
        """All calls at a path, once there are `count`."""
        until(lambda: len(self.at(path)) >= count)
        return self.at(path)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        raw, more = b"", True
        while more:
            part = await receive()
            raw, more = raw + part.get("body", b""), part.get("more_body", False)
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        if "json" in headers.get("content-type", ""):
            body: Any = json.loads(raw)
        else:
            written = raw or scope["query_string"]
            body = dict(parse_qsl(written.decode(), keep_blank_values=True))
        self.received.append(Received(scope["path"], scope["client"][0], headers, body, raw))
        status, text = self.answers.get(scope["path"], lambda _: (200, "{}"))(body)
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": text.encode()})


class Served:
    """An application on a free port of 127.0.0.1, in a thread of its own."""

    def __init__(self, app: Any) -> None:
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._server = uvicorn.Server(
            uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1)
        )
        self._thread = threading.Thread(target=lambda: self._server.run([self._socket]), daemon=True)
        self._thread.start()
        until(lambda: self._server.started)

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join(DEADLINE_SECONDS)
        self._socket.close()


class Trial:
    """The sandbox as its callers see it, with the words they use most."""

    def __init__(self, product: Product, folder: Path, **changes: Any) -> None:
        self.product, self.folder = product, folder
        self.state = folder / "state"
        self.world = World.model_validate(
            {
                "web": product.url,
                "service_code": "*384*123#",
                "sender": "PWANINET",
                "door_secrets": [SECRET, "0ldsecret"],
                "clock_file": str(folder / "clock"),
                "sites": [{"name": "Baraka"}],
                "routers": [
                    {"name": "baraka", "site": "Baraka", "port": 0, "version": "7.18.2", "username": "bando",
                     "password": "pw", "pppoe": True, "hotspot": True}
                ],
                "daraja": DARAJA,
                "africastalking": {"username": "sandbox", "api_key": "atkey"},
                "telegram": TELEGRAM,
                "whatsapp": WHATSAPP,
                "staff": {"email": "asha@pwani.example", "password": "pw", "totp_secret": "JBSWY3DP"},
            } | changes
        )  # fmt: skip
        self._served = Served(create_app(self.world, self.state))
        self.url = f"http://127.0.0.1:{self._served.port}"
        self.http = httpx.Client(base_url=self.url, timeout=DEADLINE_SECONDS)
        self._bearer = ""

    def stop(self) -> None:
        self.http.close()
        self._served.stop()

    # -- the trial's own doors

    def get(self, path: str) -> Any:
        answer = self.http.get(path)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, body: Any = None, status: int = 200) -> Any:
        answer = self.http.post(path, json={} if body is None else body)
        assert answer.status_code == status, answer.text
        return answer.json()

    def faults(self, **named: Any) -> Any:
        return self.post("/faults", named)

    def forget(self) -> None:
        """Forgets what reached the product, once nothing is on its way there any more: a report that an
        earlier test did not wait for would be counted by the next."""
        until(lambda: not self.get("/callbacks?state=sending"))
        self.product.received.clear()

    def number(self) -> str:
        """A phone nobody has used."""
        return f"2547{secrets.randbelow(10**8):08d}"

    def phone(self, msisdn: str) -> Any:
        return self.get(f"/phones/{msisdn}")

    def prompt(self, msisdn: str) -> Any:
        """The newest prompt, once it is on the phone and open."""
        return until(lambda: [p for p in self.phone(msisdn)["prompts"] if p["state"] == "open"])[-1]

    def touch(self, msisdn: str, action: str) -> Any:
        return self.post(f"/phones/{msisdn}/prompts/{self.prompt(msisdn)['id']}", {"action": action})

    # -- Daraja, as a client calls it

    def token(self) -> str:
        answer = self.http.get(
            "/oauth/v1/generate", params={"grant_type": "client_credentials"}, auth=("key", "secret")
        )
        assert answer.status_code == 200, answer.text
        self._bearer = answer.json()["access_token"]
        return self._bearer

    def daraja(self, path: str, body: Any) -> httpx.Response:
        """With a living token, fetched when the last one no longer is."""
        for _ in range(2):
            answer = self.http.post(
                path, json=body, headers={"Authorization": f"Bearer {self._bearer or 'none'}"}
            )
            if answer.status_code != 404 or "Access Token" not in answer.text:
                break
            self.token()
        return answer

    def credentials(self) -> dict[str, Any]:
        stamp = f"{datetime.now(UTC) + timedelta(hours=3):%Y%m%d%H%M%S}"
        password = base64.b64encode(f"174379pass{stamp}".encode()).decode()
        return {"BusinessShortCode": "174379", "Password": password, "Timestamp": stamp}

    def push_body(self, msisdn: str, amount: Any = 50, **changes: Any) -> dict[str, Any]:
        body = self.credentials() | {
            "TransactionType": "CustomerPayBillOnline", "Amount": amount, "PartyA": msisdn,
            "PartyB": "174379", "PhoneNumber": msisdn, "CallBackURL": f"{self.product.url}/pay/{msisdn}",
            "AccountReference": "100001", "TransactionDesc": "Internet",
        }  # fmt: skip
        return {name: value for name, value in (body | changes).items() if value is not None}

    def push(self, msisdn: str, amount: Any = 50, **changes: Any) -> httpx.Response:
        return self.daraja("/mpesa/stkpush/v1/processrequest", self.push_body(msisdn, amount, **changes))

    def query(self, checkout_request_id: str) -> httpx.Response:
        body = self.credentials() | {"CheckoutRequestID": checkout_request_id}
        return self.daraja("/mpesa/stkpushquery/v1/query", body)

    def told(self, msisdn: str, count: int = 1) -> list[Any]:
        """The STK callbacks about a phone's pushes."""
        return [call.body["Body"]["stkCallback"] for call in self.product.wait(f"/pay/{msisdn}", count)]

    @staticmethod
    def metadata(callback: Any) -> dict[str, Any]:
        return {item["Name"]: item.get("Value") for item in callback["CallbackMetadata"]["Item"]}

    def register(
        self, version: str = "v2", response_type: str = "Completed", name: str = "c2b"
    ) -> httpx.Response:
        return self.daraja(
            f"/mpesa/c2b/{version}/registerurl",
            {
                "ShortCode": "174379", "ResponseType": response_type,
                "ConfirmationURL": f"{self.product.url}/{name}/confirmation",
                "ValidationURL": f"{self.product.url}/{name}/validation",
            },
        )  # fmt: skip

    # -- the chats, as hands on a phone use them

    def chat(self, channel: str, msisdn: str) -> list[Any]:
        return list(self.get(f"/phones/{msisdn}/{channel}")["messages"])

    def say(self, channel: str, msisdn: str, status: int = 200, **act: Any) -> Any:
        return self.post(f"/phones/{msisdn}/{channel}", act, status).get("messages")

    def movements(self, msisdn: str) -> list[Any]:
        return [row for row in self.get("/mpesa/statement") if row["msisdn"] == msisdn]


@pytest.fixture(scope="session")
def key_pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with Daraja's keys, made once: each sandbox of the tests gets a copy."""
    folder = tmp_path_factory.mktemp("keys")
    InitiatorDesk(folder, DarajaAccount.model_validate(DARAJA))
    return folder


def with_keys(folder: Path, keys: Path) -> Path:
    shutil.copytree(keys, folder / "state", dirs_exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def receiver() -> Iterator[Product]:
    product = Product()
    served = Served(product)
    product.port = served.port
    yield product
    served.stop()


@pytest.fixture
def product(receiver: Product) -> Product:
    receiver.answers.clear()
    receiver.received.clear()
    return receiver


@pytest.fixture(scope="session")
def shared_trial(
    receiver: Product, key_pair: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Trial]:
    trial = Trial(receiver, with_keys(tmp_path_factory.mktemp("trial"), key_pair))
    yield trial
    trial.stop()


@pytest.fixture
def trial(shared_trial: Trial, product: Product) -> Trial:
    """The sandbox with nothing wrong and no URLs registered; phones are kept apart by their numbers."""
    shared_trial.post("/faults/reset")
    shared_trial.post("/callbacks/release")
    shared_trial.http.delete("/mpesa/registration")
    shared_trial.forget()
    return shared_trial


@pytest.fixture
def fresh_trial(product: Product, key_pair: Path, tmp_path: Path) -> Iterator[Callable[..., Trial]]:
    """Makes sandboxes of one's own over one state folder; each new one ends the one before."""
    standing: list[Trial] = []

    def make(**changes: Any) -> Trial:
        while standing:
            standing.pop().stop()
        standing.append(Trial(product, with_keys(tmp_path, key_pair), **changes))
        return standing[-1]

    yield make
    while standing:
        standing.pop().stop()


@pytest.fixture
def writer(trial: Trial) -> str:
    """A phone whose holder has just written on WhatsApp."""
    number = trial.number()
    trial.say("whatsapp", number, text="Menu")
    trial.forget()
    return number
