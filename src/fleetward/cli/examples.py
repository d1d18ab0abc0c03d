"""What to type: examples of each command, at the end of its help."""

from __future__ import annotations

from collections.abc import Mapping

EXAMPLES: Mapping[str, tuple[str, ...]] = {
    "validate": ("fleet validate", "fleet validate environments/staging/AGENT", "fleet validate --staged"),
    "diff": ("fleet diff", "fleet diff --worktree", "fleet diff main...HEAD -o markdown"),
    "textconv": ("git config diff.fleet.textconv 'fleet textconv'",),
    "promote": (
        "fleet promote AGENT --to production",
        "fleet promote AGENT --to production --apply",
        "fleet promote AGENT --to production --break-glass --incident ID --reason TEXT",
    ),
    "rollback": (
        "fleet rollback AGENT --env production --reason TEXT",
        "fleet rollback AGENT --env production --reason TEXT --apply",
    ),
    "why": ("fleet why AGENT", "fleet why AGENT --to production --as PERSON PERSON"),
    "approve": (
        "fleet approve AGENT --to production",
        "fleet approve AGENT --to production --commit --push",
        "fleet approve AGENT --to production --reject --note TEXT",
        "fleet approve --governance",
    ),
    "approvals": ("fleet approvals AGENT",),
    "attest": ("fleet attest AGENT --kind review --commit",),
    "signers": ("fleet signers > allowed_signers",),
    "evidence add": ("fleet evidence add AGENT --suite NAME results.json --commit",),
    "release": ("fleet release AGENT",),
    "adopt": ("fleet adopt --to production", "fleet adopt --to production --apply"),
    "suspend": (
        "fleet suspend AGENT --env production --reason TEXT",
        "fleet suspend AGENT --env production --reason TEXT --apply",
    ),
    "resume": ("fleet resume AGENT --env production --reason TEXT --apply",),
    "retire": ("fleet retire AGENT", "fleet retire AGENT --write", "fleet retire --check"),
    "rename": ("fleet rename OLD NEW", "fleet rename OLD NEW --write"),
    "transfer": (
        "fleet transfer --from PERSON --to PERSON",
        "fleet transfer --from PERSON --to PERSON --write --left 2027-01-31",
    ),
    "log": ("fleet log AGENT", "fleet log --since 2026-11-01 --oneline"),
    "audit": ("fleet audit", "fleet audit --base origin/main", "fleet audit --bundle ../evidence-pack"),
    "policy check": ("fleet policy check", "fleet policy check --base origin/main"),
    "policy test": ("fleet policy test",),
    "init": ("fleet init", "fleet init ../my-fleet --yes --policy standard"),
    "new": ("fleet new AGENT",),
    "explain": ("fleet explain owner-unknown", "fleet explain"),
    "list": ("fleet list", "fleet list --tier high -o csv=agents.csv", "fleet list waivers"),
    "status": ("fleet status", "fleet status AGENT"),
    "models import": ("fleet models import model_prices_and_context_window.json --write",),
    "models upgrade": ("fleet models upgrade OLD NEW", "fleet models upgrade OLD NEW --write"),
    "schema": ("fleet schema", "fleet schema agent", "fleet schema --write"),
    "completion": ("fleet completion --install", "fleet completion bash > fleet.bash"),
    "demo": ("fleet demo",),
}
"""By command; words in capitals stand for a name."""
