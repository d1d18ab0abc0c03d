"""The meaning of a delta: a table of rules, read from the top, the first match wins (SPEC 5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from fleetward.changes.delta import Delta
from fleetward.changes.meaning import Meaning, covers
from fleetward.domain.change import ChangeKind, Direction, Significance

CRITICAL, HIGH, MEDIUM, LOW, NONE = Significance
LOOSER, STRICTER, NEUTRAL, UNKNOWN = Direction
ADDED, REMOVED, CHANGED, _TEXT, REORDERED = ChangeKind
_BREAK = re.compile(r"[^a-z0-9]+")


def find_meaning(delta: Delta) -> Meaning | None:
    """The first row that matches, or None."""
    # the order of the table decides, so the first match is taken and no best one
    return next((row for row in _rows_for_path(delta.generic) if row.matches(delta)), None)


# many agents change at the same path: the table is searched once
@lru_cache(maxsize=4096)
def _rows_for_path(path: str) -> tuple[Meaning, ...]:
    return tuple(row for row in MEANINGS if any(covers(pattern, path) for pattern in row.paths.split()))


def _unrestricted(delta: Delta) -> bool:
    """Does a new tool allow everything, or administration?"""
    tool = delta.after if isinstance(delta.after, Mapping) else {}
    return tool.get("access") == "admin" or any(map(_wild, tool.get("allow") or ()))


def _wild(entry: Any) -> bool:
    if not isinstance(entry, str):
        return False
    words = _BREAK.split(entry.lower())
    # `admin` as a word: `administer` and `badmin` are other permissions
    return "*" in entry or "admin" in words or words == ["all"]


def _wildcard(delta: Delta) -> bool:
    return _wild(delta.after)


def _to_admin(delta: Delta) -> bool:
    return bool(delta.after == "admin")


def _to_nothing(delta: Delta) -> bool:
    return delta.after in (None, "", [], ())


def _had_halt(delta: Delta) -> bool:
    return isinstance(delta.before, Mapping) and delta.before.get("haltAt") is not None


def _from_nothing(delta: Delta) -> bool:
    return delta.before in (None, "", [], ())


def _to_production(delta: Delta) -> bool:
    return bool(delta.after == "production")


def _pilot_to_production(delta: Delta) -> bool:
    return bool(delta.before == "pilot" and delta.after == "production")


PATHS = """\
A path names a place in a manifest without the names and positions of list items:

| in the manifest | path in a row | kinds |
| --- | --- | --- |
| a key of a mapping | `spec.risk.tier` | added, removed, changed |
| a mapping, added or removed as a whole | `spec.owner.team`: a delta for each value in it | added, removed |
| an item of a keyed list (`x-list: keyed(name)`) | `spec.prompts[]` | added, removed |
| a key inside such an item | `spec.prompts[].file` | added, removed, changed |
| a plain value in a list without order (`x-list: set`) | `spec.tools[].allow`, without `[]` | added, removed |
| a mapping in a list without order | `spec.retirement.criteria`, without `[]` | added, removed |
| a key inside such a mapping | `spec.retirement.criteria[].date` | added, removed, changed |
| an item of an ordered list (no `x-list`) | `spec.model.fallbacks[]` | added, removed, changed |
| the order of such a list | `spec.model.fallbacks` | reordered |

A row may name several paths, separated by spaces. A `*` at the end of a path means the place itself and everything
below it: `spec.model.parameters*` matches `spec.model.parameters` and `spec.model.parameters.temperature`, but not
`spec.model.parametersFile`. A `*` anywhere else has no meaning.

