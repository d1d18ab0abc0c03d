"""SSH signatures: what ssh-keygen makes is accepted here, what is accepted here ssh-keygen accepts."""

from __future__ import annotations

import base64
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fleetward.store.signing import ssh_format
from fleetward.store.signing import verify as signature
from tests.store.signing import keyring
from tests.store.signing.keyring import SoftwareKey, armored, integer, string

MESSAGE = b"DSSEv1 28 application/vnd.in-toto+json 2 {}"
HAND = keyring.ed25519_key()
SOUND = HAND.unarmored(MESSAGE)


def _case(_value: object) -> str:
    """Keys are made anew in every process, so nothing of them may name a case; pytest numbers them."""
    return "case"


def sound(content: bytes, message: bytes = MESSAGE) -> bool:
    """Is it a signature over this message?"""
    try:
        signature.verify(ssh_format.signature(content), message)
    except ssh_format.SignatureError:
        return False
    return True


def reason(content: bytes, message: bytes = MESSAGE) -> str:
    """Why it is refused."""
    with pytest.raises(ssh_format.SignatureError) as refused:
        signature.verify(ssh_format.signature(content), message)
    return str(refused.value)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return {kind: keyring.generate(folder / kind, kind) for kind in keyring.KINDS}


@pytest.mark.parametrize("kind", keyring.KINDS)
def test_what_ssh_keygen_signs_is_accepted_for_its_message_alone(kind: str, keys: dict[str, Path]) -> None:
    content = keyring.ssh_keygen_signature(keys[kind], MESSAGE)

    parsed = ssh_format.signature(content)
    assert parsed.key.text == keyring.public(keys[kind])
    assert parsed.namespace == keyring.NAMESPACE
    assert sound(content)
    assert not sound(content, MESSAGE + b" ")


@pytest.mark.parametrize("kind", keyring.KINDS)
def test_a_signature_with_one_bit_turned_is_refused_here_and_by_ssh_keygen(
    kind: str, keys: dict[str, Path]
) -> None:
    content = keyring.ssh_keygen_signature(keys[kind], MESSAGE)
    inner = bytearray(base64.b64decode(b"".join(content.splitlines()[1:-1])))
    inner[-9] ^= 1
    turned = armored(bytes(inner))

    assert not sound(turned)
    assert not keyring.accepted(keyring.public(keys[kind]), turned, MESSAGE)


@pytest.mark.parametrize("hashed", ssh_format.HASHES)
def test_both_hashes_of_ssh_keygen_are_accepted(hashed: str, keys: dict[str, Path]) -> None:
    content = keyring.ssh_keygen_signature(
        keys["ed25519"], MESSAGE, keyring.NAMESPACE, "-O", f"hashalg={hashed}"
    )

    assert ssh_format.signature(content).hash == hashed
    assert sound(content)


@pytest.mark.parametrize(
    "hand",
    [
        keyring.ed25519_key(),
        keyring.rsa_key(),
        keyring.rsa_key(kind=b"rsa-sha2-256"),
        keyring.sk_ed25519(),
        keyring.sk_ecdsa(),
        keyring.sk_ed25519(flags=5, counter=2**32 - 1, application=b"ssh:fleet"),
        keyring.sk_ecdsa(flags=5, counter=0, application=b"ssh:fleet"),
    ],
    ids=[
        "ed25519",
        "rsa-512",
        "rsa-256",
        "sk-ed25519",
        "sk-ecdsa",
        "sk-ed25519-verified",
        "sk-ecdsa-verified",
    ],
)
def test_signatures_made_as_an_authenticator_does_are_accepted_here_and_by_ssh_keygen(
    hand: SoftwareKey,
) -> None:
    content = hand.sign(MESSAGE)

    assert sound(content)
    assert not sound(content, b"another")
    assert keyring.accepted(hand.text, content, MESSAGE)
    assert not keyring.accepted(hand.text, content, b"another")


@pytest.mark.parametrize("kind", keyring.KINDS)
def test_a_key_reads_as_it_is_written_and_is_shown_as_ssh_keygen_shows_it(
    kind: str, keys: dict[str, Path]
) -> None:
    file = keys[kind].with_name(f"{kind}.pub")
    listing = subprocess.run(
        ["ssh-keygen", "-l", "-f", str(file)], check=True, capture_output=True, text=True
    )

    key = ssh_format.public_key(file.read_text())

    assert key.text == keyring.public(keys[kind])
    assert key.fingerprint == listing.stdout.split()[1]


