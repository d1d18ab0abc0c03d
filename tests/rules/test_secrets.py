"""Credentials are told from what only looks like them, and never shown. Tokens are put together at run time."""

import base64
import hashlib
import itertools
import json
import random
import string
import time
from pathlib import Path

import pytest

from fleetward.domain.finding import Finding, Place, Severity
from fleetward.domain.secrets import certain_secrets, find_secrets, mask_finding, mask_secrets
from tests.end_to_end import repositories
from tests.end_to_end.repositories import DESK, FLEET, MANIFEST, Repository
from tests.rule_cases import load_case

ALNUM = string.ascii_letters + string.digits
_drawn = random.Random(20261120)


def drawn(length: int, alphabet: str = ALNUM) -> str:
    return "".join(_drawn.choice(alphabet) for _ in range(length))


def hexadecimal(length: int) -> str:
    return drawn(length, "0123456789abcdef")


def token() -> str:
    parts = (b'{"alg":"HS256","typ":"JWT"}', b'{"sub":"desk-bot","exp":1795176000}')
    return ".".join([*(base64.urlsafe_b64encode(one).decode().rstrip("=") for one in parts), drawn(43)])


def block(kind: str) -> str:
    body = "\n".join(drawn(64, ALNUM + "+/") for _ in range(6))
    return "-----BEGIN " + f"{kind}-----\n{body}\n-----END {kind}-----"


