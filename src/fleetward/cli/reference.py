"""The reference page of the command line, printed from the help of every command."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer

from fleetward.cli.app import VERBS, app, load_verb

_WIDTH = 100
_HEAD = """\
# Command line

Printed by `python -m fleetward.cli` from the help of each command.

## Exit codes

| code | meaning |
|---|---|
| 0 | success |
| 1 | denied, or findings |
| 2 | error: no answer could be given |
| 3 | internal error |
| 4 | the branch moved meanwhile, nothing was written |
| 129 | the terminal was closed (SIGHUP) |
| 130 | interrupted (SIGINT) |
| 143 | terminated (SIGTERM) |

## Formats

`-o FORMAT` prints a report in another format. `-o FORMAT=PATH` writes it to a file. The first format is the default.

| command | formats |
|---|---|
"""


def reference_page() -> str:
    """The whole page."""
    formats = "".join(f"| `fleet {name}` | {', '.join(load_verb(name).formats)} |\n" for name in VERBS)
    sections = (_section(name, command, context) for name, command, context in commands())
    return f"{_HEAD}{formats}\n" + "\n".join(sections)


def commands() -> Iterator[tuple[str, Any, Any]]:
    """Every command with its name and Typer context, ``fleet`` itself first."""
    root: Any = typer.main.get_command(app)
    context = _context(root, "fleet", None)
    yield "fleet", root, context
    for name in VERBS:
        command, parent = root, context
        for word in name.split():
            command = command.get_command(parent, word)
            parent = _context(command, word, parent)
        yield f"fleet {name}", command, parent


def _context(command: Any, name: str, parent: Any) -> Any:
    settings = {**command.context_settings, "terminal_width": _WIDTH}
    return command.context_class(command, info_name=name, parent=parent, **settings)


def _section(title: str, command: Any, context: Any) -> str:
    text = "\n".join(line.rstrip() for line in command.get_help(context).splitlines())
    return f"## {title}\n\n```text\n{text}\n```\n"
