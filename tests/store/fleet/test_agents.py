"""Files that cannot be part of an agent are findings, and make the agent unreadable."""

from __future__ import annotations

import os

import pytest

from fleetward.domain import limits
from fleetward.domain.fleet import FleetConfig
from fleetward.store.fleet.agents import read_agents
from fleetward.store.git.tree import TreeEntry
from tests import build

CONFIG = FleetConfig(repository="acme/agents", environments=(build.STAGING, build.PRODUCTION))
FOLDER = "environments/staging/bot/"
MANIFEST = {"agent.yaml": b"x: 1\n"}


def read_bot(files, modes=None):
    """The agent of these files (path to content), and their findings: rule, file, message."""
    entries = [TreeEntry(path=FOLDER + path, mode=(modes or {}).get(path, "100644")) for path in files]
    read = read_agents(entries, {FOLDER + path: content for path, content in files.items()}, CONFIG)
    findings = [
        (finding.rule, finding.place.file.removeprefix(FOLDER), finding.message)
        for finding in read.findings
        if finding.rule in ("file-unreadable", "link-in-agent", "path-collision", "yaml-limit")
    ]
    assert all(finding.agent == "bot" and finding.environment == "staging" for finding in read.findings)
    return read.agents["staging", "bot"], findings


def test_regular_files_of_both_modes_are_part_of_the_agent() -> None:
    agent, findings = read_bot({**MANIFEST, "run.sh": b"", "prompts/a.md": b"hi"}, {"run.sh": "100755"})

    assert findings == []
    assert agent.readable
    assert [(file.path, file.mode, file.content) for file in agent.files] == [
        ("agent.yaml", "100644", b"x: 1\n"),
        ("prompts/a.md", "100644", b"hi"),
        ("run.sh", "100755", b""),
    ]
    assert (agent.environment, agent.name) == ("staging", "bot")


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("120000", "a symbolic link inside an agent"),
        ("160000", "a repository of its own inside an agent"),
        ("040000", "a special file inside an agent"),
        ("100664", "a special file inside an agent"),
    ],
)
def test_a_special_file_makes_the_agent_unreadable(mode, message) -> None:
    agent, findings = read_bot({**MANIFEST, "x": b"agent.yaml"}, {"x": mode})

    assert findings == [("link-in-agent", "x", message)]
    assert not agent.readable
    assert [file.path for file in agent.files] == ["agent.yaml"]


@pytest.mark.parametrize(
    ("path", "printable"),
    [
        ("pro\u0308mpt.md", "pro\u0308mpt.md"),  # o and a combining mark: NFD
        (os.fsdecode(b"\xffprompt.md"), "\\xffprompt.md"),
        (os.fsdecode(b"a\x80\xfe.md"), "a\\x80\\xfe.md"),
        ("first\ud800.md", "first\ud800.md"),
        ("last\udfff.md", "last\udfff.md"),
    ],
)
def test_a_path_that_is_not_nfc_utf_8_makes_the_agent_unreadable(path, printable) -> None:
    agent, findings = read_bot({**MANIFEST, path: b"hi"})

    assert findings == [("file-unreadable", printable, "its path is not UTF-8 in Unicode form NFC")]
    assert not agent.readable
    assert [file.path for file in agent.files] == ["agent.yaml"]


@pytest.mark.parametrize(
    "path", ["pr\u00f6mpt.md", "\ud7ff\ue000.md", "\u4e2d\u6587/\U0001f600.md", "~ a%.md"]
)
def test_a_path_in_any_script_is_fine(path) -> None:
    agent, findings = read_bot({**MANIFEST, path: b"hi"})

    assert findings == []
    assert agent.readable


@pytest.mark.parametrize(
    ("first", "second", "message"),
    [
        ("README.md", "readme.md", "'readme.md' and 'README.md' are one file on some systems"),
        ("a/x.md", "A/y.md", "'A' and 'a' are one file on some systems"),
        ("a/b/x.md", "a/B/y.md", "'a/B' and 'a/b' are one file on some systems"),
        ("STRASSE.md", "stra\u00dfe.md", "'stra\u00dfe.md' and 'STRASSE.md' are one file on some systems"),
        ("\u00c9.md", "\u00e9.md", "'\u00e9.md' and '\u00c9.md' are one file on some systems"),
    ],
)
def test_paths_that_differ_in_case_alone_collide(first, second, message) -> None:
    agent, findings = read_bot({**MANIFEST, first: b"1", second: b"2"})

    assert findings == [("path-collision", second, message)]
    assert not agent.readable


