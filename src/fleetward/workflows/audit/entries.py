"""The ledger entries that a commit brought, replayed: states, records, dates and verdicts as they were at that time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby

from fleetward.domain import digest
from fleetward.domain.audit import REGULAR, Break, Kept, Landing
from fleetward.domain.clock import written
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.fleet import FleetConfig
from fleetward.domain.ledger import Entry, Moved, PromotionKind
from fleetward.gate import history_checks
from fleetward.store.fleet.agents import ENVIRONMENTS
from fleetward.store.fleet.file_checks import LARGEST_FILE
from fleetward.store.git.fleet_root import Ground
from fleetward.store.git.history import commits
from fleetward.store.git.repository import Id
from fleetward.store.records import approvals as statements
from fleetward.store.records import authenticity
from fleetward.store.records import evidence as runs
from fleetward.store.records import load as records
from fleetward.store.records.ledger import ADOPT, signature_name
from fleetward.store.records.ledger_revisions import Chapter
from fleetward.workflows.audit.reevaluate import replayed
from fleetward.workflows.context import RunContext
from fleetward.workflows.load import read
from fleetward.workflows.promotion.context import Hearing, Moment, hearing

UNREADABLE = "what no digest names"
_COPIES = (
    *(PromotionKind.CREATE, PromotionKind.UPDATE, PromotionKind.OVERRIDE),
    PromotionKind.ROLLBACK,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """
    One landing with what stood before it.

    *law* is the commit whose governance is in force for what lands; *config* what it says is gated; *newest* tells
    the latest date that the branch had where a commit left it, and whose that is.
    """

    run: RunContext
    ground: Ground
    landing: Landing
    before: Chapter
    after: Chapter
    law: Id | None
    config: FleetConfig | None
    newest: Callable[[Id], tuple[Id, datetime] | None]
    told: Sequence[tuple[Landing, Entry]] = ()
    """The entries that were looked at before."""


def replay(scene: Scene) -> Iterator[Break]:
    """Everything about the entries that a landing brought which is not as it has to be."""
    for _, unit in groupby(
        scene.after.added, key=lambda entry: (entry.commit, entry.at, entry.kind == ADOPT)
    ):
        entries = tuple(unit)
        wrong = [one for entry in entries for one in _stated(scene, entry)]
        yield from wrong
        for entry in entries:
            yield from _recorded(scene, entry)
            yield from _sealed(scene, entry)
        # of what did not happen as it is told, no verdict could be another wrong
        known = {one.agent for one in wrong}
        yield from (one for one in _judged(scene, entries) if one.agent is None or one.agent not in known)


def state(ground: Ground, commit: Id | None, environment: str, agent: str) -> str | None:
    """The state digest of an agent's folder in a commit; None where it is not there."""
    files = kept(ground, commit, f"{ENVIRONMENTS}/{environment}/{agent}")
    if not files:
        return None
    if any(one.mode not in REGULAR for one in files.values()):
        return UNREADABLE
    contents = ground.repository.blobs((one.id for one in files.values()), LARGEST_FILE)
    held = [(path, contents[one.id]) for path, one in files.items()]
    texts = [(path, content) for path, content in held if isinstance(content, bytes)]
    return digest.of_files(texts) if len(texts) == len(held) and _clean(files) else UNREADABLE


def kept(ground: Ground, commit: Id | None, folder: str) -> dict[str, Kept]:
    """The files under *folder* in a commit, by their path in it."""
    entries = ground.commit(commit).entries(folder) if commit else ()
    start = len(folder) + 1
    return {one.path[start:] or ".": Kept(one.mode, one.id or "") for one in entries}


def _clean(files: Mapping[str, Kept]) -> bool:
    return not any("\udc80" <= c <= "\udcff" for path in files for c in path)


