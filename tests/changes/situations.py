"""A well-run agent, and helpers that compare it with edited copies."""

from __future__ import annotations

import copy
import json
from collections.abc import Mapping
from typing import Any

from fleetward.changes import compare
from fleetward.domain.change import Change, Comparison
from fleetward.domain.manifest import Agent
from tests.build import agent, manifest
from tests.paths import SCHEMAS

SCHEMA: dict[str, Any] = json.loads((SCHEMAS / "agent.schema.json").read_text(encoding="utf-8"))
TIERS = ("low", "medium", "high", "critical")
FILES = {"prompts/system.md": "Be kind.\nNever promise money.\n", "evals/safety.yaml": "cases: 3\n"}

SPEC: dict[str, Any] = {
    "executables": ["lookup.sh"],
    "lifecycle": "pilot",
    "purpose": {"summary": "answer", "users": "internal", "inScope": ["a", "b"]},
    "owner": {"team": "support", "accountable": "gita", "backup": "erin", "contact": {"chat": "#support"}},
    "risk": {"tier": "high", "factors": {"autonomy": "act-with-review"}, "assessedAt": "2026-09-01"},
    "model": {
        "provider": "anthropic",
        "name": "claude-sonnet-4-6",
        "upgradePolicy": "no-auto-upgrade",
        "parameters": {"temperature": 0},
        "fallbacks": [{"provider": "openai", "name": "gpt-4.1-2025-04-14"}, {"provider": "openai", "name": "o"}],
    },
    "prompts": [{"name": "system", "file": "prompts/system.md"}],
    "tools": [
        {"name": "crm", "connector": "crm", "allow": ["read", "draft"], "access": "write", "reversible": True,
         "approval": "on-irreversible", "identity": "svc"},
        {"name": "kb", "connector": "kb", "allow": ["search"], "access": "read", "reversible": True,
         "approval": "never", "identity": "svc"},
    ],
    "knowledge": [{"name": "faq", "source": "kb:faq", "classification": "internal", "maxAge": "P7D"}],
    "dependsOn": [{"agent": "lookup", "optional": False}],
    "escalation": {
        "default": "escalate", "queue": "q", "responsible": "support", "onTimeout": "park",
        "triggers": [{"when": "amount", "above": 200}, {"when": "confidence", "below": 0.8}],
        "sla": {"acknowledge": "PT30M"},
    },
    "guardrails": {
        "humanReview": {"required": ["crm.draft"], "approvers": "support", "onTimeout": "deny"},
        "input": ["pii", "prompt-injection"], "killSwitch": {"how": "flag:x", "testedAt": "2026-10-01"},
    },
    "disclosure": {"aiDisclosed": True},
    "budgets": [{"window": "day", "currency": "EUR", "alertAt": 40, "haltAt": 60}],
    "evals": [{"name": "safety", "suite": "evals/safety.yaml", "metric": "pass-rate", "min": 0.9}],
    "observability": {"sampleRate": 0.2, "outputReview": {"sample": 0.05, "cadence": "P7D", "by": "support"}},
    "review": {"cadence": "P90D", "lastReviewedAt": "2026-09-15", "heartbeat": "P1D", "volatility": "weekly"},
    "retirement": {"criteria": [{"metric": "rate", "below": 0.3, "for": "P90D"}, {"date": "2027-12-31"}]},
}  # fmt: skip


def spec(**edits: Any) -> dict[str, Any]:
    """The usual spec with values set by path (``risk__tier``, list positions as numbers); None takes away."""
    changed = copy.deepcopy(SPEC)
    for path, value in edits.items():
        *parents, last = [int(step) if step.isdigit() else step for step in path.split("__")]
        at: Any = changed
        for step in parents:
            at = at[step]
        if value is not None:
            if isinstance(at, list) and last == len(at):
                at.append(value)
            else:
                at[last] = value
        else:
            del at[last]
    return changed


def known(
    a_spec: Mapping[str, Any] | None = None, files: Mapping[str, str] | None = None, **at: Any
) -> Agent:
    """The agent ``bot`` with this spec and these files."""
    return agent(manifest("bot", SPEC if a_spec is None else a_spec, **at), FILES if files is None else files)


def compared(before: Agent, after: Agent, **options: Any) -> Comparison:
    """The comparison of two different agents."""
    comparison = compare(before, after, schema=SCHEMA, tiers=TIERS, **options)
    assert comparison is not None
    return comparison


def moved(before: Mapping[str, Any], after: Mapping[str, Any], **options: Any) -> tuple[Change, ...]:
    """The changes between two specs."""
    return compared(known(before), known(after), **options).changes


def rewritten(before: str, after: str) -> Change:
    """The one change when the prompt is rewritten."""
    first, second = ({**FILES, "prompts/system.md": text} for text in (before, after))
    [change] = compared(known(files=first), known(files=second)).changes
    return change
