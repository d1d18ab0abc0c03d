"""`fleet new --from`: an agent begins with what is proven, and says what nobody knows yet."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess

import pytest
import yaml

from tests.cli.outside import BIN, NOW, Terminal, terminal
from tests.forked import at_clock
from tests.paths import SAMPLES

SOURCE = "environments/production/refund-bot"
COPY = "environments/staging/claims-bot"


@pytest.fixture(scope="module")
def zoe(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """In a copy of the sample fleet, with two copies of its refund-bot."""
    user = terminal(tmp_path_factory.mktemp("new-from"))
    shutil.rmtree(user.folder)
    shutil.copytree(SAMPLES / "acme", user.folder)
    manifest = user.folder / SOURCE / "agent.yaml"
    text = manifest.read_text(encoding="utf-8")
    manifest.write_text(
        text.replace("    team: payments", "    team: payments # who answers"), encoding="utf-8"
    )
    user.git("init", "-q")
    user.commit("start")
    return user


def spec(zoe: Terminal, name: str) -> dict:
    manifest = zoe.folder / f"environments/staging/{name}/agent.yaml"
    return yaml.safe_load(manifest.read_text(encoding="utf-8"))["spec"]


def test_structure_is_copied_and_what_only_a_person_knows_is_to_do(zoe: Terminal) -> None:
    ran = zoe.fleet("new", "claims-bot", "--from", "refund-bot", "--tier", "medium", "--json")

    assert ran.code == 0, ran.err
    before, after = (
        yaml.safe_load((zoe.folder / f"{path}/agent.yaml").read_text()) for path in (SOURCE, COPY)
    )
    assert after["metadata"]["name"] == "claims-bot"
    for group in ("model", "prompts", "knowledge", "budgets", "evals", "slos"):
        assert after["spec"][group] == before["spec"][group]
    assert after["spec"]["guardrails"]["humanReview"] == before["spec"]["guardrails"]["humanReview"]
    assert set(after["spec"]["owner"].pop("roles").values()) == {"TODO"}
    assert set(after["spec"]["risk"]["factors"].values()) == {"TODO"}
    assert (after["spec"]["risk"]["tier"], after["spec"]["lifecycle"]) == ("medium", "draft")
    assert [after["spec"]["owner"][key] for key in ("team", "accountable", "backup")] == ["TODO"] * 3
    assert after["spec"]["risk"]["assessedAt"] == after["spec"]["escalation"]["lastTestedAt"] == "TODO"
    assert {tool["identity"] for tool in after["spec"]["tools"]} == {"svc-claims-bot"}
    text = (zoe.folder / COPY / "agent.yaml").read_text(encoding="utf-8")
    assert "team: TODO # who answers" in text
    assert "refund-bot" not in text
    assert all((zoe.folder / COPY / path).is_file() for path in ("prompts/system.md", "evals/safety.yaml"))

    findings = [
        row for row in zoe.fleet("validate", "--json").data["findings"] if row["agent"] == "claims-bot"
    ]
    errors = [row for row in findings if row["severity"] != "note"]
    assert {row["rule"] for row in errors} == {"placeholder"}
    assert len(errors) == text.count("TODO") == len(ran.data["toDo"])
    assert zoe.fleet("validate").code == 1


def test_no_waiver_takes_it_to_production(zoe: Terminal) -> None:
    zoe.fleet("new", "waived-bot", "--from", "refund-bot")
    waiver = "{rule: placeholder, agent: waived-bot, reason: r, approvedBy: farid, expires: 2026-12-31}"
    head = "apiVersion: fleetward/v1\nkind: Waivers\nwaivers:\n"
    zoe.write({"governance/waivers.yaml": f"{head}  - {waiver}\n"})
    zoe.commit("waived")
    adopted = zoe.fleet("adopt", "--to", "production", "--apply")
    assert adopted.code == 0, adopted.err

    ran = zoe.fleet("promote", "waived-bot", "--to", "production", "--json")

    assert ran.code == 1
    [row] = ran.data["promotions"]
    assert row["verdict"] == "blocked"
    assert "placeholder" in str(row["requirements"])


def test_connectors_are_those_that_are_named(zoe: Terminal) -> None:
    ran = zoe.fleet(
        "new", "kb-bot", "--from", f"{SOURCE}/agent.yaml", "--connector", "kb", "--connector", "helpdesk"
    )

    assert ran.code == 0, ran.err
    tools = {tool["connector"]: tool["allow"] for tool in spec(zoe, "kb-bot")["tools"]}
    assert tools == {"helpdesk": [], "kb": ["search"]}
    # its operations would be ones of a tool that is none
    assert spec(zoe, "kb-bot")["guardrails"]["humanReview"]["required"] == []
    assert (zoe.folder / "environments/staging/kb-bot/evals/safety.yaml").is_file()


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (["--from", "refund-bott"], "refund-bot"),
        (["--from", "refund-bot", "--tier", "hgih"], "did you mean 'high'?"),
        (["--from", "refund-bot", "--connector", "krm"], "did you mean 'crm'?"),
        (["--from", "governance/people.yaml"], "name an agent of this fleet"),
    ],
)
def test_what_is_not_there_is_an_error_and_nothing_is_written(
    zoe: Terminal, options: list[str], hint: str
) -> None:
    ran = zoe.fleet("new", "other-bot", *options)

    assert (ran.code, (zoe.folder / "environments/staging/other-bot").exists()) == (2, False)
    assert hint in ran.err


def test_on_a_terminal_it_asks(zoe: Terminal) -> None:
    main, beside = pty.openpty()
    environment = {key: value for key, value in zoe.environment.items() if key != "CI"}
    asking = subprocess.Popen(
        [str(BIN / "fleet"), "new", "asked-bot", "--from", "ticket-triage", "-q"],
        cwd=zoe.folder, env=at_clock(environment, NOW), stdin=beside, stdout=beside, stderr=beside,
    )  # fmt: skip
    os.close(beside)
    # the name, the purpose, and a team with an error in it
    os.write(main, b"Asked\nSay what was asked\nsuport\nsupport\n" + b"\n" * 30)
    screen = b""
    while True:
        try:
            part = os.read(main, 65536)
        except OSError:
            break
        screen += part
        if not part:
            break
    assert asking.wait(60) == 0, screen
    os.close(main)

    assert b"did you mean support?" in screen
    written = spec(zoe, "asked-bot")
    assert (written["purpose"]["summary"], written["owner"]["team"]) == ("Say what was asked", "support")
    assert written["owner"]["accountable"] == "TODO"
