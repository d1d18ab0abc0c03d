"""The metrics in the files that ``reporting`` of ``fleet-config.yaml`` names, from a tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from fleetward.domain import layout, limits
from fleetward.domain.errors import FleetError
from fleetward.domain.retirement_plan import MetricValue
from fleetward.store.git.tree import REGULAR, Tree, TreeEntry
from fleetward.store.imports.metrics import decode_figures

_AT_A_TIME = 16
_NAME = re.compile(r"[A-Za-z0-9_@=+,./ -]+")
_HINT = f"see reporting.metrics in {layout.CONFIG}"


def reported_figures(tree: Tree, patterns: Sequence[str], today: date) -> tuple[MetricValue, ...]:
    """
    The values of all files that *patterns* name; a value that two files agree on is there once.

    Errors: FleetError, naming file and line, for a link, a file that cannot be read, a wrong line, too much of it, or
    two files that say different values.
    """
    figures: dict[tuple[str, str | None, str, date], MetricValue] = {}
    for name, content in _contents(tree, _named_files(tree, patterns)):
        for figure in decode_figures(content, name, today):
            first = figures.setdefault(figure.key, figure)
            if first.value != figure.value:
                message = (
                    f"{name}:{figure.line}: {figure.metric!r} of {figure.agent!r} on {figure.day} is "
                    f"{figure.value:.12g}, and {first.value:.12g} in {first.file}:{first.line}"
                )
                raise FleetError(message, hint="keep one of them")
    return tuple(figures.values())


def _named_files(tree: Tree, patterns: Sequence[str]) -> Sequence[TreeEntry]:
    named: dict[str, TreeEntry] = {}
    for pattern in patterns:
        forms = [_form(part) for part in pattern.split("/")]
        # a fixed first part alone is asked for: a link further down has to be seen
        first = pattern.split("/")[0]
        for entry in tree.entries(*(() if "*" in first else (first,))):
            parts = entry.path.split("/")
            fits = all(form.fullmatch(part) for form, part in zip(forms, parts, strict=False))
            if len(parts) > len(forms) or not fits:
                continue
            # a link or another repository may lie where a folder is meant
            if entry.mode not in REGULAR:
                raise FleetError(f"{entry.path!r} is a link or no file, and is not followed", hint=_HINT)
            # the name goes into verdicts and ledgers: it must not look like anything else there
            if not _NAME.fullmatch(entry.path):
                message = f"{entry.path!r} has other characters than letters, digits and _@=+,.-/ in its name"
                raise FleetError(message, hint="rename the file")
            if len(parts) == len(forms):
                named[entry.path] = entry
    if len(named) > limits.METRICS_FILES:
        raise FleetError(f"{len(named)} files of metrics, the limit is {limits.METRICS_FILES}", hint=_HINT)
    return [named[path] for path in sorted(named)]


def _form(part: str) -> re.Pattern[str]:
    return re.compile(".*".join(map(re.escape, part.split("*"))), re.DOTALL)


def _contents(tree: Tree, entries: Sequence[TreeEntry]) -> Iterator[tuple[str, bytes]]:
    """Some at a time: all of them together may be larger than memory should be."""
    remaining = limits.METRICS_BYTES
    for start in range(0, len(entries), _AT_A_TIME):
        batch = entries[start : start + _AT_A_TIME]
        contents = tree.read(batch, min(remaining, limits.GIT_OBJECT_BYTES))
        for entry in batch:
            content = contents.get(entry.path)
            if not isinstance(content, bytes) or len(content) > remaining:
                problem = "cannot be read" if content is None else "makes the metrics too large"
                raise FleetError(f"{entry.path!r} {problem}", hint="keep the days that criteria ask for")
            remaining -= len(content)
            yield entry.path, content
