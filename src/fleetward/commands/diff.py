"""``fleet diff``: what a change means, between any two states of a fleet."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from shlex import quote
from typing import Annotated, Any

import typer

from fleetward import changes, gate
from fleetward.commands.judging import compared, dependents
from fleetward.commands.reading import read
from fleetward.commands.session import Session
from fleetward.commands.validate import shown
from fleetward.domain import risk
from fleetward.domain.change import Change, Comparison, Need, Significance, Status
from fleetward.domain.errors import Exit, GitError, UsageError
from fleetward.domain.fleet import CONFIG, Key, Snapshot
from fleetward.domain.manifest import Agent
from fleetward.domain.policy import ApprovalsAsked, Asked, EvalsAsked, SoakAsked
from fleetward.domain.verdict import PromotionKind
from fleetward.report import changes_json, changes_text
from fleetward.store import schema
from fleetward.store.agents import candidate
from fleetward.store.document import Document, document
from fleetward.store.git import Id, Repository
from fleetward.store.ground import Ground, find
from fleetward.store.reader import Reading
from fleetward.store.tree import REGULAR, Revision, Tree
from fleetward.store.yaml import GOVERNANCE_LIMITS

GOVERNING = {
    CONFIG: "fleet-config",
    "governance/policy.yaml": "policy",
    "governance/people.yaml": "people",
    "governance/connectors.yaml": "connectors",
    "governance/models.yaml": "models",
    "governance/waivers.yaml": "waivers",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One side of a comparison: as it was named, the commit that it is, and its files."""

    name: str
    commit: Id | None
    tree: Tree


