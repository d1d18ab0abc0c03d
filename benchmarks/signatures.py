"""How long it takes to check 1,000 Ed25519 signatures by 50 people, as a promotion does; the budget is one second."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from hashlib import sha512

from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: TID253
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat  # noqa: TID253

from fleetward.domain.approval import Approval, Binding, Decision
from fleetward.domain.people import People, Person, SigningKey
from fleetward.store.records import approvals
from fleetward.store.records.authenticity import statement_signature_fault
from fleetward.store.signing import ssh_format
from fleetward.store.signing.sign import NAMESPACE

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
BUDGET_S = 1.0


def main() -> int:
    people, signers = _people(50)
    made = [_signed(number, signers) for number in range(1_000)]

    start = time.perf_counter()
    faults = [statement_signature_fault(*one, people, NOW) for one in made]
    spent = time.perf_counter() - start

    if any(faults):
        print(f"refused: {faults[0]}")
        return 1
    print(f"{len(made)} signatures in {spent:.3f} s, {spent / len(made) * 1e3:.3f} ms each")
    return 0 if spent <= BUDGET_S else 1


def _people(count: int) -> tuple[People, list[tuple[str, bytes, ed25519.Ed25519PrivateKey]]]:
    signers = []
    for number in range(count):
        private = ed25519.Ed25519PrivateKey.generate()
        point = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        signers.append((f"person-{number}", _string(b"ssh-ed25519") + _string(point), private))
    everybody = {
        name: Person(
            id=name,
            name=name,
            emails=(f"{name}@acme.example",),
            keys=(SigningKey(text=ssh_format.PublicKey(kind="ssh-ed25519", blob=blob, parts=()).text),),
        )
        for name, blob, _ in signers
    }
    return People(people=everybody), signers


def _signed(
    number: int, signers: list[tuple[str, bytes, ed25519.Ed25519PrivateKey]]
) -> tuple[Approval, bytes, bytes]:
    name, blob, private = signers[number % len(signers)]
    binding = Binding(
        repository="acme/agents",
        environment="production",
        agent=f"agent-{number}",
        from_state=None,
        to_state="sha256:" + "ab" * 32,
        generation=1,
    )
    statement = Approval(
        file="",
        sha256="",
        decision=Decision.APPROVE,
        approver=name,
        binding=binding,
        issued=NOW,
        expires=None,
    )
    payload = approvals.encode(statement)
    digest = sha512(approvals.pre_authentication(payload)).digest()
    fields = b"".join(_string(one) for one in (NAMESPACE.encode(), b"", b"sha512"))
    proof = _string(b"ssh-ed25519") + _string(private.sign(b"SSHSIG" + fields + _string(digest)))
    return statement, payload, _armored(b"SSHSIG\0\0\0\1" + _string(blob) + fields + _string(proof))


def _string(content: bytes) -> bytes:
    return len(content).to_bytes(4, "big") + content


def _armored(blob: bytes) -> bytes:
    from base64 import b64encode

    text = b64encode(blob)
    rows = b"".join(text[at : at + 70] + b"\n" for at in range(0, len(text), 70))
    return b"-----BEGIN SSH SIGNATURE-----\n" + rows + b"-----END SSH SIGNATURE-----\n"


if __name__ == "__main__":
    sys.exit(main())
