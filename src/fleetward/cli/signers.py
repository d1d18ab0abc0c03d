"""``fleet signers``: the allowed_signers file of OpenSSH."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.cli.verb import Verb
from fleetward.domain.clock import format_instant
from fleetward.domain.errors import ExitCode
from fleetward.report.page import line
from fleetward.workflows.governance.allowed_signers import AllowedSigners, Signer, signers_at_head


def signers(
    session: Session,
    ledger: Annotated[
        bool, typer.Option("--ledger", help="List who may sign ledger entries and commits; includes robots.")
    ] = False,
) -> ExitCode:
    """Print the signing keys at HEAD as an allowed_signers file for ssh-keygen -Y verify."""
    allowed = signers_at_head(session.run, ledger=ledger)
    for email in allowed.skipped_addresses:
        session.note((line(f"{email!r} is left out: OpenSSH would read it as a pattern"),))
    session.report(VERB.formats, allowed)
    return ExitCode.SUCCESS


def _text(allowed: AllowedSigners, _session: Session) -> str:
    return "".join(f"{signer.line}\n" for signer in allowed.signers)


def _json(allowed: AllowedSigners, _session: Session) -> dict[str, Any]:
    return {
        "format": "fleetward.signers/1",
        "commit": allowed.commit,
        "namespace": allowed.signers[0].namespaces,
        "signers": [_signer(signer) for signer in allowed.signers],
    }


def _signer(signer: Signer) -> dict[str, Any]:
    return {
        "person": signer.person,
        "principals": list(signer.emails),
        "key": signer.key,
        "validAfter": format_instant(signer.after) if signer.after else None,
        "validBefore": format_instant(signer.before) if signer.before else None,
    }


VERB = Verb(run=signers, formats={"text": _text, "json": _json})
