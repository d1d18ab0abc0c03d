"""How often we say of an id what its provider's documentation says, measured on a table with sources."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from fleetward.rules import classify_pin
from fleetward.rules.pin import PinClass
from fleetward.rules.pin_classes import model_identity
from fleetward.rules.pin_spellings import PROVIDERS, SPELLING

TABLE = Path(__file__).with_name("pin_ids.yaml")
# (provider, id): why we say something else than the documentation. There is none today.
EXCEPTIONS: dict[tuple[str, str], str] = {}
LISTED = {
    *("openai", "azure-openai", "anthropic", "gemini", "vertex-ai", "bedrock", "mistral", "cohere", "xai"),
    *("deepseek", "qwen", "huggingface", "ollama", "openrouter", "groq", "together", "fireworks", "watsonx"),
    *(
        "azure-ai",
        "vllm",
        "llama.cpp",
        "github-models",
        "meta",
        "zai",
        "minimax",
        "voyage",
        "jina",
        "upstage",
        "nvidia",
    ),
    *("cerebras", "cloudflare", "amazon-nova"),
    *("perplexity", "github-copilot", "ai21", "moonshot", "replicate", "oci", "mlflow", "databricks"),
}


class Id(NamedTuple):
    provider: str
    name: str
    version: str | None
    upgrade: str | None
    label: str
    source: str

    @property
    def found(self) -> PinClass:
        deployment = "chat-eu-1" if self.upgrade else None
        return classify_pin(
            self.provider, self.name, self.version, deployment=deployment, upgrade_policy=self.upgrade
        ).pin_class


def ids() -> Iterator[Id]:
    for block in yaml.safe_load(TABLE.read_text(encoding="utf-8")):
        for label in PinClass:
            for entry in block.get(label.value, []):
                name, version, upgrade = [entry, None, None] if isinstance(entry, str) else [*entry, None][:3]
                yield Id(block["provider"], name, version, upgrade, label.value, block["source"])


def test_every_id_has_the_class_of_its_documentation_but_the_listed_exceptions() -> None:
    entries = list(ids())
    differing = {(entry.provider, entry.name): entry for entry in entries if entry.found.value != entry.label}

    agreed = len(entries) - len(differing)
    print(  # noqa: T201 - the measure, shown by -rP
        f"{agreed} of {len(entries)} ids of {len({i.provider for i in entries})} providers: {agreed / len(entries):.1%}"
    )

    assert differing.keys() == EXCEPTIONS.keys(), [
        f"{entry.provider} {entry.name}: documented as {entry.label}, ours {entry.found.value}"
        for entry in differing.values()
    ]
    assert agreed / len(entries) >= 0.99


def test_the_table_is_large_and_holds_every_provider_and_every_label() -> None:
    entries = list(ids())

    assert len(entries) >= 900
    assert {entry.provider for entry in entries} == LISTED
    assert min(Counter(entry.label for entry in entries).values()) >= 100


def test_every_block_names_its_source_and_what_it_promises() -> None:
    for block in yaml.safe_load(TABLE.read_text(encoding="utf-8")):
        assert set(block) <= {"provider", "source", "promise", *(label.value for label in PinClass)}
        assert block["source"].startswith("https://")
        assert len(block["promise"].split()) >= 6


def test_no_id_is_counted_twice_under_one_source_and_none_has_two_labels() -> None:
    entries = list(ids())
    labels: dict[tuple[str, str, str | None, str | None], set[str]] = {}
    for entry in entries:
        labels.setdefault(entry[:4], set()).add(entry.label)

    assert [
        key for key, count in Counter((*entry[:4], entry.source) for entry in entries).items() if count > 1
    ] == []
    assert [key for key, labels_of_id in labels.items() if len(labels_of_id) > 1] == []


def test_no_reason_and_no_hint_names_a_model_that_was_not_asked_about() -> None:
    names = {entry.name.casefold() for entry in ids() if len(entry.name) > 6}
    for provider in PROVIDERS:
        for name in ("parrot", "parrot-2025-01-01", "parrot-v2", "parrot-3.1"):
            pin = classify_pin(provider, name)
            words = f"{pin.reason} {pin.hint}".casefold().replace(",", " ").split()
            assert not names.intersection(words), (provider, pin)


@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("openai", "parrot-2026-05-01"),
        ("anthropic", "claude-parrot-6"),
        ("bedrock", "parrots.large-v1:0"),
        ("mistral", "parrot-2605"),
        ("deepseek", "parrot-0528"),
        ("qwen", "parrot-2026-05-01"),
        ("xai", "parrot-0501"),
        ("groq", "parrot-3.1"),
        ("zai", "parrot-4"),
        ("own-lab", "parrot-3.1"),
        ("anthropic", "parrot-20260501"),
        # a date that nobody can have promised anything for yet
        ("openai", "gpt-9-2030-01-01"),
        ("openai", "o9-2031-05-06"),
        # a generation that nobody has announced
        ("openai", "gpt-9-2026-08-01"),
        ("anthropic", "claude-opus-9-20270101"),
        ("bedrock", "us.anthropic.claude-opus-9-20270101-v1:0"),
        ("gemini", "gemini-9.0-pro-001"),
        ("xai", "grok-9-0101"),
        ("anthropic", "claude-opus-9-20300101"),
        ("gemini", "gemini-9-pro-2030-01-01"),
        ("vertex-ai", "claude-opus-9@20300101"),
        ("bedrock", "eu.anthropic.claude-opus-9-20300101-v1:0"),
        ("bedrock", "anthropic.claude-opus-9-20300101"),
        ("mistral", "mistral-large-3001"),
        ("cohere", "command-z-01-2030"),
        ("xai", "grok-9-2030-01-01"),
        ("deepseek", "deepseek-v9-20300101"),
        ("qwen", "qwen9-max-2030-01-01"),
        ("ai21", "jamba-large-9-2030-01"),
        ("moonshot", "kimi-k9-20300101"),
        ("openrouter", "openai/gpt-9-2030-01-01"),
        ("groq", "openai/gpt-9-2030-01-01"),
        ("azure-ai", "gpt-9-2030-01-01"),
        ("perplexity", "sonar-2030-01-01"),
        ("zai", "glm-9-2030-01-01"),
    ],
)
def test_a_form_that_is_known_without_the_model_is_versioned_and_says_not_known(
    provider: str, name: str
) -> None:
    pin = classify_pin(provider, name)

    assert pin.pin_class is PinClass.VERSIONED
    assert "not known" in pin.reason


def test_a_later_date_in_a_name_of_ones_own_says_nothing() -> None:
    commit = "9213176726f574b556790deb65791e0c5aa438b6"

    assert classify_pin("huggingface", f"acme/desk-2030-01-01@{commit}").pin_class is PinClass.PINNED
    assert classify_pin("openai", "ft:gpt-4.1-2025-04-14:acme:desk-2030-01-01").pin_class is PinClass.PINNED
    assert classify_pin("github-copilot", "gpt-9-2030-01-01").pin_class is PinClass.FLOATING
    assert classify_pin("openai", "gpt-9-2030-01-01-latest").pin_class is PinClass.FLOATING


def test_an_id_in_capitals_is_judged_like_any_other() -> None:
    changed = {entry: entry._replace(name=entry.name.upper()) for entry in ids()}

    assert [entry for entry, loud in changed.items() if loud.found is not entry.found] == []


def test_no_id_stays_pinned_when_latest_is_put_behind_it() -> None:
    # what stands behind a tuned model's base is a name of its owner's
    plain = [
        entry
        for entry in ids()
        if entry.version is None and not re.search(r"[@/]|(?:^|[.])ft[:-]", entry.name)
    ]

    assert [
        entry for entry in plain if entry._replace(name=f"{entry.name}-latest").found is PinClass.PINNED
    ] == []


def test_every_spelling_leads_to_a_provider_of_the_table() -> None:
    assert SPELLING.keys() == PROVIDERS.keys()
    assert set(SPELLING.values()) >= LISTED
    # a provider without ids in the table shares its rows with one that has some
    listed = [PROVIDERS[name] for name in LISTED]
    assert [name for name, provider in PROVIDERS.items() if provider not in listed] == []


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("azure", "gpt-4o-2024-08-06", None), ("Azure OpenAI", "gpt-4o", "2024-08-06")),
        (("vertex", "claude-sonnet-4@20250514", None), ("vertex-ai", "claude-sonnet-4", "20250514")),
        (("google", "models/gemini-2.0-flash-001", None), ("gemini", "gemini-2.0-flash-001", None)),
        (("own-lab", "parser", "7"), ("own-lab", "parser@7", None)),
    ],
)
def test_two_spellings_of_one_model_have_one_identity(
    first: tuple[str, str, str | None], second: tuple[str, str, str | None]
) -> None:
    assert model_identity(*first) == model_identity(*second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("groq", "openai/gpt-oss-20b", None), ("together", "openai/gpt-oss-20b", None)),
        (("openai", "gpt-4o", "2024-08-06"), ("azure-openai", "gpt-4o", "2024-08-06")),
        (("openai", "gpt-4o", "2024-08-06"), ("openai", "gpt-4o", None)),
        (("own-lab", "parser", None), ("Own-Lab", "parser", None)),
    ],
)
def test_another_provider_or_version_is_another_model(
    first: tuple[str, str, str | None], second: tuple[str, str, str | None]
) -> None:
    assert model_identity(*first) != model_identity(*second)
