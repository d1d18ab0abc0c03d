"""``fleet diff`` on real repositories: which two states, what of them can be read, and what the command says."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import subprocess

import pytest

from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.workflows.comparison.agent_pairs import compare_agents
from fleetward.workflows.comparison.pair import load_pair
from fleetward.workflows.comparison.revisions import resolve_revisions
from tests.end_to_end.repositories import (
    DESK,
    FLEET,
    MANIFEST,
    POLICY,
    allowed,
    command,
    repository,
    running,
)

PROMPT = f"{DESK}/prompts/system.md"
SAYS = {PROMPT: "You answer questions about orders. Never promise money.\n"}
AGENT = f"{DESK}/agent.yaml"
RULES = "governance/policy.yaml"


def raised(limit: int) -> dict[str, str]:
    return {AGENT: MANIFEST.replace("haltAt: 60", f"haltAt: {limit}")}


def another(name: str, text: str = MANIFEST) -> dict[str, str]:
    """The files of one agent more."""
    files = {path: content for path, content in FLEET.items() if path.startswith(DESK)}
    moved = {path.replace("desk-bot", name): content for path, content in files.items()}
    return {**moved, f"environments/staging/{name}/agent.yaml": text.replace("desk-bot", name)}


def paths(ran) -> list[str]:
    return sorted(change["path"] for change in ran.data["changes"])


@pytest.fixture
def fleet(tmp_path):
    return repository(tmp_path)


# Which two states


def test_dots_choose_between_exactly_these_two_and_where_they_parted(fleet):
    fleet.git("checkout", "-q", "-b", "feature")
    fleet.commit("a word", files=SAYS)
    fleet.git("checkout", "-q", "main")
    fleet.commit("a limit", files=raised(90))

    exact = fleet.fleet("diff", "main..feature", "--json")
    since = fleet.fleet("diff", "main...feature", "--json")
    ran = fleet.fleet("diff", "main", "feature", "--json")

    assert paths(exact) == ["prompts/system.md", "spec.budgets[day].haltAt"]
    assert paths(since) == paths(ran) == ["prompts/system.md"]
    assert since.data["base"]["rev"] == "merge base of main and feature"
    assert since.data["base"]["commit"] == fleet.git("rev-parse", "main~1")


def test_the_text_says_which_commits_were_compared(fleet):
    first = fleet.head
    fleet.commit("a word", files=SAYS)

    line = fleet.fleet("diff", "HEAD~1").out.splitlines()[0]

    assert line == f"compared HEAD~1 ({first[:12]}) with HEAD ({fleet.head[:12]})"


def test_staged_and_worktree_see_what_is_there_and_nothing_else(fleet):
    fleet.write(SAYS)
    fleet.git("add", "-A")
    fleet.write(raised(90))

    assert paths(fleet.fleet("diff", "--staged", "--json")) == ["prompts/system.md"]
    assert paths(fleet.fleet("diff", "--worktree", "--json")) == [
        "prompts/system.md",
        "spec.budgets[day].haltAt",
    ]


def test_before_the_first_commit_everything_staged_is_new(tmp_path):
    unborn = repository(tmp_path, committed=False)
    unborn.git("add", "-A")

    staged = unborn.fleet("diff", "--staged", "--json")
    plain = unborn.fleet("diff", "--json")

    assert (staged.code, staged.data["summary"]["added"], staged.data["base"]["rev"]) == (0, 1, "nothing")
    assert (plain.code, plain.data["summary"]["added"], plain.data["head"]["rev"]) == (0, 1, "work tree")
    assert unborn.fleet("diff", "HEAD").err.endswith("  try: fleet diff --worktree\n")


def test_a_detached_head_a_bare_repository_and_sha256_are_compared_like_any_other(tmp_path):
    repo = repository(tmp_path, object_format="sha256", inside="agents")
    repo.commit("a word", files=SAYS)
    repo.git("checkout", "-q", "--detach")
    bare = tmp_path / "bare.git"
    repo.git("clone", "-q", "--bare", ".", str(bare))

    detached = repo.fleet("diff", "HEAD~1", "--json")
    in_bare = repo.fleet("diff", "HEAD~1..HEAD", "--root", "agents", "--json", cwd=bare)
    text = repo.fleet("diff", "HEAD~1..HEAD", "--root", "agents", cwd=bare)

    assert paths(detached) == paths(in_bare) == ["prompts/system.md"]
    assert len(detached.data["head"]["commit"]) == 64
    assert repo.fleet(*text.out.splitlines()[-1].split()[1:], cwd=bare, now=None).code == 0
    assert repo.fleet("diff", "HEAD~1..HEAD", cwd=bare).code == 2


def test_a_branch_wins_over_a_tag_of_its_name(fleet):
    fleet.git("branch", "base")
    fleet.commit("a word", files=SAYS)
    fleet.git("tag", "base")

    assert paths(fleet.fleet("diff", "base", "--json")) == ["prompts/system.md"]


def test_replace_refs_and_hostile_configuration_change_nothing(fleet, tmp_path):
    fleet.commit("a word", files=SAYS)
    fleet.git("replace", "HEAD", "HEAD~1")
    trap = tmp_path / "trapped"
    for key in ("diff.external", "core.fsmonitor", "core.pager", "diff.fleet.textconv", "core.hooksPath"):
        fleet.git("config", key, f"touch {trap}")
    fleet.git("config", "diff.renames", "copies")
    fleet.git("config", "core.quotePath", "true")

    for revisions in (("HEAD~1..HEAD",), ("--worktree",), ("--staged",)):
        ran = fleet.fleet("diff", *revisions, "--json")
        assert ran.code == 0, ran.err
    assert paths(fleet.fleet("diff", "HEAD~1..HEAD", "--json")) == ["prompts/system.md"]
    assert not trap.exists()


# The base that nobody named


def merged(fleet) -> None:
    """A pull request, and the merge that the CI made of it into a target that went on."""
    fleet.git("checkout", "-q", "-b", "feature")
    fleet.commit("a word", files=SAYS)
    fleet.git("checkout", "-q", "main")
    fleet.commit("a limit", files=raised(90))
    fleet.git("checkout", "-q", "--detach")
    fleet.git("merge", "-q", "--no-ff", "-m", "merge", "feature")


def test_on_the_merge_of_a_pull_request_the_first_parent_is_the_base(fleet):
    merged(fleet)
    github = {"GITHUB_BASE_REF": "main", "GITHUB_REF": "refs/pull/7/merge", "GITHUB_SHA": fleet.head}
    gitlab = {"CI_MERGE_REQUEST_EVENT_TYPE": "merged_result", "CI_COMMIT_SHA": fleet.head,
              "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}  # fmt: skip

    for variables in (github, gitlab):
        ran = fleet.fleet("diff", "--json", env=variables)

        assert paths(ran) == ["prompts/system.md"]
        assert ran.data["base"] == {
            "rev": "first parent of HEAD, main",
            "commit": fleet.git("rev-parse", "main"),
        }


def test_the_target_branch_of_the_ci_is_the_base_and_then_the_default_of_the_remote(fleet, tmp_path):
    clone = tmp_path / "clone"
    fleet.git("clone", "-q", ".", str(clone))
    start = fleet.head
    for path, text in SAYS.items():
        (clone / path).write_text(text)
    fleet.git("-C", str(clone), "commit", "-qam", "a word")
    variables = [
        {},
        {"GITHUB_BASE_REF": "main"},
        {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"},
        {"CI_MERGE_REQUEST_DIFF_BASE_SHA": start},
    ]

    answers = [fleet.fleet("diff", "--json", cwd=clone, env=env) for env in variables]

    assert [paths(ran) for ran in answers] == [["prompts/system.md"]] * 4
    assert [ran.data["base"]["rev"] for ran in answers] == [
        "refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/remotes/origin/main", start
    ]  # fmt: skip


def test_without_a_base_the_hint_says_how_to_get_one(fleet):
    first = fleet.fleet("diff", "--json")
    fleet.commit("a word", files=SAYS)
    alone = fleet.fleet("diff")
    fleet.git("update-ref", "refs/remotes/origin/main", "HEAD")
    nothing = fleet.fleet("diff")
    unfetched = fleet.fleet("diff", env={"GITHUB_BASE_REF": "rel ease"})

    assert (first.code, first.data["summary"]["added"], first.data["base"]["rev"]) == (0, 1, "nothing")
    assert (nothing.code, unfetched.code) == (2, 2)
    assert "try: fleet diff --worktree" in alone.err
    assert "try: git remote set-head origin --auto" in nothing.err
    assert "git fetch origin '+refs/heads/rel ease:refs/remotes/origin/rel ease'" in unfetched.err


def test_a_shallow_clone_without_a_merge_base_ends_with_the_command_that_cures_it(fleet, tmp_path):
    fleet.git("checkout", "-q", "-b", "feature")
    fleet.commit("a word", files=SAYS)
    fleet.git("checkout", "-q", "main")
    fleet.commit("a limit", files=raised(90))
    clone = tmp_path / "clone"
    fleet.git("clone", "-q", "--depth", "1", "--branch", "feature", f"file://{fleet.top}", str(clone))
    fleet.git(
        "-C", str(clone), "fetch", "-q", "--depth", "1", "origin", "+refs/heads/main:refs/remotes/origin/main"
    )

    ran = fleet.fleet("diff", cwd=clone, env={"GITHUB_BASE_REF": "main"})
    command = ran.err.splitlines()[-1].removeprefix("  try: ")
    environment = fleet.environment()
    subprocess.run(["sh", "-c", command], cwd=clone, env=environment, check=True, capture_output=True)

    assert (ran.code, ran.out) == (2, "")
    assert command == "git fetch --unshallow origin +refs/heads/main:refs/remotes/origin/main"
    assert paths(fleet.fleet("diff", "--json", cwd=clone, env={"GITHUB_BASE_REF": "main"})) == [
        "prompts/system.md"
    ]


@pytest.mark.parametrize("env", [{}, {"GITHUB_BASE_REF": "main"}])
def test_a_shallow_clone_that_knows_no_target_is_cured_by_one_command(fleet, tmp_path, env):
    fleet.git("checkout", "-q", "-b", "feature")
    fleet.commit("a word", files=SAYS)
    fleet.git("checkout", "-q", "main")
    clone = tmp_path / "clone"
    fleet.git("clone", "-q", "--depth", "1", "--branch", "feature", f"file://{fleet.top}", str(clone))

    ran = fleet.fleet("diff", cwd=clone, env=env)
    command = ran.err.splitlines()[-1].removeprefix("  try: ")
    subprocess.run(["sh", "-c", command], cwd=clone, env=fleet.environment(), check=True, capture_output=True)

    assert ran.code == 2
    assert paths(fleet.fleet("diff", "--json", cwd=clone, env=env)) == ["prompts/system.md"]


def test_comparing_a_commit_with_itself_prints_a_note(fleet):
    fleet.git("update-ref", "refs/remotes/origin/main", "HEAD")
    fleet.git("symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main")

    ran = fleet.fleet("diff")

    assert ran.code == 0
    assert "refs/remotes/origin/HEAD and HEAD are the same commit: there is nothing to compare" in ran.err


def test_unrelated_histories_are_never_compared_silently(fleet):
    fleet.git("checkout", "-q", "--orphan", "other")
    fleet.commit("from nowhere", files=SAYS)

    ran = fleet.fleet("diff", "main")

    assert (ran.code, ran.out) == (2, "")
    assert "try: fleet diff main..HEAD" in ran.err


# Agents that come, go, and cannot be read


def test_a_fleet_missing_on_one_side_is_added_or_retired_as_a_whole(tmp_path):
    repo = repository(tmp_path, {"README.md": "nothing yet\n"})
    repo.commit("a fleet", files={**FLEET, **another("order-bot")})

    forward = repo.fleet("diff", "HEAD~1..HEAD", "--json")
    back = repo.fleet("diff", "HEAD..HEAD~1", "--json")

    assert [(row["agent"], row["status"]) for row in forward.data["agents"]] == [
        ("desk-bot", "added"), ("order-bot", "added")
    ]  # fmt: skip
    assert {row["status"] for row in back.data["agents"]} == {"retired"}
    assert (forward.code, back.code) == (0, 0)


def test_no_fleet_on_either_side_is_an_error(tmp_path):
    repo = repository(tmp_path)
    repo.git("checkout", "-q", "--orphan", "other")
    repo.git("rm", "-rfq", "--cached", ".")
    repo.commit("empty", files={})
    repo.git("commit", "-q", "--allow-empty", "-m", "more")
    repo.git("rm", "-rq", "--cached", ".")
    repo.git("commit", "-q", "-m", "nothing left")
    repo.git("commit", "-q", "--allow-empty", "-m", "and still")

    ran = repo.fleet("diff", "HEAD~1..HEAD")

    assert (ran.code, ran.out) == (2, "")


def test_an_unreadable_agent_is_listed_with_its_place_and_the_others_are_compared(fleet):
    fleet.commit("one more", files=another("order-bot"))
    fleet.commit(
        "a slip", files={**SAYS, "environments/staging/order-bot/agent.yaml": "spec: {a: 1\nb: }{\n"}
    )

    ran = fleet.fleet("diff", "HEAD~1", "--json")
    text = fleet.fleet("diff", "HEAD~1").out

    assert ran.code == 1
    assert paths(ran) == ["prompts/system.md"]
    [broken] = ran.data["unreadable"]
    assert (broken["agent"], broken["side"], broken["rule"]) == ("order-bot", "head", "yaml-syntax")
    assert (broken["file"], broken["line"]) == ("environments/staging/order-bot/agent.yaml", 2)
    assert "environments/staging/order-bot/agent.yaml:2:" in text
    assert "1 unreadable" in text
    assert "Traceback" not in text


def test_links_submodules_and_undecodable_paths_are_listed_and_not_followed(fleet):
    fleet.commit("one more", files=another("order-bot"))
    base = fleet.head
    (fleet.root / DESK / "notes.txt").symlink_to("/etc/passwd")
    (fleet.root / "environments" / "mirror").symlink_to("staging")
    raw = os.fsencode(fleet.root / "environments/staging/order-bot") + b"/caf\xe9.txt"
    with open(raw, "wb") as file:  # noqa: PTH123 - a name that is no text
        file.write(b"x")
    fleet.git("update-index", "--add", "--cacheinfo", f"160000,{base},environments/staging/order-bot/module")
    fleet.commit("what does not belong")

    ran = fleet.fleet("diff", f"{base}..HEAD", "--json")

    assert ran.code == 1
    unreadable = {(row["agent"], row["rule"]) for row in ran.data["unreadable"]}
    assert ("desk-bot", "link-in-agent") in unreadable
    assert (None, "link-in-agent") in unreadable
    assert "order-bot" in {row["agent"] for row in ran.data["unreadable"]}
    assert "root:" not in ran.out


def test_an_unreadable_governance_file_is_listed_and_agents_are_compared(fleet):
    fleet.commit(
        "slips", files={**SAYS, "governance/policy.yaml": "version: [\n", "fleet-config.yaml": "}{\n"}
    )

    ran = fleet.fleet("diff", "HEAD~1", "--json")

    assert ran.code == 1
    assert paths(ran) == ["prompts/system.md"]
    assert {(row["file"], row["side"], row["agent"]) for row in ran.data["unreadable"]} == {
        ("fleet-config.yaml", "head", None), ("governance/policy.yaml", "head", None)
    }  # fmt: skip
    assert ran.data["changes"][0]["requires"] == [{"kind": "approvals", "detail": "1 of owner"}]


def test_the_policy_of_the_base_says_what_is_required_and_how_tiers_are_ordered(fleet):
    policy = FLEET["governance/policy.yaml"]
    turned = policy.replace("[low, medium, high, critical]", "[critical, high, medium, low]")
    fleet.commit("more risk", files={AGENT: MANIFEST.replace("tier: low", "tier: high")})
    fleet.commit(
        "less risk",
        files={AGENT: MANIFEST, "governance/policy.yaml": turned.replace("approvals: 1", "approvals: 0")},
    )

    ran = fleet.fleet("diff", "HEAD~1", "--json")

    lowered = next(change for change in ran.data["changes"] if change["path"] == "spec.risk.tier")
    assert (lowered["rule"], lowered["direction"]) == ("governance/tier-lowered", "looser")
    assert lowered["requires"] == [{"kind": "approvals", "detail": "1 of owner"}]


def test_a_file_nobody_knows_among_those_that_govern_is_never_nothing(fleet):
    fleet.commit("a note", files={"governance/extra.yaml": "a: 1\n"})

    ran = fleet.fleet("diff", "HEAD~1", "--json")

    assert [(c["rule"], c["significance"]) for c in ran.data["changes"]] == [
        ("unknown/governance-file-changed", "medium")
    ]  # fmt: skip


def test_a_retired_agent_names_who_still_depends_on_it(fleet):
    relying = MANIFEST.replace("  prompts:", "  dependsOn: [{agent: desk-bot}]\n  prompts:")
    fleet.commit("one more", files={**another("order-bot"), "environments/staging/order-bot/agent.yaml":
                                    relying.replace("name: desk-bot", "name: order-bot")})  # fmt: skip
    fleet.git("rm", "-rq", DESK)
    fleet.commit("gone")

    ran = fleet.fleet("diff", "HEAD~1", "--json")

    [change] = ran.data["changes"]
    assert (change["rule"], change["significance"]) == ("lifecycle/agent-retired", "critical")
    assert "still relied on by order-bot" in change["reason"]


@pytest.mark.parametrize(
    ("written", "relies"),
    [
        ("desk-bot", True),
        ('"desk-bot"', True),
        ('"desk\\u002dbot"', True),
        ("desk-bot-2", False),
        ("my-desk-bot", False),
    ],
)
def test_a_retired_agent_is_relied_on_by_its_whole_name_however_it_is_written(fleet, written, relies):
    text = MANIFEST.replace("  prompts:", "  dependsOn:\n    - agent: WRITTEN\n  prompts:")
    fleet.commit("more", files={**another("order-bot"), **another("desk-bot-2"), **another("my-desk-bot")})
    manifest = text.replace("name: desk-bot", "name: order-bot").replace("WRITTEN", written)
    fleet.commit("a dependency", files={"environments/staging/order-bot/agent.yaml": manifest})
    fleet.git("rm", "-rq", DESK)
    fleet.commit("gone")

    [change] = fleet.fleet("diff", "HEAD~1", "--json").data["changes"]

    assert ("still relied on by order-bot" in change["reason"]) is relies


def test_retiring_one_agent_and_adding_its_like_is_no_rename(fleet):
    fleet.git("mv", DESK, "environments/staging/help-bot")
    fleet.commit(
        "a new name",
        files={"environments/staging/help-bot/agent.yaml": MANIFEST.replace("desk-bot", "help-bot")},
    )

    ran = fleet.fleet("diff", "HEAD~1", "--json")

    assert {(row["agent"], row["status"]) for row in ran.data["agents"]} == {
        ("desk-bot", "retired"), ("help-bot", "added")
    }  # fmt: skip
    by_name = {row["agent"]: row for row in ran.data["agents"]}
    assert (by_name["help-bot"]["renameOf"], by_name["desk-bot"]["renamedTo"]) == ("desk-bot", "help-bot")
    text = fleet.fleet("diff", "HEAD~1").out
    assert "looks like a rename of 'desk-bot'" in text
    assert "'fleet rename desk-bot help-bot --write'" in text
    fleet.commit("words", files={"environments/staging/help-bot/prompts/system.md": "Other words.\n"})
    assert "looks like" not in fleet.fleet("diff", "HEAD~2..HEAD").out


def test_environments_are_compared_agent_by_agent(fleet):
    copies = {
        path.replace("staging", "production"): text for path, text in FLEET.items() if path.startswith(DESK)
    }
    fleet.commit("runs", files={**copies, **another("order-bot")})
    fleet.commit("a limit", files=raised(90))

    ran = fleet.fleet("diff", "--env", "production..staging", "--json")

    assert {(row["agent"], row["status"]) for row in ran.data["agents"]} == {
        ("desk-bot", "changed"), ("order-bot", "added")
    }  # fmt: skip
    assert fleet.fleet("diff", "--env", "nowhere..never").code == 2
    fleet.git("rm", "-rq", DESK)
    fleet.commit("gone")

    forward = fleet.fleet("diff", "--env", "staging..production", "--json").data
    back = fleet.fleet("diff", "--env", "production..staging", "--json").data
    rows = [
        (change["agent"], change["rule"], change["reason"].split(";")[0]) for change in forward["changes"]
    ]
    assert rows == [
        ("desk-bot", "lifecycle/agent-retired",
         "the agent is not in staging: a promotion retires it in production"),
        ("order-bot", "lifecycle/agent-added", "the agent is not in production yet"),
    ]  # fmt: skip
    assert {row["agent"]: row["status"] for row in back["agents"]} == {
        "desk-bot": "retired", "order-bot": "added"
    }  # fmt: skip


def test_an_edit_by_hand_in_a_gated_environment_leads_to_validate(tmp_path):
    repo = allowed(tmp_path)
    repo.fleet("promote", "desk-bot", "--to", "production", "--apply")
    manifest = "environments/production/desk-bot/agent.yaml"
    repo.write({manifest: (repo.top / manifest).read_text().replace("haltAt: 60", "haltAt: 600")})

    ran = repo.fleet("diff", "--worktree")

    assert ran.out.splitlines()[-1] == "fleet validate"
    assert f"git restore --source={repo.head[:12]}" in repo.fleet("validate").out


def test_an_unreadable_proposal_is_listed_and_does_not_hide_the_folder(fleet):
    copies = {
        path.replace("staging", "production"): text for path, text in FLEET.items() if path.startswith(DESK)
    }
    fleet.commit("runs", files=copies)
    production = {path.replace("staging", "production"): text for path, text in raised(90).items()}
    fleet.commit("a wish", files={**production, "proposals/production/desk-bot/overrides.yaml": "spec: [\n"})

    ran = fleet.fleet("diff", "HEAD~1", "--json")

    assert ran.code == 1
    assert paths(ran) == ["spec.budgets[day].haltAt"]
    [broken] = ran.data["unreadable"]
    assert broken["file"] == "proposals/production/desk-bot/overrides.yaml"


@pytest.mark.parametrize(
    ("environments", "nearest"),
    [("stagin..production", "staging"), ("staging..producton", "production"), ("a..b", None)],
)
def test_an_environment_that_is_not_there_is_no_retirement_of_all(fleet, environments, nearest):
    ran = fleet.fleet("diff", "--env", environments)

    assert (ran.code, ran.out) == (2, "")
    assert "no environment " in ran.err
    assert (f"did you mean '{nearest}'?" if nearest else "one of: staging, production") in ran.err


def test_a_proposal_for_an_unknown_agent_is_an_error_in_diff_and_validate(fleet):
    wish = "proposals/production/desk-bt/overrides.yaml"
    fleet.commit("a wish", files={wish: "spec: {suspended: true}\n"})

    diff = fleet.fleet("diff", "HEAD~1", "--json")
    validate = fleet.fleet("validate", "--json")

    [row] = diff.data["unreadable"]
    [finding] = [entry for entry in validate.data["findings"] if entry["severity"] == "error"]
    assert (diff.code, row["file"], row["agent"]) == (1, wish, "desk-bt")
    assert (validate.code, finding["file"], finding["rule"]) == (1, wish, "override-not-allowed")
    assert "nowhere in production, staging" in finding["message"]
    assert finding["hint"] == "did you mean 'desk-bot'?"
    fleet.commit("never mind", files={wish: None})
    assert fleet.fleet("diff", "HEAD~1", "--json").code == 0


def test_a_proposal_for_a_misspelt_environment_is_an_error_in_diff_and_validate(fleet):
    wish = "proposals/prodution/desk-bot/overrides.yaml"
    fleet.commit("a wish", files={wish: "spec: {suspended: true}\n"})

    diff = fleet.fleet("diff", "HEAD~1", "--json")
    validate = fleet.fleet("validate", "--json")

    [finding] = [entry for entry in validate.data["findings"] if entry["severity"] == "error"]
    assert (diff.code, [entry["file"] for entry in diff.data["unreadable"]]) == (1, [wish])
    assert (validate.code, finding["file"], finding["hint"]) == (1, wish, "did you mean 'production'?")


def test_a_value_that_a_proposal_omits_is_a_change(fleet):
    copies = {path.replace("staging", "production"): text for path, text in FLEET.items() if DESK in path}
    budgets = "budgets: [{window: day, currency: EUR, alertAt: 20, haltAt: 30}]"
    overrides = {"environments/production/desk-bot/overrides.yaml": f"spec: {{{budgets}}}\n"}
    fleet.commit("runs", files={**copies, **overrides})
    wish = "proposals/production/desk-bot/overrides.yaml"
    fleet.commit("a wish", files={wish: "spec: {suspended: true}\n"})

    changes = {change["path"]: change for change in fleet.fleet("diff", "HEAD~1", "--json").data["changes"]}

    taken = changes["spec.budgets[day].haltAt"]
    assert (taken["before"], taken["after"], taken["proposed"]) == (30, 60, True)
    assert taken["reason"].endswith(
        "the proposal replaces overrides.yaml as a whole, and no longer sets this value"
    )
    assert "replaces" not in changes["spec.suspended"]["reason"]


def test_a_proposal_that_is_promoted_is_a_change_of_the_running_agent(fleet):
    copies = {path.replace("staging", "production"): text for path, text in FLEET.items() if DESK in path}
    wish = "proposals/production/desk-bot/overrides.yaml"
    fleet.commit("a wish", files={**copies, wish: "spec: {suspended: true}\n"})
    fleet.git("rm", "-q", wish)
    fleet.commit(
        "stopped", files={"environments/production/desk-bot/overrides.yaml": "spec: {suspended: true}\n"}
    )
    fleet.commit("nothing of it", files={"README.md": "a fleet\n"})

    [moved] = fleet.fleet("diff", "HEAD~2..HEAD~1", "--json").data["changes"]

    assert (moved["path"], moved["before"], moved["after"]) == ("spec.suspended", False, True)
    assert not moved.get("proposed")
    assert fleet.fleet("diff", "HEAD~1..HEAD", "--json").data["changes"] == []


def test_a_proposal_for_an_agent_that_is_not_promoted_yet_is_valid(fleet):
    fleet.commit(
        "a wish",
        files={"proposals/production/desk-bot/overrides.yaml": "spec: {suspended: true}\n"},
    )

    assert fleet.fleet("validate").code == 0
    assert fleet.fleet("diff", "HEAD~1").code == 0


# What it says


def test_formatting_never_matters(fleet):
    lines = MANIFEST.replace("haltAt: 60", "haltAt: 60.0").replace("{name: desk-bot}", '{"name": "desk-bot"}')
    text = "# a comment\r\n" + lines.replace("\n", "   \r\n")
    fleet.commit("tidied", files={AGENT: text})

    ran = fleet.fleet("diff", "HEAD~1", "--json", "--fail-on", "none")

    assert (ran.code, ran.data["changes"], ran.data["summary"]["formattingOnly"]) == (0, [], 1)
    [agent] = ran.data["agents"]
    assert agent["formattingOnly"]
    assert agent["note"].startswith("the release digest is another all the same")
    told = fleet.fleet("diff", "HEAD~1", "--exit-code")
    assert (told.code, agent["note"] in told.out) == (0, True)
    assert told.out.endswith("fleet promote desk-bot --to production\n")


def test_formatting_of_governance_is_no_change_and_asks_for_its_approval(tmp_path):
    repo = running(tmp_path)
    repo.commit("tidied", files={RULES: f"# a comment\n{POLICY}"})

    ran = repo.fleet("diff", "HEAD~1", "--exit-code")

    assert ran.code == 0
    assert f"{RULES}: the digest of governance is another all the same" in ran.out
    assert ran.out.endswith("fleet approve --governance\n")


def test_the_exit_code_follows_the_worst_change_and_fail_on(fleet):
    fleet.commit("a limit", files=raised(90))

    codes = {
        level: fleet.fleet("diff", "HEAD~1", "--fail-on", level).code for level in ("critical", "high", "low")
    }

    assert codes == {"critical": 0, "high": 1, "low": 1}
    assert "--fail-on high: 1 of 1 changes are high or higher" in (
        fleet.fleet("diff", "HEAD~1", "--fail-on", "high").err
    )
    assert fleet.fleet("diff", "HEAD~1").code == 0
    assert fleet.fleet("diff", "HEAD..HEAD", "--exit-code").code == 0


def test_one_run_writes_every_format_that_was_asked_for(fleet, tmp_path):
    fleet.commit("a limit", files=raised(90))
    comment, flat = tmp_path / "comment.md", tmp_path / "diff.json"

    ran = fleet.fleet("diff", "HEAD~1", "-o", "github", "-o", f"markdown={comment}", "-o", f"json={flat}")

    assert ran.out.startswith("::warning file=environments/staging/desk-bot/agent.yaml,line=")
    assert comment.read_text().startswith("<!-- fleetward:diff sha256:")
    assert [change["rule"] for change in json.loads(flat.read_text())["changes"]] == ["cost/halt-raised"]


def test_uncommitted_changes_are_counted_in_one_note(fleet):
    fleet.commit("a limit", files=raised(90))
    clean = fleet.fleet("diff", "HEAD~1", "--json")
    fleet.write({**raised(95), PROMPT: "Be kind.\n"})

    edited, quiet, older, in_worktree = (
        fleet.fleet("diff", *arguments, "--json")
        for arguments in (("HEAD~1",), ("HEAD~1", "-q"), ("HEAD~1..HEAD~1",), ("--worktree",))
    )

    assert [ran.err for ran in (clean, quiet, older, in_worktree)] == [""] * 4
    assert edited.err == "uncommitted changes are not compared (2 files): fleet diff --worktree\n"
    assert edited.out == clean.out


def test_the_last_line_names_a_few_agents_and_the_whole_fleet_beyond(fleet):
    names = [f"desk-{number}" for number in range(4)]
    fleet.commit("four", files={path: text for name in names for path, text in another(name).items()})

    last = fleet.fleet("diff", "HEAD~1").out.splitlines()[-1]

    assert last == "fleet diff --env staging..production"


@pytest.mark.parametrize("flag", ["--worktree", "--staged"])
def test_an_edit_leads_to_its_commit_and_the_commit_to_the_gate(fleet, flag):
    fleet.write({PROMPT: "Be kind.\n"})
    if flag == "--staged":
        fleet.git("add", "-A")

    commit = fleet.fleet("diff", flag).out.splitlines()[-1]
    done = subprocess.run(["sh", "-c", commit], cwd=fleet.root, env=fleet.environment(), capture_output=True)
    promote = fleet.fleet("diff", "HEAD~1").out.splitlines()[-1]

    assert (done.returncode, fleet.state[1]) == (0, "")
    assert promote == "fleet promote desk-bot --to production"
    assert fleet.fleet(*promote.split()[1:]).code == 1


def test_from_validate_on_no_command_leads_back(fleet):
    visited, ran = [], "validate"
    while ran not in visited and not ran.startswith("promote"):
        visited.append(ran)
        ran = fleet.fleet(*ran.split()).out.splitlines()[-1].removeprefix("fleet ")

    assert (visited, ran) == (
        ["validate", "diff --worktree", "diff --env staging..production"],
        "promote desk-bot --to production",
    )


def test_a_file_is_written_whole_and_without_colour_while_a_terminal_looks_on(fleet, tmp_path):
    long = "word " * 100
    fleet.commit("why", files={AGENT: MANIFEST.replace("about orders", f"about {long.strip()}")})
    page = tmp_path / "page.txt"

    output = on_terminal(fleet, "diff", "HEAD~1", "-o", "text", "-o", f"text={page}")
    alone = on_terminal(fleet, "diff", "HEAD~1", COLUMNS="2000")

    assert "\x1b" in output
    assert "\x1b" not in page.read_text()
    assert f'-> "Answer questions of staff about {long.strip()}"' in page.read_text()
    assert "-v shows it whole" in alone
    assert "-v shows it whole" not in page.read_text()


@pytest.mark.parametrize("columns", ["80", "200"])
def test_no_width_breaks_a_digest_an_id_or_a_path(fleet, columns):
    digest, name = f"sha256:{'0123456789abcdef' * 4}", f"desk-{'very-' * 9}long"
    model = "name: gpt-4.1-2025-04-14"
    files = another(name)
    fleet.commit("one more", files=files)
    path = f"environments/staging/{name}/agent.yaml"
    fleet.commit("a digest", files={path: files[path].replace(model, f'{model}\n    digest: "{digest}"', 1)})

    output = on_terminal(fleet, "diff", "HEAD~1", COLUMNS=columns, NO_COLOR="1")

    assert digest in output
    assert f"{path}:" in output
    assert f"staging/{name}" in output
    assert fleet.head[:12] in output
    assert output.splitlines()[-1].startswith(f"fleet promote {name} --to")


def on_terminal(fleet, *arguments: str, **env: str) -> str:
    """What a command prints where standard output is a terminal."""
    mine, theirs = pty.openpty()
    environment = {"TERM": "xterm", **fleet.environment(), **env}
    with subprocess.Popen(command(*arguments), cwd=fleet.root, env=environment, stdout=theirs):
        os.close(theirs)
        output = b""
        with contextlib.suppress(OSError):  # the other end is closed
            while part := os.read(mine, 65536):
                output += part
    os.close(mine)
    return output.decode()


def test_secrets_are_masked_in_every_format_and_still_a_change(fleet):
    keys = ["sk-ant-" + letter * 40 for letter in "ab"]
    for key in keys:
        fleet.commit("oh no", files={PROMPT: f"Use {key} to log in.\n"})

    for form in ("text", "json", "markdown", "github"):
        ran = fleet.fleet("diff", "HEAD~1", "-o", form, "-v")
        assert not any(key in ran.out for key in keys), form
        assert "system.md" in ran.out, form


def test_the_rules_are_listed_without_a_repository(tmp_path):
    repo = repository(tmp_path / "r")

    text = repo.fleet("diff", "--rules", cwd=tmp_path)
    data = repo.fleet("diff", "--rules", "--json", cwd=tmp_path)
    markdown = repo.fleet("diff", "--rules", "-o", "markdown", cwd=tmp_path)

    assert (text.code, data.code, markdown.code) == (0, 0, 2)
    assert data.data["format"] == "fleetward.diff-rules/1"
    rules = {row["rule"] for row in data.data["rules"]}
    assert {
        "behaviour/pin-lost",
        "privilege/tool-added",
        "policy/policy-changed",
        "guardrail/eval-suite-changed",
    } <= rules
    assert all(row["rule"] in text.out for row in data.data["rules"])


# What governs


def test_a_rule_turned_down_is_looser_than_its_usual_weight_and_turned_up_stricter(fleet):
    config = FLEET["fleet-config.yaml"]
    usual = fleet.head
    fleet.commit("down", files={"fleet-config.yaml": f"{config}rules: {{owner-unknown: warning}}\n"})
    fleet.commit("up", files={"fleet-config.yaml": f"{config}rules: {{owner-unknown: error}}\n"})

    [down] = fleet.fleet("diff", f"{usual}..HEAD~1", "--json").data["changes"]
    [up] = fleet.fleet("diff", "HEAD~1..HEAD", "--json").data["changes"]
    written_out = fleet.fleet("diff", f"{usual}..HEAD", "--json")

    assert (down["before"], down["after"], down["direction"]) == ("error", "warning", "looser")
    assert up["direction"] == "stricter"
    assert written_out.data["changes"] == []


def test_a_default_that_is_written_out_is_no_change_and_one_that_takes_over_has_its_direction(fleet):
    short, usual, none = (
        {"governance/policy.yaml": FLEET["governance/policy.yaml"] + line}
        for line in ("approvals: {expire: P7D}\n", "approvals: {expire: P14D}\n", "")
    )
    for files in (usual, short, none):
        fleet.commit("a word on approvals", files=files)

    assert fleet.fleet("diff", "HEAD~3..HEAD~2", "--json").data["changes"] == []
    [longer] = fleet.fleet("diff", "HEAD~1..HEAD", "--json").data["changes"]
    assert (longer["after"], longer["direction"], longer["significance"]) == ("P14D", "looser", "critical")


@pytest.mark.parametrize("rules", ["[a, {b: c}]", "3", "{a: [1]}", "{owner-unknown: [warning]}"])
def test_an_invalid_configuration_is_listed_as_unreadable(fleet, rules):
    fleet.commit("bent", files={"fleet-config.yaml": f"{FLEET['fleet-config.yaml']}rules: {rules}\n"})

    forward, back = (
        fleet.fleet("diff", revisions, "--json") for revisions in ("HEAD~1..HEAD", "HEAD..HEAD~1")
    )

    assert (forward.code, back.code) == (1, 1), forward.err + back.err
    assert [row["file"] for row in forward.data["unreadable"]] == ["fleet-config.yaml"]


def test_a_retirement_requires_neither_evidence_nor_soak(fleet):
    required = "[{approvals: 1, from: owner}, {evals: passed}, {soak: PT24H}]"
    policy = FLEET["governance/policy.yaml"].replace("[{approvals: 1, from: owner}]", required)
    fleet.commit("more", files={"governance/policy.yaml": policy})
    fleet.commit("a limit", files=raised(90))
    fleet.git("rm", "-rq", DESK)
    fleet.commit("gone")

    changed, retired = (
        {need["kind"] for need in fleet.fleet("diff", revisions, "--json").data["changes"][0]["requires"]}
        for revisions in ("HEAD~2..HEAD~1", "HEAD~1..HEAD")
    )

    assert changed == {"approvals", "evals", "soak"}
    assert retired == {"approvals"}


# Several processes


def test_any_number_of_processes_gives_the_same_result(fleet):
    for number in range(9):
        fleet.write(another(f"bot-{number}"))
    fleet.commit("more agents")
    fleet.write(raised(90))
    for number in range(6):
        fleet.write(another(f"bot-{number}", MANIFEST.replace("haltAt: 60", f"haltAt: {70 + number}")))
    fleet.write({"environments/staging/bot-6/agent.yaml": "metadata: {name: [", **another("newcomer")})
    fleet.write({"proposals/production/bot-88/overrides.yaml": "spec: {suspended: true}\n"})
    fleet.git("rm", "-rq", "environments/staging/bot-7")
    fleet.commit("much at once")
    ground = find_fleet_root(fleet.root, {})
    base, head = resolve_revisions(ground, ["HEAD~1", "HEAD"], {})
    names = sorted(
        {
            path.split("/")[2]
            for path in fleet.git("diff", "--name-only", "--no-renames", "HEAD~1").splitlines()
        }
    )
    proposed = ("production", "bot-88")
    pairs = [
        (proposed, proposed),
        *((("staging", name), ("staging", name)) for name in names if name != "bot-88"),
    ]

    results = [compare_agents(load_pair(base, head), pairs, processes) for processes in (1, 2, 3, 20)]

    assert all(result == results[0] for result in results)
    compared, unread = results[0]
    assert {result.row.status for result in compared} == {"added", "changed", "retired"}
    assert [(result.agent, result.finding.hint) for result in unread[:1]] == [
        ("bot-88", "did you mean 'bot-8'?")
    ]
    assert {result.agent for result in unread} == {"bot-6", "bot-88"}
    assert {result.agent for result in unread} | {result.row.agent for result in compared} == set(names)


# What other governance asks


def test_a_change_of_governance_names_the_approvals_that_it_requires(tmp_path):
    repo = running(tmp_path)
    repo.commit("a version", files={RULES: POLICY.replace("version: 1", "version: 2")})
    written = POLICY.replace("version: 1", "version: 3").replace(
        "governance: {require: [{approvals: 1,", "governance: {require: [{approvals: 2,"
    )
    repo.commit("a rule for governance", files={RULES: written})
    repo.commit("one more", files={RULES: written.replace("version: 3", "version: 4")})

    changes = [repo.fleet("diff", f"HEAD~{at + 1}..HEAD~{at}", "--json").data["changes"] for at in (2, 1, 0)]
    text = repo.fleet("diff", "HEAD~1..HEAD").out
    markdown = repo.fleet("diff", "HEAD~1..HEAD", "-o", "markdown").out

    assert [rows[0]["requires"] for rows in changes] == [
        [{"kind": "approvals", "detail": "1 of desk"}],
        [{"kind": "approvals", "detail": "1 of desk"}],
        [{"kind": "approvals", "detail": "2 of desk"}],
    ]
    assert "  will require  approvals 2 of desk\n" in text
    assert "will require `approvals 2 of desk`" in markdown


def test_the_largest_count_for_a_team_is_required_for_any_governance_file(tmp_path):
    repo = running(tmp_path)
    one = "require: [{approvals: 1, from: desk}]}\nrules"
    asks = "require: [{approvals: 1, from: desk}, {approvals: 2, from: desk}]}\nrules"
    repo.commit("a rule for governance", files={RULES: POLICY.replace(one, asks)})
    repo.commit("notes", files={"governance/notes.md": "why\n"})

    [change] = repo.fleet("diff", "HEAD~1..HEAD", "--json").data["changes"]

    assert change["requires"] == [{"kind": "approvals", "detail": "2 of desk"}]


def test_the_first_governance_is_trusted_and_the_configuration_is_governance(fleet, tmp_path_factory):
    fleet.commit("a version", files={RULES: POLICY.replace("version: 1", "version: 2")})
    repo = running(tmp_path_factory.mktemp("running"))
    config = repo.root / "fleet-config.yaml"
    repo.commit("a rule", files={"fleet-config.yaml": config.read_text() + "rules: {review-overdue: note}\n"})

    [first] = fleet.fleet("diff", "HEAD~1..HEAD", "--json").data["changes"]
    [later] = repo.fleet("diff", "HEAD~1..HEAD", "--json").data["changes"]
    assert first["requires"] == []
    assert later["requires"] == [{"kind": "approvals", "detail": "1 of desk"}]


def test_without_a_rule_two_people_of_the_veto_teams_are_required(tmp_path):
    bare = POLICY.replace("governance: {require: [{approvals: 1, from: desk}]}\n", "")
    repo = running(tmp_path)
    repo.commit("veto", files={RULES: bare + "veto: {from: [desk]}\n"})
    repo.commit("none", files={RULES: bare})
    repo.commit("one more", files={RULES: bare.replace("version: 1", "version: 2")})

    details = [
        repo.fleet("diff", f"HEAD~{at + 1}..HEAD~{at}", "--json").data["changes"][0]["requires"][0]["detail"]
        for at in (1, 0)
    ]

    assert details == ["2 of desk", "nobody can give: no governance.require"]


def test_a_merge_queue_and_other_runners_name_the_base(tmp_path):
    repo = repository(tmp_path)
    base = repo.head
    repo.git("branch", "release/1")
    repo.commit("elsewhere", files={"notes.md": "x"})
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"merge_group": {"base_sha": base, "base_ref": "refs/heads/main"}}))
    queue = {"GITHUB_EVENT_NAME": "merge_group", "GITHUB_EVENT_PATH": str(event), "GITHUB_BASE_REF": ""}
    runners = (
        queue,
        {"SYSTEM_PULLREQUEST_TARGETBRANCH": "refs/heads/release/1"},
        {"CHANGE_TARGET": "release/1"},
        {"BITBUCKET_PR_DESTINATION_BRANCH": "release/1"},
    )

    assert [repo.fleet("diff", "--json", env=env).data["base"]["commit"] for env in runners] == [base] * 4
    event.write_text("{}")
    assert repo.fleet("diff", env=queue).code == 2
