"""The hooks, run by the real pre-commit and prek: the one that init writes, and those that this repository offers."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
import yaml

from tests.cli.outside import BIN, Terminal, terminal
from tests.paths import CHECKOUT

MANIFEST = "environments/staging/ticket-sorter/agent.yaml"
RUNNERS = ("pre-commit", "prek")


@pytest.fixture(params=RUNNERS)
def runner(request: pytest.FixtureRequest) -> str:
    """Each of them; one that is not installed is passed over, unless the environment says that it has to be."""
    name = str(request.param)
    if shutil.which(name, path=f"{BIN}{os.pathsep}{os.environ['PATH']}") is None:
        if name in os.environ.get("FLEETWARD_HOOK_RUNNERS", "").split():
            pytest.fail(f"{name} is not installed")
        pytest.skip(f"{name} is not installed")
    return name


def hooked(who: Terminal, folder: str, runner: str) -> Terminal:
    who.fleet("init", folder, "--yes")
    installed = who.run(runner, "install")
    assert installed.code == 0, installed.out
    who.git("add", "-A")
    return who


@pytest.fixture
def zoe(tmp_path: Path) -> Terminal:
    somebody = terminal(tmp_path)
    somebody.git("init", "-q")
    return somebody


def broken(who: Terminal, manifest: str = MANIFEST) -> None:
    file = who.folder / manifest
    file.write_text(file.read_text(encoding="utf-8").replace("team: operations", "team: operatons"))


@pytest.mark.parametrize("folder", [".", "our fleet"])
def test_a_good_fleet_is_committed_and_a_mistake_is_not(zoe: Terminal, folder: str, runner: str) -> None:
    hooked(zoe, folder, runner)

    good = zoe.run("git", "commit", "-qm", "start")
    broken(zoe, f"{folder}/{MANIFEST}")
    bad = zoe.run("git", "commit", "-qam", "mistake")

    assert good.code == 0, good.out + good.err
    assert bad.code != 0
    assert "owner-unknown" in bad.out + bad.err
    assert zoe.git("rev-list", "--count", "HEAD").strip() == "1"


def test_the_hook_runs_without_an_activated_environment(zoe: Terminal, runner: str) -> None:
    hooked(zoe, "our fleet", runner)
    zoe.git("commit", "-qm", "start")
    broken(zoe, f"our fleet/{MANIFEST}")
    # the runner alone: its folder without ours
    tools = zoe.home / "tools"
    tools.mkdir()
    (tools / runner).symlink_to(BIN / runner)

    bad = zoe.run("git", "commit", "-qam", "mistake", extra={"PATH": f"{tools}:/usr/bin:/bin"})

    assert bad.code != 0
    assert "owner-unknown" in bad.out + bad.err


def test_the_index_is_validated_and_not_the_work_tree(zoe: Terminal, runner: str) -> None:
    hooked(zoe, ".", runner)
    zoe.git("commit", "-qm", "start")
    file = zoe.folder / MANIFEST
    file.write_text(file.read_text().replace("prompts/system.md}", "prompts/new.md}"))
    zoe.write({f"{Path(MANIFEST).parent}/prompts/new.md": "Choose a queue.\n"})
    zoe.git("add", MANIFEST)

    refused = zoe.run("git", "commit", "-qm", "prompt forgotten")
    zoe.git("add", "-A")
    taken = zoe.run("git", "commit", "-qm", "prompt and all")

    assert refused.code != 0
    assert "prompt-missing" in refused.out + refused.err
    assert taken.code == 0, taken.out + taken.err


def test_a_link_in_an_agents_folder_is_not_committed(zoe: Terminal, runner: str) -> None:
    hooked(zoe, ".", runner)
    zoe.git("commit", "-qm", "start")
    (zoe.folder / Path(MANIFEST).parent / "prompts/link.md").symlink_to("system.md")
    zoe.git("add", "-A")

    refused = zoe.run("git", "commit", "-qm", "link")

    assert refused.code != 0
    assert "link-in-agent" in refused.out + refused.err


def test_a_commit_that_touches_no_fleet_file_asks_nothing(zoe: Terminal, runner: str) -> None:
    hooked(zoe, ".", runner)
    zoe.git("commit", "-qm", "start")
    zoe.write({"notes.txt": "hello\n"})
    zoe.git("add", "notes.txt")

    done = zoe.run("git", "commit", "-m", "notes")

    assert done.code == 0
    assert "no files to check" in done.out + done.err


def test_the_offered_hooks_work_as_local_hooks(zoe: Terminal, runner: str) -> None:
    offered = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    hooked(zoe, ".", runner)
    local = [{**hook, "language": "system"} for hook in offered]
    zoe.write({"config.yaml": yaml.safe_dump({"repos": [{"repo": "local", "hooks": local}]})})
    zoe.git("add", "-A")
    zoe.git("commit", "-qnm", "start")
    broken(zoe)
    zoe.git("commit", "-qanm", "a mistake that nobody looked at")
    run = (runner, "run", "-c", "config.yaml")

    changed = zoe.run(*run, "fleet-validate", "--files", "README.md")
    unrelated = zoe.run(
        *run, "fleet-validate", "--files", f"{Path(MANIFEST).parents[1]}/handbook-lookup/agent.yaml"
    )
    with_finding = zoe.run(*run, "fleet-validate", "--files", MANIFEST)
    whole = zoe.run(*run, "fleet-validate-all")

    assert {hook["language"] for hook in offered} == {"python"}
    assert (changed.code, unrelated.code, with_finding.code, whole.code) == (0, 0, 1, 1), (
        changed.out + unrelated.out
    )


@pytest.mark.skipif(
    not os.environ.get("FLEETWARD_HOOK_RUNNERS"),
    reason="installs this project and what it needs: named in FLEETWARD_HOOK_RUNNERS",
)
def test_the_hooks_on_offer_can_be_tried_from_the_repository_itself(
    zoe: Terminal, runner: str, tmp_path: Path
) -> None:
    offering = tmp_path / "offering"
    zoe.run("git", "clone", "-q", str(CHECKOUT), str(offering))
    zoe.fleet("init", ".", "--yes")
    zoe.git("add", "-A")
    tried = (runner, "try-repo", str(offering), "fleet-validate-all", "--all-files")

    good = zoe.run(*tried)
    broken(zoe)
    zoe.git("add", "-A")
    bad = zoe.run(*tried)

    assert good.code == 0, good.out + good.err
    assert bad.code == 1, bad.out + bad.err
    assert "owner-unknown" in bad.out