_RSA = keyring.rsa_key(kind=b"ssh-rsa")
_SMALL = keyring.rsa_key(1024)
_CERTIFICATE = string(b"ssh-ed25519-cert-v01@openssh.com") + string(bytes(32))
_DSA = string(b"ssh-dss") + integer(17) * 4
TEXT = HAND.sign(MESSAGE)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "not one '-----BEGIN SSH SIGNATURE-----' block"),
        (TEXT + TEXT, "not one"),
        (TEXT + b"\n", "not one"),
        (b"\n" + TEXT, "not one"),
        (TEXT.replace(b"\n", b"\r\n"), "not one"),
        (TEXT.replace(b"SSH SIGNATURE", b"PGP SIGNATURE"), "not one"),
        (TEXT[: len(TEXT) // 2], "not one"),
        (b"-----BEGIN SSH SIGNATURE-----\nAA=A\n-----END SSH SIGNATURE-----\n", "is not base64"),
        (b"-----BEGIN SSH SIGNATURE-----\nAAB=\n-----END SSH SIGNATURE-----\n", "is not base64"),
        (armored(SOUND[:-1]), "cut short"),
        (armored(SOUND[:40]), "cut short"),
        (armored(SOUND[:3]), "cut short"),
        (armored(SOUND + b"\0"), "more follows after the signature"),
        (armored(SOUND + SOUND), "more follows after the signature"),
        (HAND.sign(MESSAGE, magic=b"SSHSIH"), "does not begin with 'SSHSIG'"),
        (HAND.sign(MESSAGE, version=b"\0\0\0\2"), "version 2"),
        (HAND.sign(MESSAGE, reserved=b"x"), "reserved field is not empty"),
        (HAND.sign(MESSAGE, hashed=b"sha1"), "hashed with 'sha1'"),
        (HAND.sign(MESSAGE, hashed=b"none"), "hashed with 'none'"),
        (HAND.sign(MESSAGE, namespace=b""), "is not a name"),
        (HAND.sign(MESSAGE, namespace=b"fleet\x00"), "is not a name"),
        (HAND.sign(MESSAGE, key=keyring.ed25519_key().blob), "does not match"),
        (HAND.sign(MESSAGE, key=HAND.blob + b"\0"), "more follows after the key"),
        (HAND.sign(MESSAGE, key=_CERTIFICATE), "certificate"),
        (HAND.sign(MESSAGE, key=_DSA), "'ssh-dss' are not accepted"),
        (HAND.sign(MESSAGE, key=_RSA.blob), "SHA-1 is not accepted"),
        (
            HAND.sign(MESSAGE, key=keyring.sk_ecdsa().blob),
            "a signature of kind 'ssh-ed25519' by a key of kind",
        ),
        (_RSA.sign(MESSAGE), "'ssh-rsa': SHA-1 is not accepted"),
        (_SMALL.sign(MESSAGE), "an RSA key of 1024 bits"),
        (keyring.sk_ed25519(flags=0).sign(MESSAGE), "nobody touched the security key"),
        (keyring.sk_ecdsa(flags=4).sign(MESSAGE), "nobody touched the security key"),
        (keyring.sk_ed25519(application=b"webauthn.example").sign(MESSAGE), "not made for SSH"),
        (
            b"-----BEGIN SSH SIGNATURE-----\n" + b"A" * 20_000 + b"\n-----END SSH SIGNATURE-----\n",
            "more than 16384",
        ),
    ],
    ids=_case,
)
def test_what_is_no_sound_signature_is_refused_with_its_reason(content: bytes, expected: str) -> None:
    assert expected in reason(content)


def test_the_flags_of_a_security_key_cannot_be_added_afterwards() -> None:
    untouched = keyring.sk_ed25519(flags=0)
    inner = bytearray(untouched.unarmored(MESSAGE))
    inner[-5] = 1

    assert "does not match" in reason(armored(bytes(inner)))


