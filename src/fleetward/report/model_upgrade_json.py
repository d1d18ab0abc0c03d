"""The upgrade of a language model in many agents, for programs."""

from __future__ import annotations

from typing import Any

from fleetward.domain import layout
from fleetward.domain.change import ExpectedRequirement
from fleetward.domain.model_upgrade import ListedModel, ModelMention, ModelUpgrade, UpgradedAgent
from fleetward.report.findings_json import encode_finding

FORMAT = "fleetward.models-upgrade/1"


def render(upgrade: ModelUpgrade, *, next_command: str) -> dict[str, Any]:
    """The whole plan; within this format fields are only added."""
    return {
        "format": FORMAT,
        "old": _model(upgrade.old),
        "new": _model(upgrade.new),
        "environment": upgrade.environment,
        "agents": [_agent(agent) for agent in upgrade.agents],
        "tiers": [
            {"tier": tier, "agents": [agent.name for agent in agents], "requires": _tier_requires(agents)}
            for tier, agents in upgrade.tiers.items()
        ],
        "mentions": [_mention(mention) for mention in upgrade.mentions],
        "models": {
            "file": layout.MODELS,
            "needs": [
                {"action": need.action, "entry": need.entry, "reason": need.reason} for need in upgrade.needs
            ],
        },
        "files": list(upgrade.files),
        "problems": [encode_finding(finding, None) for finding in upgrade.problems],
        "written": upgrade.written,
        "next": next_command,
    }


def _model(model: ListedModel) -> dict[str, Any]:
    return {
        "provider": model.provider,
        "name": model.name,
        "version": model.version,
        "pin": model.pin,
        "listed": model.listed,
        "allowed": model.allowed,
        "retiresAt": model.retires_at,
        "inDays": model.in_days,
        "replacedBy": model.replaced_by,
    }


def _agent(agent: UpgradedAgent) -> dict[str, Any]:
    return {
        "agent": agent.name,
        "tier": agent.tier,
        "file": agent.place.file,
        "line": agent.place.line,
        "suites": list(agent.suites),
        "requires": [_requirement(requirement) for requirement in agent.requires],
    }


def _tier_requires(agents: tuple[UpgradedAgent, ...]) -> list[dict[str, str]]:
    """What any agent of the tier needs: rules may ask more of some of them."""
    requirements = dict.fromkeys(requirement for agent in agents for requirement in agent.requires)
    return [_requirement(requirement) for requirement in requirements]


def _requirement(requirement: ExpectedRequirement) -> dict[str, str]:
    return {"kind": requirement.kind, "detail": requirement.detail}


def _mention(mention: ModelMention) -> dict[str, Any]:
    place = mention.place
    return {
        "agent": mention.agent,
        "environment": mention.environment,
        "role": mention.role.value,
        "outcome": mention.outcome.value,
        "note": mention.note,
        "file": place.file,
        "line": place.line,
        "path": place.path,
    }
