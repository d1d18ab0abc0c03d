"""Tools of an agent: listed operations, known connectors, reviews, accounts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from fleetward.domain import layout
from fleetward.domain.finding import Severity
from fleetward.domain.fixed_tools import contradictions, fixed_tools
from fleetward.domain.fleet import Snapshot
from fleetward.domain.manifest import Manifest
from fleetward.domain.operation_words import Effect
from fleetward.domain.operations import named_irreversible, operation_effects
from fleetward.rules.rule import Violation, rule, violation
from fleetward.rules.selectors import is_above_medium, keyed_items, suggestion, unretired

REGISTER = layout.CONNECTORS
REVIEWED = "spec.guardrails.humanReview.required"
_MOVING = re.compile(
    r"(?i)^$|(?:^|[-_.:@/])(?:latest|nightly|newest|current|default|auto|stable|edge|dev|main|master|head|next|[x*])$"
    r"|[\^~<>*|${,\s]|\.x(?:\.|$)"
)
"""Versions that name no single one: ``latest``, a branch, ``2.x``, ``^2.1.0``, ``2.1 - 3``."""


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


@rule("server-floating", Severity.WARNING, severity_exceptions="error from high")
def server_floating(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A tool's server has neither a version nor a digest, or a version that moves, such as `latest`.

    Why: whoever publishes the server decides when its operations change. No evaluation that you ran covers that.
    Bad:
        tools: [{name: crm, server: {ref: example.acme/crm, version: latest}, allow: [customer.read]}]
    Good:
        tools: [{name: crm, server: {ref: example.acme/crm, version: 2.1.0}, allow: [customer.read]}]
    Fix: write the version or the digest of the server that you evaluated.
    """
    for manifest in unretired(fleet):
        for path, tool in keyed_items(manifest, "spec.tools"):
            server = tool.get("server")
            if not isinstance(server, Mapping) or _is_fixed_server(server):
                continue
            version = server.get("version")
            message = (
                "the server has neither a version nor a digest"
                if version is None
                else f"version {str(version)!r} of the server moves"
            )
            where = f"{path}.server" if version is None else f"{path}.server.version"
            severity = Severity.ERROR if is_above_medium(fleet, manifest) else Severity.WARNING
            hint = "write the version or the digest of the server that you evaluated"
            yield violation(manifest, where, message, hint, severity=severity)


@rule("connector-fixed", Severity.ERROR)
def connector_fixed(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """
    A tool says something else than its connector fixes for whoever uses it.

    Why: the owner of the connector has decided which server answers and which operations are open. A tool that says
    something else goes around that decision.
    Bad:
        # connectors.yaml: crm: {owner: desk, fixed: {kind: mcp, server: {ref: acme/crm, version: 2.1.0}}}
        tools: [{name: crm, connector: crm, server: {ref: acme/crm, version: 2.2.0}, allow: [order.read]}]
    Good:
        tools: [{name: crm, connector: crm, allow: [order.read]}]
    Fix: leave the field out, and the tool inherits it. Or ask the owner of the connector to change what is fixed.
    """
    fixed_by_connector = fixed_tools(_register(fleet))
    for manifest in unretired(fleet) if fixed_by_connector else ():
        for path, tool in keyed_items(manifest, "spec.tools"):
            name = tool.get("connector")
            for field, own, fixed in contradictions(tool, fixed_by_connector.get(str(name), {})):
                place = (
                    fleet.connectors.locate(f"connectors.{name}.fixed.{field}") if fleet.connectors else None
                )
                yield violation(
                    manifest,
                    f"{path}.{field}",
                    f"{field} is {_written(own)}, and the connector {name!r} fixes {_written(fixed)}",
                    f"leave {field} out: the tool inherits it",
                    related=(place,) if place else (),
                )


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
    guardrails.humanReview.required. A tool counts as irreversible unless it says `reversible: true`. Operations
    that only read need no review: the verb of their name says so (`order.read`, `list_orders`, `web/fetch`). Where
    a name says nothing, `operations: {reading: [...], irreversible: [...]}` at the top of
    governance/connectors.yaml does, for whole operations (`order.sunset`) and for verbs (`sunset`). What it calls
    irreversible needs a review whatever the tool says.
    """
    register = _register(fleet)
    for manifest in fleet.manifests:
        reviewed = frozenset(manifest.get(REVIEWED, ()))
        for path, tool in keyed_items(manifest, "spec.tools"):
            name = tool.get("name")
            unreviewed = [
                (operation, known)
                for operation, known in _irreversible_operations(manifest, path, tool, register)
                if not reviewed.intersection((name, f"{name}.{operation}"))
            ]
            if unreviewed and tool.get("approval", "never") == "never":
                is_said = manifest.has(f"{path}.reversible")
                message, hint = _review_texts(name, unreviewed, is_said=is_said)
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


def _written(value: Any) -> str:
    return ", ".join(map(repr, value)) or "nothing" if isinstance(value, list) else repr(value)


def _register(fleet: Snapshot) -> Mapping[str, Any]:
    return fleet.connectors.data if fleet.connectors else {}


def _is_fixed_server(server: Mapping[str, Any]) -> bool:
    """True if a digest or one version is named, apart or at the end of its name (``crm@2.1.0``)."""
    if server.get("digest"):
        return True
    version = server.get("version")
    if version is not None:
        return _MOVING.search(str(version).strip()) is None
    named = re.search(r"@sha256:[0-9a-f]{64}$|[@:]v?([0-9][^@:/]*)$", str(server.get("ref") or ""))
    return named is not None and (named[1] is None or _MOVING.search(named[1]) is None)


def _irreversible_operations(
    manifest: Manifest, path: str, tool: Mapping[str, Any], register: Mapping[str, Any]
) -> Iterator[tuple[str, Effect | None]]:
    """The operations of *tool* that may change something for good, with what they do as far as it is known."""
    irreversible = named_irreversible(tool, register)
    reads_by_word = tool.get("access") == "read" and manifest.has(f"{path}.access")
    for operation, known in operation_effects(tool, register):
        # an operation of unknown kind is no contradiction to `access: read`, where that is written
        reads = known is Effect.READS or (known is None and reads_by_word)
        if operation in irreversible or (not reads and tool.get("reversible") is not True):
            yield operation, known


def _review_texts(
    name: Any, operations: Sequence[tuple[str, Effect | None]], *, is_said: bool
) -> tuple[str, str]:
    """The message and the hint for *operations* that nobody reviews; *is_said*: `reversible` is written."""
    listed = ", ".join(repr(operation) for operation, _ in operations)
    required = ", ".join(f"{name}.{operation}" for operation, _ in operations)
    review = f"set approval: always, or list {required} in guardrails.humanReview.required"
    if is_said:
        message = f"{listed} cannot be undone, and no human reviews it first"
    else:
        counts = "counts" if len(operations) == 1 else "count"
        message = f"{listed} {counts} as irreversible, because reversible is left out, and no human reviews it first"
        review = f"add reversible: true if it can be undone, {review}"
    if any(known is None for _, known in operations):
        unknown = ", ".join(operation for operation, known in operations if known is None)
        review += f"; what only reads goes to the top of {REGISTER}: operations: {{reading: [{unknown}]}}"
    return message, review
