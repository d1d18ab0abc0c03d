"""The exposure of an agent by its risk factors and tools, and the minimum tier that follows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fleetward.domain.manifest import Manifest
from fleetward.domain.operation_words import Effect
from fleetward.domain.operations import connector_of, operation_effects
from fleetward.domain.policy import Policy

ACCESS = ("read", "write", "admin")
SCALES: Mapping[str, tuple[str, ...]] = {
    "dataSensitivity": ("public", "internal", "confidential", "restricted"),
    "externalVisibility": ("none", "internal", "partners", "customers", "public"),
    "financialImpact": ("none", "limited", "material"),
    "reversibility": ("reversible", "partial", "irreversible"),
    "autonomy": ("suggest", "act-with-review", "act"),
    "toolAccess": ACCESS,
}
"""The values of each factor, lowest first."""
FACTORS = "spec.risk.factors"


def exposure(manifest: Manifest, register: Mapping[str, Any] | None = None) -> dict[str, str]:
    """
    The value of each factor, as far as it is known.

    Fail closed: where ``spec.risk.factors`` is written, a missing factor counts as its highest value, so that
    forgetting one never lowers the floor. Where the group is not written at all, the users, the tools and their
    connectors say what they imply. *register* is the content of ``governance/connectors.yaml``.
    """
    connectors = register or {}
    tools = manifest.items("spec.tools")
    access = max((tool_access(tool, connectors) for tool in tools), key=_access, default=ACCESS[0])
    values = {"toolAccess": access}
    if manifest.has(FACTORS):
        written = {factor: manifest.get(f"{FACTORS}.{factor}") for factor in SCALES if factor != "toolAccess"}
        return values | {factor: value or SCALES[factor][-1] for factor, value in written.items()}
    users = manifest.get("spec.purpose.users")
    external = {"externalVisibility": users} if users in SCALES["externalVisibility"] else {}
    return values | external | _implied_factors(tools, connectors)


def tool_access(tool: Mapping[str, Any], register: Mapping[str, Any]) -> str:
    """
    The access of *tool*: what it declares, or more where its operations need more.

    An operation of unknown kind needs what its connector gives. Only the register makes an operation milder.
    """
    given = connector_of(tool, register).get("access")
    needed = (known.access if known is not None else given for _, known in operation_effects(tool, register))
    return max(
        (tool.get("access") or ACCESS[0], *(access for access in needed if access is not None)), key=_access
    )


def _implied_factors(tools: Sequence[Mapping[str, Any]], register: Mapping[str, Any]) -> dict[str, str]:
    """What tools and connectors say of factors that nobody wrote."""
    values: dict[str, str] = {}
    for tool in tools:
        effects = {known for _, known in operation_effects(tool, register) if known is not None}
        sensitivity = connector_of(tool, register).get("dataSensitivity")
        implied = {
            "dataSensitivity": sensitivity,
            "financialImpact": "material" if Effect.PAYS in effects else None,
            "reversibility": "irreversible" if effects & {Effect.DELETES, Effect.PAYS} else None,
            "autonomy": "act"
            if effects - {Effect.READS} and tool.get("approval", "never") == "never"
            else None,
        }
        for factor, value in implied.items():
            if value is not None and _rank(factor, value, unknown=-1) >= _rank(
                factor, values.get(factor), unknown=-1
            ):
                values[factor] = value
    return values


def required_floor(manifest: Manifest, policy: Policy) -> tuple[str, Mapping[str, str]] | None:
    """The highest tier that a matching line of ``floors`` requires, and that line; None where no line matches."""
    values = exposure(manifest, policy.connectors)
    for tier in sorted(policy.floors, key=policy.tier_rank, reverse=True):
        for line in policy.floors[tier]:
            if all(_reaches(values, factor, minimum) for factor, minimum in line.items()):
                return tier, line
    return None


def required_minimum_tier(manifest: Manifest, policy: Policy) -> str | None:
    """The lowest tier that this agent may have; None where no line of ``floors`` matches."""
    match = required_floor(manifest, policy)
    return match[0] if match else None


def own_tier(manifest: Manifest, policy: Policy) -> str:
    """The tier that it declares, or the floor of its factors and tools where that is higher."""
    return policy.highest_tier(manifest.tier, required_minimum_tier(manifest, policy))


def _reaches(values: Mapping[str, str], factor: str, minimum: Any) -> bool:
    """Is the factor at least *minimum*? An unknown value counts as reached (fail closed)."""
    if factor not in values:
        return factor not in SCALES
    return _rank(factor, values[factor], unknown=len(SCALES[factor])) >= _rank(factor, minimum, unknown=-1)


def _rank(factor: str, value: Any, *, unknown: int) -> int:
    scale = SCALES[factor]
    return scale.index(value) if value in scale else unknown


def _access(value: str) -> int:
    return _rank("toolAccess", value, unknown=len(ACCESS))
