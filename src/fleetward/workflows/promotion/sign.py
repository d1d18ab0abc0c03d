"""Sign new ledger entries, and the commit that adds them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from fleetward.domain import layout
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.ledger import Entry
from fleetward.domain.people import Person, Robot
from fleetward.domain.policy import Assurance
from fleetward.gate.appliers import applier_fault
from fleetward.store.git import commit_writer
from fleetward.store.records import authenticity
from fleetward.store.signing import sign as signing
from fleetward.store.signing import ssh_format
from fleetward.workflows.promotion.context import PromotionContext


@dataclass(frozen=True, slots=True, kw_only=True)
class EntrySigner:
    """Signs as whoever applies, person or robot; each signature is checked before anything is written."""

    context: PromotionContext
    key_file: str
    """Empty: the key of git or of the ssh-agent."""
    actor: Person | Robot

    def signatures(self, entries: Iterable[Entry]) -> dict[str, commit_writer.Blob]:
        """By path the signature of each entry, over its line without the line feed."""
        return {
            layout.ledger_signature_file(entry.environment, entry.seq): commit_writer.Blob(
                content=self._sign(entry.line.encode(), signing.LEDGER_NAMESPACE)
            )
            for entry in entries
        }

    def commit(self, content: bytes) -> bytes:
        """The signature of a commit with this content, as git verifies it."""
        return self._sign(content, signing.COMMIT_NAMESPACE)

    def _sign(self, message: bytes, namespace: str) -> bytes:
        run = self.context.run
        signature = signing.sign(
            message,
            run.folder / Path(self.key_file).expanduser() if self.key_file else None,
            own_keys={key.text for key in self.actor.keys},
            repository=self.context.root.repository,
            environment=run.environment,
            namespace=namespace,
        )
        # a key type that verification refuses is found before anything is written
        try:
            key = ssh_format.signature(signature).key
        except ssh_format.SignatureError as error:
            hint = "ssh-keygen -t ed25519 makes a key that is accepted"
            raise FleetError(f"the signature would not count: {error}", hint=hint) from None
        actor = self.actor
        # the key must be the actor's at this instant: the audit asks the same
        if refusal := authenticity.key_fault(key, actor, actor.id, self.context.people, (run.now,)):
            kind = "people" if isinstance(actor, Person) else "robots"
            hint = (
                f"list it under {kind}.{actor.id}.keys of governance/people.yaml, or name another: --sign KEY"
            )
            raise FleetError(f"nothing was written: {refusal}", hint=hint)
        return signature


def entry_signer(context: PromotionContext, key_file: str | None) -> EntrySigner | None:
    """
    The signer of git's committer; None without ``--sign``.

    Errors: FleetError where people.yaml does not list them, they have left, or the policy's ``apply`` refuses the line.
    """
    _require_applier(context, is_signed=key_file is not None)
    if key_file is None:
        return None
    email = commit_writer.committer_email(context.root.repository)
    actor = context.people.by_email(email)
    # who has left may not sign, though the address still commits
    if actor is None or (isinstance(actor, Person) and not actor.is_active(context.run.now)):
        status = "is nobody" if actor is None else "has left"
        hint = "list the address and its key there, under people or robots, or leave --sign out"
        raise FleetError(f"{email!r} {status} in governance/people.yaml: nothing can be signed", hint=hint)
    return EntrySigner(context=context, key_file=key_file, actor=actor)


def _require_applier(context: PromotionContext, *, is_signed: bool) -> None:
    """Refuse a line that would count nowhere: before it is written, not after."""
    terms = context.policy.apply
    if terms is None:
        return
    email, people = commit_writer.committer_email(context.root.repository), context.people
    fault = applier_fault(terms, people.by_email(email), email, people, context.run.now)
    if fault is None and terms.assurance is Assurance.SIGNED and not is_signed:
        fault = "'apply' of governance/policy.yaml asks for signed lines"
    if fault is not None:
        hint = f"let one of {', '.join(sorted(terms.by))} run it, with --sign KEY"
        raise FleetError(f"nothing was written: {fault}", hint=hint)
