"""A ledger's story for people: what went where, when, by whose hand, who approved it, on which evidence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fleetward.domain.break_glass import Review
from fleetward.domain.clock import written
from fleetward.domain.ledger import Entry, Moved
from fleetward.report.page import Line, Page, line, page, span


def render(
    entries: Sequence[Entry],
    *,
    agent: str | None,
    next_command: str,
    verbose: bool,
    of: Sequence[str],
    reviews: Sequence[Review],
) -> Page:
    """
    Newest first, *of* these environments; of an entry that moved several, what concerns *agent* where one is named.

    Verbose shows the ground of it besides: what was asked and how it was met, policy, governance, tool.
    """
    lines: list[Line] = []
    for one in entries:
        lines += [*_entry(one, agent, verbose, reviews), line()]
    if not entries:
        lines.append(line(f"nothing of {agent or 'this fleet'} went to {' or '.join(of)} yet"))
    return page([*lines, line(span(next_command, "code"))])


def _entry(one: Entry, agent: str | None, verbose: bool, reviews: Sequence[Review]) -> Iterator[Line]:
    yield line(
        span(written(one.at), "strong"),
        f" {one.kind} ",
        span(f"{one.environment} {one.seq}", "place"),
        f" by {one.actor}",
    )
    if glass := one.break_glass:
        skipped = ", ".join(glass.skipped) or "nothing"
        told = f" for {glass.incident}: skipped {skipped}, review due by {written(glass.review_by)}"
        yield line("  ", span("break-glass", "warning"), told, hang=4)
    for it in reviews:
        if (it.environment, it.seq) == (one.environment, one.seq):
            what = f" of {it.agent} by {it.approver}, {written(it.at)}: {it.file}"
            yield line("  ", span("reviewed", "good"), what, hang=11)
    if one.reason:
        yield line(f"  because: {one.reason}", hang=11)
    for moved in one.agents:
        if agent in (None, moved.agent):
            yield from _moved(moved)
    yield from _approvals(one, agent)
    for record in one.evidence:
        if _concerns(str(record["file"]), 1, agent):
            yield line(f"  evidence {record['file']}", hang=11)
    yield line(span(f"  judged at commit {one.commit}{_policy(one)}", "dim"))
    if verbose:
        yield from _ground(one, agent)


def _moved(one: Moved) -> Iterator[Line]:
    yield line("  ", span(one.agent, "strong"), f" generation {one.generation}")
    yield line(f"    from {one.from_state or 'nothing'}")
    yield line(f"      to {one.to_state or 'nothing, it is gone'}")


def _approvals(one: Entry, agent: str | None) -> Iterator[Line]:
    told = [it for it in one.approvals if _concerns(str(it["file"]), 2, agent)]
    for it in told:
        yield line(f"  approved by {it['approver']} ({it['assurance']}): {it['file']}", hang=11)
    if not told:
        yield line("  approved by nobody", hang=11)


def _ground(one: Entry, agent: str | None) -> Iterator[Line]:
    for need in one.requirements:
        if agent in (None, need.get("agent")):
            told = " ".join(str(need.get(key, "")) for key in ("status", "kind", "asked"))
            detail = f": {need['detail']}" if need.get("detail") else ""
            yield line(
                span(f"  {need.get('agent', '')}: {told} ({need.get('rule', '')}){detail}", "dim"), hang=4
            )
    yield line(span(f"  governance {one.governance}", "dim"))
    if one.policy_sha256:
        yield line(span(f"  policy {one.policy_sha256}", "dim"))
    yield line(span(f"  written with {one.tool}", "dim"))


def _policy(one: Entry) -> str:
    return "" if one.policy_version is None else f", policy version {one.policy_version}"


def _concerns(file: str, part: int, agent: str | None) -> bool:
    """Does a record's path name *agent* where its folder stands?"""
    parts = file.split("/")
    return agent is None or (len(parts) > part and parts[part] == agent)
