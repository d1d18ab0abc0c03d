"""The documentation of the rules, printed from their docstrings."""

from __future__ import annotations

import re
import textwrap

from fleetward.rules.catalogue import CATALOGUE
from fleetward.rules.rule import Rule

SECTIONS = ("Why", "Bad", "Good", "Fix")
_HEADING = re.compile(rf"^({'|'.join(SECTIONS)}):[ \n]", re.MULTILINE)


def sections(rule: Rule) -> dict[str, str]:
    """What a docstring says under each of Why, Bad, Good and Fix."""
    parts = _HEADING.split(rule.doc)
    return {
        name: textwrap.dedent(text).strip("\n") for name, text in zip(parts[1::2], parts[2::2], strict=True)
    }


def documentation() -> str:
    """All rules as one page of Markdown."""
    head = (
        "# Rules\n\n"
        "What `fleet validate` holds a fleet to. Each rule is named for the wrong that it finds; its\n"
        "weight can be changed under `rules:` in `fleet-config.yaml`, and one agent can be excused\n"
        "for a time in `governance/waivers.yaml`. This page is printed from the rules themselves.\n"
    )
    return "\n".join((head, *(page(rule) for rule in CATALOGUE)))


def page(rule: Rule) -> str:
    """One rule as Markdown."""
    said = sections(rule)
    weight = f"{rule.severity}, {rule.unless}" if rule.unless else str(rule.severity)
    return (
        f"## {rule.id}\n\n{rule.summary}\n\nSeverity: {weight}.\n\n"
        f"**Why**: {_flowing(said['Why'])}\n\n"
        f"Bad:\n\n```yaml\n{said['Bad']}\n```\n\nGood:\n\n```yaml\n{said['Good']}\n```\n\n"
        f"**Fix**: {_flowing(said['Fix'])}\n"
    )


def _flowing(text: str) -> str:
    return " ".join(text.split())
