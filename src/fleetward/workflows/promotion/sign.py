"""Signing what is applied: the new lines of the ledger, and the commit that brings them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import Entry
from fleetward.domain.people import Person, Robot
from fleetward.store.git import commit_writer
from fleetward.store.records import authenticity, ledger
from fleetward.store.signing import sign as signing
from fleetward.store.signing import ssh_format
from fleetward.workflows.promotion.context import Hearing

Sign = Annotated[
    str | None,
    typer.Option(
        "--sign",
        metavar="[KEY]",
        help="With --apply: sign ledger entry and commit, with this key file, or the SSH key of git or the ssh-agent.",
    ),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """The hand of whoever applies, person or robot; every signature is looked at before anything is written."""

    asked: Hearing
    named: str
    """The key file that was named, or nothing: the key of git or of the ssh-agent."""
    runner: Person | Robot

    def signatures(self, entries: Iterable[Entry]) -> dict[str, commit_writer.Blob]:
        """By path the signature of each entry, made over its line without the line feed."""
        return {
            ledger.signature_name(one.environment, one.seq): commit_writer.Blob(
                content=self._sign(one.line.encode(), signing.LEDGER_NAMESPACE)
            )
            for one in entries
        }

    def commit(self, content: bytes) -> bytes:
        """The signature that git looks for in a commit of this content."""
        return self._sign(content, signing.COMMIT_NAMESPACE)

    def _sign(self, message: bytes, namespace: str) -> bytes:
        run = self.asked.run
        made = signing.sign(
            message,
            run.folder / Path(self.named).expanduser() if self.named else None,
            own={key.text for key in self.runner.keys},
            repository=self.asked.ground.repository,
            environment=run.environment,
            namespace=namespace,
        )
        try:
            key = ssh_format.signature(made).key
        except ssh_format.Unsound as error:
            hint = "ssh-keygen -t ed25519 makes a key that is accepted"
            raise FleetError(f"the signature would not count: {error}", hint=hint) from None
        runner = self.runner
        if refusal := authenticity.not_of(key, runner, runner.id, self.asked.people, (run.now,)):
            kind = "people" if isinstance(runner, Person) else "robots"
            hint = f"list it under {kind}.{runner.id}.keys of governance/people.yaml, or name another: --sign KEY"
            raise FleetError(f"nothing was written: {refusal}", hint=hint)
        return made


def sealing(asked: Hearing, named: str | None) -> Seal | None:
    """
    The seal of whom git names as committer; None where nothing is to be signed.

    Errors: FleetError where people.yaml does not know them, or they are not with us.
    """
    if named is None:
        return None
    email = commit_writer.identity(asked.ground.repository)
    runner = asked.people.of_email(email)
    if runner is None or (isinstance(runner, Person) and not runner.active(asked.run.now)):
        what = "is nobody" if runner is None else "is not with us"
        hint = "list the address and its key there, under people or robots, or leave --sign out"
        raise FleetError(f"{email!r} {what} in governance/people.yaml: nothing can be signed", hint=hint)
    return Seal(asked=asked, named=named, runner=runner)
