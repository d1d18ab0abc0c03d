"""``fleet audit``: was everything that ran allowed to, by the law of its time, and is that still to be seen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from fleetward import __version__
from fleetward.cli.session import Session
from fleetward.domain.audit import Audit, Break
from fleetward.domain.errors import Exit, GitError, NotAFleet, UsageError
from fleetward.domain.finding import Severity
from fleetward.domain.validation import Validation
from fleetward.report import audit_json, audit_markdown, audit_text, findings_sarif
from fleetward.report.page import Page, line, span
from fleetward.rules import documentation
from fleetward.store.formats.document import kept
from fleetward.store.git.fleet_root import Ground, find
from fleetward.store.git.history import whole
from fleetward.store.git.indexed_repository import added, landings, remembered
from fleetward.store.git.repository import Id
from fleetward.workflows.audit import checkpoint
from fleetward.workflows.audit.replay import Walk

_GRAFTS = "info/grafts"
_DOCUMENTS = 2_000


def audit(
    session: Session,
    span: Annotated[
        str | None,
        typer.Argument(metavar="[A..B | REV]", help="What to replay; else everything up to HEAD."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REF", help="Judge what HEAD adds to REF, by the law of REF."),
    ] = None,
    head_file: Annotated[
        str | None,
        typer.Option("--head-file", metavar="FILE", help="Remember the ledgers' ends there, and compare."),
    ] = None,
    evidence: Annotated[
        str | None,
        typer.Option("--bundle", metavar="DIR", help="Write an evidence pack for an auditor there."),
    ] = None,
) -> Exit:
    """Replay history: every change of a gated environment had its approvals, and nothing was undone since."""
    if base is not None and (span is not None or head_file is not None):
        raise UsageError("--base judges HEAD alone", hint="leave RANGE and --head-file out")
    ground = find(session.run.folder, session.run.environment)
    whole(ground.repository)
    begin, end = (None, ground.head()) if base is not None else _ends(ground, span)
    memo = checkpoint.usable(ground, session.run.path(head_file)) if head_file else None
    folder = _folder(session, evidence) if evidence else None
    seen = checkpoint.remembered(memo) if memo else None
    with kept(_DOCUMENTS):
        found, walk = _based(session, ground, end, base) if base else _followed(session, ground, begin, end)
    more = [*_replaced(ground, end), *(checkpoint.rewritten(ground, end, seen) if seen else ())]
    found = replace(found, breaks=tuple(sorted([*found.breaks, *more], key=lambda one: one.severity.rank)))
    if folder is not None:
        session.output.tell(_pack(folder, ground, found, walk))
    _report(session, ground, found, base)
    if memo:
        session.output.tell(_remembered(memo, found, seen is not None))
    return Exit.YES if found.clean else Exit.NO


def _folder(session: Session, evidence: str) -> Path:
    # the reports of diff and all behind them: a plain audit goes without
    from fleetward.workflows.audit import evidence_pack

    return evidence_pack.usable(session.run.path(evidence))


def _pack(folder: Path, ground: Ground, found: Audit, walk: Walk) -> Page:
    from fleetward.workflows.audit import evidence_pack

    files = evidence_pack.pack(ground, found, walk.told)
    evidence_pack.write(folder, files)
    return (
        line(span("written", "good"), f" an evidence pack of {len(files)} files, {folder}/README.md first"),
    )


def _remembered(memo: Path, found: Audit, before: bool) -> Page:
    """What became of the file that remembers: a broken audit leaves it as it was."""
    if not found.clean:
        what = "is left as it was" if before else "is not written"
        return (line(f"{memo} {what}: only a clean audit is remembered"),)
    checkpoint.remember(memo, found)
    ends = ", ".join(f"{name} at {seen.seq}" for name, seen in found.heads.items()) or "no ledger yet"
    compared = "" if before else "; nothing was remembered there to compare with"
    return (line(span("written", "good"), f" the ledgers' ends ({ends}) to {memo}{compared}"),)


def _ends(ground: Ground, span: str | None) -> tuple[Id | None, Id]:
    """The commit to begin after, None for the beginning, and the one to end at."""
    if span is None:
        return None, ground.head()
    first, dots, last = span.partition("..")
    if last.startswith("."):
        raise UsageError(
            f"{span!r}: an audit follows one line of history", hint=f"fleet audit {first}..{last[1:]}"
        )
    if not dots:
        return None, ground.repository.resolve(first)
    end = ground.repository.resolve(last) if last else ground.head()
    return ground.repository.resolve(first or "HEAD"), end


def _followed(session: Session, ground: Ground, begin: Id | None, end: Id) -> tuple[Audit, Walk]:
    ground, past = remembered(ground, end)
    walk = Walk(session.run, ground, past, begin, None)
    return _something(walk.follow(landings(past, begin)), walk), walk


def _based(session: Session, ground: Ground, end: Id, base: str) -> tuple[Audit, Walk]:
    law = ground.repository.resolve(base)
    common = ground.repository.ask("merge-base", law, end)
    if common.code != 0:
        raise GitError(f"HEAD has no history in common with {base!r}", hint="git fetch --unshallow")
    begin = common.text
    ground, past = remembered(ground, end)
    landing = added(past, begin)
    walk = Walk(session.run, ground, past, begin, law)
    return _something(walk.follow([landing] if landing.steps else []), walk), walk


def _something(found: Audit, walk: Walk) -> Audit:
    """
    The audit, where there was anything to look at.

    Errors: NotAFleet where no environment is gated: empty never means yes.
    """
    if not walk.begun and not walk.gated(found.last):
        raise NotAFleet(
            "nothing to audit: no environment of fleet-config.yaml has a 'from', and there is no ledger",
            hint="say where production is promoted from: environments: [{name: production, from: staging}]",
        )
    return found


def _replaced(ground: Ground, end: Id) -> Iterator[Break]:
    """What makes git show another history than the one that was audited."""
    refs = ground.repository.need("for-each-ref", "--format=%(refname)", "refs/replace/").decode().split()
    for ref in refs:
        yield _shown_otherwise(ref.rpartition("/")[2], ref, "git replace -d", ref.rpartition("/")[2])
    if (ground.repository.git_dir / _GRAFTS).exists():
        yield _shown_otherwise(end, _GRAFTS, "rm", str(ground.repository.git_dir / _GRAFTS))


def _shown_otherwise(commit: Id, file: str, cure: str, what: str) -> Break:
    return Break(
        rule="history-replaced",
        message="git shows something else in its place; the audit looked at what is really there",
        commit=commit,
        file=file,
        severity=Severity.WARNING,
        hint=f"{cure} {what}",
    )


def _report(session: Session, ground: Ground, found: Audit, base: str | None) -> None:
    command = _next(session, ground, found, base)

    def sarif() -> dict[str, object]:
        findings = tuple(one.finding for one in found.breaks)
        judged = Validation(findings=findings, agents=0, files=0, prefix=ground.prefix)
        return findings_sarif.render(judged, documentation.explained, version=__version__, verb="audit")

    session.output.report(
        {
            "text": lambda: audit_text.render(found, next_command=command, quiet=session.output.quiet),
            "json": lambda: audit_json.render(found),
            "sarif": sarif,
            "markdown": lambda: audit_markdown.render(found, command),
        }
    )


def _next(session: Session, ground: Ground, found: Audit, base: str | None) -> str:
    """What explains the worst; where all is well, the rest of history, or what the ledgers tell of it."""
    worst = next((one for one in found.breaks if one.severity is not Severity.NOTE), None)
    if worst is not None:
        return f"fleet explain {worst.rule}"
    if base is not None:
        return f"fleet diff{session.run.chdir} {found.first or 'HEAD'}..{found.last}"
    if found.last != ground.head():
        return f"fleet audit{session.run.chdir} {found.last}..HEAD"
    return f"fleet {'log' if found.heads else 'validate'}{session.run.chdir}"
