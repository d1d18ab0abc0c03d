"""`fleet models import`, run as it is installed, and the edit of models.yaml that it makes."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from fleetward.domain.errors import FleetError
from fleetward.store.fleet.models_edit import DatedModel, source_note, with_dates
from fleetward.store.formats.document import read_document
from fleetward.store.formats.strict_yaml import GOVERNANCE_LIMITS, parse_yaml
from fleetward.store.imports.litellm import read_catalogue
from tests.cli.outside import NOW, Ran, Terminal, terminal
from tests.paths import CHECKOUT, SAMPLES
from tests.schemas.reading import schema

SAMPLE = SAMPLES / "models" / "litellm.json"
REGISTER = "governance/models.yaml"
HEAD = "apiVersion: fleetward/v1\nkind: Models\n"


@pytest.fixture
def zoe(tmp_path: Path) -> Terminal:
    """The example fleet in a repository, and the catalogue beside it."""
    who = terminal(tmp_path)
    shutil.copytree(CHECKOUT / "example-fleet", who.folder, dirs_exist_ok=True)
    shutil.copy(SAMPLE, who.home / "litellm.json")
    who.git("init", "-q")
    who.commit("start")
    return who


def imported(who: Terminal, *options: str, file: str = "../home-zoe/litellm.json", at: str = ".") -> Ran:
    ran = who.run("fleet", "models", "import", "--now", NOW, file, *options, at=at)
    assert "Traceback" not in ran.err, ran.err
    return ran


def write_catalogue(who: Terminal, entries: dict[str, Any]) -> str:
    (who.home / "own.json").write_text(json.dumps(entries), encoding="utf-8")
    return "../home-zoe/own.json"


def dated(day: str, provider: str = "openai") -> dict[str, str]:
    return {"litellm_provider": provider, "mode": "chat", "deprecation_date": day}


def test_without_write_it_shows_what_it_would_do_and_changes_nothing(zoe: Terminal) -> None:
    before = zoe.contents()

    ran = imported(zoe)

    assert ran.code == 0, ran.err
    assert "+ openai gpt-4-1106-preview: retires 2026-03-26" in ran.out
    assert "would write governance/models.yaml: 3 models added, 0 dates changed" in ran.out
    assert zoe.contents() == before


def test_its_last_line_is_the_command_that_writes_and_works_when_pasted(zoe: Terminal) -> None:
    ran = imported(zoe, file="../../home-zoe/litellm.json", at="governance")

    pasted = zoe.run("sh", "-c", ran.out.splitlines()[-1], at="governance")
    diff = zoe.run("sh", "-c", pasted.out.splitlines()[-1], at="governance")

    assert pasted.code == 0, pasted.err
    assert "+  - {provider: openai, name: gpt-4-1106-preview, retiresAt: 2026-03-26" in diff.out


def test_written_the_register_is_valid_and_every_line_of_people_is_still_there(zoe: Terminal) -> None:
    before = (zoe.folder / REGISTER).read_text(encoding="utf-8").splitlines()

    ran = imported(zoe, "--write")

    after = (zoe.folder / REGISTER).read_text(encoding="utf-8").splitlines()
    lines = [line for line in before if not line.startswith("checkedAt")]
    assert ran.code == 0, ran.err
    assert [line for line in after if line in lines] == lines
    assert "checkedAt: 2026-11-20" in after
    assert len(after) == len(before) + 3
    assert zoe.fleet("validate", "--json").data["summary"]["errors"] == 0


def test_a_new_line_names_its_source_and_its_day_and_allows_nothing(zoe: Terminal) -> None:
    imported(zoe, "--write")

    listed = parse_yaml((zoe.folder / REGISTER).read_bytes(), REGISTER).data["models"]
    [model] = [entry for entry in listed if entry["name"] == "claude-sonnet-4-20250514"]
    assert model["retiresAt"] == "2026-05-14"
    assert "allowed" not in model
    assert re.search(r"LiteLLM's model catalogue \(sha256:[0-9a-f]{12}\), read 2026-11-20", model["note"])


def test_a_second_import_changes_nothing(zoe: Terminal) -> None:
    imported(zoe, "--write")
    before = zoe.contents()

    again = imported(zoe, "--write", "--json")

    assert (again.data["changes"], again.data["written"]) == ([], False)
    assert zoe.contents() == before


def test_one_model_in_two_spellings_is_one_and_another_service_is_another(zoe: Terminal) -> None:
    file = write_catalogue(
        zoe,
        {
            "azure/whisper": dated("2027-02-26", "azure"),
            "azure_ai/whisper": dated("2026-12-15", "azure_ai"),
            "azure_ai/Llama-3.3-70B-Instruct": dated("2027-01-31", "azure_ai"),
            "vertex_ai/gemini-2.0-flash-001": dated("2027-02-05", "vertex_ai"),
            "vertex_ai/publishers/google/models/gemini-2.0-flash-001": dated("2027-02-01", "vertex_ai"),
        },
    )

    first = imported(zoe, "--write", "--json", file=file)
    again = imported(zoe, "--write", "--json", file=file)

    changed = {(c["provider"], c["name"].rpartition("/")[2], c["after"]) for c in first.data["changes"]}
    assert len(changed) == len(first.data["changes"])
    assert changed >= {
        ("azure-openai", "whisper", "2027-02-26"),
        ("azure-ai", "whisper", "2026-12-15"),
        ("azure-ai", "Llama-3.3-70B-Instruct", "2027-01-31"),
        ("vertex-ai", "gemini-2.0-flash-001", "2027-02-01"),
    }
    assert (again.data["changes"], again.data["written"]) == ([], False)


def test_an_agent_on_a_model_that_the_catalogue_retires_is_found_after_the_import(zoe: Terminal) -> None:
    file = write_catalogue(
        zoe,
        {"gpt-4.1-2025-04-14": dated("2026-11-19"), "claude-sonnet-4-6": dated("2026-12-24", "anthropic")},
    )

    imported(zoe, "--write", file=file)

    findings = zoe.fleet("validate", "--json").data["findings"]
    messages = {
        (finding["severity"], finding["message"])
        for finding in findings
        if finding["rule"] == "model-retiring"
    }
    assert messages == {
        ("error", "'gpt-4.1-2025-04-14' was retired on 2026-11-19"),
        ("warning", "'claude-sonnet-4-6' is to be retired on 2026-12-24"),
    }


def test_a_date_that_moves_is_shown_with_the_one_before_and_keeps_what_people_wrote(zoe: Terminal) -> None:
    file = write_catalogue(
        zoe, {"gpt-4o-2024-05-13": dated("2026-12-31"), "gpt-4.1-2025-04-14": dated("2027-01-31")}
    )

    ran = imported(zoe, "--write", file=file)

    text = (zoe.folder / REGISTER).read_text(encoding="utf-8")
    assert "~ openai gpt-4.1-2025-04-14: retires 2027-01-31, before 2027-06-30" in ran.out
    assert "~ openai gpt-4o-2024-05-13: retires 2026-12-31, before no date" in ran.out
    assert 'allowed: false, retiresAt: 2026-12-31, note: "Answers drifted in our tests; retirement by' in text


def test_a_fleet_without_a_register_gets_one(zoe: Terminal) -> None:
    (zoe.folder / REGISTER).unlink()

    ran = imported(zoe, "--write")

    parsed = read_document((zoe.folder / REGISTER).read_bytes(), REGISTER, "models", GOVERNANCE_LIMITS)
    assert ran.code == 0, ran.err
    assert parsed.findings == ()
    assert len((parsed.data or {})["models"]) == 3


def test_its_json_is_what_the_schema_promises(zoe: Terminal) -> None:
    ran = imported(zoe, "--json")

    assert list(Draft202012Validator(schema("output/models-output")).iter_errors(ran.data)) == []
    assert [change["kind"] for change in ran.data["changes"]] == ["added"] * 3
    assert ran.data["catalogue"] == {"dated": 3, "undated": 4, "unread": []}


def test_entries_that_cannot_be_understood_are_counted_and_named(zoe: Terminal) -> None:
    odd = {"no-day": dated("soon"), "no date": dated("2026-12-31"), "fine": dated("2026-12-31")}

    ran = imported(zoe, "--json", file=write_catalogue(zoe, odd))

    assert ran.data["catalogue"]["unread"] == ["no-day", "no date"]
    assert [change["name"] for change in ran.data["changes"]] == ["fine"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"[" * 50_000, "is not JSON"),
        (b"\xff\xfe", "is not JSON"),
        (b"", "is not JSON"),
        (b'{"a": 1}', "is not a model catalogue"),
        (b"[]", "is not a model catalogue"),
        (b'"text"', "is not a model catalogue"),
    ],
)
def test_an_invalid_catalogue_is_refused_and_nothing_is_written(
    zoe: Terminal, content: bytes, message: str
) -> None:
    (zoe.home / "litellm.json").write_bytes(content)
    before = zoe.contents()

    ran = imported(zoe, "--write")

    assert ran.code == 2
    assert message in ran.err
    assert zoe.contents() == before


def test_a_missing_file_a_folder_and_a_missing_fleet_are_errors(zoe: Terminal, tmp_path: Path) -> None:
    assert imported(zoe, file="../home-zoe/none.json").code == 2
    assert imported(zoe, file="../home-zoe").code == 2
    assert zoe.run("fleet", "models", "import", str(SAMPLE), "-C", str(tmp_path)).code == 2


def test_a_register_that_is_wrong_already_is_not_touched(zoe: Terminal) -> None:
    (zoe.folder / REGISTER).write_text(f"{HEAD}models: [{{provider: openai}}]\n", encoding="utf-8")
    before = zoe.contents()

    ran = imported(zoe, "--write")

    assert ran.code == 2
    assert "governance/models.yaml:3:" in ran.err
    assert zoe.contents() == before


def test_a_link_in_the_place_of_the_register_is_not_followed(zoe: Terminal) -> None:
    (zoe.folder / REGISTER).rename(zoe.home / "models.yaml")
    (zoe.folder / REGISTER).symlink_to(zoe.home / "models.yaml")
    before = (zoe.home / "models.yaml").read_bytes()

    ran = imported(zoe, "--write")

    assert ran.code == 2
    assert "not a regular file" in ran.err
    assert (zoe.home / "models.yaml").read_bytes() == before


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
def test_a_folder_that_takes_no_file_is_exit_2(zoe: Terminal) -> None:
    (zoe.folder / "governance").chmod(0o555)

    ran = imported(zoe, "--write")

    (zoe.folder / "governance").chmod(0o755)
    assert ran.code == 2
    assert "cannot write" in ran.err


def test_the_mode_of_the_register_stays(zoe: Terminal) -> None:
    (zoe.folder / REGISTER).chmod(0o600)

    imported(zoe, "--write")

    assert (zoe.folder / REGISTER).stat().st_mode & 0o777 == 0o600


def dated_models(entries: dict[str, Any]) -> list[tuple[str, str, str]]:
    prices = read_catalogue(json.dumps(entries).encode(), "x.json")
    return [(model.provider, model.name, model.day) for model in prices.dated]


@pytest.mark.parametrize(
    ("key", "litellm_provider", "provider", "name"),
    [
        ("azure/gpt-4o-2024-08-06", "azure", "azure", "gpt-4o-2024-08-06"),
        ("gemini/gemini-2.0-flash-001", "gemini", "gemini", "gemini-2.0-flash-001"),
        (
            "vertex_ai/claude-3-opus@20240229",
            "vertex_ai-anthropic_models",
            "vertex_ai",
            "claude-3-opus@20240229",
        ),
        ("gemini-2.0-flash-001", "vertex_ai-language-models", "vertex_ai", "gemini-2.0-flash-001"),
        ("us.amazon.nova-pro-v1:0", "bedrock_converse", "bedrock", "us.amazon.nova-pro-v1:0"),
        ("mistral/mistral-large-2411", "mistral", "mistral", "mistral-large-2411"),
        ("babbage-002", "text-completion-openai", "openai", "babbage-002"),
        ("command-r", "cohere_chat", "cohere", "command-r"),
        ("groq/openai/gpt-oss-20b", "groq", "groq", "openai/gpt-oss-20b"),
        ("azure_ai/whisper", "azure_ai", "azure_ai", "whisper"),
        ("oci/meta.llama-3.3-70b-instruct", "oci", "oracle-cloud", "meta.llama-3.3-70b-instruct"),
    ],
)
def test_a_key_of_the_catalogue_is_read_as_provider_and_id(
    key: str, litellm_provider: str, provider: str, name: str
) -> None:
    assert dated_models({key: dated("2027-01-31", litellm_provider)}) == [(provider, name, "2027-01-31")]


def test_a_price_for_one_region_is_no_model_of_its_own() -> None:
    assert dated_models({"azure/eu/gpt-4o-2024-08-06": dated("2027-01-31", "azure")}) == []
    assert dated_models({"bedrock/us-east-1/anthropic.claude-v2:1": dated("2027-01-31", "bedrock")}) == []


def test_of_two_dates_for_one_model_the_earlier_counts() -> None:
    twice = b'{"a": {"litellm_provider": "openai", "deprecation_date": "2027-03-01"},'
    twice += b' "a": {"litellm_provider": "openai", "deprecation_date": "2027-02-01"}}'

    assert [model.day for model in read_catalogue(twice, "x.json").dated] == ["2027-02-01"]


FLOW = "{provider: openai, name: old, allowed: true}"
BLOCK = "provider: openai\n    name: old # theirs\n    allowed: true # ours"
STYLES = {
    "a flow item a line": f"models:\n  - {FLOW} # why\n",
    "no indentation": f"models:\n- {FLOW}\n",
    "block items": f"models:\n  - {BLOCK}\n",
    "block items at the end without a line feed": f"models:\n  - {BLOCK}",
    "a block item with a long note": f"models:\n  - {BLOCK}\n    note: |\n      one\n      two\nx-after: 1 # last\n",
    "a flow item over lines": (
        "models:\n  - {\n    provider: openai, # who\n    name: old, # what\n    allowed: true,\n    }\n"
    ),
    "a flow list": f"models: [{FLOW}] # all\n",
    "a flow list over lines": f"models: [\n  {FLOW}, # first\n]\n",
    "comments behind": f"models:\n  - {FLOW}\n\n  # nothing below\nx-after: {{a: 1}}\n",
    "a date already": "models:\n  - {provider: openai, name: old, retiresAt: '2026-01-01', note: mine} # why\n",
    "a date in a block": (
        "models:\n  - provider: openai\n    name: old\n    retiresAt: 2026-01-01 # theirs\n    note: mine\n"
    ),
    "the list first": f"checkedAt: 2026-01-01 # when\nmodels:\n  - {FLOW}\nx-after: 1\n",
    "a wide character": "x-häuser: ßß𝕏 # ü\nmodels:\n  - {name: old, x-ü: 'ä𝕏ü', provider: openai}\n",
    "carriage returns": f"models:\r\n  - {FLOW} # why\r\n  # end\r\n",
}


def comments(text: str) -> list[str]:
    return re.findall(r"#.*", text)


@pytest.mark.parametrize("style", STYLES)
def test_however_the_list_is_written_dates_are_put_in_and_nothing_is_lost(style: str) -> None:
    newline = "\r\n" if "\r" in STYLES[style] else "\n"
    before = HEAD.replace("\n", newline) + STYLES[style]
    source = source_note(f"sha256:{'0' * 64}", "2026-11-20")
    fresh = DatedModel(provider="vertex-ai", name="claude@1", day="2027-02-28")

    text = with_dates(
        before.encode(),
        [DatedModel(provider="openai", name="old", day="2027-01-31", position=0), fresh],
        source=source,
        today="2026-11-20",
    ).decode()

    was, now = parse_yaml(before.encode(), REGISTER).data, parse_yaml(text.encode(), REGISTER).data
    assert was is not None
    assert now is not None
    assert now["checkedAt"] == "2026-11-20"
    assert now["models"][0]["retiresAt"] == "2027-01-31"
    assert now["models"][1] == {
        "provider": "vertex-ai", "name": "claude@1", "retiresAt": "2027-02-28", "note": source
    }  # fmt: skip
    for key, value in was["models"][0].items():
        assert (
            now["models"][0][key].startswith(value)
            if key == "note"
            else key == "retiresAt" or now["models"][0][key] == value
        )
    assert {key: value for key, value in now.items() if key.startswith("x-")} == {
        key: value for key, value in was.items() if key.startswith("x-")
    }
    assert comments(text) == comments(before)
    assert text.count("\n") == text.count(newline)


def test_a_flow_document_and_an_empty_list_take_dates_too() -> None:
    fresh = [DatedModel(provider="openai", name="old", day="2027-01-31")]
    for text in (f"{HEAD}models: [] # none\n", "{apiVersion: fleetward/v1, kind: Models, models: []}\n"):
        result = with_dates(text.encode(), fresh, source="s", today="2026-11-20")

        assert (parse_yaml(result, REGISTER).data or {})["models"][0]["retiresAt"] == "2027-01-31"
        assert comments(result.decode()) == comments(text)


def test_the_mark_at_the_beginning_of_a_file_stays() -> None:
    text = b"\xef\xbb\xbf" + f"{HEAD}models:\n  - {FLOW}\n".encode()

    result = with_dates(
        text,
        [DatedModel(provider="openai", name="old", day="2027-01-31", position=0)],
        source="s",
        today="2026-11-20",
    )

    assert result.startswith(b"\xef\xbb\xbfapiVersion")
    assert b"allowed: true, retiresAt: 2027-01-31, note: s}" in result


def test_a_later_import_replaces_its_own_words_in_a_note_and_no_others() -> None:
    text = f"{HEAD}models:\n  - {{provider: openai, name: old, note: mine}}\n".encode()
    listing = DatedModel(provider="openai", name="old", day="2027-01-31", position=0)

    first = with_dates(
        text, [listing], source=source_note(f"sha256:{'0' * 64}", "2026-11-20"), today="2026-11-20"
    )
    second = with_dates(
        first, [listing], source=source_note(f"sha256:{'1' * 64}", "2026-12-20"), today="2026-12-20"
    )

    note = (parse_yaml(second, REGISTER).data or {})["models"][0]["note"]
    assert note == "mine; retirement by LiteLLM's model catalogue (sha256:111111111111), read 2026-12-20"


def test_a_note_without_room_is_left_as_it_is() -> None:
    text = f"{HEAD}models:\n  - {{provider: openai, name: old, note: {'x' * 980}}}\n".encode()

    result = with_dates(
        text,
        [DatedModel(provider="openai", name="old", day="2027-01-31", position=0)],
        source=source_note(f"sha256:{'0' * 64}", "2026-11-20"),
        today="2026-11-20",
    )

    assert (parse_yaml(result, REGISTER).data or {})["models"][0]["note"] == "x" * 980


def test_a_text_that_cannot_be_followed_is_refused_and_not_guessed_at() -> None:
    odd = f"{HEAD}models:\n  - ? provider\n    : openai\n    ? name\n    : old\n"
    listing = DatedModel(provider="openai", name="old", day="2027-01-31", position=0)

    with pytest.raises(FleetError, match="without risk"):
        with_dates(odd.encode(), [listing], source="s", today="2026-11-20")
