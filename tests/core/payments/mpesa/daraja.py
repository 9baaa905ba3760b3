"""A Daraja of one's own on a real port: records what it is asked, answers as it is told."""

import json
import threading
from collections import deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PUSH, QUERY = "/mpesa/stkpush/v1/processrequest", "/mpesa/stkpushquery/v1/query"
STATUS = "/mpesa/transactionstatus/v1/query"
ACCEPTED = {"MerchantRequestID": "m-1", "CheckoutRequestID": "ws_CO_1", "ResponseCode": "0"}


def error(code: str, message: str, http: int = 500) -> tuple[int, Any]:
    return http, {"requestId": "r-1", "errorCode": code, "errorMessage": message}


class Daraja:
    """Tokens are token-1, token-2, …; each other call takes the oldest answer of `answers` (else is accepted)."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, dict[str, str], Any]] = []
        self.answers: deque[tuple[int, Any]] = deque()
        self.tokens = 0
        self.expires_in: Any = 3599
        self.hangs, self.fetch = threading.Event(), threading.Event()
        self.fetch.set()
        """Cleared: tokens are not answered until it is set."""
        self._lock = threading.Lock()
        daraja = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                daraja.fetch.wait(5)
                with daraja._lock:
                    daraja.tokens += 1
                    token = f"token-{daraja.tokens}"
                daraja.calls.append((self.path, dict(self.headers), None))
                self._say(200, {"access_token": token, "expires_in": daraja.expires_in})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                daraja.calls.append((self.path, dict(self.headers), body))
                if daraja.hangs.is_set():
                    return  # the connection ends without an answer
                with daraja._lock:
                    status, said = daraja.answers.popleft() if daraja.answers else (200, ACCEPTED)
                self._say(status, said)

            def _say(self, status: int, said: Any) -> None:
                raw = said.encode() if isinstance(said, str) else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(raw)))
                self.end_headers()
                self.wfile.write(raw)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def at(self, path: str) -> list[Any]:
        """The bodies that came to a path."""
        return [body for where, _, body in self.calls if where == path]

    def bearers(self) -> list[str]:
        return [headers["Authorization"] for where, headers, _ in self.calls if "oauth" not in where]

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