def diff(
    session: Session,
    revisions: Annotated[
        list[str] | None, typer.Argument(metavar="[BASE [HEAD]] | A..B | A...B", help="What to compare.")
    ] = None,
    staged: Annotated[bool, typer.Option("--staged", help="HEAD against the index.")] = False,
    worktree: Annotated[bool, typer.Option("--worktree", help="HEAD against the work tree.")] = False,
    env: Annotated[
        str | None, typer.Option("--env", metavar="A..B", help="Two environments of one commit.")
    ] = None,
    root: Annotated[
        str | None, typer.Option("--root", metavar="PATH", help="The fleet's folder, in a bare repository.")
    ] = None,
    fail_on: Annotated[
        Significance | None, typer.Option("--fail-on", help="Exit 1 on a change of this weight or worse.")
    ] = None,
    exit_code: Annotated[bool, typer.Option("--exit-code", help="Exit 1 on any change.")] = False,
) -> Exit:
    """Say what changed in meaning: which agents, which way, how much it matters, what it will require."""
    ground = find(session.folder, session.environment, root=root)
    if env is not None:
        base, head, pairs = _environments(ground, env, revisions or [])
    else:
        base, head = _sides(ground, session.environment, revisions or [], staged=staged, worktree=worktree)
        pairs = None
    found = _compared(ground, base, head, pairs)
    _report(session, ground, base, head, found)
    weights = [change.significance for change in found.all]
    if found.unreadable or (exit_code and (weights or any(one.formatting_only for one in found.agents))):
        return Exit.NO
    return Exit.NO if fail_on and any(one.rank <= fail_on.rank for one in weights) else Exit.YES


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Everything that moved, and the agents of which that cannot be told."""

    agents: tuple[Comparison, ...]
    governance: tuple[Change, ...]
    unreadable: tuple[Key, ...]

    @property
    def all(self) -> tuple[Change, ...]:
        """Every change."""
        return (*self.governance, *(change for one in self.agents for change in one.changes))


def _report(session: Session, ground: Ground, base: Side, head: Side, found: Found) -> None:
    ends = ((base.name, base.commit or base.name), (head.name, head.commit or head.name))
    session.report(
        {
            "text": lambda: changes_text.render(
                found.agents,
                found.governance,
                base=ends[0],
                head=ends[1],
                unreadable=found.unreadable,
                verbose=session.verbose,
                next_command=_next(session, ground, found),
            ),
            "json": lambda: changes_json.render(
                found.agents, found.governance, base=ends[0], head=ends[1], unreadable=found.unreadable
            ),
        }
    )


def _next(session: Session, ground: Ground, found: Found) -> str:
    moved = [
        one.row for one in found.agents if not one.formatting_only and one.row.status is not Status.RETIRED
    ]
    if found.unreadable or not moved:
        return f"fleet validate{session.here}"
    folders = (f"environments/{row.environment}/{row.agent}" for row in moved[:3])
    return f"fleet validate{session.here} {' '.join(quote(shown(session, ground, one)) for one in folders)}"


# Which two states


def _sides(
    ground: Ground, environment: Mapping[str, str], revisions: list[str], *, staged: bool, worktree: bool
) -> tuple[Side, Side]:
    if staged or worktree:
        if revisions or (staged and worktree):
            raise UsageError("--staged and --worktree stand alone", hint="leave the revisions out")
        head = ground.head()
        after = Side(name="index", commit=None, tree=ground.index())
        if worktree:
            after = Side(name="work tree", commit=None, tree=ground.folder())
        return Side(name="HEAD", commit=head, tree=ground.commit(head)), after
    if len(revisions) > 2:
        raise UsageError("at most two revisions", hint="fleet diff BASE HEAD")
    if len(revisions) == 1 and ".." in revisions[0]:
        first, _, second = revisions[0].partition("..")
        symmetric = second.startswith(".")
        second = second.removeprefix(".") or "HEAD"
        if not symmetric:
            return _at(ground, first or "HEAD"), _at(ground, second)
        return _since(ground, first or "HEAD", second)
    base = revisions[0] if revisions else _target(ground.repository, environment)
    return _since(ground, base, revisions[1] if len(revisions) == 2 else "HEAD")


def _at(ground: Ground, revision: str) -> Side:
    commit = ground.repository.resolve(revision)
    return Side(name=revision, commit=commit, tree=ground.commit(commit))


def _since(ground: Ground, base: str, head: str) -> tuple[Side, Side]:
    """From where *head* left *base*; never from where *base* is now."""
    repository = ground.repository
    one, other = repository.resolve(base), repository.resolve(head)
    answer = repository.ask("merge-base", one, other)
    if answer.code != 0:
        if repository.shallow:
            hint = "git fetch --unshallow"
        else:
            hint = f"fleet diff {base}..{head} compares exactly these two"
        raise GitError(f"{base!r} and {head!r} have no common ancestor here", hint=hint)
    start = answer.text
    name = base if start == one else f"merge base of {base} and {head}"
    return (
        Side(name=name, commit=start, tree=ground.commit(start)),
        Side(name=head, commit=other, tree=ground.commit(other)),
    )


def _target(repository: Repository, environment: Mapping[str, str]) -> str:
    """What a pull request is compared with: the CI's target branch, else the remote's default."""
    exact = environment.get("CI_MERGE_REQUEST_DIFF_BASE_SHA")
    if exact and repository.resolved(exact):
        return exact
    for variable in ("GITHUB_BASE_REF", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME"):
        branch = environment.get(variable)
        if branch:
            for name in (f"refs/remotes/origin/{branch}", branch):
                if repository.resolved(name):
                    return name
            raise GitError(
                f"{variable} names {branch!r}, which was not fetched", hint=f"git fetch origin {branch}"
            )
    if repository.resolved("refs/remotes/origin/HEAD"):
        return "refs/remotes/origin/HEAD"
    raise GitError(
        "nothing to compare with: no origin/HEAD here", hint="fleet diff main, or fleet diff HEAD~1..HEAD"
    )


def _environments(
    ground: Ground, env: str, revisions: list[str]
) -> tuple[Side, Side, tuple[tuple[Key, Key], ...]]:
    first, _, second = env.partition("..")
    if not first or not second or len(revisions) > 1:
        raise UsageError(
            f"--env {env}: two environments and at most one revision", hint="--env staging..production"
        )
    at = _at(ground, revisions[0] if revisions else "HEAD")
    names = {
        name: {entry.path.split("/")[2] for entry in at.tree.entries(f"environments/{name}")}
        for name in (first, second)
    }
    if not names[first] and not names[second]:
        raise UsageError(f"neither {first!r} nor {second!r} holds agents", hint="see fleet-config.yaml")
    pairs = tuple(((first, name), (second, name)) for name in sorted(names[first] | names[second]))
    return replace(at, name=f"{first} at {at.name}"), replace(at, name=f"{second} at {at.name}"), pairs


# What moved between them


def _compared(ground: Ground, base: Side, head: Side, pairs: tuple[tuple[Key, Key], ...] | None) -> Found:
    if pairs is None:
        touched = _touched(ground, base, head)
        keys = {
            tuple(path.split("/")[1:3])
            for path in touched
            if path.startswith(("environments/", "proposals/"))
        }
        pairs = tuple(((env, name), (env, name)) for env, name in sorted(k for k in keys if len(k) == 2))
    else:
        touched = frozenset()
    before = _read(base.tree, {pair[0] for pair in pairs})
    after = _read(head.tree, {pair[1] for pair in pairs})
    found, unreadable = [], []
    for key, other in pairs:
        one, two = _judged(before, key), _judged(after, other)
        if any(agent is not None and agent.manifest is None for agent in (one, two)):
            unreadable.append(other)
            continue
        relying = _relying(head.tree, other) if two is None else ()
        comparison = compared(after.snapshot or _empty(before), one, two, relying)
        if comparison is not None:
            found.append(_with_needs(comparison, before.snapshot, one, two))
    governance = tuple(change for path in sorted(touched) for change in _governance(base, head, path))
    return Found(
        agents=tuple(sorted(found, key=lambda c: (c.row.significance.rank, c.row.environment, c.row.agent))),
        governance=tuple(sorted(governance, key=lambda change: change.order)),
        unreadable=tuple(unreadable),
    )


def _touched(ground: Ground, base: Side, head: Side) -> frozenset[str]:
    """The paths that differ, relative to the fleet root."""
    if isinstance(base.tree, Revision) and isinstance(head.tree, Revision):
        scope = ["--", ground.prefix.rstrip("/")] if ground.prefix else []
        out = ground.repository.need(
            "diff-tree", "-r", "-z", "--name-only", "--no-renames", base.tree.commit, head.tree.commit, *scope
        )
        start = len(ground.prefix.encode())
        return frozenset(path[start:].decode("utf-8", "surrogateescape") for path in out.split(b"\0") if path)
    sides = []
    for tree in (base.tree, head.tree):
        entries = tree.entries()
        contents = tree.read([one for one in entries if one.mode in REGULAR and one.id is None], 1 << 40)
        sides.append({one.path: (one.mode, one.id or contents.get(one.path)) for one in entries})
    if head.name == "work tree":
        sides[1] = _hashed(ground, head.tree)
    return frozenset(
        path for path in sides[0].keys() | sides[1].keys() if sides[0].get(path) != sides[1].get(path)
    )


def _hashed(ground: Ground, tree: Tree) -> dict[str, Any]:
    entries = tree.entries()
    contents = tree.read([one for one in entries if one.mode in REGULAR], 1 << 40)
    found: dict[str, Any] = {}
    for one in entries:
        content = contents.get(one.path)
        known = ground.repository.hashed(content) if isinstance(content, bytes) else None
        found[one.path] = (one.mode, known)
    return found


def _read(tree: Tree, keys: set[Key]) -> Reading:
    """The agents of these keys, and for what is proposed the sources that it would be promoted from."""
    reading = read(tree, only=())
    if reading.snapshot is None:
        reading.governed()
        return reading
    environments = {one.name: one for one in reading.snapshot.config.environments}
    sources = {
        (environments[env].sources[0], name)
        for env, name in keys
        if env in environments and environments[env].gated
    }
    return read(tree, only=keys | sources)


def _judged(reading: Reading, key: Key) -> Agent | None:
    """The agent as rules see it; one that is only proposed stands on the release of its source."""
    snapshot = reading.snapshot
    if snapshot is None:
        return None
    standing = snapshot.proposed.get(key) or snapshot.agents.get(key)
    proposal = snapshot.proposals.get(key)
    if standing is not None or proposal is None:
        return standing
    environment = snapshot.config.environment(key[0])
    source = (
        snapshot.agents.get((environment.sources[0], key[1])) if environment and environment.gated else None
    )
    return candidate(source, key[0], proposal, proposed=True)[0] if source else None


def _relying(tree: Tree, key: Key) -> tuple[str, ...]:
    """Who still depends on an agent that is gone: the one question that reads the whole side."""
    snapshot = read(tree).snapshot
    return dependents(snapshot, *key) if snapshot else ()


def _empty(reading: Reading) -> Snapshot:
    if reading.snapshot is None:
        raise GitError("neither side can be read as a fleet", hint="fleet validate")
    return reading.snapshot


def _with_needs(
    comparison: Comparison, base: Snapshot | None, before: Agent | None, after: Agent | None
) -> Comparison:
    """The changes with what their promotion will ask, by the policy of the earlier side."""
    if base is None or base.policy is None:
        return comparison
    policy, row = base.policy, comparison.row
    manifests = [one.manifest for one in (before, after) if one is not None and one.manifest is not None]
    tier = policy.higher(*(one.tier for one in manifests), *(risk.floor(one, policy) for one in manifests))
    kind = {Status.ADDED: PromotionKind.CREATE, Status.RETIRED: PromotionKind.RETIRE}.get(
        row.status, PromotionKind.UPDATE
    )
    targets = [
        one.name
        for one in base.config.environments
        if row.environment in one.sources or (one.gated and one.name == row.environment)
    ]
    needs = {
        _need(one, to, base): None
        for to in targets
        for _, one in gate.asked(policy, to=to, tier=tier, comparison=comparison, kind=kind, agent=row.agent)
    }
    return replace(
        comparison,
        changes=tuple(
            one if one.significance is Significance.NONE else replace(one, requires=tuple(needs))
            for one in comparison.changes
        ),
    )


def _need(asked: Asked, to: str, fleet: Snapshot) -> Need:
    where = f" for {to}" if sum(one.gated for one in fleet.config.environments) > 1 else ""
    if isinstance(asked, ApprovalsAsked):
        return Need(kind="approvals", detail=asked.wording + where)
    if isinstance(asked, EvalsAsked):
        age = f", at most {asked.max_age.days} days old" if asked.max_age else ""
        return Need(kind="evals", detail=f"passed{age}{where}")
    if isinstance(asked, SoakAsked):
        return Need(kind="soak", detail=f"{int(asked.span.total_seconds() // 3600)} hours{where}")
    raise TypeError(asked)


def _governance(base: Side, head: Side, path: str) -> Iterable[Change]:
    kind = GOVERNING.get(path)
    if kind is None:
        return ()
    one, two = (_document(side.tree, path, kind) for side in (base, head))
    return changes.compare_document(
        one.data if one else None,
        two.data if two else None,
        schema=schema.schema(kind),
        file=path,
        locate_before=one.locate if one else _nowhere(path),
        locate_after=two.locate if two else _nowhere(path),
    )


def _document(tree: Tree, path: str, kind: str) -> Document | None:
    entries = [one for one in tree.entries(path) if one.mode in REGULAR]
    content = tree.read(entries, GOVERNANCE_LIMITS.size).get(path)
    return document(content, path, kind, GOVERNANCE_LIMITS) if isinstance(content, bytes) else None


def _nowhere(path: str) -> Any:
    from fleetward.domain.finding import Place

    return lambda _: Place(file=path)