def test_a_number_in_a_longer_form_is_refused() -> None:
    def padded(number: int) -> bytes:
        return string(b"\0\0" + number.to_bytes(32, "big"))

    hand = keyring.sk_ecdsa()
    point = SoftwareKey(
        blob=hand.blob,
        prove=lambda _: (
            string(b"sk-ecdsa-sha2-nistp256@openssh.com") + string(padded(5) + padded(7)) + b"\1\0\0\0\1"
        ),
    )

    assert "shortest form" in reason(point.sign(MESSAGE))


@pytest.mark.parametrize(
    "blob",
    [
        string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\4" + bytes(range(64))),
        string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\4" + bytes(64)),
    ],
    ids=["off-curve", "zero"],
)
def test_a_point_that_is_on_no_curve_is_refused(blob: bytes) -> None:
    hand = SoftwareKey(
        blob=blob, prove=lambda _: string(b"ecdsa-sha2-nistp256") + string(integer(5) + integer(7))
    )

    assert "cannot be used" in reason(hand.sign(MESSAGE))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is not base64"),
        ("ssh-ed25519", "is not base64"),
        ("ssh-ed25519 AAAA...", "is not base64"),
        (f"ssh-rsa {HAND.text.split()[1]}", "says 'ssh-ed25519' inside and 'ssh-rsa' outside"),
        (f"{HAND.text}=", "is not base64"),
        ("ssh-ed25519 " + base64.b64encode(string(b"ssh-ed25519") + string(bytes(31))).decode(), "31 bytes"),
        ("ssh-dss " + base64.b64encode(_DSA).decode(), "not accepted"),
        (
            "ssh-ed25519-cert-v01@openssh.com " + base64.b64encode(_CERTIFICATE).decode(),
            "list and use the plain key",
        ),
        (
            "ssh-rsa " + base64.b64encode(string(b"ssh-rsa") + integer(4) + integer(2**2047 + 1)).decode(),
            "exponent",
        ),
        (
            "ecdsa-sha2-nistp256 "
            + base64.b64encode(
                string(b"ecdsa-sha2-nistp256") + string(b"nistp384") + string(b"\4" + bytes(64))
            ).decode(),
            "another curve",
        ),
        (
            "ecdsa-sha2-nistp256 "
            + base64.b64encode(
                string(b"ecdsa-sha2-nistp256") + string(b"nistp256") + string(b"\2" + bytes(32))
            ).decode(),
            "not an uncompressed point",
        ),
    ],
    ids=_case,
)
def test_what_is_no_key_is_refused_with_its_reason(text: str, expected: str) -> None:
    with pytest.raises(ssh_format.SignatureError) as refused:
        ssh_format.public_key(text)

    assert expected in str(refused.value)


def test_a_comment_is_no_part_of_a_key() -> None:
    assert ssh_format.public_key(f"{HAND.text} carla at home\n").text == HAND.text


@given(st.binary(max_size=400) | st.binary(max_size=400).map(armored))
@example(armored(b"SSHSIG\0\0\0\1\xff\xff\xff\xff"))
def test_random_bytes_are_refused_and_never_raise(content: bytes) -> None:
    assert not sound(content)


@given(st.data())
def test_a_changed_byte_anywhere_is_refused_and_never_raises(data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(SOUND) - 1))
    changed = bytearray(SOUND)
    changed[at] ^= data.draw(st.integers(1, 255))

    assert not sound(armored(bytes(changed)))


@given(st.text(max_size=200))
def test_random_text_is_no_key_and_never_raises(text: str) -> None:
    with pytest.raises(ssh_format.SignatureError):
        ssh_format.public_key(text)


def test_without_cryptography_nothing_is_checked_and_nothing_passes(tmp_path: Path) -> None:
    (tmp_path / "cryptography.py").write_text("raise ImportError('not here')\n")
    (tmp_path / "signature").write_bytes(TEXT)
    script = (
        "import sys; from pathlib import Path; from fleetward.store.signing import ssh_format, verify\n"
        "try: verify.verify(ssh_format.signature(Path('signature').read_bytes()), sys.argv[1].encode())\n"
        "except verify.VerifierMissing: print('uncheckable')\n"
        "else: print('passed')\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", script, MESSAGE.decode()],
        cwd=tmp_path,
        env={"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout == "uncheckable\n"
