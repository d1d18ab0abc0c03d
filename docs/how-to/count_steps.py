"""
Count what an ordinary promotion costs: the steps that people take and the commits that are made.

A step is an edit, or one command of a section's ``sh`` blocks; whatever is joined by ``&&`` or ``;`` counts one by one.

    python docs/how-to/count_steps.py
"""

from __future__ import annotations

import re
import shlex
import sys
from pathlib import Path

PAGE = Path(__file__).with_name("change-an-agent.md")
SECTION = "An ordinary promotion"


def section(text: str, title: str) -> str:
    """The part of a page under the heading *title*, up to the next heading of its level."""
    return text.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def steps(text: str) -> list[str]:
    """Each step of a section in order: ``edit``, or a command."""
    parts = re.findall(r"<!-- step: (edit) -->|^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    lines = [line for edit, block in parts for line in ([edit] if edit else block.splitlines())]
    commands = [part.strip() for line in lines for part in re.split(r"&&|;", line)]
    return [command for command in commands if command and not command.startswith("#")]


def commits(commands: list[str]) -> int:
    """How many of the steps make a commit."""
    return sum(
        words[:2] == ["git", "commit"] or (words[0] == "fleet" and bool({"--commit", "--apply"} & set(words)))
        for words in map(shlex.split, commands)
    )


def main() -> None:
    """Print the steps, then the two numbers."""
    commands = steps(section(PAGE.read_text(encoding="utf-8"), SECTION))
    lines = [f"{number:>2}  {command}" for number, command in enumerate(commands, 1)]
    sys.stdout.write("\n".join([*lines, f"{len(commands)} steps, {commits(commands)} commits", ""]))


if __name__ == "__main__":
    main()
