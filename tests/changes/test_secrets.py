import pytest

from fleetward.changes.secrets import masked, masked_text
from tests.changes.situations import moved, spec


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
def test_what_looks_like_a_credential_is_masked(text):
    shown = masked_text(text)

    assert "<secret sha256:" in shown
    for part in ("IOSFODNN7", "abcdefghijklmnop", "hunter2", "correcthorse", "\nabc", "k9Xv2Lm"):
        assert part not in shown


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
def test_what_only_looks_technical_is_left_alone(text):
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
