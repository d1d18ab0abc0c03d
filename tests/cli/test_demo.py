"""The demonstration is the road walked with the real commands: what it prints is what the product does."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden" / "demo.txt"


def demo(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "TMPDIR": str(tmp_path), "NO_COLOR": "1", "CI": "true"}
    return subprocess.run(
        [sys.executable, "-m", "fleetward", "demo", *arguments],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def scrubbed(text: str) -> str:
    """Commits are new each time where git's version or the tool's differs; contents are not."""
    commits = re.sub(r"\b[0-9a-f]{40}\b", "<commit>", text)
    abbreviated = re.sub(r"\b[0-9a-f]{12}\.\.[0-9a-f]{12}\b", "<commit>..<commit>", commits)
    abbreviated = re.sub(r"\(commit [0-9a-f]{12}\)", "(commit <commit>)", abbreviated)
    abbreviated = re.sub(r"\b(commit|at|as) [0-9a-f]{12}\b", r"\1 <commit>", abbreviated)
    logged = re.sub(r"(?m)^  [0-9a-f]{7,10} ", "  <commit> ", abbreviated)
    digests = re.sub(r"sha256:[0-9a-f]{64}|\b[0-9a-f]{64}\b", "<digest>", logged)
    return re.sub(r"\b[0-9a-f]{12}\b", "<digest>", digests)


def test_the_demonstration_ends_well_teaches_the_road_and_leaves_nothing_behind(tmp_path: Path) -> None:
    done = demo(tmp_path)

    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert "\x1b" not in done.stdout
    assert list(tmp_path.iterdir()) == []
    output = re.sub(r'(?m)^  \{"seq":2.*$', '  {"seq":2, ...', scrubbed(done.stdout))
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(output, encoding="utf-8")
    assert output == GOLDEN.read_text(encoding="utf-8")


def test_what_is_kept_is_a_repository_whose_production_is_its_staging(tmp_path: Path) -> None:
    done = demo(tmp_path, "--keep", "here")

    assert done.returncode == 0, done.stderr
    agent = "environments/{}/delivery-desk"
    folders = [tmp_path / "here/agents" / agent.format(name) for name in ("staging", "production")]
    contents = [
        {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        for folder in folders
    ]
    assert contents[0] == contents[1]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["here"]
    assert len((tmp_path / "here/agents/ledger/production.jsonl").read_text().splitlines()) == 2


def test_a_folder_with_something_in_it_is_not_walked_over(tmp_path: Path) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "mine.txt").write_text("mine")

    done = demo(tmp_path, "--keep", "here")

    assert done.returncode == 2
    assert "'here' is not empty" in done.stderr
    assert [path.name for path in (tmp_path / "here").iterdir()] == ["mine.txt"]
