"""Secrets at rest: encrypted with a key id and bound to their row; look-ups by keyed hash.

Keys are derived by purpose (HKDF-SHA256) from `BANDO_SECRET_KEY`, a list: the first key writes, all of them
read, so that `bando keys rotate` can move every row to a new first key while the program runs.
"""

import hashlib
import hmac
import secrets as drawing
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.base.errors import Misconfigured

KEY_ID_BYTES = 4
NONCE_BYTES = 12
MINIMUM_KEY_CHARACTERS = 32
"""A drawn key of 128 bits in hex has 32 characters; anything shorter was typed by a person."""


class SealBroken(Exception):
    """A ciphertext does not belong to this row, or no key that we hold opens it."""


class Keyring:
    """Every key that this installation knows, newest first."""

    def __init__(self, keys: Sequence[str]) -> None:
        if not keys or any(len(key) < MINIMUM_KEY_CHARACTERS for key in keys):
            raise Misconfigured(
                [f"BANDO_SECRET_KEY needs one or more keys of at least {MINIMUM_KEY_CHARACTERS} characters"]
            )
        self._keys = {_key_id(key): key.encode() for key in keys}
        self.newest = _key_id(keys[0])
        self._derived: dict[tuple[bytes, str], bytes] = {}
        self._ciphers: dict[bytes, AESGCM] = {}
        self._taggers: dict[str, hashlib.blake2b] = {}

    def seal(self, clear: str, *, table: str, column: str, row: int) -> bytes:
        """Encrypt `clear` for one cell: key id, nonce, AES-256-GCM ciphertext bound to its place."""
        nonce = drawing.token_bytes(NONCE_BYTES)
        return (
            self.newest
            + nonce
            + self._cipher(self.newest).encrypt(nonce, clear.encode(), _place(table, column, row))
        )

    def unseal(self, sealed: bytes, *, table: str, column: str, row: int) -> str:
        """Decrypt a cell. Raises SealBroken where it was moved, altered, or no key of ours opens it."""
        key_id, nonce = sealed[:KEY_ID_BYTES], sealed[KEY_ID_BYTES : KEY_ID_BYTES + NONCE_BYTES]
        if len(sealed) < KEY_ID_BYTES + NONCE_BYTES:
            raise SealBroken(f"{table}.{column} of row {row} is too short to be sealed")
        if key_id not in self._keys:
            raise SealBroken(
                f"{table}.{column} of row {row} is sealed with a key that is not in BANDO_SECRET_KEY"
            )
        body = sealed[KEY_ID_BYTES + NONCE_BYTES :]
        try:
            return self._cipher(key_id).decrypt(nonce, body, _place(table, column, row)).decode()
        except InvalidTag:
            raise SealBroken(
                f"{table}.{column} of row {row} was sealed for another place or altered"
            ) from None

    def is_newest(self, sealed: bytes) -> bool:
        """Whether a ciphertext or a look-up hash was made with the first key of the list."""
        return sealed[:KEY_ID_BYTES] == self.newest

    def lookup(self, clear: str, purpose: str) -> bytes:
        """The keyed hash to store beside a secret so that it can be found again: key id and HMAC-SHA256."""
        return self._lookup(self.newest, clear, purpose)

    def lookups(self, clear: str, purpose: str) -> list[bytes]:
        """The hashes under every key that we hold, newest first: what to search for during a rotation."""
        return [self._lookup(key_id, clear, purpose) for key_id in self._keys]

    def _lookup(self, key_id: bytes, clear: str, purpose: str) -> bytes:
        key = self._derive(key_id, f"lookup:{purpose}")
        return key_id + hmac.digest(key, clear.encode(), "sha256")

    def tag(self, clear: str, purpose: str) -> str:
        """A short keyed name for use in Valkey keys, so that no phone number stands there.

        Keyed BLAKE2b: a key press needs five, and OpenSSL's HMAC takes twenty times as long.
        """
        tagger = self._taggers.get(purpose)
        if tagger is None:
            key = self._derive(self.newest, f"tag:{purpose}")
            tagger = self._taggers[purpose] = hashlib.blake2b(key=key, digest_size=16)
        hashed = tagger.copy()
        hashed.update(clear.encode())
        return hashed.hexdigest()

    def _cipher(self, key_id: bytes) -> AESGCM:
        known = self._ciphers.get(key_id)
        if known is None:
            known = self._ciphers[key_id] = AESGCM(self._derive(key_id, "store"))
        return known

    def _derive(self, key_id: bytes, purpose: str) -> bytes:
        known = self._derived.get((key_id, purpose))
        if known is None:
            expand = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"bando:{purpose}".encode())
            known = self._derived[(key_id, purpose)] = expand.derive(self._keys[key_id])
        return known


def same_secret(given: str, accepted: Sequence[str]) -> bool:
    """Whether `given` is one of the accepted secrets, compared in constant time, all of them each time."""
    found = False
    for secret in accepted:
        # A body may hold half a character (a lone surrogate): wrong, but no reason to crash.
        found |= hmac.compare_digest(given.encode(errors="surrogatepass"), secret.encode())
    return found


def draw_secret() -> str:
    """A secret for a path or a password: 128 bits in lower-case hex, which holds no word Daraja refuses."""
    return drawing.token_hex(16)


def _key_id(key: str) -> bytes:
    return hashlib.sha256(b"bando-key-id:" + key.encode()).digest()[:KEY_ID_BYTES]


def _place(table: str, column: str, row: int) -> bytes:
    return f"{table}.{column}#{row}".encode()