def _stated(scene: Scene, entry: Entry) -> Iterator[Break]:
    """The states that an entry moves from and to, against the folders, files' modes included."""
    landing, ground = scene.landing, scene.ground
    added = scene.after.added
    first = {moved.agent: one.seq for one in reversed(added) for moved in one.agents}
    last = {moved.agent: one.seq for one in added for moved in one.agents}
    before, after = {}, {}
    for moved in entry.agents:
        name = moved.agent
        own = {"environment": entry.environment, "agent": name}
        opens, ends = first[name] == entry.seq, last[name] == entry.seq
        before[name] = state(ground, landing.parent, **own) if opens else moved.from_state
        after[name] = state(ground, landing.commit, **own) if ends else moved.to_state
    if entry.kind == ADOPT:
        before = dict.fromkeys(before)
    wrong = tuple(history_checks.unmoved(landing, entry, before, after))
    if entry.kind == ADOPT:
        yield from (one for one in wrong if one.rule != "entry-elsewhere")
        return
    yield from wrong
    if not wrong and entry.kind in _COPIES:
        yield from _copied(scene, entry, last)


def _copied(scene: Scene, entry: Entry, last: Mapping[str, int]) -> Iterator[Break]:
    """A release is copied with the modes of its files."""
    for moved in entry.agents:
        origin = _origin(scene, entry, moved) if last[moved.agent] == entry.seq and moved.to_state else None
        if origin is not None:
            commit, folder = origin
            held = f"{ENVIRONMENTS}/{entry.environment}/{moved.agent}"
            yield from history_checks.unlike(
                scene.landing,
                entry,
                moved.agent,
                kept(scene.ground, commit, folder),
                kept(scene.ground, scene.landing.commit, held),
            )


def _origin(scene: Scene, entry: Entry, moved: Moved) -> tuple[Id, str] | None:
    """Where a release came from: the source, or for a rollback the landing that had brought it here before."""
    if entry.kind == PromotionKind.ROLLBACK:
        folder = f"{ENVIRONMENTS}/{entry.environment}/{moved.agent}"
        for landing, one in reversed(scene.told):
            same = (m for m in one.agents if (m.agent, m.release) == (moved.agent, moved.release))
            if one.environment == entry.environment and any(same):
                return landing.commit, folder
        return None
    target = scene.config.environment(entry.environment) if scene.config else None
    if target is None or not target.sources:
        return None
    if scene.ground.repository.resolved(entry.commit) != entry.commit:
        return None
    return entry.commit, f"{ENVIRONMENTS}/{target.sources[0]}/{moved.agent}"


def _recorded(scene: Scene, entry: Entry) -> Iterator[Break]:
    """The approvals and the evidence that an entry names, as the landing holds them."""
    for word, named in (("approval", entry.approvals), ("evidence", entry.evidence)):
        for one in named:
            file = str(one["file"])
            yield from _record(scene, entry, word, file, str(one["sha256"]))
            if "signature" in one:
                yield from _record(scene, entry, word, records.signature_name(file), str(one["signature"]))


def _record(scene: Scene, entry: Entry, word: str, file: str, wanted: str) -> Iterator[Break]:
    content = _content(scene.ground, scene.landing.commit, file)
    about = replace(history_checks.about(scene.landing, entry, "", ""), file=file, line=1)
    if content is None:
        message = f"entry {entry.seq} of {entry.environment} names it, and it is not there"
        yield replace(about, rule=f"{word}-missing", message=message)
    elif digest.of_bytes(content) != wanted:
        found = digest.of_bytes(content)
        message = f"entry {entry.seq} of {entry.environment} names it as {wanted}, it is {found}"
        yield replace(about, rule=f"{word}-changed", message=message)


