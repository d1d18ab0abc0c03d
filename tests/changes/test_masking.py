from dataclasses import replace

import pytest

from fleetward.changes.masking import masked, masked_text
from tests.changes.situations import FILES, compared, known, moved, spec


@pytest.mark.parametrize(
    "text",
    [
        "AKIAIOSFODNN7EXAMPLE",
        "sk-proj-abcdefghijklmnop1234",
        "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
        "Bearer abcdefghijklmnop",
        "postgres://admin:hunter2@db.example/x",
        "password: correcthorse",
        "-----BEGIN PRIVATE KEY-----\nabc\n-----END PRIVATE KEY-----",
        "k9Xv2LmQ8rTz4WbN7cYd1HsJ",
    ],
)
def test_a_text_that_looks_like_a_credential_is_masked(text):
    output = masked_text(text)

    assert "<secret sha256:" in output
    for part in ("IOSFODNN7", "abcdefghijklmnop", "hunter2", "correcthorse", "\nabc", "k9Xv2Lm"):
        assert part not in output


@pytest.mark.parametrize(
    "text",
    [
        "gpt-4.1-mini-2025-04-14",
        "claude-sonnet-4-5-20250929",
        "https://grafana.acme.example/d/refund-bot",
        "sha256:" + "0123456789abcdef" * 4,
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ9k2LmQ8rTz4WbN7cYd1HsJ",
        "svc-refund-bot",
        "token: {token}",
    ],
)
def test_a_technical_name_is_not_masked(text):
    assert masked_text(text) == text


def test_the_same_secret_has_the_same_mask_and_another_has_another():
    assert masked("a", secret=True) == masked("a", secret=True)
    assert masked("a", secret=True) != masked("b", secret=True)


def test_a_key_called_password_is_masked_at_any_depth():
    assert "pw" not in str(masked({"db": [{"dbPassword": "pw"}]}))


def test_a_changed_secret_is_still_a_change_and_never_shown():
    before, after = (spec(**{"x-login": {"apiKey": value}}) for value in ("first-value", "second-value"))

    [change] = moved(before, after)

    assert change.before != change.after
    assert "value" not in f"{change.before}{change.after}{change.reason}".replace("api-key", "")


@pytest.mark.parametrize("content", ["x\n", "\ufeff\u202e"])
def test_a_credential_in_the_name_of_a_file_is_masked(content):
    token = "gh" + "p_" + "a1B2c3D4e5F6" * 3
    with_token = known(files={**FILES, f"notes/{token}.txt": content})

    for comparison in (compared(known(), with_token), compared(with_token, known())):
        [change] = comparison.changes
        assert token not in f"{change.path}{change.reason}{change.place}"
        assert change.path.startswith("notes/****")


def test_a_file_named_by_a_digest_keeps_its_name():
    name = "notes/9f86d081884c7d659a2feaa0c55ad015a3bf4f1b.txt"

    [change] = compared(known(), known(files={**FILES, name: "x\n"})).changes

    assert change.path == name


TOKEN = "gh" + "p_" + "a1B2c3D4e5F6" * 3
LOWER = "sk-" + "proj-" + "a1b2c3d4e5f6" * 3


@pytest.mark.parametrize(
    "override",
    [
        {"x-notes": {TOKEN: "a"}},
        {"x-notes": {"deep": {TOKEN: {"deeper": 1}}}},
        {"model": {"provider": "openai", "name": TOKEN}},
        {"model": {"provider": "openai", "name": "gpt-4.1-2025-04-14", "parameters": {TOKEN: 1}}},
        {"model": {"provider": "openai", "name": LOWER, "version": "latest"}},
        {"tools": [{"name": LOWER, "allow": ["a.read"]}]},
        {"prompts": [{"name": LOWER, "file": "prompts/system.md"}]},
    ],
    ids=lambda override: f"{next(iter(override))}",
)
def test_a_credential_in_the_place_of_a_name_is_masked(override):
    before, after = known(), known(spec(**override))
    comparisons = [
        compared(before, after),
        compared(after, before),
        compared(None, after),
        compared(after, None),
    ]

    assert all(comparison.changes for comparison in comparisons)
    for comparison in comparisons:
        output = repr([replace(change, place=None) for change in comparison.changes])
        assert TOKEN not in output
        assert LOWER not in output
