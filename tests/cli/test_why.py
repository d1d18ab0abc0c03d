"""`fleet why` and `promote --as --at`: what if, asked of the same gate, and nothing written."""

from __future__ import annotations

import shutil

import pytest
from jsonschema import Draft202012Validator

from tests.cli.outside import NOW, Terminal, terminal
from tests.paths import CHECKOUT
from tests.schemas.reading import schema

PROMPT = "environments/staging/delivery-desk/prompts/system.md"


@pytest.fixture(scope="module")
def nadia(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """The example fleet, adopted; then nadia reworded the delivery desk's prompt."""
    user = terminal(tmp_path_factory.mktemp("why"), "Nadia Brandt", "nadia@brightwater.example")
    shutil.copytree(CHECKOUT / "example-fleet", user.folder, dirs_exist_ok=True)
    user.git("init", "-q")
    user.commit("the fleet as it is")
    assert user.fleet("adopt", "--to", "production", "--apply").code == 0
    with (user.folder / PROMPT).open("a", encoding="utf-8") as file:
        file.write("Be brief.\n")
    user.commit("reword")
    return user


def why_promotion(user: Terminal, *arguments: str) -> dict:
    ran = user.fleet("why", *arguments, "--json")
    assert list(Draft202012Validator(schema("output/why-output")).iter_errors(ran.data)) == []
    assert ran.code == (0 if ran.data["verdict"] in ("allowed", "unchanged") else 1)
    return ran.data["promotions"][0]


def test_why_names_missing_requirements_and_the_smallest_set_of_approvers(nadia: Terminal) -> None:
    ran = nadia.fleet("why", "delivery-desk")

    assert ran.code == 1
    assert "missing approvals 1 of owner (every-change): 0 of 1" in ran.out
    assert "smallest set of approvers: greta, lena" in ran.out
    assert ran.out.splitlines()[-1] == "fleet release delivery-desk"


def test_why_and_promote_give_the_same_verdict(nadia: Terminal) -> None:
    data = nadia.fleet("promote", "delivery-desk", "--to", "production", "--json").data

    assert why_promotion(nadia, "delivery-desk") == data["promotions"][0]
    assert data["supposed"] is None
    assert list(Draft202012Validator(schema("output/promote-output")).iter_errors(data)) == []


def test_the_smallest_set_of_approvers_is_enough_and_minimal(nadia: Terminal) -> None:
    fewest = why_promotion(nadia, "delivery-desk")["unblock"]["fewest"]

    def missing(*names: str) -> list[str]:
        promotion = why_promotion(nadia, "delivery-desk", *(["--as", *names] if names else []))
        return [
            need["asked"]
            for need in promotion["requirements"]
            if need["kind"] == "approvals" and need["status"] != "met"
        ]

    assert missing(*fewest) == []
    assert [len(missing(name)) for name in fewest] == [1, 1]
    assert len(missing()) == 2


def test_several_people_follow_one_option_or_one_each(nadia: Terminal) -> None:
    promotion = why_promotion(nadia, "delivery-desk", "--as", "lena", "greta")

    assert promotion == why_promotion(nadia, "delivery-desk", "--as", "lena", "--as", "greta")
    assert promotion["unblock"]["fewest"] == []


def test_after_two_dashes_everything_is_an_agent_again(nadia: Terminal) -> None:
    options = ("promote", "--to", "production", "--json", "--as", "lena", "greta", "--")

    ran = nadia.fleet(*options, "delivery-desk", "address-check")

    assert [promotion["agent"] for promotion in ran.data["promotions"]] == ["delivery-desk", "address-check"]
    assert ran.data["supposed"] == {"people": ["lena", "greta"], "at": NOW}


def test_assumed_approvals_follow_the_rules_of_real_ones(nadia: Terminal) -> None:
    promotion = why_promotion(nadia, "delivery-desk", "--as", "nadia", "jonas", "ci", "oskar")

    reasons = {spare["approver"]: spare["reason"] for spare in promotion["notCounted"]}
    assert reasons["nadia"].startswith("author of the change")
    assert reasons["jonas"] == "left on 2026-07-01"
    assert reasons["ci"] == "a robot, and robots do not approve"
    assert reasons["oskar"] == "not in owner or platform"


def test_a_person_without_a_key_cannot_sign(nadia: Terminal) -> None:
    """Nobody of the example has one yet, and the clerk's tier asks for signatures."""
    prompt = nadia.folder / "environments/staging/claims-clerk/prompts/system.md"
    prompt.write_text(prompt.read_text() + "Be kind.\n")
    nadia.commit("reword the clerk")

    promotion = why_promotion(nadia, "claims-clerk", "--as", "helen")

    assert promotion["notCounted"] == [
        {"approver": "helen", "reason": "its assurance is recorded, signed is required"}
    ]


def test_time_alone_meets_a_soak(nadia: Terminal) -> None:
    def soak(*arguments: str) -> str:
        promotion = why_promotion(nadia, "delivery-desk", *arguments)
        return next(need["status"] for need in promotion["requirements"] if need["kind"] == "soak")

    born = nadia.git("log", "-1", "--format=%cI", "--", PROMPT).strip()
    year = int(born[:4])

    # she wrote the release, and somebody else has to show since when it is there
    tomas = ("-c", "user.name=Tomas", "-c", "user.email=tomas@brightwater.example")
    nadia.git(*tomas, "commit", "-q", "--allow-empty", "-m", "seen")

    assert soak("--at", born) == "missing"
    assert soak("--at", f"{year + 1}{born[4:]}") == "met"


def test_a_future_freeze_blocks(nadia: Terminal) -> None:
    promotion = why_promotion(nadia, "delivery-desk", "--as", "lena", "greta", "--at", "2026-12-15T12:00:00Z")

    assert promotion["verdict"] == "blocked"
    assert promotion["unblock"]["readyAt"] == "2027-01-02T05:00:00Z"


def test_every_format_shows_the_assumption(nadia: Terminal) -> None:
    arguments = ("promote", "delivery-desk", "--to", "production", "--as", "lena", "--at", NOW)

    text, data, markdown = (nadia.fleet(*arguments, "-o", form) for form in ("text", "json", "markdown"))

    assert text.out.startswith(f"supposing that lena approved and it is {NOW}\n")
    assert data.data["supposed"] == {"people": ["lena"], "at": NOW}
    assert f"`supposing that lena approved and it is {NOW}`" in markdown.out
    assert text.out.splitlines()[-1] == "fleet promote delivery-desk --to production"


@pytest.mark.parametrize("options", [("--as", "lena"), ("--at", NOW)])
def test_nothing_is_written_on_an_assumption(nadia: Terminal, options: tuple[str, ...]) -> None:
    before = nadia.contents(), nadia.git("rev-parse", "HEAD")

    ran = nadia.fleet("promote", "delivery-desk", "--to", "production", "--apply", *options)

    assert ran.code == 2
    assert "--as and --at exclude --apply" in ran.err
    assert (nadia.contents(), nadia.git("rev-parse", "HEAD")) == before


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("delivery-desk", "--as", "lema"), "nobody is called 'lema'"),
        (("delivery-desk", "--at", "tomorrow"), "--at"),
        (("delivery-dusk",), "no agent 'delivery-dusk'"),
        (("delivery-desk", "--to", "staging"), "takes no promotions"),
    ],
)
def test_an_unknown_person_agent_or_time_is_an_error(
    nadia: Terminal, arguments: tuple[str, ...], message: str
) -> None:
    ran = nadia.fleet("why", *arguments)

    assert (ran.code, ran.out) == (2, "")
    assert message in ran.err


def test_an_agent_with_nothing_to_promote_needs_nobody(nadia: Terminal) -> None:
    ran = nadia.fleet("why", "address-check", "--json")

    assert (ran.code, ran.data["verdict"]) == (0, "unchanged")
