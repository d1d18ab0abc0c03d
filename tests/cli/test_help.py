"""What a reader is shown first: one screen of commands, and the word that was meant."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path

import pytest

from fleetward.cli.app import VERBS
from fleetward.cli.examples import EXAMPLES
from fleetward.cli.help_page import LEFT, RIGHT, help_page, summaries
from fleetward.cli.main import run
from fleetward.cli.reference import commands
from tests.end_to_end.repositories import command

NAMES = list(dict.fromkeys(name.split()[0] for name in VERBS))


def test_the_help_fits_a_screen_of_24_lines_and_names_every_command_in_a_group() -> None:
    lines = help_page(NAMES, 80).splitlines()

    # and the prompt below them
    assert len(lines) <= 23
    assert max(map(len, lines)) <= 80
    assert set(NAMES) <= set(summaries())
    assert all(any(heading in line for line in lines) for heading, _ in (*LEFT, *RIGHT))


def test_a_narrow_terminal_gets_one_column() -> None:
    lines = help_page(NAMES, 60).splitlines()

    assert max(map(len, lines[2:-1])) <= 60
    assert sum(line.startswith("  ") for line in lines) == len(NAMES)


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("valdate", "fleet validate"),
        ("polcy check", "fleet policy check"),
        ("evidence ad", "fleet evidence add"),
        ("promote desk --too=production", "fleet promote desk --to=production"),
        ("diff --exitcode main", "fleet diff --exit-code main"),
        ("validate --zzzz", "fleet validate -h"),
    ],
)
def test_the_word_that_was_meant_is_the_hint(
    capsys: pytest.CaptureFixture[str], line: str, hint: str
) -> None:
    assert run(line.split()) == 2

    assert capsys.readouterr().err.splitlines()[-1] == f"  try: {hint}"


def test_every_command_ends_its_help_with_examples_that_can_be_typed() -> None:
    assert set(EXAMPLES) == set(VERBS)
    commands_by_name = {name.removeprefix("fleet "): command for name, command, _ in commands()}
    for name, examples in EXAMPLES.items():
        for example in examples:
            words = shlex.split(example.partition(" > ")[0])
            if words[0] == "fleet":
                arguments = words[1 + len(name.split()) :]
                assert words[1 : 1 + len(name.split())] == name.split()
                # raises for an option that is none
                commands_by_name[name].make_context(name, arguments)


@pytest.fixture
def fleet_folder(tmp_path: Path) -> Path:
    """Folders with the names that completion reads, and nothing else."""
    for path in ("staging/desk-bot", "staging/refund-bot", "production/desk-bot"):
        (tmp_path / "environments" / path).mkdir(parents=True)
    (tmp_path / "fleet-config.yaml").touch()
    (tmp_path / ".git/refs/heads").mkdir(parents=True)
    (tmp_path / ".git/refs/heads/main").touch()
    (tmp_path / ".git/packed-refs").write_text("# pack-refs\nabc refs/tags/v1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["valid"], ["validate"]),
        (["--inst"], ["--install-completion"]),
        (["evidence", ""], ["add"]),
        (["promote", "de"], ["desk-bot"]),
        (["evidence", "add", ""], ["desk-bot", "refund-bot"]),
        (["promote", "desk-bot", "--to", ""], ["production", "staging"]),
        (["promote", "desk-bot", "--app"], ["--apply"]),
        (["validate", "--rev", ""], ["HEAD", "main", "v1"]),
        (["diff", "v"], ["v1"]),
        (["diff", "--fail-on", "h"], ["high"]),
        (["validate", "-o", "js"], ["json"]),
        (["explain", "owner-unk"], ["owner-unknown"]),
        (["schema", "agen"], ["agent"]),
        (["new", ""], []),
        (["nothing", "x"], []),
        (["validate", "--rev"], ["--rev"]),
        (["-C", ""], []),
    ],
)
def test_the_words_that_can_follow(
    fleet_folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], expected: list[str]
) -> None:
    root = [] if words[0] == "-C" else ["-C", str(fleet_folder)]

    assert run(["__complete", *root, *words]) == 0

    assert [line.partition("\t")[0] for line in capsys.readouterr().out.splitlines()] == expected


def test_bash_completes_with_the_printed_script(fleet_folder: Path) -> None:
    start = " ".join(command("$@")[:-1])
    script = (
        f'fleet() {{ {start} "$@"; }}\neval "$(fleet completion bash)"\n'
        "COMP_WORDS=(fleet promote r) COMP_CWORD=2\n_fleet_completion\n"
        'echo "${COMPREPLY[@]}"; complete -p fleet\n'
    )
    done = subprocess.run(
        ["bash", "-c", script], cwd=fleet_folder, capture_output=True, text=True, check=False
    )

    assert done.stdout.splitlines() == ["refund-bot", "complete -o default -F _fleet_completion fleet"]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_installing_twice_changes_nothing_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("XDG_CONFIG_HOME", "ZDOTDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("SHELL", f"/bin/{shell}")

    assert run(["--install-completion"]) == 0
    files = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert run(["completion", "--install"]) == 0

    assert files == {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert any(b"__complete" in text for text in files.values())
    assert "wrote" in capsys.readouterr().out


def test_another_shell_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHELL", "/bin/tcsh")

    assert run(["--install-completion"]) == 2
    assert run(["completion", "csh"]) == 2


def test_an_error_is_cut_between_words_on_a_terminal_and_its_hint_is_not(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "30")

    run(["validate", "--rev", "x", "--staged", "--no-such-option-of-validate"])

    first, second, hint = capsys.readouterr().err.splitlines()
    assert (first, second) == ("fleet: no such option:", "    --no-such-option-of-validate")
    assert hint == "  try: fleet validate -h"


def test_a_misspelt_option_is_corrected_behind_the_folder_too(capsys: pytest.CaptureFixture[str]) -> None:
    run(["-C", "fleets/eu", "log", "--onelin"])
    corrected = capsys.readouterr().err
    run(["-C", "fleets/eu", "log", "--since"])
    asked = capsys.readouterr().err

    assert corrected.endswith("  try: fleet -C fleets/eu log --oneline\n")
    assert asked.endswith("  try: fleet -C fleets/eu log --since TIME\n")
