"""Ledger entries for people: what was promoted where and when, who applied and approved it, on which evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleetward.domain.attestation import FLEET
from fleetward.domain.break_glass import Review
from fleetward.domain.clock import format_instant
from fleetward.domain.ledger import AgentTransition, Entry
from fleetward.domain.log_period import LogPeriod
from fleetward.report.page import Line, Page, line, page, span


def render(
    entries: Sequence[Entry],
    *,
    agent: str | None,
    next_command: str,
    verbose: bool,
    environments: Sequence[str],
    reviews: Sequence[Review],
    period: LogPeriod,
) -> Page:
    """
    The *entries* of these *environments*, newest first; of an entry with several agents, only the parts about *agent*.

    Verbose adds the requirements, the policy, the governance and the tool.
    """
    lines: list[Line] = []
    for entry in entries:
        lines += [*_entry_lines(entry, agent, verbose, reviews), line()]
    if not entries:
        when = "at that time" if period != LogPeriod() else "yet"
        lines.append(
            line(f"nothing of {agent or 'this fleet'} was promoted to {' or '.join(environments)} {when}")
        )
    return page([*lines, line(span(next_command, "code"))])


def _entry_lines(entry: Entry, agent: str | None, verbose: bool, reviews: Sequence[Review]) -> Iterator[Line]:
    yield line(
        span(format_instant(entry.at), "strong"),
        f" {entry.kind} ",
        span(f"{entry.environment} {entry.seq}", "place"),
        f" applied by {entry.actor}",
    )
    if break_glass := entry.break_glass:
        skipped = ", ".join(break_glass.left_out or break_glass.skipped) or "nothing"
        due = f"review due by {format_instant(break_glass.review_by)}"
        word, text = "break-glass", f" for {break_glass.incident}: skipped {skipped}, {due}"
        if break_glass.is_stop:
            word, text = "stopped", f" by one person: the agent is suspended, {due}"
        yield line("  ", span(word, "warning"), text, hang=4)
    for review in reviews:
        if (review.environment, review.seq) == (entry.environment, entry.seq):
            text = f" {review.agent} by {review.approver}, {format_instant(review.at)}: {review.file}"
            yield line("  ", span("reviewed", "good"), text, hang=11)
    if entry.reason:
        yield line(f"  reason: {entry.reason}", hang=10)
    for promoted in entry.agents:
        if agent in (None, promoted.agent):
            yield from _agent_lines(promoted)
    yield from _approval_lines(entry, agent)
    for record in entry.evidence:
        if _belongs_to(str(record["file"]), 1, agent):
            yield line(f"  evidence {record['file']}", hang=11)
    for record in entry.attestations:
        # one about the whole fleet belongs to every agent
        if _belongs_to(str(record["file"]), 1, agent) or _belongs_to(str(record["file"]), 1, FLEET):
            yield line(f"  attested {record['file']}", hang=11)
    yield line(span(f"  evaluated at commit {entry.commit}{_policy_text(entry)}", "dim"))
    if verbose:
        yield from _detail_lines(entry, agent)


def _agent_lines(promoted: AgentTransition) -> Iterator[Line]:
    yield line("  ", span(promoted.agent, "strong"), f" generation {promoted.generation}")
    if promoted.renamed_from:
        yield line(
            f"    renamed from {promoted.renamed_from}, whose history is in 'fleet log {promoted.renamed_from}'"
        )
    yield line(f"    from {promoted.from_state or 'nothing'}")
    yield line(f"      to {promoted.to_state or 'nothing, the agent was removed'}")


def _approval_lines(entry: Entry, agent: str | None) -> Iterator[Line]:
    approvals = [approval for approval in entry.approvals if _belongs_to(str(approval["file"]), 2, agent)]
    for approval in approvals:
        yield line(
            f"  approved by {approval['approver']} ({approval['assurance']}): {approval['file']}", hang=11
        )
    if not approvals:
        yield line("  no approvals", hang=11)


def _detail_lines(entry: Entry, agent: str | None) -> Iterator[Line]:
    for requirement in entry.requirements:
        if agent in (None, requirement.get("agent")):
            text = " ".join(str(requirement.get(key, "")) for key in ("status", "kind", "asked"))
            detail = f": {requirement['detail']}" if requirement.get("detail") else ""
            yield line(
                span(
                    f"  {requirement.get('agent', '')}: {text} ({requirement.get('rule', '')}){detail}", "dim"
                ),
                hang=4,
            )
    yield line(span(f"  governance {entry.governance}", "dim"))
    if entry.policy_sha256:
        yield line(span(f"  policy {entry.policy_sha256}", "dim"))
    yield line(span(f"  written with {entry.tool}", "dim"))


def _policy_text(entry: Entry) -> str:
    return "" if entry.policy_version is None else f", policy version {entry.policy_version}"


def _belongs_to(file: str, part: int, agent: str | None) -> bool:
    """Is the folder at position *part* of a record's path the one of *agent*?"""
    parts = file.split("/")
    return agent is None or (len(parts) > part and parts[part] == agent)
