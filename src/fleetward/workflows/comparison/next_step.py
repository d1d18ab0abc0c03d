"""Where a comparison leads: an edit to its commit, a commit to its promotion, nothing new to what already went."""

from __future__ import annotations

from collections.abc import Iterable
from shlex import quote

from fleetward.domain.change import Status
from fleetward.domain.fleet import Environment
from fleetward.store.records.ledger import file_name
from fleetward.workflows.comparison.revisions import Side
from fleetward.workflows.comparison.run import Found
from fleetward.workflows.context import RunContext

_FEW = 3
"""So many agents are named; of more, the environments are compared."""


def leading(run: RunContext, head: Side, found: Found, *, across: bool) -> str:
    """
    The command after this comparison with *head*; *across* environments, or between two states of the fleet.

    What cannot be read is validated first, and so is an edit by hand of what only a promotion may write: that says
    how to put it back.
    """
    here = run.chdir
    if found.unreadable or (head.commit is None and _by_hand(head, found)):
        return f"fleet validate{here}"
    if head.commit is None and (found.agents or found.governance):
        add = "" if head.name == "index" else f"git{here} add -A && "
        return f"{add}git{here} commit -m {quote(_subject(found))}"
    for gate in (one for one in found.environments if one.gated):
        names = list(dict.fromkeys(_going(found, gate, gone=across)))
        if 0 < len(names) <= _FEW or (names and across):
            return f"fleet promote{here} {' '.join(names)} --to {gate.name}"
        if not across and (names or not found.governance):
            return f"fleet diff{here} --env {gate.sources[0]}..{gate.name}"
    return f"fleet approve{here} --governance" if found.governance else f"fleet log{here}"


def _by_hand(head: Side, found: Found) -> bool:
    """Has an environment with a gate and a ledger become another, and not by what is proposed?"""
    written = {one.environment for row in found.agents for one in row.changes if not one.proposed}
    gates = (one.name for one in found.environments if one.gated and one.name in written)
    return any(head.tree.entries(file_name(name)) for name in gates)


def _going(found: Found, gate: Environment, *, gone: bool) -> Iterable[str]:
    """The agents that a promotion through this gate would move; also those that are *gone*, where asked."""
    rows = (one.row for one in found.agents if not one.formatting_only)
    around = (row for row in rows if row.environment in (*gate.sources, gate.name))
    return (row.agent for row in around if gone or row.status is not Status.RETIRED)


def _subject(found: Found) -> str:
    names = list(dict.fromkeys(one.row.agent for one in found.agents))
    told = ", ".join(names) if len(names) <= _FEW else f"{len(names)} agents"
    return f"change {told or 'governance'}"