def test_a_path_and_its_other_unicode_form_collide() -> None:
    _, findings = read_bot({**MANIFEST, "\u00e9.md": b"1", "e\u0301.md": b"2"})

    assert [rule for rule, _, _ in findings] == ["file-unreadable", "path-collision"]


def test_files_of_one_folder_and_names_that_begin_alike_do_not_collide() -> None:
    agent, findings = read_bot({**MANIFEST, "a/x.md": b"1", "a/y.md": b"2", "ab.md": b"3", "b/a/x.md": b"4"})

    assert findings == []
    assert agent.readable


def test_a_collision_is_reported_once_for_each_file() -> None:
    _, findings = read_bot({**MANIFEST, "a/b.md": b"1", "A/B.md": b"2", "A/c.md": b"3"})

    assert [(rule, file) for rule, file, _ in findings] == [
        ("path-collision", "A/B.md"),
        ("path-collision", "A/c.md"),
    ]


@pytest.mark.parametrize(
    ("content", "rule", "message"),
    [
        (None, "file-unreadable", "cannot be read"),
        (
            limits.AGENT_FILE_BYTES + 1,
            "yaml-limit",
            f"is {limits.AGENT_FILE_BYTES + 1} bytes large, {limits.AGENT_FILE_BYTES} are allowed",
        ),
    ],
)
def test_an_unreadable_file_is_named_with_the_reason(content, rule, message) -> None:
    agent, findings = read_bot({**MANIFEST, "x.md": content})

    assert findings == [(rule, "x.md", f"{FOLDER + 'x.md'!r} {message}")]
    assert not agent.readable


@pytest.mark.parametrize(
    ("files", "mode", "hint"),
    [
        ({"x": b""}, {"x": "120000"}, "put the file itself here"),
        ({"o\u0308.md": b""}, {}, "rename the file"),
        ({"a.md": b"", "A.md": b""}, {}, "rename one of them"),
        ({"x": None}, {}, "put a regular, smaller file here"),
        ({f"{number}": b"" for number in range(limits.AGENT_FILES)}, {}, "keep data outside and refer to it"),
    ],
)
def test_the_hint_of_a_file_error_says_what_to_do(files, mode, hint) -> None:
    entries = [TreeEntry(path=FOLDER + path, mode=mode.get(path, "100644")) for path in {**MANIFEST, **files}]
    read = read_agents(entries, {FOLDER + path: text for path, text in {**MANIFEST, **files}.items()}, CONFIG)

    assert hint in {finding.hint for finding in read.findings}


def test_as_many_files_as_allowed_are_fine_and_one_more_is_not() -> None:
    files = {f"{number}.md": b"" for number in range(limits.AGENT_FILES - 1)}

    whole, fine = read_bot({**MANIFEST, **files})
    agent, findings = read_bot({**MANIFEST, **files, "more.md": b""})

    assert (whole.readable, fine) == (True, [])
    assert (agent.readable, findings) == (
        False,
        [("yaml-limit", "agent.yaml", f"{limits.AGENT_FILES + 1} files, {limits.AGENT_FILES} are allowed")],
    )


AGENT = b"""\
apiVersion: fleetward/v1
kind: Agent
metadata: {name: bot}
spec:
  lifecycle: draft
  purpose: {summary: Answers, users: internal}
  owner: {team: desk}
  risk: {tier: low}
  model: {provider: openai, name: gpt-4.1-2025-04-14}
  prompts: [{name: system, file: prompts/system.md}]
"""


@pytest.mark.parametrize(
    "content", ["Höflich bleiben".encode("latin-1"), "Say no".encode("utf-16"), b"ok \xff"]
)
def test_a_prompt_has_to_be_utf_8_and_other_files_need_not(content) -> None:
    _, findings = read_bot({"agent.yaml": AGENT, "prompts/system.md": content, "logo.png": content})

    assert findings == [
        ("file-unreadable", "prompts/system.md", "the prompt 'prompts/system.md' is not UTF-8 text")
    ]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16"])
def test_a_credential_is_found_in_any_encoding(encoding) -> None:
    text = "über: gh" + "p_" + "a1B2c3D4e5F6" * 3
    files = {**MANIFEST, "notes.txt": text.encode(encoding)}

    findings = read_agents(
        [TreeEntry(path=FOLDER + path, mode="100644") for path in files],
        {FOLDER + path: content for path, content in files.items()},
        CONFIG,
    ).findings

    assert [finding.place.file for finding in findings if finding.rule == "secret-in-manifest"] == [
        f"{FOLDER}notes.txt"
    ]
