"""Verify SSH signatures with the cryptography package."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from fleetward.store.signing import ssh_format
from fleetward.store.signing.ssh_format import PublicKey, Signature, SignatureError

HINT = "pip install 'fleetward[sign]'"
"""The command that installs the package."""


class VerifierMissing(Exception):
    """The cryptography package is not installed."""


def verify(signature: Signature, message: bytes) -> None:
    """
    Check that the key in *signature* made it over *message*; whose key it is, the caller checks.

    Errors: SignatureError when it did not; VerifierMissing without the cryptography package.
    """
    try:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
    except ImportError:
        raise VerifierMissing from None
    try:
        _check(signature, signature.signed_bytes(message))
    except InvalidSignature:
        raise SignatureError("the signature does not match: it or the signed content was changed") from None
    # a point that is not on its curve raises ValueError
    except (ValueError, UnsupportedAlgorithm):
        raise SignatureError(f"its key of kind {signature.key.kind!r} cannot be used") from None


def _check(signature: Signature, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, padding
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    # in-process 0.4 ms; ssh-keygen -Y verify takes 10 ms for each signature
    key, proof = _loaded(signature.key), signature.proof
    if isinstance(proof, tuple):
        # RFC 5656, section 6.2.1: the curve decides the hash, the signature has no say
        by_curve = {"nistp256": hashes.SHA256(), "nistp384": hashes.SHA384(), "nistp521": hashes.SHA512()}
        curve, _ = ssh_format.CURVES[signature.key.kind]
        key.verify(encode_dss_signature(*proof), signed, ec.ECDSA(by_curve[curve]))
    elif signature.key.kind == ssh_format.RSA:
        sha = hashes.SHA256() if ssh_format.RSA_HASHES[signature.kind] == "sha256" else hashes.SHA512()
        # RFC 8332 knows no other padding
        key.verify(proof, signed, padding.PKCS1v15(), sha)
    else:
        key.verify(proof, signed)


@lru_cache(maxsize=256)
def _loaded(key: PublicKey) -> Any:
    """The key as an object of the library; cached, because a few people sign most records."""
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

    if key.kind in ssh_format.CURVES:
        curves = {"nistp256": ec.SECP256R1(), "nistp384": ec.SECP384R1(), "nistp521": ec.SECP521R1()}
        name, point = key.parts[:2]
        return ec.EllipticCurvePublicKey.from_encoded_point(curves[name.decode()], point)
    if key.kind == ssh_format.RSA:
        exponent, modulus = (int.from_bytes(part, "big") for part in key.parts)
        return rsa.RSAPublicNumbers(exponent, modulus).public_key()
    return ed25519.Ed25519PublicKey.from_public_bytes(key.parts[0])
