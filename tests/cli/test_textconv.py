"""``fleet textconv``: what plain git shows with it."""

from __future__ import annotations

import sys

import pytest

from tests.end_to_end.repositories import DESK, MANIFEST, repository

AGENT = f"{DESK}/agent.yaml"


@pytest.fixture
def fleet(tmp_path):
    repo = repository(tmp_path)
    repo.write({".gitattributes": "*.yaml diff=fleet\n"})
    repo.git("config", "diff.fleet.textconv", f"{sys.executable} -m fleetward textconv")
    repo.commit("shown by meaning")
    return repo


def lines(diff: str) -> list[str]:
    return [line for line in diff.splitlines() if line[:1] in "+-" and not line.startswith(("+++", "---"))]


def test_git_diff_shows_one_line_for_one_changed_value(fleet):
    fleet.write({AGENT: MANIFEST.replace("haltAt: 60", "haltAt: 90")})

    assert lines(fleet.git("diff")) == ["-spec.budgets[day].haltAt: 60", "+spec.budgets[day].haltAt: 90"]


def test_formatting_comments_and_order_show_nothing(fleet):
    tidied = MANIFEST.replace("haltAt: 60", "haltAt: 60.0").replace("maxAge: P7D", "maxAge: PT168H")
    fleet.write(
        {
            AGENT: "# a comment\n"
            + tidied.replace("context: [conversation, reason]", "context: [reason, conversation]")
        }
    )

    assert fleet.git("diff", "--stat") != ""
    assert lines(fleet.git("diff")) == []


def test_log_and_blame_show_meaning_too(fleet):
    fleet.commit("a limit", files={AGENT: MANIFEST.replace("haltAt: 60", "haltAt: 90")})

    assert "+spec.budgets[day].haltAt: 90" in fleet.git("log", "-p", "-1").splitlines()
    [line] = [text for text in fleet.git("blame", AGENT).splitlines() if "haltAt" in text]
    assert line.startswith(fleet.head[:7])


def test_secrets_are_masked_and_still_seen_to_change(fleet):
    keys = ["sk-ant-" + letter * 40 for letter in "ab"]
    manifests = [MANIFEST.replace("queue: helpdesk/orders", f"queue: {key}") for key in keys]
    fleet.commit("oh no", files={AGENT: manifests[0]})
    fleet.write({AGENT: manifests[1]})

    diff = fleet.git("diff")

    assert len(lines(diff)) == 2
    assert not any(key in diff for key in keys)


def test_a_file_with_invalid_yaml_is_shown_unchanged(fleet):
    fleet.write({AGENT: "spec: [\n", "broken.yaml": "a: 1\na: 2\n"})

    assert "+spec: [" in lines(fleet.git("diff"))
    ran = fleet.fleet("textconv", "broken.yaml", now=None)
    assert (ran.code, ran.out) == (0, "a: 1\na: 2\n")


def test_hidden_characters_are_shown_as_code_points(fleet):
    fleet.write({"note.md": "a\u202eb\n"})

    assert fleet.fleet("textconv", "note.md", now=None).out == "a<U+202E>b\n"


def test_a_missing_file_is_an_error(fleet):
    ran = fleet.fleet("textconv", "nowhere.yaml", now=None)

    assert (ran.code, ran.out) == (2, "")
    assert "Traceback" not in ran.err


def test_the_help_names_the_two_lines_of_configuration(fleet):
    text = fleet.fleet("textconv", "-h", now=None).out

    assert "diff=fleet" in text
    assert "git config diff.fleet.textconv" in text


def test_a_credential_in_a_key_or_beside_its_name_is_masked(fleet):
    token = "gh" + "p_" + "a1B2c3D4e5F6" * 3
    path = fleet.root / "more.yaml"
    path.write_text(f"{token}: 1\nenv: [{{name: DB_PASSWORD, value: k4tzenFell9z}}]\n", encoding="utf-8")

    ran = fleet.fleet("textconv", "more.yaml", now=None)

    assert ran.code == 0
    assert token not in ran.out
    assert "k4tzenFell9z" not in ran.out
    assert "DB_PASSWORD" in ran.out
