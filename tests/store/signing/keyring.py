"""Keys and signatures: made by the real ssh-keygen, and by hand where ssh-keygen would refuse or has no hardware."""

from __future__ import annotations

import base64
import hashlib
import os
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

NAMESPACE = "fleet-approval-v1"
KINDS: dict[str, tuple[str, ...]] = {
    "ed25519": ("-t", "ed25519"),
    "ecdsa-256": ("-t", "ecdsa", "-b", "256"),
    "ecdsa-384": ("-t", "ecdsa", "-b", "384"),
    "ecdsa-521": ("-t", "ecdsa", "-b", "521"),
    "rsa-2048": ("-t", "rsa", "-b", "2048"),
    "rsa-3072": ("-t", "rsa", "-b", "3072"),
    "rsa-4096": ("-t", "rsa", "-b", "4096"),
}
QUIET = {"PATH": os.environ["PATH"], "HOME": "/nonexistent"}


def generate(file: Path, kind: str = "ed25519") -> Path:
    """A private key that ssh-keygen made, its public half beside it."""
    command = ["ssh-keygen", "-q", *KINDS[kind], "-N", "", "-C", "a comment", "-f", str(file)]
    subprocess.run(command, check=True, env=QUIET, stdin=subprocess.DEVNULL)
    return file


def public(file: Path) -> str:
    """Kind and base64 of a key file."""
    return " ".join(file.with_name(file.name + ".pub").read_text().split()[:2])


def ssh_keygen_signature(file: Path, message: bytes, namespace: str = NAMESPACE, *options: str) -> bytes:
    """What ssh-keygen signs."""
    command = ["ssh-keygen", "-Y", "sign", "-q", *options, "-n", namespace, "-f", str(file)]
    return subprocess.run(command, input=message, check=True, capture_output=True, env=QUIET).stdout


def accepted(key: str, signature: bytes, message: bytes, namespace: str = NAMESPACE) -> bool:
    """Does ``ssh-keygen -Y verify`` take it?"""
    with tempfile.TemporaryDirectory() as folder:
        allowed, beside = Path(folder) / "allowed_signers", Path(folder) / "signature"
        allowed.write_text(f"carla@acme.example {key}\n")
        beside.write_bytes(signature)
        who = ["-f", str(allowed), "-I", "carla@acme.example", "-n", namespace, "-s", str(beside)]
        done = subprocess.run(
            ["ssh-keygen", "-Y", "verify", *who], input=message, capture_output=True, check=False, env=QUIET
        )
        return done.returncode == 0


def string(content: bytes) -> bytes:
    """A string of the wire."""
    return len(content).to_bytes(4, "big") + content


def integer(number: int) -> bytes:
    """A number of the wire, in its shortest form."""
    return string(number.to_bytes(number.bit_length() // 8 + 1, "big"))


def armored(blob: bytes) -> bytes:
    """The file around a signature."""
    text = base64.b64encode(blob).decode()
    rows = "".join(f"{text[at : at + 70]}\n" for at in range(0, len(text), 70))
    return f"-----BEGIN SSH SIGNATURE-----\n{rows}-----END SSH SIGNATURE-----\n".encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class SoftwareKey:
    """A key whose signatures are put together by hand; *prove* makes the inner signature over signed bytes."""

    blob: bytes
    prove: Callable[[bytes], bytes]

    @property
    def text(self) -> str:
        length = int.from_bytes(self.blob[:4], "big")
        return f"{self.blob[4 : 4 + length].decode()} {base64.b64encode(self.blob).decode()}"

    def sign(self, message: bytes, **fields: bytes) -> bytes:
        """The signature file; *fields* replace what a sound one has."""
        return armored(self.unarmored(message, **fields))

    def unarmored(
        self,
        message: bytes,
        *,
        magic: bytes = b"SSHSIG",
        version: bytes = b"\0\0\0\1",
        namespace: bytes = NAMESPACE.encode(),
        reserved: bytes = b"",
        hashed: bytes = b"sha512",
        key: bytes | None = None,
        extra: bytes = b"",
    ) -> bytes:
        """The bytes inside the armor."""
        digest = (hashlib.new(hashed.decode(), message) if hashed != b"none" else hashlib.sha512()).digest()
        fields = string(namespace) + string(reserved) + string(hashed)
        proof = self.prove(b"SSHSIG" + fields + string(digest))
        blob = self.blob if key is None else key
        return magic + version + string(blob) + fields + string(proof) + extra


def ed25519_key() -> SoftwareKey:
    private = ed25519.Ed25519PrivateKey.generate()
    point = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return SoftwareKey(
        blob=string(b"ssh-ed25519") + string(point),
        prove=lambda data: string(b"ssh-ed25519") + string(private.sign(data)),
    )


def rsa_key(bits: int = 2048, kind: bytes = b"rsa-sha2-512") -> SoftwareKey:
    """An RSA key; ``ssh-rsa`` as the signature's kind means SHA-1."""
    private = rsa.generate_private_key(65537, bits)
    numbers = private.public_key().public_numbers()
    algorithms = {
        b"ssh-rsa": hashes.SHA1(),  # noqa: S303 - what has to be refused
        b"rsa-sha2-256": hashes.SHA256(),
        b"rsa-sha2-512": hashes.SHA512(),
    }
    return SoftwareKey(
        blob=string(b"ssh-rsa") + integer(numbers.e) + integer(numbers.n),
        prove=lambda data: string(kind) + string(private.sign(data, padding.PKCS1v15(), algorithms[kind])),
    )


def sk_ed25519(flags: int = 1, counter: int = 7, application: bytes = b"ssh:") -> SoftwareKey:
    """An Ed25519 security key, as its authenticator signs."""
    private, kind = ed25519.Ed25519PrivateKey.generate(), b"sk-ssh-ed25519@openssh.com"
    point = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)

    def prove(data: bytes) -> bytes:
        raw = private.sign(_authenticated(data, flags, counter, application))
        return string(kind) + string(raw) + bytes([flags]) + counter.to_bytes(4, "big")

    return SoftwareKey(blob=string(kind) + string(point) + string(application), prove=prove)


def sk_ecdsa(flags: int = 1, counter: int = 7, application: bytes = b"ssh:") -> SoftwareKey:
    """A P-256 security key, as its authenticator signs."""
    private, kind = ec.generate_private_key(ec.SECP256R1()), b"sk-ecdsa-sha2-nistp256@openssh.com"
    point = private.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)

    def prove(data: bytes) -> bytes:
        authenticator_data = _authenticated(data, flags, counter, application)
        r, s = decode_dss_signature(private.sign(authenticator_data, ec.ECDSA(hashes.SHA256())))
        return string(kind) + string(integer(r) + integer(s)) + bytes([flags]) + counter.to_bytes(4, "big")

    return SoftwareKey(
        blob=string(kind) + string(b"nistp256") + string(point) + string(application), prove=prove
    )


def _authenticated(data: bytes, flags: int, counter: int, application: bytes) -> bytes:
    """PROTOCOL.u2f, "SSH U2F signatures"."""
    authenticator_data = bytes([flags]) + counter.to_bytes(4, "big")
    return hashlib.sha256(application).digest() + authenticator_data + hashlib.sha256(data).digest()
