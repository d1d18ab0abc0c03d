"""Waivers of texts: they count where somebody approved them who did not write the text."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from fleetward import rules
from fleetward.domain import layout, limits
from fleetward.domain.errors import GitError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.fleet import HIDDEN_CHARACTERS, WAIVABLE_TEXT, Snapshot, Waiver
from fleetward.store.formats.secret_scan import secret_findings
from fleetward.store.git.commit import read_commits
from fleetward.store.git.file_history import written_steps
from fleetward.store.git.fleet_root import FleetRoot
from fleetward.store.git.line_changes import FileTexts
from fleetward.store.git.repository import Id


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwritten:
    """What is not committed: the text of each file, and the address of who has it in their work tree."""

    text: Callable[[str], str]
    author: Callable[[], str]


def without_own_waivers(
    findings: Iterable[Finding],
    fleet: Snapshot,
    waivers: Iterable[Waiver],
    root: FleetRoot,
    head: Id | None,
    unwritten: Unwritten | None = None,
) -> Iterator[Finding]:
    """The same findings; one whose *waivers* in force were all approved by authors of its text is not waived."""
    in_force = tuple(waiver for waiver in waivers if waiver.is_of_text)
    for finding in findings:
        if not finding.waived or finding.rule not in WAIVABLE_TEXT:
            yield finding
            continue
        approvers = [waiver.approved_by for waiver in in_force if waiver.covers(finding)]
        try:
            authors = _TextAuthors(finding, fleet, root, head, unwritten).people()
        except GitError as error:
            hint = f"who wrote this cannot be told, so no waiver counts: {error.hint or error}"
            yield replace(finding, waived=False, hint=hint)
            continue
        if approvers and all(approver in authors for approver in approvers):
            hint = (
                f"its waiver counts nothing: {approvers[0]} wrote this text. Somebody else has to approve it"
            )
            yield replace(finding, waived=False, hint=hint)
        else:
            yield finding


def with_text_waivers(
    findings: Sequence[Finding], fleet: Snapshot, now: datetime, root: FleetRoot, head: Id
) -> Sequence[Finding]:
    """The findings of reading, those waived that somebody excused who did not write the text."""
    waivers = tuple(waiver for waiver in fleet.waivers if waiver.is_of_text and rules.in_force(waiver, now))
    if not waivers:
        return findings
    waived = rules.mark_waived(findings, waivers, now)
    return tuple(without_own_waivers(waived, fleet, waivers, root, head))


class _TextAuthors:
    """Who brought one text into its file: a hidden character, or a secret."""

    def __init__(
        self,
        finding: Finding,
        fleet: Snapshot,
        root: FleetRoot,
        head: Id | None,
        unwritten: Unwritten | None,
    ) -> None:
        self._finding, self._fleet, self._root = finding, fleet, root
        self._head, self._unwritten = head, unwritten
        self._texts = FileTexts(root.repository)

    def people(self) -> frozenset[str]:
        """Their ids; a stranger has none."""
        emails = set(self._committed())
        if self._unwritten is not None and self._is_unwritten(self._unwritten):
            emails.add(self._unwritten.author())
        accounts = (self._fleet.people.by_email(email) for email in emails)
        return frozenset(account.id for account in accounts if account is not None)

    def _committed(self) -> Iterator[str]:
        if self._head is None:
            return
        if self._root.repository.shallow:
            raise GitError("a part of the history is missing", hint="git fetch --unshallow")
        # promotions copy: the text was written where no promotion writes
        for paths in (self._written_places(), (self._finding.place.file,)):
            emails = tuple(self._authors(self._head, paths)) if paths else ()
            if emails:
                yield from emails
                return

    def _written_places(self) -> tuple[str, ...]:
        agent, environment = self._finding.agent or "", self._finding.environment or ""
        folder = f"{layout.agent_folder(environment, agent)}/"
        file = self._finding.place.file
        if not file.startswith(folder):
            return ()
        environments = (item.name for item in self._fleet.config.environments if not item.gated)
        return tuple(f"{layout.agent_folder(name, agent)}/{file[len(folder) :]}" for name in environments)

    def _authors(self, head: Id, paths: tuple[str, ...]) -> Iterator[str]:
        policy = self._fleet.policy
        trailers = policy.contributor_trailers if policy else ()
        touching = read_commits(self._root.repository, self._root.history.commits_changing(head, paths))
        steps = list(written_steps(self._root, touching, paths))
        self._texts.load_steps([step for _, step in steps])
        for commit, step in steps:
            before, after = (self._texts.content(version) or b"" for version in (step.old, step.new))
            if self._count(after) > self._count(before):
                yield from (person.email for person in commit.contributors(trailers))

    def _is_unwritten(self, unwritten: Unwritten) -> bool:
        file = self._finding.place.file
        if self._head is None:
            return True
        tree = self._root.commit_tree(self._head)
        committed = tree.read(tree.entries(file), limits.AGENT_FILE_BYTES).get(file)
        before = committed if isinstance(committed, bytes) else b""
        return self._count(unwritten.text(file).encode("utf-8", "surrogatepass")) > self._count(before)

    def _count(self, content: bytes) -> int:
        text = content.decode("utf-8-sig", "replace")
        if self._finding.rule == HIDDEN_CHARACTERS:
            character = chr(int(self._finding.codepoint[2:], 16))
            # as a character, and as YAML and JSON write it
            escapes = (f"\\u{ord(character):04x}", f"\\u{ord(character):04X}", f"\\U{ord(character):08X}")
            return sum(map(text.count, (character, *escapes)))
        return sum(finding.secret == self._finding.secret for finding in secret_findings(text, ""))