CREDENTIALS: dict[str, tuple[str, str]] = {
    "aws": ("AWS access key", "AK" + "IA" + drawn(16, string.ascii_uppercase + "234567")),
    "aws-session": ("AWS access key", "AS" + "IA" + drawn(16, string.ascii_uppercase + "234567")),
    "bedrock": ("AWS Bedrock API key", "AB" + "SK" + drawn(120)),
    "google": ("Google API key", "AI" + "za" + drawn(35, ALNUM + "_-")),
    "google-oauth": ("Google OAuth client secret", "GOC" + "SPX-" + drawn(28)),
    "google-access": ("Google access token", "ya" + "29." + drawn(60)),
    "gcp": ("private key", block("PRIVATE KEY").replace("\n", "\\n")),
    "azure-storage": ("Azure storage key", "Account" + "Key=" + drawn(86, ALNUM + "+/") + "=="),
    "azure-client": ("Azure client secret", drawn(3) + "8" + "Q~" + drawn(34)),
    "azure-sas": ("Azure shared access signature", "sv=2022-11-02&sig" + "=" + drawn(43) + "%3D"),
    "github": ("GitHub token", "gh" + "p_" + drawn(36)),
    "github-app": ("GitHub token", "gh" + "s_" + drawn(36)),
    "github-fine": ("GitHub token", "github" + "_pat_" + drawn(22) + "_" + drawn(59)),
    "gitlab": ("GitLab token", "gl" + "pat-" + drawn(20)),
    "slack": (
        "Slack token",
        "xo" + "xb-" + "-".join([drawn(12, string.digits), drawn(12, string.digits), drawn(24)]),
    ),
    "slack-app": (
        "Slack token",
        "xa" + "pp-1-A0" + drawn(9, string.ascii_uppercase) + "-123456789-" + hexadecimal(64),
    ),
    "slack-hook": (
        "Slack webhook",
        "https://hooks.slack" + ".com/services/T0" + "AB12CD3/B0EF45GH6/" + drawn(24),
    ),
    "stripe": ("Stripe key", "sk" + "_live_" + drawn(24)),
    "stripe-restricted": ("Stripe key", "rk" + "_test_" + drawn(24)),
    "openai": ("OpenAI API key", "sk" + "-" + drawn(20) + "T3Blbk" + "FJ" + drawn(20)),
    "openai-project": ("OpenAI API key", "sk" + "-proj-" + drawn(120, ALNUM + "_-")),
    "anthropic": ("Anthropic API key", "sk" + "-ant-api03-" + drawn(93, ALNUM + "_-") + "AA"),
    "openrouter": ("OpenRouter API key", "sk" + "-or-v1-" + hexadecimal(64)),
    "groq": ("Groq API key", "gs" + "k_" + drawn(52)),
    "xai": ("xAI API key", "xa" + "i-" + drawn(80)),
    "replicate": ("Replicate token", "r" + "8_" + drawn(37)),
    "perplexity": ("Perplexity API key", "pp" + "lx-" + drawn(48)),
    "hugging-face": ("Hugging Face token", "h" + "f_" + drawn(34, string.ascii_letters)),
    "npm": ("npm token", "np" + "m_" + drawn(36)),
    "pypi": ("PyPI token", "py" + "pi-AgE" + "IcHlwaS5vcmc" + drawn(120, ALNUM + "_-")),
    "rsa": ("private key", block("RSA PRIVATE KEY")),
    "openssh": ("private key", block("OPENSSH PRIVATE KEY")),
    "pgp": ("private key", block("PGP PRIVATE KEY BLOCK")),
    "encrypted": ("private key", block("ENCRYPTED PRIVATE KEY")),
    "age": ("age secret key", "AGE-SECRET" + "-KEY-1" + drawn(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")),
    "jwt": ("JSON web token", token()),
    "twilio": ("Twilio key", "S" + "K" + hexadecimal(32)),
    "sendgrid": ("SendGrid key", "S" + "G." + drawn(22) + "." + drawn(43)),
    "mailgun": ("Mailgun key", "ke" + "y-" + hexadecimal(32)),
    "telegram": ("Telegram bot token", "123456789" + ":AA" + drawn(33)),
    "discord": ("Discord bot token", "MT" + drawn(24) + "." + drawn(6) + "." + drawn(38)),
    "discord-hook": (
        "Discord webhook",
        "https://discord.com/api/web" + "hooks/" + "1" * 18 + "/" + drawn(68),
    ),
    "databricks": ("Databricks token", "da" + "pi" + hexadecimal(32)),
    "vault": ("Vault token", "hv" + "s." + drawn(90)),
    "digitalocean": ("DigitalOcean token", "do" + "p_v1_" + hexadecimal(64)),
    "shopify": ("Shopify token", "shp" + "at_" + hexadecimal(32)),
    "docker": ("Docker token", "dckr" + "_pat_" + drawn(27)),
    "langsmith": ("LangSmith key", "lsv2" + "_pt_" + hexadecimal(32) + "_" + hexadecimal(10)),
    "postgres": (
        "password in a connection string",
        "postgres://desk:" + drawn(12) + "@db.acme.example:5432/orders",
    ),
    "mongodb": (
        "password in a connection string",
        "mongodb+srv://desk:" + drawn(14) + "@cluster0.acme.example",
    ),
    "redis": ("password in a connection string", "redis://:" + drawn(16) + "@cache.acme.example:6379/0"),
    "amqp": ("password in a connection string", "amqp://desk:tr0ub4dor&3@mq.acme.example"),
    "odbc": ("password or key", "Server=db;User Id=desk;Pass" + "word=" + drawn(14) + ";Encrypt=yes"),
    "password": ("password or key", "pass" + "word: " + drawn(16)),
    "short-password": ("password or key", "pass" + 'word = "' + "k4tzen!Fell9" + '"'),
    "aws-secret": ("password or key", "aws_secret_access" + "_key = " + drawn(40, ALNUM + "+/")),
    "api-key": ("password or key", "CRM_API" + "_KEY=" + hexadecimal(32)),
    "client-secret": ("password or key", '"client' + 'Secret": "' + drawn(32) + '"'),
    "authorization": ("bearer token", "Authorization: Bear" + "er " + drawn(40)),
    "okta": ("bearer token", "Authorization: SS" + "WS " + drawn(42)),
    "basic": (
        "basic authorization",
        "Authorization: Bas" + "ic " + base64.b64encode(b"desk:k4tzenFell9").decode(),
    ),
    "elevenlabs": ("ElevenLabs API key", "sk" + "_" + hexadecimal(48)),
    "cerebras": ("Cerebras API key", "cs" + "k-" + hexadecimal(48)),
    "together": ("Together API key", "tgp" + "_v1_" + drawn(43)),
    "jina": ("Jina API key", "jina" + "_" + drawn(60)),
    "postman": ("Postman key", "PM" + "AK-" + hexadecimal(24) + "-" + hexadecimal(34)),
    "hubspot": ("HubSpot token", "pat" + "-eu1-" + "9f86d081-884c-4d65-9a2f-eaa0c55ad015"),
    "figma": ("Figma token", "fig" + "d_" + drawn(40)),
    "brevo": ("Brevo key", "xkey" + "sib-" + hexadecimal(64) + "-" + drawn(16)),
    "planetscale": ("PlanetScale token", "pscale" + "_tkn_" + drawn(43)),
    "buildkite": ("Buildkite token", "bk" + "ua_" + hexadecimal(40)),
    "square": ("Square secret", "sq0" + "csp-" + drawn(43)),
    "terraform": ("Terraform token", drawn(14) + ".atlas" + "v1." + drawn(67)),
    "next-line": ("password or key", "pass" + "word:\n    k4tzenFell9z"),
    "block-scalar": ("password or key", "pass" + "word: >-\n    k4tzenFell9z"),
    "only-item": ("password or key", "pass" + "word:\n    - 'k4tzenFell9z'"),
    "pair": ("password or key", "name: DB_PASS" + "WORD\n    value: k4tzenFell9z"),
    "pair-inside": ("password or key", "{name: CRM_API_" + "KEY, value: '" + hexadecimal(32) + "'}"),
    "option": ("password or key", "run: mysql --db-pass" + "word k4tzenFell9z -u desk"),
    "prose": ("password or key", "The pass" + "word is k4tzenFell9z."),
}
"""By name what it is called in a finding, and one, in its usual surroundings."""

DIGEST = hashlib.sha256(b"release").hexdigest()
LOOK_ALIKES = (
    "gpt-4.1-mini-2025-04-14",
    "claude-sonnet-4-5-20250929",
    "anthropic.claude-3-5-sonnet-20241022-v2:0",
    "arn:aws:bedrock:eu-central-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-20250514-v1:0",
    "meta-llama/Llama-3.3-70B-Instruct-Turbo",
    "accounts/fireworks/models/llama-v3p1-405b-instruct",
    "Qwen/Qwen2.5-Coder-32B-Instruct-GPTQ-Int4",
    "ft:gpt-4o-2024-08-06:acme::AbCdEf12",
    f"sha256:{DIGEST}",
    DIGEST,
    f"release: sha256:{DIGEST}",
    hashlib.sha1(b"commit").hexdigest(),  # noqa: S324
    hashlib.md5(b"file").hexdigest(),  # noqa: S324
    hashlib.sha512(b"integrity").hexdigest(),
    "sha512-" + base64.b64encode(hashlib.sha512(b"integrity").digest()).decode(),
    "registry.acme.example/desk-bot@sha256:" + DIGEST,
    "git+https://git.acme.example/agents.git@" + hashlib.sha1(b"x").hexdigest(),  # noqa: S324
    "123e4567-e89b-12d3-a456-426614174000",
    "clientId: 9f86d081-884c-4d65-9a2f-eaa0c55ad015",
    "secret: 9f86d081-884c-4d65-9a2f-eaa0c55ad015",
    "01ARZ3NDEKTSV4RRFFQ69G5FAV",
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9k2LmQ8rTz4WbN7cYd1HsJ0aBcDeFgHiJkLmNoPqRs carla",
    "ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAABgQDJ9k2LmQ8rTz4WbN7cYd1HsJ0aBcDeFgHiJkLmNoPqRs",
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEA9k2LmQ8rTz4WbN7cYd1HsJ\n-----END PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----\nMIIBszCCAVmgAwIBAgIUd1HsJ0aBcDeFgHi\n-----END CERTIFICATE-----",
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\nmDMEZ9k2LmQ8rTz4WbN7cYd1\n-----END PGP PUBLIC KEY BLOCK-----",
    "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
    "-----BEGIN PRIVATE KEY----- is how a key begins: never repeat one",
    "AK" + "IAIOSFODNN7EXAMPLE",
    "aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLE" + "KEY",
    "gh" + "p_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    "sk" + "-ant-api03-XXXXXXXXXXXXXXXXXXXXXXXX",
    "sk" + "-proj-your-key-goes-here-0001",
    "xo" + "xb-your-token-goes-here",
    "sk" + "_live_****************",
    "api_key: ${CRM_API_KEY}",
    "api_key: $CRM_API_KEY",
    "api_key: {{ crm_api_key }}",
    "api_key: <your api key>",
    "api_key: <API-KEY-2026-01>",
    "api_key: OPENAI_API_KEY",
    "api_key: your-api-key-123",
    "api_key: os.environ['KEY_2026']",
    "api_key: ${{ secrets.CRM_KEY_2 }}",
    "api_key: env:CRM_KEY_2026",
    "api_key: vault:kv/desk/crm#key1",
    "apiKey: arn:aws:secretsmanager:eu-central-1:123456789012:secret:crm-1a2b3c",
    "password: changeme123",
    "password: change-me-2026",
    "password: ********",
    "password: hunter",
    "password: null",
    "passwordPolicy: at-least-12-characters",
    "password: see the vault, page 12",
    "The password: customers never tell it in a chat.",
    "secret: true",
    "secretName: crm-login-2026",
    "secret: crm-login-2026",
    "secretRef: kv/data/desk-bot/crm2026",
    "token: {token}",
    "token: %s",
    "token: 128000",
    "maxTokens: 4096",
    "max_output_tokens=8192",
    "token_limit: 200000 per day",
    "tokens: input 1200, output 3400",
    "tokenizer: cl100k_base",
    "Token: a word or a part of one",
    "credentials: rotated every 90 days",
    "credential: svc-refund-bot-2",
    "svc-refund-bot",
    "postgres://desk:${CRM_PASSWORD}@crm.acme.example/orders",
    "postgres://user:password@localhost/orders",
    "postgres://{user}:{password}@{host}/orders",
    "postgresql://desk@db.acme.example:5432/orders",
    "https://grafana.acme.example:3000/d/refund-bot?orgId=1",
    "https://acme.example:8443/a@b",
    "https://docs.google.com/document/d/1aBcDeFgHiJkLmNoPqRsTuVwXyZ0123456789abcdEFG/edit",
    "https://acme.example/runbooks/How-To-Reset-A-Password-2026",
    "mailto:desk@acme.example",
    "#payments",
    "prompts/System2026/How-To-Answer.md",
    "Bearer tokens are never repeated to a customer",
    "Authorization: Bearer ${TOKEN}",
    "Authorization: Bearer <token>",
    "npm_config_registry_mirror_of_the_company_in_house",
    "hf_transformers_are_used_for_embeddings_only",
    "pypi-publishing-is-described-in-the-runbook-of-the-platform-team",
    "sk-learn-based-classifier-of-intents",
    "key-performance-indicators-of-the-desk",
    "eyJhbGciOi... is how a token begins",
    "2026-11-20T12:00:00Z",
    "+49 30 901820",
    "DE89370400440532013000",
    "SKU-2026-000123-XL",
    "secret: k8s/crm-api-key-2026",
    "pwd: C:\\agents\\work2",
    "token:\n    ttl30: PT30M",
    "password:\n    minLength12: true",
    "secret:\n    crm-api-key-v2",
    "- name: CRM_TOKEN\n  value: ${CRM_TOKEN}",
    "- name: CRM_TOKEN\n  value: vault:kv/crm#v2token",
    "mysql --password $DB_PASSWORD",
    "The token is x509-based",
    "The secret is AES256-GCM",
    "The password is printed in section4 of the runbook",
    "Authorization: Basic QWxhZGRpbg==",
    "Basic authorization1 is described below",
    "AKIA is the prefix of a key",
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk",
)  # fmt: skip


def test_the_tables_are_as_long_as_they_promise() -> None:
    assert len({kind for kind, _ in CREDENTIALS.values()}) >= 20
    assert len(set(LOOK_ALIKES)) >= 60


@pytest.mark.parametrize("name", CREDENTIALS)
@pytest.mark.parametrize("around", ["{}", "x-note: {}", 'Use "{}" here.', "a\n  - {}\nb"])
def test_a_credential_is_found_and_called_by_its_name(name: str, around: str) -> None:
    kind, text = CREDENTIALS[name]

    assert [one.kind for one in certain_secrets(around.format(text))] == [kind]


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_credential_is_masked_and_every_line_keeps_its_length(name: str) -> None:
    _, text = CREDENTIALS[name]
    whole = f"before\n{text}\nafter"

    hidden = mask_secrets(whole)

    [one] = certain_secrets(whole)
    assert set(hidden[one.start : one.end]) <= {"*", "\n"}
    assert [len(line) for line in hidden.split("\n")] == [len(line) for line in whole.split("\n")]
    assert hidden.startswith("before\n")
    assert hidden.endswith("\nafter")


@pytest.mark.parametrize("text", LOOK_ALIKES)
@pytest.mark.parametrize("around", ["{}", "x-note: {}", 'Use "{}" here.'])
def test_what_only_looks_like_one_is_not_reported(text: str, around: str) -> None:
    assert certain_secrets(around.replace("{}", text)) == ()


@pytest.mark.parametrize("text", LOOK_ALIKES[:19] + LOOK_ALIKES[20:23])
def test_names_digests_and_public_keys_are_shown_as_they_are(text: str) -> None:
    assert mask_secrets(text) == text


@pytest.mark.parametrize("text", ["AK" + "IAIOSFODNN7EXAMPLE", "password: correcthorse", drawn(40)])
def test_what_may_be_one_is_masked_without_being_reported(text: str) -> None:
    assert certain_secrets(text) == ()
    assert mask_secrets(text) != text


def test_two_that_overlap_are_one_and_the_surer_gives_the_name() -> None:
    found = find_secrets("token: " + CREDENTIALS["github"][1])

    assert [(one.kind, one.certain) for one in found] == [("GitHub token", True)]


def test_neighbours_are_found_one_by_one() -> None:
    both = CREDENTIALS["github"][1] + " " + CREDENTIALS["npm"][1]

    assert [one.kind for one in certain_secrets(both)] == ["GitHub token", "npm token"]


def test_a_letter_with_a_longer_lower_case_moves_nothing() -> None:
    text = "İ" * 30 + " password: " + "tr0ub4dor&3zx"

    [one] = certain_secrets(text)

    assert text[one.start : one.end] == "tr0ub4dor&3zx"


def test_a_message_that_quotes_a_credential_conceals_it_in_words_hint_and_path() -> None:
    one = CREDENTIALS["github"][1]
    place = Place(file="a.yaml", path=f"spec.x[{one}]")
    finding = Finding(rule="schema", severity=Severity.ERROR, message=f"no {one!r}", hint=one, place=place)

    hidden = mask_finding(finding)

    assert one not in f"{hidden.message}{hidden.hint}{hidden.place.path}"
    assert hidden.place.file == "a.yaml"


def test_the_name_of_the_maker_is_no_secret() -> None:
    place = Place(file="a.yaml", path="spec.x-note")
    message = "this looks like a credential: GitHub token"
    finding = Finding(
        rule="secret-in-manifest", severity=Severity.ERROR, message=message, hint="", place=place
    )

    assert mask_finding(finding).message == message


HOSTILE = {
    "one word": "a",
    "token starts": "eyJ",
    "token parts": "eyJaaaaaaaaaa.",
    "key starts": "-----BEGIN PRIVATE KEY-----",
    "logins": "://a:b",
    "long logins": "://" + "a" * 198 + ":",
    "called": "password:",
    "called apart": "password:        ",
    "vault": "hvs.",
    "webhooks": "/api/webhooks/1234567890123456/",
    "azure": "aB3dQ~x",
    "many": "sk-ant-abcd ",
    "bearer": "Bearer ",
    "basic": "Basic aaaaaaaaaaaa ",
    "options": "--password ",
    "next lines": "password:\n ",
    "pairs": "password, value: ",
    "said": "password is ",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_mebibyte_made_to_be_slow_takes_less_than_a_second_of_work(name: str) -> None:
    text = (HOSTILE[name] * (1 << 20))[: 1 << 20]

    def needed() -> float:
        begin = time.process_time()
        find_secrets(text)
        return time.process_time() - begin

    # the best of a few: what is measured is the work, not the machine's mood
    assert any(needed() < 1 for _ in range(4))


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


FORMATS = ("text", "json", "sarif", "junit", "github", "gitlab", "markdown")


@pytest.mark.parametrize("form", FORMATS)
def test_no_report_shows_what_was_found(leaking: Repository, form: str) -> None:
    said = leaking.fleet("validate", "-v", "-o", form)

    assert said.code == 1
    assert "secret-in-manifest" in said.out
    for name in ("github", "anthropic", "stripe", "npm", "google", "gitlab"):
        assert CREDENTIALS[name][1] not in said.out + said.err
        assert CREDENTIALS[name][1][-12:] not in said.out + said.err


def test_each_is_found_in_its_file_at_its_place(leaking: Repository) -> None:
    told = leaking.fleet("validate", "--json").data["findings"]

    found = {
        (one["file"].removeprefix(f"{DESK}/"), one["line"], one["message"].partition(": ")[2])
        for one in told
        if one["rule"] == "secret-in-manifest"
    }
    assert found == {
        ("agent.yaml", 5, "GitHub token"),
        ("agent.yaml", 6, "Anthropic API key"),
        ("agent.yaml", 10, "Stripe key"),
        ("agent.yaml", 10, "npm token"),
        ("prompts/system.md", 2, "Google API key"),
        ("evals/quality.yaml", 1, "GitLab token"),
    }


def test_a_message_about_an_unknown_key_or_owner_conceals_it_too(leaking: Repository) -> None:
    told = leaking.fleet("validate", "--json").data["findings"]

    assert "unknown-key" in {one["rule"] for one in told}
    assert CREDENTIALS["npm"][1] not in json.dumps(told)


def test_a_credential_hidden_behind_escapes_is_found_at_its_value(tmp_path: Path) -> None:
    one = CREDENTIALS["github"][1]
    escaped = "".join(f"\\x{ord(character):02x}" for character in one)
    manifest = MANIFEST.replace(
        "metadata: {name: desk-bot}", f'metadata: {{name: desk-bot, labels: {{crm: "{escaped}"}}}}'
    )
    made = repositories.repository(tmp_path, {**FLEET, f"{DESK}/agent.yaml": manifest})

    [told] = made.fleet("validate", "--json").data["findings"]

    assert (told["rule"], told["path"]) == ("secret-in-manifest", "metadata.labels.crm")


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
def test_a_password_is_found_once_however_oddly_it_is_called(tmp_path: Path, odd: str) -> None:
    text = odd.replace("SECRET", "k4tzen" + "Fell9z")
    made = repositories.repository(tmp_path, {**FLEET, f"{DESK}/agent.yaml": f"{MANIFEST}{text}\n"})

    found = [
        one
        for one in made.fleet("validate", "--json").data["findings"]
        if one["rule"] == "secret-in-manifest"
    ]

    assert len(found) == 1
    assert found[0]["file"] == f"{DESK}/agent.yaml"


def test_a_proposal_is_looked_at_as_well(tmp_path: Path) -> None:
    proposal = f"spec: {{x-crm: {CREDENTIALS['github'][1]}}}\n"
    files = {**FLEET, "proposals/production/desk-bot/overrides.yaml": proposal}
    made = repositories.repository(tmp_path, files)

    told = made.fleet("validate", "--json").data["findings"]

    assert ("secret-in-manifest", "proposals/production/desk-bot/overrides.yaml") in {
        (one["rule"], one["file"]) for one in told
    }


def test_it_cannot_be_waived_or_turned_down(tmp_path: Path) -> None:
    config = FLEET["fleet-config.yaml"] + "rules: {secret-in-manifest: warning}\n"
    made = repositories.repository(tmp_path, {**FLEET, "fleet-config.yaml": config})

    told = made.fleet("validate", "--json").data["findings"]

    assert "cannot be 'warning'" in told[0]["message"]


@pytest.mark.parametrize("side", ["good", "bad"])
def test_validate_finds_the_credential_of_the_bad_case_only(tmp_path: Path, side: str) -> None:
    case = load_case("secret-in-manifest", side)
    made = repositories.repository(tmp_path, case.write(tmp_path / "case"))

    told = made.fleet("validate", "--json").data["findings"]

    assert [{key: one[key] for key in ("rule", "file", "line", "path")} for one in told] == case.findings


def test_our_own_fleets_hold_none() -> None:
    folders = (
        repositories.EXAMPLE,
        repositories.ACME,
        repositories.CHECKOUT / "src" / "fleetward" / "starter",
    )
    for file in itertools.chain.from_iterable(folder.rglob("*") for folder in folders):
        if file.is_file():
            assert certain_secrets(file.read_text(encoding="utf-8")) == (), file
