"""Whether a record may meet a requirement: who recorded it, what of the suite it covers, and what state ran."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.evidence import EvidenceRecord
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.people import People, Person
from fleetward.domain.policy import RequiredEvals
from fleetward.gate.request import PromotionRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceTerms:
    """What a rule asks of the records of one promotion, besides that the suite passed."""

    request: PromotionRequest
    required: RequiredEvals
    people: People
    above_lowest: bool
    """Above the lowest tier the recorder is no author, and the file names its release and a date."""

    def disqualification(self, record: EvidenceRecord) -> str | None:
        """Why *record* cannot meet the requirement, whatever it measured; None where it can."""
        if record.is_assumed:
            return None
        return next(self._disqualifications(record), None)

    def _disqualifications(self, record: EvidenceRecord) -> Iterator[str]:
        if record.signature_fault:
            yield record.signature_fault
        if record.not_in_base:
            yield "the base does not hold it: it counts once it is merged, or where a robot signed it"
        if record.partial:
            yield f"only a part of the suite ran ({record.partial}): run all of it"
        if record.claimed and (self.above_lowest or self.required.tagged):
            tag = f"tag the run with 'fleet release {record.agent}'"
            yield f"its file names no release: {tag}"
        if record.undated and self.above_lowest:
            yield "its file has no time, so its age is unknown: give one that says when it ran"
        completed = record.counts.passed + record.counts.failed
        if completed < self.required.min_samples:
            yield f"{completed} samples completed, {self.required.min_samples} are required"
        if self.required.signed and record.signer is None:
            yield "it is not signed: add it with 'fleet evidence add --sign'"
        yield from self._recorder_faults(record)
        if self.required.same_state:
            yield from self.state_differences(record)

    def _recorder_faults(self, record: EvidenceRecord) -> Iterator[str]:
        names = self._recorders(record)
        if self.required.recorders:
            allowed = self.required.recorders | self._members(self.required.recorders, record.committed)
            for name in sorted(names - allowed) or ([] if names else ["nobody"]):
                wanted = " or ".join(sorted(self.required.recorders))
                yield f"recorded by {name}, and only records of {wanted} count"
        if not self.above_lowest:
            return
        authors = {
            self._name(contributor.email, None): contributor for contributor in self.request.contributors
        }
        for name in sorted(names & authors.keys()):
            author = f"{name}, an author of the change (commit {authors[name].commit[:12]})"
            yield f"recorded by {author}: let somebody else or a robot record it, or sign it"
        unknown = sorted(name for name in names if "@" in name) or ([] if names else ["nobody"])
        for name in unknown:
            yield f"recorded by {name}, who was not in governance/people.yaml then"

    def state_differences(self, record: EvidenceRecord) -> Iterator[str]:
        """How the state that ran differs from the one to be promoted, beyond what both environments override."""
        states = self.request.source_states
        if record.state in (self.request.release, self.request.binding.to_state):
            return
        if record.state is not None and record.state not in states:
            yield "it ran with other overrides than the source has now"
        for state, paths in sorted(states.items()):
            if paths and record.state in (None, state):
                target = self.request.binding.environment
                yield f"it ran with overrides that {target} lacks: {', '.join(paths)}"

    def _recorders(self, record: EvidenceRecord) -> frozenset[str]:
        # a signature outlives a squash or a rebase, which change who committed
        if record.signer is not None:
            return frozenset({record.signer})
        return frozenset(self._name(email, record.committed) for email in record.recorders)

    def _name(self, email: str, when: datetime | None) -> str:
        """The person or robot of an address; the address itself for a stranger and for who was not here *when*."""
        account = self.people.by_email(email)
        if account is None or (
            isinstance(account, Person) and when is not None and not account.is_active(when)
        ):
            return email.casefold() if "@" in email else f"{email}@"
        return account.id

    def _members(self, teams: frozenset[str], when: datetime | None) -> frozenset[str]:
        members = (self.people.members(team, when) for team in teams) if when is not None else ()
        return frozenset[str]().union(*members)
