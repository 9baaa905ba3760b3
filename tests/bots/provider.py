"""A provider's HTTP server for the tests of our senders: keeps what it was asked, answers as it was told."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

Reply = tuple[int, Any]


@dataclass
class Asked:
    """One request. fields: its JSON, form or multipart parts; files: (name, media type, content) by part."""

    path: str
    headers: Message
    fields: dict[str, Any]
    files: dict[str, tuple[str, str, bytes]] = field(default_factory=dict)


class Provider:
    """On a free port of 127.0.0.1. `reply` says what to answer; HANG answers nothing for a while."""

    HANG: Reply = (0, None)
    HANG_SECONDS = 2.0

    def __init__(self, reply: Callable[[Asked], Reply]) -> None:
        self.reply = reply
        self.asked: list[Asked] = []
        provider = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self.do_POST()

            def do_POST(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length", "0")))
                where = urlsplit(self.path)
                asked = _read(where.path, self.headers, raw or where.query.encode())
                provider.asked.append(asked)
                status, body = provider.reply(asked)
                if (status, body) == Provider.HANG:
                    time.sleep(Provider.HANG_SECONDS)
                    self.close_connection = True
                    return
                encoded = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-length", str(len(encoded)))
                self.end_headers()
                self.wfile.write(encoded)

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True
        ).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def paths(self) -> list[str]:
        return [asked.path for asked in self.asked]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def _read(path: str, headers: Message, raw: bytes) -> Asked:
    kind = headers.get_content_type()
    if kind == "application/json":
        return Asked(path, headers, json.loads(raw))
    if kind != "multipart/form-data":
        return Asked(path, headers, dict(parse_qsl(raw.decode(), keep_blank_values=True)))
    whole = BytesParser().parsebytes(f"Content-Type: {headers['content-type']}\r\n\r\n".encode() + raw)
    asked = Asked(path, headers, {})
    for part in whole.get_payload():
        assert isinstance(part, Message)
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        name = str(part.get_param("name", header="content-disposition"))
        if part.get_filename():
            asked.files[name] = (str(part.get_filename()), part.get_content_type(), content)
        else:
            asked.fields[name] = content.decode()
    return asked
