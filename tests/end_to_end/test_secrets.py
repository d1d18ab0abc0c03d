"""No report shows a credential, wherever in a fleet it was found."""

import itertools
import json
from pathlib import Path

import pytest

from fleetward.cli.validate import VERB
from fleetward.domain.secrets import certain_secrets
from tests.domain.credentials import CREDENTIALS
from tests.end_to_end import repositories
from tests.end_to_end.repositories import DESK, FLEET, MANIFEST, Repository
from tests.rule_cases import load_case


@pytest.fixture
def leaking(tmp_path: Path) -> Repository:
    """A fleet with a credential in every kind of place."""
    written = iter(
        CREDENTIALS[name][1] for name in ("github", "anthropic", "stripe", "npm", "google", "gitlab")
    )
    leaked = MANIFEST.replace(
        "metadata: {name: desk-bot}",
        f"metadata:\n  name: desk-bot\n  labels: {{crm: {next(written)}}}\n# {next(written)}",
    ).replace("team: desk,", f"team: {next(written)}, {next(written)}: 1,")
    files = {
        **FLEET,
        f"{DESK}/agent.yaml": leaked,
        f"{DESK}/prompts/system.md": f"Answer.\nLog in with {next(written)} please.\n",
        f"{DESK}/evals/quality.yaml": f"tests: [{{vars: {{key: {next(written)}}}}}]\n",
    }
    return repositories.repository(tmp_path, files)


FORMATS = tuple(VERB.formats)


@pytest.mark.parametrize("form", FORMATS)
def test_no_report_shows_what_was_found(leaking: Repository, form: str) -> None:
    result = leaking.fleet("validate", "-v", "-o", form)

    assert result.code == 1
    assert "secret-in-manifest" in result.out
    for name in ("github", "anthropic", "stripe", "npm", "google", "gitlab"):
        assert CREDENTIALS[name][1] not in result.out + result.err
        assert CREDENTIALS[name][1][-12:] not in result.out + result.err


def test_each_credential_is_found_at_its_place(leaking: Repository) -> None:
    findings = leaking.fleet("validate", "--json").data["findings"]

    places = {
        (finding["file"].removeprefix(f"{DESK}/"), finding["line"], finding["message"].partition(": ")[2])
        for finding in findings
        if finding["rule"] == "secret-in-manifest"
    }
    assert places == {
        ("agent.yaml", 5, "GitHub token"),
        ("agent.yaml", 6, "Anthropic API key"),
        ("agent.yaml", 10, "Stripe key"),
        ("agent.yaml", 10, "npm token"),
        ("prompts/system.md", 2, "Google API key"),
        ("evals/quality.yaml", 1, "GitLab token"),
    }


def test_a_message_about_an_unknown_key_or_owner_conceals_it_too(leaking: Repository) -> None:
    findings = leaking.fleet("validate", "--json").data["findings"]

    assert "unknown-key" in {finding["rule"] for finding in findings}
    assert CREDENTIALS["npm"][1] not in json.dumps(findings)


def test_an_escaped_credential_is_found_at_its_value(tmp_path: Path) -> None:
    token_text = CREDENTIALS["github"][1]
    escaped = "".join(f"\\x{ord(character):02x}" for character in token_text)
    manifest = MANIFEST.replace(
        "metadata: {name: desk-bot}", f'metadata: {{name: desk-bot, labels: {{crm: "{escaped}"}}}}'
    )
    repository = repositories.repository(tmp_path, {**FLEET, f"{DESK}/agent.yaml": manifest})

    findings = repository.fleet("validate", "--json").data["findings"]

    [finding] = [finding for finding in findings if finding["severity"] == "error"]
    assert (finding["rule"], finding["path"]) == ("secret-in-manifest", "metadata.labels.crm")


@pytest.mark.parametrize(
    "odd",
    [
        "  x-env: {value: SECRET, name: DB_PASSWORD}",
        "  x-env: [{value: SECRET, name: DB_PASSWORD}]",
        "  x-db:\n    ? password\n    : SECRET",
        "  x-db:\n    password: # of the old one\n      SECRET",
        '  x-db: {"pass\\x77ord": SECRET}',
        '  x-db: {"password": "\\x6b4tzenFell9z"}',
        "  x-db: {tokens: {api-token: SECRET}} # a \\ in a comment",
    ],
)
def test_a_password_is_found_once_in_every_notation(tmp_path: Path, odd: str) -> None:
    text = odd.replace("SECRET", "k4tzen" + "Fell9z")
    repository = repositories.repository(tmp_path, {**FLEET, f"{DESK}/agent.yaml": f"{MANIFEST}{text}\n"})

    findings = [
        finding
        for finding in repository.fleet("validate", "--json").data["findings"]
        if finding["rule"] == "secret-in-manifest"
    ]

    assert len(findings) == 1
    assert findings[0]["file"] == f"{DESK}/agent.yaml"


def test_secrets_of_a_proposal_are_found(tmp_path: Path) -> None:
    proposal = f"spec: {{x-crm: {CREDENTIALS['github'][1]}}}\n"
    files = {**FLEET, "proposals/production/desk-bot/overrides.yaml": proposal}
    repository = repositories.repository(tmp_path, files)

    findings = repository.fleet("validate", "--json").data["findings"]

    assert ("secret-in-manifest", "proposals/production/desk-bot/overrides.yaml") in {
        (finding["rule"], finding["file"]) for finding in findings
    }


def test_the_severity_of_a_credential_cannot_be_lowered(tmp_path: Path) -> None:
    config = FLEET["fleet-config.yaml"] + "rules: {secret-in-manifest: warning}\n"
    repository = repositories.repository(tmp_path, {**FLEET, "fleet-config.yaml": config})

    findings = repository.fleet("validate", "--json").data["findings"]

    assert "cannot be 'warning'" in findings[0]["message"]


@pytest.mark.parametrize("side", ["good", "bad"])
def test_validate_finds_the_credential_of_the_bad_case_only(tmp_path: Path, side: str) -> None:
    case = load_case("secret-in-manifest", side)
    repository = repositories.repository(tmp_path, case.write(tmp_path / "case"))

    findings = repository.fleet("validate", "--json").data["findings"]

    assert [
        {key: finding[key] for key in ("rule", "file", "line", "path")} for finding in findings
    ] == case.findings


def test_our_own_fleets_hold_no_credentials() -> None:
    folders = (
        repositories.EXAMPLE,
        repositories.ACME,
        repositories.CHECKOUT / "src" / "fleetward" / "starter",
    )
    for file in itertools.chain.from_iterable(folder.rglob("*") for folder in folders):
        if file.is_file():
            assert certain_secrets(file.read_text(encoding="utf-8")) == (), file
