"""The key pair under which initiators encrypt their password (RSA, PKCS#1 v1.5), made at the first start."""

import base64
import binascii
import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import NameOID

from sandbox.world import DarajaAccount

KEY_BITS = 2048
_MADE = datetime(2020, 1, 1, tzinfo=UTC)


class InitiatorDesk:
    """Holds the private key; the certificate lies beside it as PEM, readable by whoever encrypts."""

    def __init__(self, state: Path, account: DarajaAccount) -> None:
        self._account = account
        self.certificate_file = state / "daraja-certificate.pem"
        key_file = state / "daraja-key.pem"
        if not (key_file.exists() and self.certificate_file.exists()):
            _make_pair(key_file, self.certificate_file)
        key = serialization.load_pem_private_key(key_file.read_bytes(), password=None)
        if not isinstance(key, rsa.RSAPrivateKey):
            raise ValueError(f"{key_file} holds no RSA key")
        self._key = key

    def knows(self, initiator: str, credential: str) -> bool:
        """Whether the credential is this initiator's password under our certificate."""
        try:
            password = self._key.decrypt(base64.b64decode(credential, validate=True), padding.PKCS1v15())
        except (ValueError, binascii.Error):
            return False
        return initiator == self._account.initiator and secrets.compare_digest(
            password, self._account.initiator_password.encode()
        )


def _make_pair(key_file: Path, certificate_file: Path) -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Daraja sandbox")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(_MADE)
        .not_valid_after(_MADE + timedelta(days=36_500))
        .sign(key, hashes.SHA256())
    )
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    with os.fdopen(os.open(key_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(pem)
    certificate_file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