def _sealed(scene: Scene, entry: Entry) -> Iterator[Break]:
    """The signature beside an entry, if it has one, by the people of that time."""
    file = signature_name(entry.environment, entry.seq)
    if not scene.ground.commit(scene.landing.commit).entries(file):
        return
    content = _content(scene.ground, scene.landing.commit, file)
    try:
        people = read(scene.ground.commit(entry.commit), only=()).governed().people
    except FleetError:  # told where the verdict is asked for again
        return
    refusal = authenticity.unsealed(entry.line.encode(), content or b"", entry.actor, people, entry.at)
    if refusal is not None:
        message = f"entry {entry.seq} of {entry.environment} is not signed by {entry.actor}: {refusal}"
        about = replace(history_checks.about(scene.landing, entry, "", ""), file=file, line=1)
        yield replace(about, rule="seal-broken", message=message)


def _content(ground: Ground, commit: Id, file: str) -> bytes | None:
    tree = ground.commit(commit)
    entries = [one for one in tree.entries(file) if one.mode in REGULAR and one.path == file]
    content = tree.read(entries, statements.LARGEST * 4).get(file)
    return content if isinstance(content, bytes) else None


def _judged(scene: Scene, unit: Sequence[Entry]) -> Iterator[Break]:
    """The ground of a unit of entries (one call of ``--apply``), its dates, and its verdict."""
    landing, ground, first = scene.landing, scene.ground, unit[0]
    if ground.repository.resolved(first.commit) != first.commit:
        message = f"commit {first.commit[:12]}, at which it was judged, is not in this repository"
        yield history_checks.about(landing, first, "judged-commit-missing", message)
        return
    direct = landing.alone and first.commit == landing.parent
    yield from _dated(scene, unit, direct=direct)
    if elsewhere := tuple(_elsewhere(scene, first)):
        yield from elsewhere
        return
    if direct:
        yield from history_checks.mixed(landing, unit)
    if first.kind == ADOPT:
        yield from _adopted(scene, unit)
    else:
        yield from _verdict(scene, unit)


def _elsewhere(scene: Scene, first: Entry) -> Iterator[Break]:
    """A unit that was judged on another ledger, or under another law, than stood here."""
    landing, ground, environment = scene.landing, scene.ground, first.environment
    lines = [one.line for one in scene.after.entries if one.seq < first.seq]
    wanted = "".join(f"{line}\n" for line in lines).encode()
    if scene.law and records.ledger_bytes(ground.commit(scene.law), environment) != scene.before.content:
        message = "the base has another ledger than it was written on: promote again on top of it"
        yield history_checks.about(landing, first, "entry-elsewhere", message)
    elif records.ledger_bytes(ground.commit(first.commit), environment) != wanted:
        message = (
            f"commit {first.commit[:12]}, at which it was judged, has another ledger than this one before it"
        )
        yield history_checks.about(landing, first, "entry-elsewhere", message)
    elif first.commit != scene.law and _governing(ground, first.commit) != _governing(ground, scene.law):
        message = (
            f"commit {first.commit[:12]}, at which it was judged, has another governance than was in force"
        )
        yield history_checks.about(landing, first, "policy-not-in-force", message)
    elif first.commit != landing.parent and (unseen := _unseen(scene, first)):
        message = f"commit {first.commit[:12]}, at which it was judged, lacks {unseen}, which the branch had already"
        yield history_checks.about(landing, first, "records-unseen", message)


def _unseen(scene: Scene, first: Entry) -> str | None:
    """A record about its agents that stood here before, and that the commit at which it was judged does not have."""
    for moved in first.agents:
        for folder in (f"approvals/{first.environment}/{moved.agent}", f"evidence/{moved.agent}"):
            there = kept(scene.ground, first.commit, folder)
            for path, one in sorted(kept(scene.ground, scene.law, folder).items()):
                if there.get(path) != one:
                    return f"{folder}/{path}"
    return None


def _governing(ground: Ground, commit: Id | None) -> dict[str, Kept]:
    return kept(ground, commit, "governance")


