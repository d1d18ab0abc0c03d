"""Exit codes and streams: reports on standard output, notes on standard error, never a traceback."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest
from referencing import Registry

from tests.end_to_end.repositories import (
    ACME,
    APPLY,
    CHECKOUT,
    DESK,
    EXAMPLE,
    FLEET,
    NOW,
    Repository,
    command,
)
from tests.forked import at_clock

PROMPT = f"{DESK}/prompts/system.md"
Maker = Callable[..., Repository]
HEAVY = ("yaml", "jsonschema", "git", "deepdiff", "rich")


def test_version_imports_no_heavy_library(repository: Maker) -> None:
    script = (
        "import sys, atexit\n"
        f"atexit.register(lambda: sys.stderr.write(' '.join(m for m in {HEAVY!r} if m in sys.modules)))\n"
        "sys.argv = ['fleet', '--version']\n"
        "from fleetward.cli.main import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert done.stdout.startswith("fleetward ")
    assert done.stderr == ""


def test_valid_is_0_findings_are_1_and_no_answer_is_2(repository: Maker) -> None:
    repo = repository()

    valid = repo.fleet("validate")
    repo.write({PROMPT: "hidden\u202e\n"})
    invalid = repo.fleet("validate")
    unanswered = repo.fleet("validate", "--rev", "nowhere")

    assert (valid.code, invalid.code, unanswered.code) == (0, 1, 2)
    assert (valid.err, invalid.err, unanswered.out) == ("", "", "")
    assert "hidden-characters" in invalid.out
    assert unanswered.err.startswith("fleet: ")


@pytest.mark.parametrize(
    "arguments",
    [
        ("--no-such-option",),
        ("no-such-verb",),
        ("validate", "--no-such-option"),
        ("validate", "-o", "pdf"),
        ("validate", "-o", "json="),
        ("validate", "--color", "blue"),
        ("validate", "--staged", "--rev", "HEAD"),
        ("validate", "/"),
        ("validate", "../elsewhere.yaml"),
        ("promote",),
        ("promote", "desk-bot"),
        ("promote", "desk-bot", "--to", "moon"),
        ("promote", "desk-bot", "--to", "staging"),
        ("promote", "desk-bott", "--to", "production"),
        ("approve", "desk-bot", "--to", "production", "--reject", "--withdraw"),
        ("release", "nobody"),
        ("evidence", "add", "desk-bot", "nowhere.json", "--suite", "quality"),
    ],
    ids=" ".join,
)
def test_an_unanswerable_call_exits_2_with_a_hint(repository: Maker, arguments: tuple[str, ...]) -> None:
    repo = repository()
    before = repo.state

    ran = repo.fleet(*arguments, now=None)

    assert ran.code == 2
    assert ran.out == ""
    assert ran.err.startswith("fleet: ")
    assert "Traceback" not in ran.err
    assert repo.state == before


@pytest.mark.parametrize("now", ["yesterday", "2026-11-20", "2026-11-20T12:00:00", "2026-13-01T00:00:00Z"])
def test_a_clock_without_an_instant_is_2(repository: Maker, now: str) -> None:
    repo = repository()

    by_option = repo.fleet("validate", "--now", now, now=None)
    by_variable = repo.fleet("validate", now=now)

    assert (by_option.code, by_variable.code) == (2, 2)
    assert by_option.err.startswith("fleet: --now: ")
    assert by_variable.err.startswith("fleet: FLEETWARD_TEST_CLOCK: ")


def test_the_test_clock_is_told_and_does_not_stand_in_a_json_report(repository: Maker) -> None:
    repo = repository()
    environment = {**repo.environment(), "FLEETWARD_TEST_CLOCK": NOW}

    apart = repo.fleet("validate", "--json", now=None, env={"FLEETWARD_TEST_CLOCK": NOW})
    together = [
        subprocess.run(command("validate", *flags), cwd=repo.root, env=environment, stdout=subprocess.PIPE,
                       stderr=subprocess.STDOUT).stdout.decode()
        for flags in ((), ("--json",))
    ]  # fmt: skip

    assert apart.err.startswith("test clock: it is ")
    assert together[0].startswith("test clock: it is ")
    assert json.loads(together[1])["format"] == "fleetward.validate/1"


def test_a_fleet_without_agents_is_2_unless_that_is_allowed(repository: Maker) -> None:
    repo = repository()
    repo.git("rm", "-rq", "environments")

    assert repo.fleet("validate").code == 2
    assert repo.fleet("validate", "--allow-empty").code == 0


def test_pending_and_allowed_and_unchanged_are_1_and_0_and_0(running: Repository) -> None:
    pending = running.fleet(*APPLY[:-1])
    running.approve("desk-bot", "carla", now="2026-11-19T09:00:00Z")

    assert pending.code == 1
    assert running.fleet(*APPLY[:-1]).code == 0
    assert running.fleet(*APPLY).code == 0
    assert running.fleet(*APPLY[:-1]).code == 0


def test_invalid_governance_is_a_finding_for_validate_and_waits_beside_a_promotion(
    running: Repository,
) -> None:
    running.commit(files={"governance/policy.yaml": "apiVersion: fleetward/v1\nkind: Policy\nversion: x\n"})

    validated, promoted = running.fleet("validate"), running.fleet(*APPLY)
    agreed = running.fleet("approve", "--governance", identity="carla")

    assert validated.code == 1
    assert "governance/policy.yaml:3" in validated.out
    assert promoted.code == 1
    assert "waits for agreement" in promoted.out
    assert agreed.code == 2
    assert "governance/policy.yaml:3" in agreed.err


def test_one_evaluation_writes_several_reports(repository: Maker, tmp_path: Path) -> None:
    repo = repository()
    file = tmp_path / "report.json"

    ran = repo.fleet("validate", "-o", f"json={file}", "-o", "text")

    assert ran.code == 0
    assert ran.out == repo.fleet("validate").out
    assert file.read_text() == repo.fleet("validate", "--json").out


def test_a_report_path_is_relative_to_c(repository: Maker, tmp_path: Path) -> None:
    repo = repository()

    ran = repo.fleet("-C", repo.top.name, "validate", "-o", "json=out.json", cwd=tmp_path)

    assert ran.code == 0, ran.err
    assert json.loads((repo.top / "out.json").read_text())["format"] == "fleetward.validate/1"


def test_a_report_that_cannot_be_written_is_2(repository: Maker) -> None:
    ran = repository().fleet("validate", "-o", "json=no/such/folder.json")

    assert ran.code == 2
    assert "cannot write" in ran.err


def check_schema(data: object, name: str) -> None:
    schema = json.loads((CHECKOUT / "schemas" / "output" / f"{name}-output.schema.json").read_text())
    jsonschema.Draft202012Validator(schema, registry=Registry()).validate(data)


def test_json_reports_fit_their_schemas(running: Repository) -> None:
    running.write({"environments/staging/broken/agent.yaml": "a: &x 1\n"})
    for arguments, name in (
        (("validate",), "validate"),
        (("diff", "HEAD~1..HEAD"), "diff"),
        (("diff", "--worktree"), "diff"),
        (("release", "desk-bot"), "release"),
        (APPLY[:-1], "promote"),
    ):
        check_schema(running.fleet(*arguments, "--json").data, name)
    running.git("clean", "-qfd")
    check_schema(
        running.fleet("approve", "desk-bot", "--to", "production", "--json", identity="dina").data, "approve"
    )


def test_json_of_adopt_fits_its_schema(repository: Maker) -> None:
    repo = repository(ACME)

    check_schema(repo.fleet("adopt", "--to", "production", "--json").data, "adopt")
    check_schema(repo.fleet("validate", "--json").data, "validate")


@pytest.mark.parametrize("fleet", [ACME, EXAMPLE], ids=["acme", "example"])
def test_the_fleets_that_are_shipped_are_valid(repository: Maker, fleet: Path) -> None:
    ran = repository(fleet).fleet("validate", "--json")

    assert ran.code == 0
    assert (ran.data["summary"]["errors"], ran.data["summary"]["warnings"]) == (0, 0)


def test_the_same_input_at_the_same_time_gives_the_same_bytes(running: Repository) -> None:
    for arguments in (("validate",), ("diff", "HEAD~1..HEAD"), APPLY[:-1]):
        for form in ("json", "text"):
            first, second = (running.fleet(*arguments, "-o", form) for _ in range(2))
            assert first == second


COLOURS = [
    ({}, (), False),
    ({"GITHUB_ACTIONS": "true"}, (), False),
    ({"CI": "true"}, (), False),
    ({"CLICOLOR_FORCE": "1"}, (), False),
    ({"TERM": "xterm-256color", "COLORTERM": "truecolor"}, (), False),
    ({"FORCE_COLOR": "0"}, (), False),
    ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, (), False),
    ({"FORCE_COLOR": "1"}, ("--color", "never"), False),
    ({"FORCE_COLOR": "1"}, (), True),
    ({"NO_COLOR": "1"}, ("--color", "always"), True),
]


@pytest.mark.parametrize(("env", "flags", "coloured"), COLOURS)
def test_a_pipe_gets_colour_only_when_asked(
    repository: Maker, env: dict[str, str], flags: tuple[str, ...], coloured: bool
) -> None:
    repo = repository()
    repo.write({PROMPT: "hidden\u202e\n"})

    ran = repo.fleet("validate", "--now", NOW, *flags, env=env, now=None)

    assert ("\x1b" in ran.out) is coloured


@pytest.mark.parametrize("verb", [("--help",), ("validate", "--help"), ("nonsense",)], ids=" ".join)
def test_help_and_errors_hold_no_escape_byte_on_a_runner(repository: Maker, verb: tuple[str, ...]) -> None:
    ran = repository().fleet(*verb, now=None, env={"GITHUB_ACTIONS": "true", "CI": "true"})

    assert "\x1b" not in ran.out + ran.err


def on_a_terminal(repo: Repository, *arguments: str, **env: str) -> str:
    mine, theirs = pty.openpty()
    variables = {"TERM": "xterm", **repo.environment(), **env}
    done = subprocess.Popen(
        command(*arguments, "--now", NOW), cwd=repo.root, env=variables, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    output = b""
    with contextlib.suppress(OSError):
        while part := os.read(mine, 65536):
            output += part
    done.wait(timeout=30)
    os.close(mine)
    return output.decode()


def test_a_terminal_gets_colour_unless_told_otherwise(repository: Maker) -> None:
    repo = repository()
    repo.write({PROMPT: "hidden\u202e\n"})

    assert "\x1b[" in on_a_terminal(repo, "validate")
    assert "\x1b" not in on_a_terminal(repo, "validate", NO_COLOR="1")
    assert "\x1b" not in on_a_terminal(repo, "validate", "--color", "never")
    assert "\x1b" not in on_a_terminal(repo, "validate", TERM="dumb")


@pytest.mark.parametrize("columns", ["0", "1", "-5", "many", "100000"])
def test_any_width_prints_the_report(repository: Maker, columns: str) -> None:
    repo = repository()

    piped = repo.fleet("validate", env={"COLUMNS": columns})
    on_terminal = on_a_terminal(repo, "validate", COLUMNS=columns)

    assert piped.code == 0
    assert "valid: 1 agent" in piped.out
    assert "fleet" in on_terminal


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_full_disk_is_2_without_a_traceback(repository: Maker, form: str) -> None:
    repo = repository(ACME)

    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            command("validate", "-o", form, "--now", NOW),
            cwd=repo.root,
            env=repo.environment(),
            stdout=full,
            stderr=subprocess.PIPE,
            check=False,
        )

    assert done.returncode == 2
    assert os.strerror(errno.ENOSPC).encode() in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


@pytest.mark.parametrize("verb", [("validate", "--now", NOW), ("--help",), ("--version",)], ids=" ".join)
def test_a_closed_pipe_leaves_no_traceback_and_is_not_yes(repository: Maker, verb: tuple[str, ...]) -> None:
    repo = repository(ACME)
    reading, writing = os.pipe()
    os.close(reading)

    done = subprocess.run(
        command(*verb),
        cwd=repo.root,
        env=repo.environment(),
        stdout=writing,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writing)

    assert done.returncode == 2
    assert b"Traceback" not in done.stderr
    assert b"Exception ignored" not in done.stderr


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it_with_its_code_and_nothing_half_written(
    allowed: Repository, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    real = subprocess.run(["sh", "-c", "command -v git"], capture_output=True, text=True, check=True)
    (tmp_path / "bin").mkdir()
    wrapper = tmp_path / "bin" / "git"
    started = tmp_path / "started"
    wrapper.write_text(
        f'#!/bin/sh\ncase " $* " in *" commit-tree "*) : > "{started}"; sleep 3;; esac\n'
        f'exec "{real.stdout.strip()}" "$@"\n'
    )
    wrapper.chmod(0o755)
    before = allowed.state
    path = f"{wrapper.parent}{os.pathsep}{os.environ['PATH']}"
    variables = at_clock(allowed.environment(env={"PATH": path}), NOW)

    run = subprocess.Popen(
        command(*APPLY),
        cwd=allowed.root,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),  # whoever runs the tests may ignore it
    )
    deadline = time.monotonic() + 20
    while not started.exists() and time.monotonic() < deadline:
        time.sleep(0.02)
    run.send_signal(number)
    _, err = run.communicate(timeout=30)

    assert run.returncode == code
    assert b"Traceback" not in err
    assert allowed.state == before


def test_control_characters_of_the_fleet_are_shown_escaped(repository: Maker) -> None:
    repo = repository()
    folder = "environments/staging/\x1b[31mred"
    repo.write({f"{folder}/agent.yaml": "a: 1\n"})

    ran = repo.fleet("validate")

    assert ran.code == 1
    assert "\x1b" not in ran.out + ran.err
    assert "name-mismatch" in ran.out


def test_the_last_line_is_a_command_that_works_when_pasted(running: Repository, tmp_path: Path) -> None:
    for arguments in (("validate",), ("diff", "HEAD~1..HEAD"), APPLY[:-1]):
        ran = running.fleet("-C", "fleet", *arguments, cwd=tmp_path)
        last = ran.out.splitlines()[-1].split()
        assert last[0] == "fleet"
        pasted = running.fleet(*last[1:], cwd=tmp_path, identity="dina")
        assert "Traceback" not in pasted.err
        assert pasted.code in (0, 1), (arguments, last, pasted.err)


def test_an_unknown_path_is_an_error_and_a_deleted_one_is_validated(running: Repository) -> None:
    nowhere = running.fleet("validate", "environments/staging/no-such-bot")
    by_name = running.fleet("validate", "desk-bot")
    prompt = "environments/staging/desk-bot/prompts/system.md"
    (running.root / prompt).unlink()
    deleted = running.fleet("validate", prompt, "--json")

    assert nowhere.code == 2
    assert "no file or folder 'environments/staging/no-such-bot'" in nowhere.err
    assert "try: fleet validate environments/production/desk-bot environments/staging/desk-bot" in by_name.err
    assert deleted.code == 1
    errors = {finding["rule"] for finding in deleted.data["findings"] if finding["severity"] == "error"}
    assert errors == {"prompt-missing"}


def test_an_ignored_sigchld_does_not_change_the_report(repository: Maker) -> None:
    repo = repository()
    for name in ("one", "two", "three"):
        desk = {path: text for path, text in FLEET.items() if path.startswith(DESK)}
        repo.write(
            {path.replace("desk-bot", name): text.replace("desk-bot", name) for path, text in desk.items()}
        )
    arguments = command("validate", "--no-cache", "--jobs", "2", "--now", NOW)
    ran = [
        subprocess.run(
            arguments,
            cwd=repo.root,
            env=repo.environment(),
            capture_output=True,
            check=False,
            preexec_fn=lambda way=way: signal.signal(signal.SIGCHLD, way),
        )
        for way in (signal.SIG_DFL, signal.SIG_IGN)
    ]

    assert (ran[0].returncode, ran[0].stdout, ran[0].stderr) == (
        ran[1].returncode,
        ran[1].stdout,
        ran[1].stderr,
    )
    assert ran[0].returncode == 0


def test_what_a_stream_cannot_hold_is_escaped_and_json_stays_json(repository: Maker) -> None:
    repo = repository()
    repo.write({PROMPT: "Antworte höflich, 请礼貌地回答.\n"})

    def run(form: str) -> subprocess.CompletedProcess[str]:
        # a process of its own: the encoding is read when Python starts
        environment = repo.environment("alice", None, {"PYTHONIOENCODING": "ascii"})
        words = command("diff", "--worktree", "-o", form)
        return subprocess.run(
            words, cwd=repo.root, env=environment, capture_output=True, text=True, check=False
        )

    text, data = run("text"), run("json")

    assert (text.returncode, data.returncode) == (0, 0), text.stderr + data.stderr
    assert "\\u8bf7" in text.stdout
    assert "请礼貌地回答" in json.dumps(json.loads(data.stdout), ensure_ascii=False)


def test_closed_standard_input_is_no_bug(tmp_path: Path) -> None:
    words = ["sh", "-c", 'exec "$@" <&-', "sh", *command("init", "x")]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 2, done.stderr
    assert "--yes" in done.stderr