The table is read from the top, and the first row that matches names the change: a row for one place stands above the
row for all places below it, and a row with `kinds`, `direction` or `test` stands above the row without. A row below
one that matches everything it could match is never used; a test names both rows.
"""
"""The grammar of ``paths``; it is printed on the page of changes."""

# fmt: off
MEANINGS: tuple[Meaning, ...] = (
    # identity
    Meaning(paths="metadata.name", rule="governance/name-changed", significance=HIGH,
            reason="the agent calls itself {after}, before {before}"),
    Meaning(paths="metadata.displayName metadata.description metadata.labels* metadata.annotations*",
            means=NEUTRAL, rule="cosmetic/text-changed", significance=NONE,
            reason="{key} is {after}, before {before}"),
    # language model
    Meaning(paths="spec.model.provider spec.model.name spec.model.version spec.model.deployment "
            "spec.model.digest", means=NEUTRAL, rule="behaviour/model-changed", significance=HIGH,
            reason="the model's {key} is {after}, before {before}; another model behaves differently"),
    Meaning(paths="spec.model.upgradePolicy", direction=LOOSER, rule="behaviour/upgrade-policy-loosened",
            significance=HIGH,
            reason="the model may change by itself: upgrade policy {after}, before {before}",
            twin="behaviour/upgrade-policy-tightened"),
    Meaning(paths="spec.model.upgradePolicy", direction=STRICTER, rule="behaviour/upgrade-policy-tightened",
            significance=LOW,
            reason="the model changes less easily by itself: upgrade policy {after}, before {before}"),
    Meaning(paths="spec.model.upgradePolicy", rule="behaviour/upgrade-policy-changed", significance=MEDIUM,
            reason="upgrade policy {after}, before {before}"),
    Meaning(paths="spec.model.parameters*", rule="behaviour/parameter-changed", significance=MEDIUM,
            reason="parameter {key} is {after}, before {before}"),
    Meaning(paths="spec.model.fallbacks*", kinds=(REORDERED,), rule="reliability/fallbacks-reordered",
            significance=MEDIUM, reason="fallback models are tried in another order"),
    Meaning(paths="spec.model.fallbacks*", rule="reliability/fallback-changed", significance=MEDIUM,
            reason="fallback model {after}, before {before}"),
    # prompts
    Meaning(paths="spec.prompts[]", kinds=(ADDED,), rule="behaviour/prompt-added", significance=HIGH,
            reason="prompt {item!r} is new"),
    Meaning(paths="spec.prompts[]", kinds=(REMOVED,), rule="behaviour/prompt-removed", significance=HIGH,
            reason="prompt {item!r} is gone"),
    Meaning(paths="spec.prompts[].file", rule="behaviour/prompt-replaced", significance=HIGH,
            reason="prompt {item!r} is read from {after}, before from {before}"),
    # tools and privileges
    Meaning(paths="spec.executables", kinds=(ADDED,), means=LOOSER, rule="privilege/executable-added",
            significance=HIGH, reason="{after} may be run as a program", twin="privilege/executable-removed"),
    Meaning(paths="spec.executables", kinds=(REMOVED,), means=STRICTER, rule="privilege/executable-removed",
            significance=LOW, reason="{before} may no longer be run as a program"),
    Meaning(paths="spec.tools[]", kinds=(ADDED,), test=_unrestricted, means=LOOSER,
            rule="privilege/tool-unrestricted", significance=CRITICAL,
            reason="new tool {item!r} without bounds: {after}", twin="privilege/tool-removed"),
    Meaning(paths="spec.tools[]", kinds=(ADDED,), means=LOOSER, rule="privilege/tool-added",
            significance=HIGH, reason="new tool {item!r}: {after}", twin="privilege/tool-removed"),
    Meaning(paths="spec.tools[]", kinds=(REMOVED,), means=STRICTER, rule="privilege/tool-removed",
            significance=LOW, reason="tool {item!r} is gone"),
    Meaning(paths="spec.tools[].allow", kinds=(ADDED,), test=_wildcard, means=LOOSER,
            rule="privilege/wildcard-allowed", significance=CRITICAL,
            reason="tool {item!r} may do everything that {after} matches", twin="privilege/allow-narrowed"),
    Meaning(paths="spec.tools[].allow", kinds=(ADDED,), means=LOOSER, rule="privilege/allow-widened",
            significance=HIGH, reason="tool {item!r} may now do {after}", twin="privilege/allow-narrowed"),
    Meaning(paths="spec.tools[].allow", kinds=(REMOVED,), means=STRICTER, rule="privilege/allow-narrowed",
            significance=LOW, reason="tool {item!r} may no longer do {before}"),
    Meaning(paths="spec.tools[].access", test=_to_admin, means=LOOSER, rule="privilege/admin-access",
            significance=CRITICAL, reason="tool {item!r} has admin access, before {before}",
            twin="privilege/access-narrowed"),
    Meaning(paths="spec.tools[].access", direction=LOOSER, rule="privilege/access-widened", significance=HIGH,
            reason="access of tool {item!r} is {after}, before {before}", twin="privilege/access-narrowed"),
    Meaning(paths="spec.tools[].access", direction=STRICTER, rule="privilege/access-narrowed", significance=LOW,
            reason="access of tool {item!r} is {after}, before {before}"),
    Meaning(paths="spec.tools[].access", rule="privilege/access-changed", significance=MEDIUM,
            reason="access of tool {item!r} is {after}, before {before}"),
    Meaning(paths="spec.tools[].approval", direction=LOOSER, rule="guardrail/approval-weakened",
            significance=CRITICAL, reason="approval of tool {item!r} is {after}, before {before}",
            twin="guardrail/approval-strengthened"),
    Meaning(paths="spec.tools[].approval", direction=STRICTER, rule="guardrail/approval-strengthened",
            significance=LOW, reason="approval of tool {item!r} is {after}, before {before}"),
    Meaning(paths="spec.tools[].approval", rule="guardrail/approval-changed", significance=HIGH,
            reason="approval of tool {item!r} is {after}, before {before}"),
    Meaning(paths="spec.tools[].reversible", direction=LOOSER, rule="privilege/irreversible",
            significance=HIGH, reason="what tool {item!r} does cannot be undone any more",
            twin="privilege/reversible"),
    Meaning(paths="spec.tools[].reversible", direction=STRICTER, rule="privilege/reversible",
            significance=LOW, reason="what tool {item!r} does can be undone now"),
    # another identity, server or source may reach more: unknown, so the gate counts it as looser
    Meaning(paths="spec.tools[].identity", means=UNKNOWN, rule="privilege/identity-changed", significance=HIGH,
            reason="tool {item!r} acts as {after}, before as {before}"),
    Meaning(paths="spec.tools[].connector spec.tools[].server.ref spec.tools[].server.url",
            means=UNKNOWN, rule="privilege/tool-replaced", significance=HIGH,
            reason="tool {item!r} is served by {after}, before by {before}"),
    Meaning(paths="spec.tools[]*", rule="privilege/tool-changed", significance=MEDIUM,
            reason="{key} of tool {item!r} is {after}, before {before}"),
    # data and dependencies
    Meaning(paths="spec.knowledge[]", kinds=(ADDED,), means=LOOSER, rule="data/source-added",
            significance=HIGH, reason="new data source {item!r}: {after}", twin="data/source-removed"),
    Meaning(paths="spec.knowledge[]", kinds=(REMOVED,), means=STRICTER, rule="data/source-removed",
            significance=LOW, reason="data source {item!r} is gone"),
    Meaning(paths="spec.knowledge[].classification", direction=LOOSER, rule="data/classification-widened",
            significance=HIGH, reason="data source {item!r} is {after}, before {before}",
            twin="data/classification-narrowed"),
    Meaning(paths="spec.knowledge[].classification", direction=STRICTER, rule="data/classification-narrowed",
            significance=LOW, reason="data source {item!r} is {after}, before {before}"),
    Meaning(paths="spec.knowledge[].source", means=UNKNOWN, rule="data/source-replaced", significance=HIGH,
            reason="data source {item!r} is {after}, before {before}"),
    Meaning(paths="spec.knowledge[].maxAge", direction=LOOSER, rule="data/freshness-relaxed",
            significance=MEDIUM, reason="data source {item!r} may be {after} old, before {before}",
            twin="data/freshness-tightened"),
    Meaning(paths="spec.knowledge[].maxAge", direction=STRICTER, rule="data/freshness-tightened",
            significance=LOW, reason="data source {item!r} may be {after} old, before {before}"),
    Meaning(paths="spec.knowledge[].embedding*", means=NEUTRAL, rule="data/embedding-changed", significance=HIGH,
            reason="data source {item!r} is found by another model: {key} {after}, before {before}"),
    Meaning(paths="spec.knowledge[]*", rule="data/source-changed", significance=MEDIUM,
            reason="{key} of data source {item!r} is {after}, before {before}"),
    Meaning(paths="spec.dependsOn[]", kinds=(ADDED,), rule="topology/dependency-added", significance=MEDIUM,
            reason="depends on agent {item!r} now"),
    Meaning(paths="spec.dependsOn[]", kinds=(REMOVED,), rule="topology/dependency-removed",
            significance=MEDIUM, reason="no longer depends on agent {item!r}"),
    Meaning(paths="spec.dependsOn[]*", rule="topology/dependency-changed", significance=MEDIUM,
            reason="{key} of the dependency on {item!r} is {after}, before {before}"),
    Meaning(paths="spec.sharedState[].access", direction=LOOSER, rule="data/state-access-widened",
            significance=HIGH, reason="access to shared state {item!r} is {after}, before {before}",
            twin="data/state-access-narrowed"),
    Meaning(paths="spec.sharedState[].access", direction=STRICTER, rule="data/state-access-narrowed",
            significance=LOW, reason="access to shared state {item!r} is {after}, before {before}"),
    Meaning(paths="spec.sharedState[]*", rule="topology/shared-state-changed", significance=MEDIUM,
            reason="shared state {item!r}: {after}, before {before}"),
    # guardrails
    Meaning(paths="spec.guardrails.humanReview*", direction=LOOSER, rule="guardrail/human-review-weakened",
            significance=CRITICAL, reason="human review is weaker: {key} {after}, before {before}",
            twin="guardrail/human-review-strengthened"),
    Meaning(paths="spec.guardrails.humanReview*", kinds=(REMOVED,), means=LOOSER,
            rule="guardrail/human-review-weakened", significance=CRITICAL,
            reason="human review is weaker: {key} {before} is gone",
            twin="guardrail/human-review-strengthened"),
    Meaning(paths="spec.guardrails.humanReview*", direction=STRICTER, rule="guardrail/human-review-strengthened",
            significance=LOW, reason="human review is stronger: {key} {after}, before {before}"),
    Meaning(paths="spec.guardrails.killSwitch.testedAt", kinds=(ADDED, CHANGED),
            rule="guardrail/kill-switch-tested", significance=LOW,
            reason="kill switch last tested {after}, before {before}"),
    Meaning(paths="spec.guardrails.killSwitch.testedAt", rule="guardrail/kill-switch-untested",
            significance=MEDIUM, reason="when the kill switch was tested ({before}) is gone"),
    Meaning(paths="spec.guardrails.killSwitch*", kinds=(REMOVED,), means=LOOSER,
            rule="guardrail/kill-switch-removed", significance=CRITICAL,
            reason="the kill switch {before} is gone",
            twin="guardrail/kill-switch-added"),
    Meaning(paths="spec.guardrails.killSwitch*", kinds=(ADDED,), means=STRICTER,
            rule="guardrail/kill-switch-added", significance=LOW, reason="a kill switch: {after}"),
    Meaning(paths="spec.guardrails*", direction=LOOSER, rule="guardrail/guardrail-off", significance=CRITICAL,
            reason="{key} guardrail {before} is off; after: {after}",
            twin="guardrail/guardrail-on"),
    Meaning(paths="spec.guardrails*", kinds=(REMOVED,), means=LOOSER, rule="guardrail/guardrail-off",
            significance=CRITICAL, reason="{key} guardrail {before} is off",
            twin="guardrail/guardrail-on"),
    Meaning(paths="spec.guardrails*", direction=STRICTER, rule="guardrail/guardrail-on", significance=LOW,
            reason="{key} guardrail {after}, before {before}"),
    Meaning(paths="spec.guardrails*", rule="guardrail/guardrail-changed", significance=HIGH,
            reason="{key} of the guardrails is {after}, before {before}"),
    Meaning(paths="spec.disclosure.aiDisclosed", direction=LOOSER, rule="guardrail/disclosure-off",
            significance=CRITICAL, reason="people are no longer told that they talk to an AI",
            twin="guardrail/disclosure-on"),
    Meaning(paths="spec.disclosure.aiDisclosed", direction=STRICTER, rule="guardrail/disclosure-on",
            significance=LOW, reason="people are told that they talk to an AI"),
    Meaning(paths="spec.disclosure.persona", rule="behaviour/persona-changed", significance=MEDIUM,
            reason="persona {after}, before {before}"),
    Meaning(paths="spec.disclosure*", rule="guardrail/disclosure-changed", significance=MEDIUM,
            reason="{key} of the disclosure: {after}, before {before}"),
    Meaning(paths="spec.escalation.sla*", direction=LOOSER, rule="guardrail/sla-lengthened",
            significance=HIGH, reason="time to {key} an escalation is {after}, before {before}",
            twin="guardrail/sla-shortened"),
    Meaning(paths="spec.escalation.sla*", direction=STRICTER, rule="guardrail/sla-shortened",
            significance=LOW, reason="time to {key} an escalation is {after}, before {before}"),
    Meaning(paths="spec.escalation.lastTestedAt", kinds=(ADDED, CHANGED), rule="guardrail/escalation-tested",
            significance=LOW, reason="escalation last tested {after}, before {before}"),
    Meaning(paths="spec.escalation*", direction=LOOSER, rule="guardrail/escalation-weakened",
            significance=HIGH, reason="escalation is weaker: {key} {after}, before {before}",
            twin="guardrail/escalation-tightened"),
    Meaning(paths="spec.escalation*", direction=STRICTER, rule="guardrail/escalation-tightened",
            significance=LOW, reason="escalation is tighter: {key} {after}, before {before}"),
    Meaning(paths="spec.escalation*", rule="guardrail/escalation-changed", significance=HIGH,
            reason="escalation: {key} {after}, before {before}"),
    Meaning(paths="spec.evals[]", kinds=(REMOVED,), means=LOOSER, rule="guardrail/suite-removed",
            significance=HIGH, reason="eval suite {item!r} is no longer asked for",
            twin="guardrail/suite-added"),
    Meaning(paths="spec.evals[]", kinds=(ADDED,), means=STRICTER, rule="guardrail/suite-added",
            significance=LOW, reason="eval suite {item!r} is asked for"),
    Meaning(paths="spec.evals[].min spec.evals[].max", direction=LOOSER, rule="guardrail/threshold-lowered",
            significance=HIGH, reason="{key} of eval {item!r} is {after}, before {before}",
            twin="guardrail/threshold-raised"),
    Meaning(paths="spec.evals[].min spec.evals[].max", direction=STRICTER, rule="guardrail/threshold-raised",
            significance=LOW, reason="{key} of eval {item!r} is {after}, before {before}"),
    Meaning(paths="spec.evals[].suite spec.evals[].metric", rule="guardrail/eval-replaced", significance=HIGH,
            reason="{key} of eval {item!r} is {after}, before {before}"),
    Meaning(paths="spec.evals[].judge*", means=UNKNOWN, rule="guardrail/judge-changed", significance=HIGH,
            reason="eval {item!r} is judged by another model: {key} {after}, before {before}"),
    Meaning(paths="spec.evals[]*", rule="guardrail/eval-changed", significance=MEDIUM,
            reason="{key} of eval {item!r} is {after}, before {before}"),
    Meaning(paths="spec.observability.outputReview*", direction=LOOSER,
            rule="guardrail/review-sampling-lowered", significance=HIGH,
            reason="less output is reviewed: {key} {after}, before {before}",
            twin="guardrail/review-sampling-raised"),
    Meaning(paths="spec.observability.outputReview*", direction=STRICTER,
            rule="guardrail/review-sampling-raised", significance=LOW,
            reason="more output is reviewed: {key} {after}, before {before}"),
    # cost
    Meaning(paths="spec.budgets[]", kinds=(REMOVED,), test=_had_halt, means=LOOSER, rule="cost/halt-removed",
            significance=CRITICAL, reason="nothing halts spending per {item} any more; before {before}",
            twin="cost/budget-added"),
    Meaning(paths="spec.budgets[]", kinds=(REMOVED,), means=LOOSER, rule="cost/budget-removed",
            significance=HIGH, reason="the budget per {item} is gone",
            twin="cost/budget-added"),
    Meaning(paths="spec.budgets[]", kinds=(ADDED,), means=STRICTER, rule="cost/budget-added",
            significance=LOW, reason="a budget per {item}: {after}"),
    Meaning(paths="spec.budgets[].haltAt", kinds=(REMOVED,), means=LOOSER, rule="cost/halt-removed",
            significance=CRITICAL, reason="nothing halts spending per {item} any more; before at {before}",
            twin="cost/halt-added"),
    Meaning(paths="spec.budgets[].haltAt", kinds=(ADDED,), means=STRICTER, rule="cost/halt-added",
            significance=LOW, reason="spending per {item} halts at {after}"),
    Meaning(paths="spec.budgets[].haltAt spec.budgets[].tokens", direction=LOOSER, rule="cost/halt-raised",
            significance=HIGH, reason="{key} per {item} is {after}, before {before}",
            twin="cost/halt-lowered"),
    Meaning(paths="spec.budgets[].haltAt spec.budgets[].tokens", direction=STRICTER, rule="cost/halt-lowered",
            significance=LOW, reason="{key} per {item} is {after}, before {before}"),
    Meaning(paths="spec.budgets[].alertAt", direction=LOOSER, rule="cost/alert-raised", significance=MEDIUM,
            reason="alert per {item} at {after}, before {before}",
            twin="cost/alert-lowered"),
    Meaning(paths="spec.budgets[].alertAt", direction=STRICTER, rule="cost/alert-lowered", significance=LOW,
            reason="alert per {item} at {after}, before {before}"),
    Meaning(paths="spec.budgets[].currency", means=UNKNOWN, rule="cost/currency-changed", significance=HIGH,
            reason="the budget per {item} counts in {after}, before in {before}"),
    Meaning(paths="spec.budgets[]*", rule="cost/budget-changed", significance=MEDIUM,
            reason="{key} per {item} is {after}, before {before}"),
    # responsibility
    Meaning(paths="spec.owner.team spec.owner.accountable", test=_to_nothing, means=LOOSER,
            rule="governance/owner-emptied", significance=CRITICAL,
            reason="{key} is empty; before {before}",
            twin="governance/owner-named"),
    Meaning(paths="spec.owner.team spec.owner.accountable", test=_from_nothing, means=STRICTER,
            rule="governance/owner-named", significance=LOW, reason="{key} is {after}; it was empty before"),
    Meaning(paths="spec.owner.contact*", rule="governance/contact-changed", significance=MEDIUM,
            reason="contact {key} is {after}, before {before}"),
    Meaning(paths="spec.owner*", rule="governance/owner-changed", significance=HIGH,
            reason="{key} is {after}, before {before}"),
    Meaning(paths="spec.risk.tier", direction=LOOSER, rule="governance/tier-lowered", significance=CRITICAL,
            reason="the risk tier falls to {after}, before {before}",
            twin="governance/tier-raised"),
    Meaning(paths="spec.risk.tier", direction=STRICTER, rule="governance/tier-raised", significance=MEDIUM,
            reason="the risk tier rises to {after}, before {before}"),
    Meaning(paths="spec.risk.tier", rule="governance/tier-unordered", significance=CRITICAL,
            reason="the risk tier is {after}, before {before}, and the policy does not order these"),
    Meaning(paths="spec.risk.factors*", direction=LOOSER, rule="governance/risk-factor-raised",
            significance=HIGH, reason="risk factor {key} is {after}, before {before}",
            twin="governance/risk-factor-lowered"),
    Meaning(paths="spec.risk.factors*", direction=STRICTER, rule="governance/risk-factor-lowered",
            significance=LOW, reason="risk factor {key} is {after}, before {before}"),
    Meaning(paths="spec.risk.assessedAt", kinds=(ADDED, CHANGED), rule="governance/assessed",
            significance=LOW, reason="risk assessed {after}, before {before}"),
    Meaning(paths="spec.review.lastReviewedAt", kinds=(ADDED, CHANGED), rule="governance/reviewed",
            significance=LOW, reason="last reviewed {after}, before {before}"),
    Meaning(paths="spec.review.heartbeat", rule="governance/heartbeat-changed", significance=MEDIUM,
            reason="heartbeat {after}, before {before}"),
    Meaning(paths="spec.purpose.users", direction=LOOSER, rule="governance/users-widened", significance=HIGH,
            reason="its users are {after}, before {before}",
            twin="governance/users-narrowed"),
    Meaning(paths="spec.purpose.users", direction=STRICTER, rule="governance/users-narrowed", significance=LOW,
            reason="its users are {after}, before {before}"),
    Meaning(paths="spec.purpose*", rule="governance/purpose-changed", significance=MEDIUM,
            reason="purpose: {key} {after}, before {before}"),
    # lifecycle
    Meaning(paths="spec.suspended", direction=LOOSER, rule="lifecycle/resumed", significance=HIGH,
            reason="the emergency flag is off: the agent runs again",
            twin="lifecycle/suspended"),
    Meaning(paths="spec.suspended", rule="lifecycle/suspended", significance=LOW,
            reason="the emergency flag is on: the agent is halted"),
    Meaning(paths="spec.lifecycle", test=_pilot_to_production, means=LOOSER, rule="lifecycle/pilot-ended",
            significance=HIGH, reason="lifecycle {after}, before {before}", twin="lifecycle/stage-changed"),
    Meaning(paths="spec.lifecycle", test=_to_production, rule="lifecycle/stage-changed", significance=HIGH,
            reason="lifecycle {after}, before {before}"),
    Meaning(paths="spec.lifecycle", rule="lifecycle/stage-changed", significance=MEDIUM,
            reason="lifecycle {after}, before {before}"),
    Meaning(paths="spec.retirement.criteria[].date", kinds=(CHANGED,), direction=LOOSER,
            rule="lifecycle/retirement-postponed", significance=MEDIUM,
            reason="retirement on {after}, before {before}",
            twin="lifecycle/retirement-brought-forward"),
    Meaning(paths="spec.retirement.criteria[].date", kinds=(CHANGED,), direction=STRICTER,
            rule="lifecycle/retirement-brought-forward", significance=LOW,
            reason="retirement on {after}, before {before}"),
    Meaning(paths="spec.retirement.criteria", kinds=(REMOVED,), means=LOOSER,
            rule="lifecycle/retirement-removed", significance=HIGH, reason="no longer retired when {before}",
            twin="lifecycle/retirement-added"),
    Meaning(paths="spec.retirement.criteria", kinds=(ADDED,), means=STRICTER,
            rule="lifecycle/retirement-added", significance=LOW, reason="retired when {after}"),
    Meaning(paths="spec.retirement*", rule="lifecycle/retirement-changed", significance=MEDIUM,
            reason="retirement: {key} {after}, before {before}"),
    # orchestration
    Meaning(paths="spec.orchestration.limits* spec.orchestration.antiLoop*", kinds=(REMOVED,), means=LOOSER,
            rule="topology/loop-guard-removed", significance=HIGH,
            reason="nothing bounds loops by {key} any more; before {before}",
            twin="topology/loop-guard-added"),
    Meaning(paths="spec.orchestration.limits* spec.orchestration.antiLoop*", kinds=(ADDED,),
            means=STRICTER, rule="topology/loop-guard-added", significance=LOW,
            reason="{key} bounds loops: {after}"),
    Meaning(paths="spec.orchestration.limits*", direction=LOOSER, rule="topology/limit-raised",
            significance=MEDIUM, reason="{key} is {after}, before {before}",
            twin="topology/limit-lowered"),
    Meaning(paths="spec.orchestration.limits*", direction=STRICTER, rule="topology/limit-lowered",
            significance=LOW, reason="{key} is {after}, before {before}"),
    Meaning(paths="spec.orchestration*", rule="topology/orchestration-changed", significance=MEDIUM,
            reason="orchestration: {key} {after}, before {before}"),
)
# fmt: on
