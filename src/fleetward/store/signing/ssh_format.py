"""Parse SSH keys and signatures strictly, without verifying them (PROTOCOL.sshsig, PROTOCOL.u2f)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Callable, Mapping

from fleetward.domain import limits
from fleetward.domain.fast_dataclass import dataclass

ED25519 = "ssh-ed25519"
RSA = "ssh-rsa"
SK_ED25519 = "sk-ssh-ed25519@openssh.com"
SK_ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"
CURVES: Mapping[str, tuple[str, int]] = {
    "ecdsa-sha2-nistp256": ("nistp256", 32),
    "ecdsa-sha2-nistp384": ("nistp384", 48),
    "ecdsa-sha2-nistp521": ("nistp521", 66),
    SK_ECDSA: ("nistp256", 32),
}
"""By kind of key: the name of its curve, and the bytes of a coordinate."""
# PROTOCOL.sshsig allows these two and no others
HASHES = ("sha256", "sha512")
# ssh-rsa as a signature kind means SHA-1 and is missing on purpose (RFC 8332)
RSA_HASHES: Mapping[str, str] = {"rsa-sha2-256": "sha256", "rsa-sha2-512": "sha512"}

_MAGIC = b"SSHSIG"
# used with fullmatch: text around the block is covered by no signature
_ARMOR = rb"-----BEGIN SSH SIGNATURE-----\n((?:[A-Za-z0-9+/=]+\n)+)-----END SSH SIGNATURE-----\n?"


class SignatureError(Exception):
    """An invalid key or signature; the message says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicKey:
    """
    A public key; *parts* are its fields after the kind, as the wire has them.

    Shape: ed25519 (point), ECDSA (curve, point), RSA (exponent, modulus); sk- keys have their application last.
    """

    kind: str
    blob: bytes
    parts: tuple[bytes, ...]

    @property
    def text(self) -> str:
        """Its only spelling here: kind and base64."""
        return f"{self.kind} {base64.b64encode(self.blob).decode()}"

    @property
    def fingerprint(self) -> str:
        """As ``ssh-keygen -l`` prints it."""
        encoded = base64.b64encode(hashlib.sha256(self.blob).digest()).decode().rstrip("=")
        return f"SHA256:{encoded}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """A detached signature; *proof* is raw for Ed25519 and RSA, and a pair of numbers for ECDSA."""

    key: PublicKey
    namespace: str
    hash: str
    kind: str
    proof: bytes | tuple[int, int]
    flags: int = 0
    counter: int = 0

    def signed_bytes(self, message: bytes) -> bytes:
        """The bytes that the key signed, when it signed *message*."""
        digest = hashlib.new(self.hash, message).digest()
        # the empty field is reserved, and part of what is signed (PROTOCOL.sshsig)
        fields = (self.namespace.encode(), b"", self.hash.encode(), digest)
        wrapped = _MAGIC + b"".join(len(part).to_bytes(4, "big") + part for part in fields)
        if self.key.kind not in (SK_ED25519, SK_ECDSA):
            return wrapped
        authenticator_data = bytes([self.flags]) + self.counter.to_bytes(4, "big")
        return (
            # always SHA-256, whatever hash the message has (PROTOCOL.u2f)
            hashlib.sha256(self.key.parts[-1]).digest()
            + authenticator_data
            + hashlib.sha256(wrapped).digest()
        )


def public_key(text: str) -> PublicKey:
    """
    The key in *text*, a line of an ``authorized_keys`` or ``.pub`` file without options; a comment may follow.

    Errors: SignatureError for an invalid key, a kind that is not accepted, or another spelling than the shortest.
    """
    kind, _, encoded = text.strip().partition(" ")
    key = _key(_decode_base64(encoded.partition(" ")[0].encode("utf-8", "replace"), "key"))
    # two kinds for one key would give it two spellings in people.yaml
    if key.kind != kind:
        raise SignatureError(f"the key says {key.kind!r} inside and {kind!r} outside")
    return key


def signature(content: bytes) -> Signature:
    """
    The signature in *content*, a file as ``ssh-keygen -Y sign`` writes it and nothing after it.

    Errors: SignatureError.
    """
    # before the regular expression and base64 see it
    if len(content) > limits.SIGNATURE_BYTES:
        raise SignatureError(f"more than {limits.SIGNATURE_BYTES} bytes")
    armor = re.fullmatch(_ARMOR, content)
    if armor is None:
        raise SignatureError("not one '-----BEGIN SSH SIGNATURE-----' block and nothing else")
    wire = _Wire(_decode_base64(armor[1].replace(b"\n", b""), "signature"))
    if wire.take(len(_MAGIC)) != _MAGIC:
        raise SignatureError("it does not begin with 'SSHSIG'")
    if (version := wire.number()) != 1:
        raise SignatureError(f"version {version}, only 1 is known")
    key = _key(wire.string())
    namespace, reserved, hashed = wire.text(), wire.string(), wire.text()
    # signed_bytes assumes it empty: anything else would verify other bytes than were signed
    if reserved:
        raise SignatureError("its reserved field is not empty")
    if hashed not in HASHES:
        raise SignatureError(f"hashed with {hashed!r}, accepted are {' and '.join(HASHES)}")
    inner = _Wire(wire.string())
    wire.end("signature")
    return _signature(key, namespace, hashed, inner)


def _signature(key: PublicKey, namespace: str, hashed: str, wire: _Wire) -> Signature:
    kind = wire.text()
    if key.kind == RSA:
        if kind not in RSA_HASHES:
            raise SignatureError(f"an RSA signature of kind {kind!r}: SHA-1 is not accepted")
    elif kind != key.kind:
        raise SignatureError(f"a signature of kind {kind!r} by a key of kind {key.kind!r}")
    raw = wire.string()
    flags = counter = 0
    if key.kind in (SK_ED25519, SK_ECDSA):
        flags, counter = wire.take(1)[0], wire.number()
        # bit 0 is user presence (PROTOCOL.u2f): without it malware could have used the key
        if not flags & 1:
            raise SignatureError("nobody touched the security key when it was made")
    wire.end("signature")
    return Signature(
        key=key,
        namespace=namespace,
        hash=hashed,
        kind=kind,
        proof=_pair(raw) if key.kind in CURVES else _raw(key, raw),
        flags=flags,
        counter=counter,
    )


def _raw(key: PublicKey, raw: bytes) -> bytes:
    # an mpint begins with a zero byte where its top bit is set
    length = len(key.parts[1]) - (key.parts[1][0] == 0) if key.kind == RSA else 64
    if len(raw) != length:
        raise SignatureError(f"a signature of {len(raw)} bytes instead of {length}")
    return raw


def _pair(raw: bytes) -> tuple[int, int]:
    wire = _Wire(raw)
    numbers = wire.integer(), wire.integer()
    wire.end("signature")
    return numbers


def _key(blob: bytes) -> PublicKey:
    wire = _Wire(blob)
    kind = wire.text()
    # a certificate would let its authority speak for everybody
    if "-cert-v0" in kind:
        raise SignatureError(f"{kind!r} is a certificate; list and use the plain key")
    if kind not in _FIELDS:
        raise SignatureError(f"keys of kind {kind[:64]!r} are not accepted")
    parts = _FIELDS[kind](kind, wire)
    wire.end("key")
    return PublicKey(kind=kind, blob=blob, parts=parts)


def _ed25519(_kind: str, wire: _Wire) -> tuple[bytes, ...]:
    point = wire.string()
    if len(point) != 32:
        raise SignatureError(f"an Ed25519 key of {len(point)} bytes instead of 32")
    return (point,)


def _ecdsa(kind: str, wire: _Wire) -> tuple[bytes, ...]:
    curve, size = CURVES[kind]
    curve_name, point = wire.string(), wire.string()
    if curve_name != curve.encode():
        raise SignatureError(f"a key of kind {kind!r} on another curve")
    # a compressed point is a second spelling of the same key (SEC 1, section 2.3.3)
    if len(point) != 1 + 2 * size or point[0] != 4:
        raise SignatureError("an ECDSA key that is not an uncompressed point")
    return curve_name, point


def _rsa(_kind: str, wire: _Wire) -> tuple[bytes, ...]:
    exponent, modulus = wire.integer_bytes(), wire.integer_bytes()
    e, bits = int.from_bytes(exponent, "big"), int.from_bytes(modulus, "big").bit_length()
    # the upper bound, too: verifying takes time that grows with the square
    if not 2048 <= bits <= 16384:
        raise SignatureError(f"an RSA key of {bits} bits, accepted are 2048 to 16384")
    if not (3 <= e < 1 << 32 and e % 2):
        raise SignatureError("an RSA key with an invalid exponent")
    return exponent, modulus


def _application(
    read: Callable[[str, _Wire], tuple[bytes, ...]],
) -> Callable[[str, _Wire], tuple[bytes, ...]]:
    """A security key's fields: those of its plain kind, then its application."""

    def fields(kind: str, wire: _Wire) -> tuple[bytes, ...]:
        parts, application = read(kind, wire), wire.string()
        # made for something else, such as a web site
        if not application.startswith(b"ssh:"):
            raise SignatureError("a security key that was not made for SSH")
        return (*parts, application)

    return fields


