"""`fleet validate PATH`: what is in these files, or caused by them; also by their being gone."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.cli.outside import Terminal, terminal
from tests.paths import SAMPLES

STAGING = "environments/staging"


@pytest.fixture
def zoe(tmp_path: Path) -> Terminal:
    """In a committed copy of the sample fleet."""
    user = terminal(tmp_path)
    shutil.copytree(SAMPLES / "acme", user.folder, dirs_exist_ok=True)
    user.git("init", "-q")
    user.commit("the fleet")
    return user


def rules_and_agents(zoe: Terminal, *arguments: str) -> set[tuple[str, str]]:
    """The rules and the agents of what is found."""
    return {
        (finding["rule"], finding["agent"])
        for finding in zoe.fleet("validate", "--json", *arguments).data["findings"]
    }


@pytest.mark.parametrize("path", [f"{STAGING}/policy-lookup", f"{STAGING}/policy-lookup/agent.yaml"])
@pytest.mark.parametrize("where", [(), ("--staged",)], ids=["folder", "index"])
def test_a_missing_dependency_is_reported_for_the_path_of_the_removed_agent(
    zoe: Terminal, path: str, where: tuple[str, ...]
) -> None:
    zoe.git("rm", "-rq", f"{STAGING}/policy-lookup")

    findings = rules_and_agents(zoe, *where, path)

    assert ("dependency-missing", "refund-bot") in findings
    assert ("environment-skipped", "policy-lookup") in findings
    assert not any(rule == "model-no-fallback" for rule, _ in findings)


def test_a_missing_dependency_is_not_reported_for_another_path(zoe: Terminal) -> None:
    zoe.git("rm", "-rq", f"{STAGING}/policy-lookup", f"{STAGING}/ticket-triage")

    assert ("dependency-missing", "refund-bot") not in rules_and_agents(
        zoe, f"{STAGING}/ticket-triage/agent.yaml"
    )


def test_a_shared_state_and_a_replacement_miss_the_removed_agent(zoe: Terminal) -> None:
    manifest = zoe.folder / STAGING / "refund-bot" / "agent.yaml"
    text = manifest.read_text(encoding="utf-8")
    text = text.replace("access: write, owner: refund-bot", "access: write, owner: ticket-triage")
    text = text.replace("lifecycle: production", "lifecycle: deprecated")
    text = text.replace("  retirement:\n", "  retirement:\n    replacedBy: ticket-triage\n")
    manifest.write_text(text, encoding="utf-8")
    zoe.commit("refund-bot leans on ticket-triage")
    zoe.git("rm", "-rq", f"{STAGING}/ticket-triage")

    findings = rules_and_agents(zoe, f"{STAGING}/ticket-triage")

    assert ("state-without-owner", "refund-bot") in findings
    assert ("deprecated-without-replacement", "refund-bot") in findings


def test_a_proposal_misses_the_removed_agent(zoe: Terminal) -> None:
    zoe.write({"proposals/production/ticket-triage/overrides.yaml": "{}\n"})
    zoe.commit("a wish")
    zoe.git("rm", "-rq", f"{STAGING}/ticket-triage")

    assert rules_and_agents(zoe, f"{STAGING}/ticket-triage/agent.yaml") == {
        ("override-not-allowed", "ticket-triage"),
        # it is a trigger of that agent, too
        ("trigger-unknown", "onboarding"),
    }


def test_a_fleet_that_promotes_without_a_policy_is_not_valid(zoe: Terminal) -> None:
    (zoe.folder / "governance" / "policy.yaml").unlink()

    ran = zoe.fleet("validate", "--json")

    findings = [finding for finding in ran.data["findings"] if finding["severity"] == "error"]
    assert ran.code == 1
    assert [(finding["rule"], finding["file"]) for finding in findings] == [
        ("policy-unsatisfiable", "governance/policy.yaml")
    ]


def test_without_a_gate_no_policy_is_required(zoe: Terminal) -> None:
    for change in ("governance/policy.yaml", "environments/production"):
        zoe.git("rm", "-rq", change)
    config = (zoe.folder / "fleet-config.yaml").read_text(encoding="utf-8")
    zoe.write({"fleet-config.yaml": config[: config.index("  - name: production")]})

    assert zoe.fleet("validate").code == 0
