"""`fleet init`, run as it is installed."""

from __future__ import annotations

import json
import os
import pty
import resource
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from fleetward.store.formats import json_schema
from tests.cli.outside import NOW, Ran, Terminal, terminal
from tests.paths import SAMPLES

OWN = (
    "fleet-config.yaml",
    "README.md",
    ".gitattributes",
    ".pre-commit-config.yaml",
    ".github/workflows/fleet.yml",
    "governance/people.yaml",
    "environments/staging/ticket-sorter/agent.yaml",
)


@pytest.fixture
def zoe(tmp_path: Path) -> Terminal:
    return terminal(tmp_path)


def workflow(at: Path) -> dict:
    return yaml.safe_load((at / ".github/workflows/fleet.yml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("now", [NOW, "2031-03-01T00:30:00+02:00"])
def test_of_a_new_fleet_only_the_placeholder_is_remarked_whenever_it_is_made(zoe: Terminal, now: str) -> None:
    ran = zoe.fleet("init", "fleet", "--yes", now=now)

    judged = zoe.fleet("validate", "--json", at="fleet", now=now)

    assert (ran.code, judged.code) == (0, 0), ran.err + judged.out
    [finding] = judged.data["findings"]
    assert (finding["rule"], finding["severity"]) == ("people-pattern", "warning")
    assert finding["message"].startswith("'colleague' is a placeholder")
    line = (zoe.folder / "fleet" / finding["file"]).read_text().splitlines()[finding["line"] - 1]
    assert "colleague@example.invalid" in line
    assert judged.data["summary"]["agents"] == 2


@pytest.mark.parametrize(("policy", "count"), [("small", 1), ("standard", 2), ("regulated", 4)])
def test_every_placeholder_is_remarked_until_somebody_takes_its_place(
    zoe: Terminal, policy: str, count: int
) -> None:
    zoe.fleet("init", "--yes", "--policy", policy)
    warnings = zoe.fleet("validate", "--json").data["summary"]["warnings"]
    people = zoe.folder / "governance/people.yaml"
    people.write_text(people.read_text().replace("@example.invalid", "@acme.example"))

    assert (warnings, zoe.fleet("validate", "--json").data["summary"]["warnings"]) == (count, 0)


@pytest.mark.parametrize("policy", ["small", "standard", "regulated"])
def test_a_shipped_policy_passes_its_own_check_and_lets_one_hand_stop(zoe: Terminal, policy: str) -> None:
    zoe.fleet("init", "--yes", "--policy", policy)

    checked = zoe.fleet("policy", "check", "--json")

    assert checked.code == 0, checked.out
    assert "error" not in {finding.get("severity") for finding in checked.data["findings"]}
    text = (zoe.folder / "governance/policy.yaml").read_text()
    assert all(f"\n{key}:" in text for key in ("stop", "contributors", "rollback", "governance", "veto"))
    assert "only: [ownership]" in text
    assert "forge: true" in (zoe.folder / "governance/people.yaml").read_text()


def test_the_last_line_of_the_report_is_a_command_that_works(zoe: Terminal) -> None:
    ran = zoe.fleet("init", "a fleet", "--yes")

    following = zoe.run("sh", "-c", ran.out.splitlines()[-1])

    assert following.code == 0, following.err


def test_a_folder_outside_a_repository_becomes_one_and_every_written_file_is_listed(zoe: Terminal) -> None:
    data = zoe.fleet("init", "--yes", "-o", "json").data

    assert (zoe.folder / ".git").is_dir()
    assert data["newRepository"] is True
    assert data["written"] == [path for path, content in zoe.contents().items() if content]
    assert set(OWN) <= set(data["written"])


def test_an_existing_repository_is_used_and_named_by_its_remote(zoe: Terminal) -> None:
    zoe.git("init", "-q")
    zoe.git("remote", "add", "origin", "https://token:hunter2@git.acme.example/acme/agents.git")

    data = zoe.fleet("init", "--yes", "--json").data

    assert data["newRepository"] is False
    assert data["repository"] == "acme/agents"
    assert "\nrepository: acme/agents\n" in (zoe.folder / "fleet-config.yaml").read_text()
    assert not any(b"hunter2" in content for content in zoe.contents().values())


@pytest.mark.parametrize(
    ("remote", "name"),
    [
        ("git@git.acme.example:acme/agents.git", "acme/agents"),
        ("ssh://git@git.acme.example:2222/acme/sub/agents", "acme/sub/agents"),
        ("../elsewhere/agents.git", "agents"),
        ("https://git.acme.example/", "work"),
    ],
)
def test_the_repository_is_named_by_its_remote_or_its_folder(zoe: Terminal, remote: str, name: str) -> None:
    zoe.git("init", "-q")
    zoe.git("config", "remote.origin.url", remote)

    assert zoe.fleet("init", "--yes", "--json").data["repository"] == name


@pytest.mark.parametrize(
    ("name", "email", "person"),
    [
        ("Zoë: O'Neil #1", "zoe@acme.example", "zoe-o-neil-1"),
        ("Admins", "a@acme.example", "admins-1"),
        ("null", "n@acme.example", "null"),
        ("李娜", "li.na@acme.example", "li-na"),
        ("evil\u202ename", "e+[x]@acme.example", "evilname"),
    ],
)
def test_the_first_person_is_the_user_of_git_whatever_the_name(
    tmp_path: Path, name: str, email: str, person: str
) -> None:
    somebody = terminal(tmp_path, name, email)

    ran = somebody.fleet("init", "--yes")
    judged = somebody.fleet("validate", "--json")

    assert ran.code == 0, ran.err
    assert [finding["path"] for finding in judged.data["findings"]] == ["people.colleague.emails"]
    read = yaml.safe_load((somebody.folder / "governance/people.yaml").read_text(encoding="utf-8"))
    assert list(read["people"]) == [person, "colleague"]
    assert read["people"][person]["emails"] == [email]
    assert read["people"][person]["name"] == name.replace("\u202e", "")


def test_without_an_identity_nothing_is_written(tmp_path: Path) -> None:
    nobody = terminal(tmp_path, "", "nobody@acme.example")

    refused = nobody.fleet("init", "fleet", "--yes")

    assert refused.code == 2
    assert "git config --global user.name" in refused.err
    assert nobody.contents() == {}


@pytest.mark.parametrize("path", ["fleet-config.yaml", "governance/people.yaml", ".github"])
def test_a_file_where_the_fleet_needs_one_stops_everything_and_stays(zoe: Terminal, path: str) -> None:
    zoe.write({path: "mine", "README.md": "mine", ".gitattributes": "* text=auto\n"})
    before = zoe.contents()

    refused = zoe.fleet("init", "--yes")

    assert refused.code == 2
    assert path in refused.err
    assert zoe.contents() == before
    assert not (zoe.folder / ".git").exists()


def test_a_second_time_names_every_file_and_changes_none(zoe: Terminal) -> None:
    zoe.fleet("init", "--yes")
    before = zoe.contents()

    again = zoe.fleet("init", "--yes")

    assert again.code == 2
    assert "fleet-config.yaml, governance/connectors.yaml" in again.err
    assert zoe.contents() == before


def test_a_repository_with_files_keeps_them_and_gets_our_part(zoe: Terminal) -> None:
    hooks = "repos:\n- repo: local\n  hooks:\n  - id: mine\n    name: mine\n    entry: 'true'\n    language: system\n"
    zoe.write(
        {
            "README.md": "mine\n",
            "src/app.py": "pass\n",
            ".gitattributes": "*.png binary",
            ".pre-commit-config.yaml": f"# ours\n{hooks}\nfail_fast: true\n",
            ".github/workflows/fleet.yml": "mine\n",
        }
    )
    zoe.git("init", "-q")

    data = zoe.fleet("init", "--yes", "--json").data

    assert data["joined"] == [".gitattributes", ".pre-commit-config.yaml"]
    assert data["kept"] == [".github/workflows/fleet.yml", "README.md"]
    assert (zoe.folder / "README.md").read_text() == "mine\n"
    assert (zoe.folder / ".gitattributes").read_text().startswith("*.png binary\n# Digests")
    text = (zoe.folder / ".pre-commit-config.yaml").read_text()
    assert text.startswith(f"# ours\n{hooks}- repo: local\n")
    assert [hook["id"] for repo in yaml.safe_load(text)["repos"] for hook in repo["hooks"]] == [
        "mine",
        "fleet-validate",
    ]
    assert yaml.safe_load(text)["fail_fast"] is True
    assert zoe.fleet("validate").code == 0


@pytest.mark.parametrize(
    "hooks",
    ["repos: [{repo: meta, hooks: [{id: identity}]}]\n", "repos: &all\n- repo: meta\n", "mine", "\xff"],
)
def test_a_hook_file_that_cannot_be_joined_stays_and_the_lines_are_printed(zoe: Terminal, hooks: str) -> None:
    zoe.write({".pre-commit-config.yaml": hooks})

    ran = zoe.fleet("init", "--yes")

    assert ran.code == 0, ran.err
    assert (zoe.folder / ".pre-commit-config.yaml").read_text() == hooks
    assert "to do: add to .pre-commit-config.yaml, at the end of 'repos':\n  - repo: local\n" in ran.out


def test_links_are_not_written_through(zoe: Terminal, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (zoe.folder / "governance").symlink_to(elsewhere)
    (zoe.folder / "README.md").symlink_to(elsewhere / "missing")

    refused = zoe.fleet("init", "--yes")

    assert refused.code == 2
    assert "README.md, governance" in refused.err
    assert list(elsewhere.iterdir()) == []


def test_without_a_terminal_nothing_is_written_and_the_hint_is_yes(zoe: Terminal) -> None:
    refused = zoe.fleet("init")

    assert (refused.code, refused.out) == (2, "")
    assert "--yes" in refused.err
    assert zoe.contents() == {}


@pytest.mark.parametrize(("answer", "code", "written"), [("y\n", 0, True), ("n\n", 1, False)])
def test_on_a_terminal_the_files_are_listed_and_the_answer_counts(
    zoe: Terminal, answer: str, code: int, written: bool
) -> None:
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        ["fleet", "init"],
        cwd=zoe.folder,
        env=zoe.environment,
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        os.write(ours, answer.encode())
        _, err = running.communicate(timeout=60)
    os.close(ours)
    os.close(theirs)

    assert running.returncode == code, err
    assert all(path in err for path in OWN)
    assert bool(zoe.contents()) is written


def test_a_disk_that_takes_no_more_leaves_nothing_behind(zoe: Terminal) -> None:
    def small() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))

    failed = zoe.fleet("init", "fleet", "--yes", preexec_fn=small)

    assert failed.code == 2
    assert "cannot write" in failed.err
    assert list(zoe.folder.iterdir()) == []


def test_git_that_cannot_make_a_repository_leaves_nothing_behind(zoe: Terminal) -> None:
    with (zoe.home / ".gitconfig").open("a") as config:
        config.write("[init]\n\tdefaultBranch = not..a..name\n")

    failed = zoe.fleet("init", "fleet", "--yes")

    assert failed.code == 2
    assert "git init failed" in failed.err
    assert list(zoe.folder.iterdir()) == []


def test_inside_a_fleet_there_is_no_second_one(zoe: Terminal) -> None:
    zoe.fleet("init", "--yes")

    refused = zoe.fleet("init", "environments/staging/inner", "--yes")

    assert refused.code == 2
    assert "inside the fleet" in refused.err
    assert not (zoe.folder / "environments/staging/inner").exists()


def test_a_bare_repository_is_refused(zoe: Terminal) -> None:
    zoe.git("init", "-q", "--bare", "store.git")

    refused = zoe.fleet("init", "store.git", "--yes")

    assert refused.code == 2
    assert "bare" in refused.err
    assert not (zoe.folder / "store.git" / "fleet-config.yaml").exists()


def test_below_the_top_hook_and_workflow_go_to_the_top_and_point_at_the_fleet(zoe: Terminal) -> None:
    zoe.git("init", "-q")

    data = zoe.fleet("init", "ai agents/fleet", "--yes", "--json").data

    assert ".pre-commit-config.yaml" in data["written"]
    assert "ai agents/fleet/fleet-config.yaml" in data["written"]
    assert workflow(zoe.folder)["defaults"]["run"]["working-directory"] == "ai agents/fleet"
    assert zoe.fleet("validate", at="ai agents/fleet").code == 0


def test_below_the_top_an_existing_hook_file_gets_our_hook(zoe: Terminal) -> None:
    zoe.git("init", "-q")
    zoe.write({".pre-commit-config.yaml": "repos: []\n"})

    ran = zoe.fleet("init", "fleet", "--yes")

    assert ran.code == 0, ran.err
    assert "added our lines to .pre-commit-config.yaml" in ran.out
    assert "-C fleet validate" in (zoe.folder / ".pre-commit-config.yaml").read_text()
    assert (zoe.folder / ".github/workflows/fleet.yml").is_file()


def test_a_folder_name_that_a_workflow_would_interpolate_is_refused(zoe: Terminal) -> None:
    zoe.git("init", "-q")

    refused = zoe.fleet("init", "${{ github.head_ref }}", "--yes")

    assert refused.code == 2
    assert zoe.contents() == {}


def test_schemas_are_written_on_request_and_a_new_agent_names_its_own(zoe: Terminal) -> None:
    zoe.fleet("init", "--yes")
    assert not (zoe.folder / "schemas").exists()
    assert not any(b"$schema" in content for content in zoe.contents().values())

    first, again = zoe.fleet("schema", "--write", "--json"), zoe.fleet("schema", "--write", "--json")
    zoe.fleet("new", "helper")

    assert (first.code, first.data["unchanged"], again.data["written"]) == (0, [], [])
    assert first.data["written"] == again.data["unchanged"]
    manifest = zoe.folder / "environments/staging/helper/agent.yaml"
    named = manifest.parent / manifest.read_text().partition("\n")[0].partition("$schema=")[2]
    assert named.read_text(encoding="utf-8") == json_schema.schema_text("agent")


def test_git_never_changes_line_ends_of_digested_files(zoe: Terminal) -> None:
    zoe.fleet("init", "--yes")

    for folder in ("environments/production/x/prompts", "approvals/p", "evidence", "ledger", "governance"):
        assert zoe.git("check-attr", "text", f"{folder}/f").strip().endswith("text: unset"), folder


def test_the_workflow_asks_for_little_and_puts_no_foreign_text_into_a_script(zoe: Terminal) -> None:
    zoe.fleet("init", "--yes")
    read = workflow(zoe.folder)
    jobs = read["jobs"]

    scripts = [step["run"] for job in jobs.values() for step in job["steps"] if "run" in step]
    uses = [step["uses"] for job in jobs.values() for step in job["steps"] if "uses" in step]
    depths = [
        step["with"]["fetch-depth"]
        for job in jobs.values()
        for step in job["steps"]
        if "checkout" in step.get("uses", "")
    ]

    assert read["permissions"] == {}
    assert {name: job["permissions"] for name, job in jobs.items()} == {
        "check": {"contents": "read"},
        "promote": {"contents": "write"},
    }
    assert not any("${{" in script for script in scripts)
    assert all(len(action.partition("@")[2]) == 40 for action in uses)
    assert depths == [0, 0]


def shared(zoe: Terminal, bo: Terminal) -> None:
    """Zoe's new fleet with Bo as the second person, in a repository that both have a clone of."""
    zoe.fleet("init", "fleet", "--yes")
    for manifest in (zoe.folder / "fleet/environments/staging").glob("*/agent.yaml"):
        manifest.write_text(manifest.read_text().replace("lifecycle: draft", "lifecycle: production"))
    people = zoe.folder / "fleet/governance/people.yaml"
    people.write_text(people.read_text().replace("colleague@example.invalid", "bo@acme.example"))
    zoe.commit("start", at="fleet")
    zoe.git("clone", "-q", "--bare", "fleet", "origin.git")
    bo.git("clone", "-q", "origin.git", "bo")


def runner(zoe: Terminal, agent: str) -> Ran:
    """What the workflow's promotion does on a fresh clone, but for installing the tool."""
    steps = workflow(zoe.folder / "fleet")["jobs"]["promote"]["steps"]
    scripts = [step["run"] for step in steps if "run" in step and "pip install" not in step["run"]]
    zoe.git("clone", "-q", "origin.git", f"runner-{agent}")
    return zoe.run("bash", "-e", "-c", "\n".join(scripts), at=f"runner-{agent}", extra={"AGENT": agent})


def passing_run(release: str) -> str:
    """A run of promptfoo, of now, in which everything went well."""
    run = json.loads((SAMPLES / "evals/promptfoo/promptfoo.json").read_text(encoding="utf-8"))
    rows = [row for row in run["results"]["results"] if row["success"]]
    stats = {**run["results"]["stats"], "successes": len(rows), "failures": 0}
    moment = datetime.now(UTC).isoformat()
    run["results"] = {**run["results"], "results": rows, "stats": stats, "timestamp": moment}
    run["config"]["tags"] = {"fleet.release": release}
    run["config"]["tests"] = run["config"]["tests"][: len(rows)]
    return json.dumps(run)


@pytest.mark.parametrize("agent", ["handbook-lookup", "ticket-sorter"])
def test_the_fleet_that_init_wrote_goes_to_production_by_its_own_workflow(tmp_path: Path, agent: str) -> None:
    zoe, bo = terminal(tmp_path), terminal(tmp_path, "Bo Lind", "bo@acme.example")
    shared(zoe, bo)
    if agent == "ticket-sorter":
        release = bo.run("fleet", "release", agent, at="bo").out.strip()
        bo.write({"run.json": passing_run(release)})
        added = bo.run("fleet", "evidence", "add", agent, "--suite", "queues", "../run.json", at="bo")
        assert added.code == 0, added.err
    approved = bo.run("fleet", "approve", agent, "--to", "production", at="bo")
    bo.commit("approve", at="bo")
    bo.git("push", "-q", at="bo")
    ran = runner(zoe, agent)
    bo.git("pull", "-q", at="bo")

    assert approved.code == 0, approved.err
    assert ran.code == 0, ran.out + ran.err
    [first, second] = [
        {path.relative_to(top): path.read_bytes() for path in top.rglob("*") if path.is_file()}
        for top in (bo.folder / "bo/environments" / env / agent for env in ("staging", "production"))
    ]
    assert first == second != {}
    [entry] = (bo.folder / "bo/ledger/production.jsonl").read_text().splitlines()
    assert json.loads(entry)["approvals"][0]["approver"] == "colleague"


def test_the_author_alone_cannot_release_what_init_wrote(tmp_path: Path) -> None:
    zoe, bo = terminal(tmp_path), terminal(tmp_path, "Bo Lind", "bo@acme.example")
    shared(zoe, bo)
    zoe.git("clone", "-q", "origin.git", "own")
    refused = zoe.run("fleet", "approve", "handbook-lookup", "--to", "production", at="own")

    ran = runner(zoe, "handbook-lookup")

    assert (refused.code, zoe.git("status", "--porcelain", at="own")) == (1, "")
    assert ran.code == 1
    assert "PENDING" in ran.out
    assert zoe.git("rev-list", "--count", "main", at="origin.git").strip() == "1"


@pytest.mark.parametrize("policy", ["small", "standard", "regulated"])
@pytest.mark.parametrize("agent", ["handbook-lookup", "ticket-sorter"])
def test_an_owner_suspends_an_adopted_agent_alone(zoe: Terminal, policy: str, agent: str) -> None:
    zoe.fleet("init", "--yes", "--policy", policy)
    shutil.copytree(zoe.folder / "environments/staging", zoe.folder / "environments/production")
    zoe.commit("start")
    adopted = zoe.run("fleet", "adopt", "--to", "production", "--apply")

    ran = zoe.run("fleet", "suspend", agent, "--env", "production", "--reason", "it leaks", "--json")

    assert (adopted.code, ran.code) == (0, 0), adopted.err + ran.err
    assert ran.data["promotion"]["verdict"] == "allowed"


def test_an_agent_name_that_looks_like_an_option_is_only_an_unknown_agent(zoe: Terminal) -> None:
    zoe.fleet("init", "--yes")
    zoe.commit("start")
    promote = next(
        step["run"]
        for step in workflow(zoe.folder)["jobs"]["promote"]["steps"]
        if "fleet promote" in step.get("run", "")
    )

    ran = zoe.run("bash", "-e", "-c", promote, extra={"AGENT": "--allow-empty; touch owned"})

    assert ran.code == 2
    assert not (zoe.folder / "owned").exists()
    assert "no agent '--allow-empty; touch owned'" in ran.err
