"""How often we say of an id what its provider's documentation says, measured on a table with sources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from fleetward.rules import classify_pin
from fleetward.rules.pin import PinClass
from fleetward.rules.pin_spellings import PROVIDERS, SPELLING
from fleetward.rules.pins import model_identity

TABLE = Path(__file__).with_name("pin_ids.yaml")
# (provider, id): why we say something else than the documentation. There is none today.
EXCEPTIONS: dict[tuple[str, str], str] = {}
LISTED = {
    *("openai", "azure-openai", "anthropic", "gemini", "vertex-ai", "bedrock", "mistral", "cohere", "xai"),
    *("deepseek", "qwen", "huggingface", "ollama", "openrouter", "groq", "together", "fireworks", "watsonx"),
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
            for one in block.get(label.value, []):
                name, version, upgrade = [one, None, None] if isinstance(one, str) else [*one, None][:3]
                yield Id(block["provider"], name, version, upgrade, label.value, block["source"])


def test_we_agree_with_the_documentation_on_every_id_but_the_listed_exceptions() -> None:
    known = list(ids())
    differing = {(one.provider, one.name): one for one in known if one.found.value != one.label}

    agreed = len(known) - len(differing)
    print(  # noqa: T201 - the measure, shown by -rP
        f"{agreed} of {len(known)} ids of {len({i.provider for i in known})} providers: {agreed / len(known):.1%}"
    )

    assert differing.keys() == EXCEPTIONS.keys(), [
        f"{one.provider} {one.name}: documented as {one.label}, ours {one.found.value}"
        for one in differing.values()
    ]
    assert agreed / len(known) >= 0.99


def test_the_table_is_large_and_holds_every_provider_and_every_label() -> None:
    known = list(ids())

    assert len(known) >= 500
    assert {one.provider for one in known} == LISTED
    assert min(Counter(one.label for one in known).values()) >= 100


def test_every_block_names_its_source_and_what_it_promises() -> None:
    for block in yaml.safe_load(TABLE.read_text(encoding="utf-8")):
        assert set(block) <= {"provider", "source", "promise", *(label.value for label in PinClass)}
        assert block["source"].startswith("https://")
        assert len(block["promise"].split()) >= 6


def test_no_id_is_counted_twice_under_one_source_and_none_has_two_labels() -> None:
    known = list(ids())
    labels: dict[tuple[str, str, str | None, str | None], set[str]] = {}
    for one in known:
        labels.setdefault(one[:4], set()).add(one.label)

    assert [key for key, count in Counter((*one[:4], one.source) for one in known).items() if count > 1] == []
    assert [key for key, said in labels.items() if len(said) > 1] == []


def test_an_id_in_capitals_is_judged_like_any_other() -> None:
    changed = {one: one._replace(name=one.name.upper()) for one in ids()}

    assert [one for one, loud in changed.items() if loud.found is not one.found] == []


def test_no_id_stays_pinned_when_latest_is_put_behind_it() -> None:
    plain = [one for one in ids() if one.version is None and "@" not in one.name and "/" not in one.name]

    assert [one for one in plain if one._replace(name=f"{one.name}-latest").found is PinClass.PINNED] == []


def test_every_spelling_leads_to_a_provider_of_the_table() -> None:
    assert SPELLING.keys() == PROVIDERS.keys()
    assert set(SPELLING.values()) == {*LISTED, "github-models"}


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("azure", "gpt-4o-2024-08-06", None), ("Azure OpenAI", "gpt-4o", "2024-08-06")),
        (("vertex", "claude-sonnet-4@20250514", None), ("vertex-ai", "claude-sonnet-4", "20250514")),
        (("google", "models/gemini-2.0-flash-001", None), ("gemini", "gemini-2.0-flash-001", None)),
        (("own-lab", "parser", "7"), ("own-lab", "parser@7", None)),
    ],
)
def test_one_model_written_in_two_ways_is_one(
    one: tuple[str, str, str | None], other: tuple[str, str, str | None]
) -> None:
    assert model_identity(*one) == model_identity(*other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (("groq", "openai/gpt-oss-20b", None), ("together", "openai/gpt-oss-20b", None)),
        (("openai", "gpt-4o", "2024-08-06"), ("azure-openai", "gpt-4o", "2024-08-06")),
        (("openai", "gpt-4o", "2024-08-06"), ("openai", "gpt-4o", None)),
        (("own-lab", "parser", None), ("Own-Lab", "parser", None)),
    ],
)
def test_what_is_served_by_another_or_in_another_version_is_another_model(
    one: tuple[str, str, str | None], other: tuple[str, str, str | None]
) -> None:
    assert model_identity(*one) != model_identity(*other)
