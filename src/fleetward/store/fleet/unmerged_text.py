"""Text that is not what it should be: a pointer to the content, or both sides of a merge conflict."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from fleetward.domain.finding import Finding, Place
from fleetward.domain.manifest import File, Manifest
from fleetward.store.fleet.file_checks import error_at

# the first line of a pointer of git-lfs, also of its earlier names, and of git-annex
_POINTER = re.compile(
    rb"\A(version https?://(git-lfs\.github\.com/spec|hawser\.github\.com/spec|git-media\.io)/v|/annex/objects/)"
)
# a line of = alone underlines a heading: it counts only beside a marker with a name
_OURS = re.compile(r"(?m)^<{7} \S")
_BASE = re.compile(r"(?m)^\|{7} \S+\r?$|(?s:^\|{7} \S.*?^={7}\r?$)")
_THEIRS = re.compile(r"(?m)^>{7} \S+\r?$|(?s:^={7}\r?$.*?)^>{7} \S")


def unmerged_text_findings(manifest: Manifest, files: Mapping[str, File], folder: str) -> Iterator[Finding]:
    """Pointers and conflict markers in the files that the manifest names as prompts and suites."""
    named = {str(prompt.get("file")) for prompt in manifest.items("spec.prompts")}
    named |= {str(suite.get("suite")) for suite in manifest.items("spec.evals")}
    for path in sorted(named & files.keys()):
        file, place = files[path], f"{folder}/{path}"
        if _POINTER.match(file.content):
            message = f"{path!r} is a pointer to a file that git does not hold"
            hint = f"git lfs untrack {place!r}, and commit the text itself"
            yield error_at("file-pointer", message, Place(file=place), hint)
            continue
        line = _conflict_line(file.text or "")
        if line is not None:
            message = f"{path!r} has conflict markers: both sides of a merge are in it"
            hint = "keep one side, and delete the markers; indent the line if it is an example"
            yield error_at("conflict-markers", message, Place(file=place, line=line), hint)


def _conflict_line(text: str) -> int | None:
    """The line of the first conflict marker."""
    matches = (pattern.search(text) for pattern in (_OURS, _BASE, _THEIRS))
    starts = [match.start() for match in matches if match]
    return text.count("\n", 0, min(starts)) + 1 if starts else None