def _dated(scene: Scene, unit: Sequence[Entry], *, direct: bool) -> Iterator[Break]:
    judged, landed = commits(scene.ground.repository, [unit[0].commit, scene.landing.commit])
    # a forge that squashes or rebases makes another commit, and makes it when somebody merges
    direct = direct and landed.committer == unit[0].actor
    earlier = [(f"commit {judged.id[:12]}, which it was judged at", judged.committed)]
    if newest := scene.newest(judged.id):
        one, when = newest
        earlier.append((f"commit {one[:12]} of {written(when)}, which the branch had already", when))
    before = [one for one in scene.after.entries if one.seq < unit[0].seq]
    exact = [("the entry before", before[-1].at)] if before else []
    for entry in unit:
        own = [*exact, *_records_dated(scene, entry)]
        yield from history_checks.misdated(scene.landing, entry, direct=direct, earlier=earlier, exact=own)


def _records_dated(scene: Scene, entry: Entry) -> Iterator[tuple[str, datetime]]:
    for one in (*entry.approvals, *entry.evidence):
        file = str(one["file"])
        content = _content(scene.ground, scene.landing.commit, file)
        try:
            if content and file.startswith("approvals/"):
                yield file, statements.decode(content, file).issued
            elif content:
                yield file, runs.decode(content, file).recorded
        except FleetError:
            continue


def _adopted(scene: Scene, unit: Sequence[Entry]) -> Iterator[Break]:
    """Adopting happens once, first, and changes nothing: what it trusts stood there when it was judged."""
    for entry in unit:
        if entry.seq != 1:
            message = "an adoption after the ledger had begun: nothing was approved"
            yield history_checks.about(scene.landing, entry, "adopted-again", message)
            continue
        for moved in entry.agents:
            stood = state(scene.ground, entry.commit, entry.environment, moved.agent)
            if stood != moved.to_state:
                message = f"{moved.agent} was {stood or 'nothing'} when it was adopted"
                yield history_checks.about(scene.landing, entry, "state-mismatch", message, moved.agent)
        yield from _grounded(scene, entry, None)


def _verdict(scene: Scene, unit: Sequence[Entry]) -> Iterator[Break]:
    first = unit[0]
    names = [moved.agent for entry in unit for moved in entry.agents]
    try:
        asked = hearing(
            replace(scene.run, now=first.at),
            to=first.environment,
            agents=names,
            at=Moment(ground=scene.ground, head=first.commit),
        )
        promotions = replayed(asked, *unit)
    except FleetError as error:
        message = f"it cannot be judged again: {error.message}"
        yield history_checks.about(scene.landing, first, "verdict-not-allowed", message)
        return
    landing = scene.landing
    if landing.alone and first.commit == landing.parent:
        [made] = commits(scene.ground.repository, [landing.commit])
        for entry in unit:
            yield from history_checks.other_hand(landing, entry, made.author, made.committer, asked.people)
    for entry in unit:
        grounds = tuple(_grounded(scene, entry, asked))
        yield from grounds
        yield from history_checks.refused(scene.landing, entry, promotions)
        yield from history_checks.untrue(scene.landing, entry, promotions)
        door = asked.policy.break_glass
        within = door.review_within if door else None
        yield from history_checks.unglazed(scene.landing, entry, promotions, within)


def _grounded(scene: Scene, entry: Entry, asked: Hearing | None) -> Iterator[Break]:
    """The law that an entry says it rests on, against the one of the commit at which it was judged."""
    tree = scene.ground.commit(entry.commit)
    policy = _content(scene.ground, entry.commit, "governance/policy.yaml")
    found = digest.of_bytes(policy) if policy is not None else None
    if entry.policy_sha256 != found or (asked and asked.policy.version != entry.policy_version):
        message = f"it names policy {entry.policy_version} ({entry.policy_sha256}), in force was {found}"
        yield history_checks.about(scene.landing, entry, "policy-not-in-force", message)
    elif entry.governance != (held := records.governance_digest(tree)):
        message = f"it names governance {entry.governance}, in force was {held}"
        yield history_checks.about(scene.landing, entry, "policy-not-in-force", message)
