"""Replace one language model by another in every agent that is pinned to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from shlex import join, quote
from typing import Any

from fleetward import rules, survey
from fleetward.domain import layout
from fleetward.domain.clock import parse_date
from fleetward.domain.errors import FleetError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Place, Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Agent, Manifest
from fleetward.domain.model_upgrade import (
    ListedModel,
    MentionOutcome,
    MentionRole,
    ModelMention,
    ModelUpgrade,
    UpgradedAgent,
)
from fleetward.store.fleet.load import LoadedFleet
from fleetward.store.fleet.model_replacement import Replacement, files_naming, plan_replacement
from fleetward.store.git.atomic_files import replace_files
from fleetward.store.git.fleet_root import FleetRoot, find_fleet_root
from fleetward.store.git.overlay import OverlayTree
from fleetward.store.git.tree import Tree
from fleetward.workflows.comparison.expected import expected_requirements
from fleetward.workflows.context import RunContext
from fleetward.workflows.governance.caused_findings import caused_findings
from fleetward.workflows.governance.model_choice import ModelChoice, choose_models, model_needs
from fleetward.workflows.load import load_fleet

NOT_ALLOWED = "model-not-allowed"
_ROLES = {"fallbacks": MentionRole.FALLBACK, "judge": MentionRole.JUDGE, "embedding": MentionRole.EMBEDDING}


@dataclass(frozen=True, slots=True, kw_only=True)
class UpgradeOptions:
    """OLD and NEW as they were typed, and which agents."""

    old: str
    new: str
    where: tuple[tuple[str, str], ...] = ()
    """Fields and values of ``fleet list``."""
    write: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedUpgrade:
    """The plan, and the next command."""

    upgrade: ModelUpgrade
    next_command: str


def upgrade_models(run: RunContext, options: UpgradeOptions) -> PlannedUpgrade:
    """
    The plan for all agents of the first environment; files are edited only with ``write``, all or none.

    Nothing is written where it would cause an error, other than that governance/models.yaml does not allow the new
    model yet: the plan says what it needs.
    Errors: UsageError where no agent names the old model, or a name fits several; FleetError where a file cannot be
    edited safely.
    """
    root = find_fleet_root(run.folder, run.environment)
    tree = root.work_tree()
    before = load_fleet(tree)
    fleet = before.snapshot if before.snapshot and before.governance_valid else before.require_governance()
    agents = _selected_agents(fleet, options)
    choice = choose_models(fleet, _manifests(fleet, agents), options.old, options.new)
    upgrade, contents = _planned(run, tree, before, fleet, agents, choice)
    is_blocked = any(
        finding.severity is Severity.ERROR and finding.rule != NOT_ALLOWED for finding in upgrade.problems
    )
    if options.write and contents and not is_blocked:
        replace_files(root.path, before.contents, contents)
        upgrade = replace(upgrade, written=True)
    upgrade = replace(upgrade, refused=options.write and is_blocked)
    return PlannedUpgrade(
        upgrade=upgrade, next_command=_next_command(run, root, upgrade, options, is_blocked)
    )


def _selected_agents(fleet: Snapshot, options: UpgradeOptions) -> list[Agent]:
    """The agents of the first environment whose row has these values, by name."""
    first = fleet.config.environments[0].name
    names = [
        agent.name
        for agent in survey.registered_agents(fleet)
        if survey.matches_where(agent.row, options.where)
    ]
    return [fleet.agents[first, name] for name in names if (first, name) in fleet.agents]


def _manifests(fleet: Snapshot, agents: Iterable[Agent]) -> list[Manifest]:
    """The manifests of these agents in every environment: an override may be the last place that names a model."""
    names = {agent.name for agent in agents}
    return [agent.manifest for (_, name), agent in fleet.agents.items() if name in names and agent.manifest]


def _planned(
    run: RunContext,
    tree: Tree,
    before: LoadedFleet,
    fleet: Snapshot,
    agents: list[Agent],
    choice: ModelChoice,
) -> tuple[ModelUpgrade, Mapping[str, bytes]]:
    """The plan, and the contents to write."""
    replacement = Replacement(
        new=choice.new, is_old=choice.is_old, old_name=choice.old.name, config=fleet.config
    )
    plan = plan_replacement([agent.name for agent in agents], before.contents, replacement)
    pinned = {
        mention.agent: mention
        for mention in plan.mentions
        if mention.environment == replacement.first.name
        and mention.role in (MentionRole.MODEL, MentionRole.OVERRIDE)
    }
    after_tree = OverlayTree(tree=tree, contents=plan.contents)
    keys = [(replacement.first.name, name) for name in pinned]
    requires = expected_requirements(tree, after_tree, keys)
    by_name = {agent.name: agent for agent in agents}
    upgrade = ModelUpgrade(
        old=_described(run, choice.old),
        new=_described(run, choice.new),
        environment=replacement.first.name,
        agents=tuple(
            UpgradedAgent(
                name=name,
                tier=_manifest_value(by_name[name], "spec.risk.tier"),
                place=mention.place,
                suites=_suites(by_name[name]),
                requires=requires.get((replacement.first.name, name), ()),
            )
            for name, mention in pinned.items()
        ),
        mentions=(*plan.mentions, *_open_mentions(before, agents, choice, pinned)),
        needs=model_needs(fleet, choice),
        files=tuple(sorted(plan.contents)),
        problems=caused_findings(run, before, load_fleet(after_tree)),
    )
    if not upgrade.mentions:
        message = f"no agent of {replacement.first.name!r} that was asked for uses {choice.old.text}"
        raise FleetError(message, hint=f"fleet list{run.chdir} --model {quote(choice.old.name)}")
    return upgrade, plan.contents


def _described(run: RunContext, model: ListedModel) -> ListedModel:
    """The model with the days until it retires."""
    try:
        last = parse_date(model.retires_at) if model.retires_at else None
    except ValueError:
        last = None
    return replace(model, in_days=(last - run.now.date()).days) if last else model


def _manifest_value(agent: Agent, path: str) -> Any:
    return agent.manifest.get(path) if agent.manifest else None


def _suites(agent: Agent) -> tuple[str, ...]:
    items = agent.manifest.items("spec.evals") if agent.manifest else ()
    return tuple(str(item.get("name")) for item in items)


def _open_mentions(
    before: LoadedFleet, agents: Iterable[Agent], choice: ModelChoice, pinned: Mapping[str, Any]
) -> Iterator[ModelMention]:
    """Fallbacks, judges, embedding models and files that name the old model, and agents that cannot be read."""
    for agent in agents:
        if agent.manifest is None:
            yield from _unreadable_mention(before, agent, choice)
            continue
        for path, entry in rules.model_entries(agent.manifest):
            role = next((role for word, role in _ROLES.items() if word in path), None)
            if role is not None and choice.is_old(entry):
                yield ModelMention(
                    agent=agent.name,
                    environment=agent.environment,
                    role=role,
                    place=agent.manifest.place(f"{path}.name"),
                    outcome=MentionOutcome.OPEN,
                    note="not edited: whether the new model suits there is for you to say",
                )
        if agent.name in pinned:
            yield from files_naming(agent, choice.old.name)


def _unreadable_mention(before: LoadedFleet, agent: Agent, choice: ModelChoice) -> Iterator[ModelMention]:
    file = layout.manifest_file(agent.environment, agent.name)
    if choice.old.name.encode() in before.contents.get(file, b""):
        yield ModelMention(
            agent=agent.name,
            environment=agent.environment,
            role=MentionRole.UNREADABLE,
            place=Place(file=file),
            outcome=MentionOutcome.OPEN,
            note="the manifest is invalid: fleet validate",
        )


def _next_command(
    run: RunContext, root: FleetRoot, upgrade: ModelUpgrade, options: UpgradeOptions, is_blocked: bool
) -> str:
    chdir = run.chdir
    is_waiting = any(need.action != "date" for need in upgrade.needs)
    if is_blocked or not upgrade.files or (upgrade.written and is_waiting):
        return f"fleet validate{chdir}"
    if upgrade.written:
        files = join(run.path_argument(root.path / file) for file in upgrade.files)
        count = len(upgrade.agents)
        agents = f"{count} agent{'' if count == 1 else 's'}"
        message = quote(f"models: {upgrade.old.name} to {upgrade.new.name} in {agents}")
        return f"git{chdir} add -- {files} && git{chdir} commit -m {message} -- {files}"
    where = "".join(f" --where {quote(f'{field}={value}')}" for field, value in options.where)
    return f"fleet models upgrade{chdir} {quote(options.old)} {quote(options.new)}{where} --write"
