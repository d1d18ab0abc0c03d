"""The places of node and of the packages of package.json, if they are installed."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

NODE = shutil.which("node") or ""
MODULES = os.environ.get("FLEETWARD_NODE_MODULES", "")
"""The folder that npm filled from the package.json beside this file."""


def needs(*packages: str) -> pytest.MarkDecorator:
    """Skip where node, or one of these packages, is missing."""
    available = bool(NODE and MODULES) and all((Path(MODULES) / package).is_dir() for package in packages)
    return pytest.mark.skipif(
        not available, reason=f"needs node, and {', '.join(packages)} in FLEETWARD_NODE_MODULES"
    )
