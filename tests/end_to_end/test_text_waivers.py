"""A waiver excuses one hidden character or one secret, where somebody approved it who did not write the text."""

from pathlib import Path
from typing import Any

import pytest

from tests.domain.credentials import CREDENTIALS
from tests.end_to_end import repositories
from tests.end_to_end.repositories import DESK, Repository

PROMPT = f"{DESK}/prompts/system.md"
WAIVERS = "governance/waivers.yaml"
HEAD = "apiVersion: fleetward/v1\nkind: Waivers\nwaivers:\n"
SECRET = CREDENTIALS["github"][1]


@pytest.fixture
def desk(tmp_path: Path) -> Repository:
    """Carla hides two characters in the prompt that alice began, and one in a comment of the manifest."""
    repo = repositories.repository(tmp_path)
    manifest = f"{repositories.MANIFEST}# zero\u200bwidth\n"
    prompt = f"You answer questions about orders.\nRe\u200bfund\u2060s with {SECRET}.\n"
    repo.commit("a prompt", identity="carla", files={PROMPT: prompt, f"{DESK}/agent.yaml": manifest})
    return repo


def waiver(approver: str, rule: str = "hidden-characters", expires: str = "2026-12-31", **text: str) -> str:
    keys = "".join(f", {key}: {value}" for key, value in text.items())
    return f"  - {{rule: {rule}, agent: desk-bot, reason: a table, approvedBy: {approver}, expires: {expires}{keys}}}\n"


def errors(repo: Repository, *flags: str) -> list[tuple[str, str, int]]:
    data = repo.fleet("validate", "--json", *flags).data
    return [
        (finding["rule"], finding["file"].rpartition("/")[2], finding["line"])
        for finding in data["findings"]
        if finding["severity"] == "error" and not finding["waived"]
    ]


def findings(repo: Repository, rule: str) -> list[Any]:
    return [
        finding for finding in repo.fleet("validate", "--json").data["findings"] if finding["rule"] == rule
    ]


PROMPT_SPACE = ("hidden-characters", "system.md", 2)
MANIFEST_SPACE = ("hidden-characters", "agent.yaml", 31)
TOKEN = ("secret-in-manifest", "system.md", 2)


def test_a_waiver_excuses_one_character_of_one_file(desk: Repository) -> None:
    assert [item for item in errors(desk) if item[1] == "system.md"] == [PROMPT_SPACE, PROMPT_SPACE, TOKEN]
    desk.commit(identity="dina", files={WAIVERS: HEAD + waiver("dina", file=PROMPT, codepoint="U+200B")})

    assert [item for item in errors(desk) if item[1] == "system.md"] == [PROMPT_SPACE, TOKEN]
    assert len([item for item in errors(desk) if item[1] == "agent.yaml"]) == 1
    assert len([item for item in errors(desk, "--rev", "HEAD") if item[1] == "system.md"]) == 2
    # the one that is left is the word joiner, and a prompt of another agent would be another file
    unwaived = [item for item in findings(desk, "hidden-characters") if not item["waived"]]
    assert ["U+2060" in item["message"] for item in unwaived if item["file"] == PROMPT] == [True]


def test_who_wrote_the_text_cannot_have_approved_its_waiver(desk: Repository) -> None:
    text = {"file": PROMPT, "codepoint": "U+200B"}
    desk.commit(identity="dina", files={WAIVERS: HEAD + waiver("carla", **text)})
    own = errors(desk)
    [hint] = [item["hint"] for item in findings(desk, "hidden-characters") if "waiver" in item["hint"]]
    # alice wrote the file, and not this text
    desk.commit(identity="dina", files={WAIVERS: HEAD + waiver("alice", **text)})

    assert own.count(PROMPT_SPACE) == 2
    assert "carla wrote this text" in hint
    assert errors(desk).count(PROMPT_SPACE) == 1


def test_a_character_that_is_not_committed_is_that_of_the_work_tree(desk: Repository) -> None:
    waived = HEAD + waiver("dina", file=PROMPT, codepoint="U+200B")
    desk.write({WAIVERS: waived, PROMPT: "Or\u200bders\u200b.\n"})

    def is_waived(who: str) -> bool:
        data = desk.fleet("validate", "--json", identity=who).data
        return all(item["waived"] for item in data["findings"] if item["file"] == PROMPT)

    assert (is_waived("alice"), is_waived("dina")) == (True, False)


def test_a_secret_is_accepted_by_its_fingerprint_wherever_it_moves(desk: Repository) -> None:
    [found] = findings(desk, "secret-in-manifest")
    accepted = HEAD + waiver("dina", "secret-in-manifest", fingerprint=found["fingerprint"])
    moved = f"Be kind.\n\nLog in with {SECRET}.\nAnd with {CREDENTIALS['npm'][1]}.\n"
    desk.commit(identity="alice", files={WAIVERS: accepted, PROMPT: moved})

    after = {item["line"]: item for item in findings(desk, "secret-in-manifest")}

    assert (after[3]["waived"], after[4]["waived"]) == (True, False)
    assert after[3]["fingerprint"] == found["fingerprint"] != after[4]["fingerprint"]


def test_a_waiver_with_an_end_ends_and_one_that_excuses_nothing_is_said(desk: Repository) -> None:
    ended = waiver("dina", expires="2026-11-19", file=PROMPT, codepoint="U+200B")
    unused = waiver("dina", file=PROMPT, codepoint="U+FEFF")
    desk.commit(identity="dina", files={WAIVERS: HEAD + ended + unused})

    assert errors(desk).count(PROMPT_SPACE) == 2
    assert len(findings(desk, "waiver-expired")) == len(findings(desk, "waiver-unused")) == 1


def test_no_waiver_excuses_a_key_a_name_or_governance(desk: Repository) -> None:
    manifest = f"{DESK}/agent.yaml"
    excused = HEAD + waiver("dina", file=manifest, codepoint="U+200B")
    key = f"{repositories.MANIFEST}x-no\u200bte: 1\n"
    people = f"{repositories.FLEET['governance/people.yaml']}# zero\u200bwidth\n"
    desk.commit(identity="dina", files={WAIVERS: excused, manifest: key})
    in_key = errors(desk)
    desk.commit(identity="dina", files={"governance/people.yaml": people})

    assert "agent.yaml" in {file for rule, file, _ in in_key if rule == "hidden-characters"}
    assert "people.yaml" in {file for rule, file, _ in errors(desk) if rule == "hidden-characters"}


def test_a_promotion_takes_what_a_waiver_excuses_in_its_target(tmp_path: Path) -> None:
    repo = repositories.running(tmp_path)
    target = PROMPT.replace("staging", "production")
    prompt = {PROMPT: "You answer questions about or\u200bders.\n"}
    repo.commit("a prompt", identity="alice", at="2026-11-18T10:00:00+00:00", files=prompt)

    def blocked(approver: str) -> bool:
        texts = "".join(waiver(approver, file=file, codepoint="U+200B") for file in (PROMPT, target))
        # a waiver is governance: it counts once somebody agreed to it
        repo.commit("waived", identity="alice", at="2026-11-18T11:00:00+00:00", files={WAIVERS: HEAD + texts})
        repo.agree("carla", now="2026-11-18T12:00:00Z")
        promoted = repo.fleet("promote", "desk-bot", "--to", "production", "--json")
        return "hidden-characters" in promoted.out

    assert blocked("alice")
    assert not blocked("dina")
