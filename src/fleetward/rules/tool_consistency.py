"""What a manifest says about its tools in one place, against what it says in another."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.operation_words import Effect
from fleetward.domain.operations import operation_effects
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import choices, keyed_items, suggestion

REVIEWED = "spec.guardrails.humanReview.required"
_VERBS: Mapping[Effect, str] = {
    Effect.WRITES: "writes",
    Effect.DELETES: "cannot be undone",
    Effect.PAYS: "moves money",
}


@rule(
    "tool-unknown",
    Severity.ERROR,
    severity_exceptions="warning where the tool is known, and does not allow the operation",
)
def tool_unknown(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A human review names a tool that the agent does not have, or an operation that the tool does not allow.

    Why: a review of a misspelt operation never takes place. The real operation runs without one.
    Bad:
        tools: [{name: bank, allow: [payment.send]}]
        guardrails: {humanReview: {required: [bnak.payment.send]}}
    Good:
        tools: [{name: bank, allow: [payment.send]}]
        guardrails: {humanReview: {required: [bank.payment.send]}}
    Fix: write the name of a tool, or of a tool and one of its operations: `bank` or `bank.payment.send`.
    """
    for manifest in fleet.manifests:
        tools = {str(tool.get("name")): tool for _, tool in keyed_items(manifest, "spec.tools")}
        for position, reference in enumerate(manifest.items(REVIEWED)):
            problem = _unknown_reference(str(reference), tools)
            if problem is not None:
                message, hint, severity = problem
                yield violation(manifest, f"{REVIEWED}[{position}]", message, hint, severity=severity)


@rule("access-contradicts", Severity.ERROR)
def access_contradicts(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A tool says that it only reads, and allows an operation that does more.

    Why: who reads `access: read` does not look at the operations. The operations are what runs.
    Bad:
        tools: [{name: crm, allow: [customer.read, customer.delete], access: read}]
    Good:
        tools: [{name: crm, allow: [customer.read, customer.delete], access: write}]
    Fix: write the access that the operations need, or take the operation out. If the operation only reads, say so in
    governance/connectors.yaml: `operations: {reading: [...]}`.
    """
    register = fleet.connectors.data if fleet.connectors else {}
    for manifest in fleet.manifests:
        for path, tool in keyed_items(manifest, "spec.tools"):
            if tool.get("access") != "read" or not manifest.has(f"{path}.access"):
                continue
            contradicting = [
                (operation, _VERBS[known])
                for operation, known in operation_effects(tool, register)
                if known is not None and known is not Effect.READS and "*" not in operation
            ]
            if contradicting:
                words = ", ".join(f"{operation!r} {verb}" for operation, verb in contradicting)
                hint = "write access: write, or take the operation out of allow"
                yield violation(manifest, f"{path}.access", f"access is 'read', and {words}", hint)


def _unknown_reference(
    reference: str, tools: Mapping[str, Mapping[str, Any]]
) -> tuple[str, str, Severity | None] | None:
    """Message, hint and severity for a review of what the agent does not have."""
    name, _, operation = reference.partition(".")
    if name not in tools:
        owner = next((tool for tool, item in tools.items() if reference in (item.get("allow") or ())), None)
        near = (
            f"write {owner}.{reference}"
            if owner
            else f"name a tool of spec.tools{choices(name, tools, 'tools')}"
        )
        return f"no tool named {name!r}", near, None
    allowed = tools[name].get("allow") or ()
    if operation and allowed and operation not in allowed and not any("*" in item for item in allowed):
        hint = f"write an operation of its allow{suggestion(operation, frozenset(allowed))}"
        return f"the tool {name!r} does not allow {operation!r}", hint, Severity.WARNING
    return None
