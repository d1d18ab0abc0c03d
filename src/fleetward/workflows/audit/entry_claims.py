"""What an entry says of its own decision, compared with what can be replayed: its requirements and its governance."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleetward import __version__
from fleetward.domain.audit import Break
from fleetward.domain.ledger import Entry
from fleetward.domain.verdict import Promotion, Verdict
from fleetward.gate import entry_checks
from fleetward.store.records import ledger_line
from fleetward.workflows.audit.entry_context import EntryContext

_REQUIREMENT_FACTS = ("agent", "rule", "kind", "status", "by")
"""What a requirement says in every version of the tool."""


def check_requirements(
    context: EntryContext, entry: Entry, promotions: Sequence[Promotion]
) -> Iterator[Break]:
    """The requirements that an entry says were met, compared with those of its verdicts."""
    by_agent = {promotion.agent: promotion for promotion in promotions}
    decided = [by_agent[change.agent] for change in entry.agents if change.agent in by_agent]
    # a verdict that is not allowed is reported itself, and its requirements are others
    if len(decided) < len(entry.agents) or any(item.verdict is not Verdict.ALLOWED for item in decided):
        return
    replayed = [
        ledger_line.encode_requirement(promotion.agent, requirement)
        for promotion in decided
        for requirement in promotion.requirements
    ]
    # words change between versions; what was asked of whom does not
    is_same_version = (
        entry.governance_version > 1 and entry.tool.partition(" (")[0] == f"fleetward {__version__}"
    )
    keys = ledger_line.REQUIREMENT_KEYS if is_same_version else _REQUIREMENT_FACTS
    yield from entry_checks.requirement_mismatches(context.commit, entry, replayed, keys=keys)


def check_policy(context: EntryContext, entry: Entry) -> Iterator[Break]:
    """The policy and governance that an entry names, compared with those in force."""
    in_force = context.governance.in_force if context.governance else None
    policy = in_force.policy if in_force else None
    if policy is None or (entry.policy_version, entry.policy_sha256) != (policy.version, policy.sha256):
        actual = f"{policy.version} ({policy.sha256})" if policy else "none"
        message = f"it names policy {entry.policy_version} ({entry.policy_sha256}), in force was {actual}"
        yield context.entry_break(entry, "policy-not-in-force", message)
        return
    governance = in_force.digest_of(entry.governance_version) if in_force else None
    if entry.governance != governance:
        message = f"it names governance {entry.governance}, in force was {governance}"
        yield context.entry_break(entry, "policy-not-in-force", message)
