"""Repositories that many tests begin with: built once in a process, then copied."""

from __future__ import annotations

import atexit
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

_BUILT: dict[tuple[int, str], Path] = {}


def copy_of(key: object, build: Callable[[Path], object], folder: Path) -> None:
    """
    Put into *folder* what *build* makes in an empty folder; *key* (JSON) names it.

    The copy keeps modification times, so that git takes the index for fresh.
    """
    name = (os.getpid(), json.dumps(key, sort_keys=True, default=str))
    if name not in _BUILT:
        place = Path(tempfile.mkdtemp(dir=_folder(os.getpid())))
        build(place)
        _BUILT[name] = place
    shutil.copytree(_BUILT[name], folder, symlinks=True, dirs_exist_ok=True)


@cache
def _folder(_pid: int) -> str:
    folder = tempfile.TemporaryDirectory(prefix="fleet-templates-")
    atexit.register(folder.cleanup)
    return folder.name


def without_samples(git_folder: Path) -> None:
    """Delete the samples that ``git init`` writes: every copy would copy them."""
    for sample in (git_folder / "hooks").glob("*.sample"):
        sample.unlink()