_FIELDS: Mapping[str, Callable[[str, _Wire], tuple[bytes, ...]]] = {
    ED25519: _ed25519,
    RSA: _rsa,
    **dict.fromkeys((kind for kind in CURVES if kind != SK_ECDSA), _ecdsa),
    SK_ED25519: _application(_ed25519),
    SK_ECDSA: _application(_ecdsa),
}


class _Wire:
    """Bytes being read, RFC 4251 section 5."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.position = 0

    def take(self, count: int) -> bytes:
        # a length of up to 4 GiB is claimed before a byte of it is there
        if count > len(self.data) - self.position:
            raise SignatureError("it is cut short")
        self.position += count
        return self.data[self.position - count : self.position]

    def number(self) -> int:
        return int.from_bytes(self.take(4), "big")

    def string(self) -> bytes:
        return self.take(self.number())

    def text(self) -> str:
        """A name: printable ASCII."""
        raw = self.string()
        if not raw or any(not 0x20 < byte < 0x7F for byte in raw):
            raise SignatureError(f"{raw[:64]!r} is not a name")
        return raw.decode("ascii")

    def integer_bytes(self) -> bytes:
        """A number above zero in its one shortest form."""
        raw = self.string()
        # RFC 4251, section 5 (mpint): a second spelling would be a second fingerprint
        if not raw or raw[0] & 0x80 or raw == b"\0" or (raw[0] == 0 and not raw[1] & 0x80):
            raise SignatureError("a number that is not written in its shortest form")
        return raw

    def integer(self) -> int:
        return int.from_bytes(self.integer_bytes(), "big")

    def end(self, label: str) -> None:
        # bytes after the end would be unsigned, and make a second spelling
        if self.position != len(self.data):
            raise SignatureError(f"more follows after the {label}")


def _decode_base64(text: bytes, label: str) -> bytes:
    """Canonical base64 alone, so that a key has one spelling."""
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    # spare bits of the last character would give one key several texts
    if not raw or base64.b64encode(raw) != text:
        raise SignatureError(f"the {label} is not base64")
    return raw
