"""The RouterOS API's byte stream: length-prefixed words, closed into sentences by an empty word.

Source: the vendor's "API" manual page, section on word lengths. Texts are `str` decoded as UTF-8 with
`surrogateescape`, because a router stores bytes: what came in as Windows-1252 must go out unchanged.
"""

from collections.abc import Iterable

# A first byte from here on is a reserved control byte; nobody can resynchronise after it.
CONTROL_BYTE = 0xF8


class ProtocolError(Exception):
    """The stream cannot be read any further; the connection has to be closed."""


def encode_length(length: int) -> bytes:
    """Return the 1 to 5 prefix bytes of a word of `length` bytes; `ValueError` outside 0 … 2**32-1."""
    if length < 0:
        raise ValueError(f"a word cannot have {length} bytes")
    if length < 0x80:
        return length.to_bytes(1, "big")
    if length < 0x4000:
        return (length | 0x8000).to_bytes(2, "big")
    if length < 0x200000:
        return (length | 0xC00000).to_bytes(3, "big")
    if length < 0x10000000:
        return (length | 0xE0000000).to_bytes(4, "big")
    if length < 0x100000000:
        return b"\xf0" + length.to_bytes(4, "big")
    raise ValueError(f"a word of {length} bytes has no length prefix")


def decode_length(stream: bytes | bytearray, at: int) -> tuple[int, int] | None:
    """Return (length, bytes of prefix) of the word at `at`, None while the prefix is incomplete."""
    if at >= len(stream):
        return None
    first = stream[at]
    if first >= CONTROL_BYTE:
        raise ProtocolError(f"control byte 0x{first:02x}")
    if first < 0x80:
        return first, 1
    size, mask = next(
        (size, mask)
        for size, below, mask in ((2, 0xC0, 0x3F), (3, 0xE0, 0x1F), (4, 0xF0, 0x0F), (5, 0xF8, 0x00))
        if first < below
    )
    if len(stream) - at < size:
        return None
    return int.from_bytes(bytes([first & mask]) + stream[at + 1 : at + size], "big"), size


def encode_sentence(words: Iterable[str]) -> bytes:
    """Return the bytes of one sentence with its closing empty word."""
    out = bytearray()
    for word in words:
        raw = word.encode("utf-8", "surrogateescape")
        out += encode_length(len(raw)) + raw
    out.append(0)
    return bytes(out)


class SentenceReader:
    """Cuts a byte stream, arriving in any pieces, into sentences.

    `limit` is the number of bytes one sentence may have; an announced length beyond it raises `ProtocolError`
    at once, before the bytes are waited for. It may be changed between two calls.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self._buffer = bytearray()
        self._words: list[str] = []
        self._size = 0

    def feed(self, data: bytes) -> list[list[str]]:
        """Return the sentences that `data` completed, in order. Empty sentences are dropped."""
        self._buffer += data
        at = 0
        complete: list[list[str]] = []
        while (prefix := decode_length(self._buffer, at)) is not None:
            length, size = prefix
            if self._size + length > self.limit:
                raise ProtocolError(f"sentence longer than {self.limit} bytes")
            if len(self._buffer) - at - size < length:
                break
            word = self._buffer[at + size : at + size + length]
            at += size + length
            self._size += length
            if length:
                self._words.append(word.decode("utf-8", "surrogateescape"))
                continue
            if self._words:
                complete.append(self._words)
            self._words, self._size = [], 0
        del self._buffer[:at]
        return complete


def readable(text: str) -> str:
    """Return `text` with bytes that are not UTF-8 read as Latin-1, fit for JSON and for a screen."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("latin-1")
    return text
