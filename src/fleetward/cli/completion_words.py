"""The words that can follow in a command line; the scripts of ``fleet completion`` ask for them on every Tab."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import Any

from fleetward.cli.help_page import summaries

_ROOT_OPTIONS = {
    "-C": "Run as if started in DIR.",
    "--version": "Print the version.",
    "--install-completion": "Complete words in this shell.",
    "--help": "Show the commands.",
}
Words = Mapping[str, str]
"""Words with a short description, which may be empty."""


def print_words(arguments: Sequence[str]) -> None:
    """
    Print a word a line, with its description after a tab; nothing where files or free text can follow.

    The last of *arguments* is the word that is being typed.
    """
    *before, typed = [*arguments] or [""]
    try:
        words = _words(before, typed)
    except Exception:  # noqa: BLE001 - a message would land in the middle of the command line
        return
    lines = (
        f"{word}\t{text.partition('. ')[0].rstrip('.')}"
        for word, text in words.items()
        if word.startswith(typed) and "\n" not in word
    )
    with suppress(OSError):  # the shell has gone
        sys.stdout.write("".join(f"{line}\n" for line in lines))
        sys.stdout.flush()


def _words(before: Sequence[str], typed: str) -> Words:
    folder, rest = _root_arguments(before)
    if before and before[-1] == "-C":
        return {}
    from fleetward.cli.app import VERBS

    if not rest:
        names = dict.fromkeys(name.split()[0] for name in VERBS)
        return _ROOT_OPTIONS if typed.startswith("-") else {name: summaries().get(name, "") for name in names}
    if rest[0] not in VERBS and len(rest) == 1:
        return {name.split()[1]: "" for name in VERBS if name.split()[0] == rest[0] and " " in name}
    name = rest[0] if rest[0] in VERBS else " ".join(rest[:2])
    return _verb_words(name, rest[len(name.split()) :], typed, folder) if name in VERBS else {}


def _root_arguments(before: Sequence[str]) -> tuple[Path, list[str]]:
    """The folder that ``-C`` names, and what follows the options of ``fleet`` itself."""
    folder, rest = Path(), list(before)
    while rest and rest[0].startswith("-"):
        option = rest.pop(0)
        if option in ("-C", "--chdir") and rest:
            folder /= rest.pop(0)
    return folder, rest


def _verb_words(name: str, before: Sequence[str], typed: str, folder: Path) -> Words:
    import typer

    from fleetward.cli.app import app

    command: Any = typer.main.get_command(app)
    for word in name.split():
        command = command.get_command(None, word)
    options = {flag: option for option in command.params for flag in option.opts if flag.startswith("-")}
    positions = [parameter for parameter in command.params if parameter.param_type_name == "argument"]
    valued = {flag for flag, option in options.items() if not option.is_flag}
    for flag, value in pairwise(before):
        if flag in ("-C", "--chdir"):
            folder /= value
    if before and before[-1] in valued:
        return _values(name, options[before[-1]], folder)
    if typed.startswith("-"):
        return {
            "--help": "Show the options.",
            **{flag: option.help or "" for flag, option in options.items()},
        }
    number = sum(
        not word.startswith("-") and (place == 0 or before[place - 1] not in valued)
        for place, word in enumerate(before)
    )
    if not positions or (number >= len(positions) and positions[-1].nargs == 1):
        return {}
    return _values(name, positions[min(number, len(positions) - 1)], folder)


def _values(name: str, parameter: Any, folder: Path) -> Words:
    from fleetward.workflows.setup import completion

    kind = (parameter.metavar or "").strip("[].")
    choices = getattr(parameter.type, "choices", None)
    if choices:
        return _plain(getattr(choice, "value", str(choice)) for choice in choices)
    if kind.startswith("FORMAT"):
        from fleetward.cli.app import load_verb

        return _plain(load_verb(name).formats)
    if kind in ("AGENT", "OLD") and name != "new" and "models" not in name:
        return _plain(completion.agent_names(folder))
    if kind == "ENV":
        return _plain(completion.environment_names(folder))
    if kind in ("REV", "REF") or kind.startswith(("BASE", "A..B | REV")):
        return _plain(completion.revision_names(folder))
    if kind == "RULE":
        from fleetward.rules.documentation import DOCUMENTED_RULES

        return _plain(rule.id for rule in DOCUMENTED_RULES)
    if name == "schema" and kind == "NAME":
        from fleetward.workflows.setup.schemas import schema_names

        return _plain(schema_names())
    return _plain(completion.SHELLS) if kind == "SHELL" else {}


def _plain(words: Iterable[str]) -> Words:
    return dict.fromkeys(words, "")
