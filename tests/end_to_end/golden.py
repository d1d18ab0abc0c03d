"""Golden files of reports, without commits and digests that differ from run to run."""

from __future__ import annotations

import re
from pathlib import Path

_FOLDER = Path(__file__).with_name("golden")


def golden(name: str, text: str) -> None:
    """The text is the kept one."""
    scrubbed = re.sub(r"\b[0-9a-f]{40}\b", "<commit>", text)
    assert scrubbed == (_FOLDER / name).read_text(encoding="utf-8")
