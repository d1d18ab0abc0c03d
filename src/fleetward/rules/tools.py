"""Tools of an agent: listed operations, known connectors, reviews, accounts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from fleetward.domain import layout
from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.risk import tool_access
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import keyed_items, suggestion, unretired

REGISTER = layout.CONNECTORS
REVIEWED = "spec.guardrails.humanReview.required"
READ_WORDS = frozenset(
    {"read", "get", "list", "search", "find", "view", "lookup", "describe", "query", "fetch"}
)
"""Last words of operations that change nothing."""


@rule("tool-allows-everything", Severity.ERROR)
def tool_allows_everything(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A tool's `allow` has a wildcard.

    Why: a wildcard also allows every operation that the tool gets later, without a change here that somebody
    could review.
    Bad:
        tools: [{name: crm, kind: mcp, connector: crm, allow: ["*"]}]
    Good:
        tools: [{name: crm, kind: mcp, connector: crm, allow: [customer.read, refund.draft]}]
    Fix: list the operations that the agent needs.
    """
    for manifest in fleet.manifests:
        for path, tool in keyed_items(manifest, "spec.tools"):
            for position, operation in enumerate(tool.get("allow") or ()):
                if "*" in operation:
                    message = f"{operation!r} allows what nobody has listed"
                    hint = "list the operations that the agent needs"
                    yield violation(manifest, f"{path}.allow[{position}]", message, hint)


@rule("connector-unknown", Severity.ERROR)
def connector_unknown(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A tool uses a connector that governance/connectors.yaml does not list.

    Why: a listed connector has an owner who hears of outages and knows who reads which data. An unlisted one
    has none.
    Bad:
        tools: [{name: crm, kind: mcp, connector: crm-2, allow: [customer.read]}]
    Good:
        tools: [{name: crm, kind: mcp, connector: crm, allow: [customer.read]}]
    Fix: name a listed connector, or list this one with its owner and status.
    """
    register = _connectors(fleet)
    for manifest in fleet.manifests:
        for path, tool in keyed_items(manifest, "spec.tools"):
            name = tool.get("connector")
            if name is not None and name not in register:
                hint = f"name a connector of {REGISTER}, or list {name!r} there{suggestion(name, register)}"
                yield violation(manifest, f"{path}.connector", f"no connector named {name!r}", hint)


@rule("connector-deprecated", Severity.WARNING)
def connector_deprecated(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A tool uses a connector that is deprecated or retired.

    Why: the owner of the connector has announced its end. Every tool that still uses it on that day stops
    working.
    Bad:
        # connectors.yaml: mailer: {owner: support, status: deprecated, replacedBy: helpdesk}
        tools: [{name: mail, kind: api, connector: mailer, allow: [send]}]
    Good:
        tools: [{name: mail, kind: api, connector: helpdesk, allow: [message.send]}]
    Fix: move to the replacement of the connector.
    """
    register = _connectors(fleet)
    for manifest in unretired(fleet):
        for path, tool in keyed_items(manifest, "spec.tools"):
            connector = register.get(tool.get("connector"), {})
            status, successor = connector.get("status"), connector.get("replacedBy")
            if status in ("deprecated", "retired"):
                hint = (
                    f"move to {successor!r}"
                    if successor
                    else f"ask {connector.get('owner')!r} what replaces it"
                )
                message = f"the connector {tool['connector']!r} is {status}"
                yield violation(manifest, f"{path}.connector", message, hint)


@rule("irreversible-without-review", Severity.ERROR)
def irreversible_without_review(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A tool may do something irreversible, and no human reviews it first.

    Why: every agent makes mistakes. If an operation cannot be undone, a review afterwards is too late.
    Bad:
        tools: [{name: bank, allow: [payment.send], access: write, reversible: false, approval: never}]
    Good:
        tools: [{name: bank, allow: [payment.send], access: write, reversible: false, approval: always}]
    Fix: set approval to always or on-irreversible, or list the tool or its operations (`bank.payment.send`) in
    guardrails.humanReview.required. Operations that only read need no review. A tool counts as irreversible
    unless it says `reversible: true`.
    """
    for manifest in fleet.manifests:
        reviewed = frozenset(manifest.get(REVIEWED, ()))
        for path, tool in keyed_items(manifest, "spec.tools"):
            if not _irreversible(tool, _register(fleet)) or tool.get("name") in reviewed:
                continue
            unseen = [
                op
                for op in tool.get("allow") or ()
                if not _is_read(op) and f"{tool.get('name')}.{op}" not in reviewed
            ]
            if unseen:
                listed = ", ".join(repr(op) for op in unseen)
                message = f"{listed} cannot be undone, and no human reviews it first"
                operation = f"{tool.get('name')}.{unseen[0]}"
                hint = f"set approval: always, or list {operation} in guardrails.humanReview.required"
                where = f"{path}.approval" if "approval" in tool else path
                yield violation(manifest, where, message, hint)


@rule("identity-shared", Severity.WARNING, fleet_fields={"spec.tools": ("name", "identity")})
def identity_shared(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    Two agents of one environment use the same account.

    Why: the logs of other systems cannot tell the two agents apart, and a permission cannot be taken from only
    one of them.
    Bad:
        # refund-bot and ticket-triage, both:
        tools: [{name: crm, identity: svc-agents}]
    Good:
        # refund-bot:
        tools: [{name: crm, identity: svc-refund-bot}]
    Fix: give each agent an account of its own.
    """
    first: dict[tuple[str, str], tuple[Manifest, str]] = {}
    for manifest in unretired(fleet):
        for path, tool in keyed_items(manifest, "spec.tools"):
            identity = tool.get("identity")
            if identity is None:
                continue
            where = f"{path}.identity"
            first_manifest, first_path = first.setdefault((manifest.environment, identity), (manifest, where))
            if first_manifest is not manifest:
                message = f"{identity!r} is the account of {first_manifest.name!r}, too"
                hint = "give each agent an account of its own"
                yield violation(manifest, where, message, hint, related=(first_manifest.place(first_path),))


def _connectors(fleet: Snapshot) -> Mapping[Any, Mapping[str, Any]]:
    """The connectors of the register; empty if there is no register."""
    return _register(fleet).get("connectors") or {}


def _register(fleet: Snapshot) -> Mapping[str, Any]:
    return fleet.connectors.data if fleet.connectors else {}


def _irreversible(tool: Mapping[str, Any], register: Mapping[str, Any]) -> bool:
    """True if it may change something for good without a review; a missing field counts as its worst value."""
    changes = tool_access(tool, register) in ("write", "admin")
    return changes and tool.get("reversible") is not True and tool.get("approval", "never") == "never"


def _is_read(operation: str) -> bool:
    return "*" not in operation and operation.rpartition(".")[2] in READ_WORDS
