"""Ids as providers write them, and what they promise."""

from typing import Any

import pytest

from fleetward.rules import PinClass, classify_pin
from fleetward.rules.pin_classes import model_identity

SHA = "46e0c10c039e019119339687c3c1757cc81b9da49709a3b3924863ba87ca666e"
COMMIT = "9213176726f574b556790deb65791e0c5aa438b6"
PINNED = [
    ("openai", "gpt-4.1-2025-04-14"),
    ("openai", "gpt-4o-mini-2024-07-18"),
    ("openai", "gpt-4o-realtime-preview-2024-12-17"),
    ("openai", "gpt-4-0613"),
    ("openai", "gpt-3.5-turbo-1106"),
    ("openai", "gpt-4-1106-preview"),
    ("openai", "o3-2025-04-16"),
    ("openai", "ft:gpt-4o-mini-2024-07-18:acme::abc123"),
    ("anthropic", "claude-sonnet-4-6"),
    ("anthropic", "claude-opus-4-6"),
    ("anthropic", "claude-opus-5"),
    ("anthropic", "claude-sonnet-4-5-20250929"),
    ("anthropic", "claude-3-5-haiku-20241022"),
    ("gemini", "gemini-2.0-flash-001"),
    ("google", "models/gemini-1.5-pro-002"),
    ("gemini", "text-embedding-004"),
    ("vertex-ai", "claude-sonnet-4-5@20250929"),
    ("vertex", "textembedding-gecko@003"),
    ("vertex", "projects/p/locations/l/models/123@4"),
    ("bedrock", "anthropic.claude-3-5-sonnet-20241022-v2:0"),
    ("bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0"),
    ("bedrock", "amazon.nova-pro-v1:0"),
    ("bedrock", "meta.llama3-70b-instruct-v1:0"),
    ("bedrock", "anthropic.claude-opus-4-6-v1"),
    ("bedrock", "arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0"),
    ("bedrock", "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.amazon.nova-lite-v1:0"),
    ("mistral", "mistral-large-2411"),
    ("mistral", "codestral-2501"),
    ("cohere", "command-r-08-2024"),
    ("cohere", "command-a-03-2025"),
    ("xai", "grok-4-0709"),
    ("qwen", "qwen-max-2025-01-25"),
    ("huggingface", f"meta-llama/Llama-3.1-8B-Instruct@{COMMIT}"),
    ("ollama", f"llama3.1@sha256:{SHA}"),
    ("oci", f"ghcr.io/acme/model@sha256:{SHA}"),
    ("ai21", "jamba-large-1.7-2025-07"),
    ("replicate", f"meta/llama:{SHA}"),
    ("mlflow", "models:/refunds/3"),
]
VERSIONED = [
    ("openai", "text-embedding-3-small"),
    ("gemini", "gemini-2.5-flash"),
    ("gemini", "gemini-2.5-flash-preview-09-2025"),
    ("bedrock", "amazon.titan-embed-text-v1"),
    ("bedrock", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3"),
    ("mistral", "open-mixtral-8x7b"),
    ("cohere", "embed-english-v3.0"),
    ("qwen", "qwen2.5-72b-instruct"),
    ("huggingface", "BAAI/bge-m3@v1.0"),
    ("ollama", "llama3.1:8b-instruct-q4_K_M"),
    ("oci", "ghcr.io/acme/model:1.4.2"),
    ("openrouter", "openai/gpt-4o-2024-08-06"),
    ("openrouter", "anthropic/claude-opus-4.6"),
    ("groq", "llama-3.3-70b-versatile"),
    ("together", "meta-llama/Llama-3.3-70B-Instruct-Turbo"),
    ("fireworks", "accounts/fireworks/models/llama-v3p1-8b-instruct"),
    ("watsonx", "ibm/granite-3-8b-instruct"),
    ("perplexity", "r1-1776"),
    ("moonshot", "kimi-k2-0905-preview"),
    ("own-server", "refunds-20260101"),
]
FLOATING = [
    ("openai", "gpt-4.1"),
    ("openai", "gpt-4o"),
    ("openai", "o3"),
    ("openai", "chatgpt-4o-latest"),
    ("openai", "gpt-4-8192"),
    ("anthropic", "claude-sonnet-4-5"),
    ("anthropic", "claude-opus-4-1"),
    ("anthropic", "claude-sonnet-4-0"),
    ("anthropic", "claude-3-7-sonnet-latest"),
    ("anthropic", "claude-opus-4"),
    ("gemini", "gemini-2.0-flash"),
    ("gemini", "gemini-flash-latest"),
    ("gemini", "gemini-3-pro-preview"),
    ("gemini", "gemini-2.0-flash-exp"),
    ("vertex", "claude-sonnet-4-5"),
    ("vertex", "claude-sonnet-4-5@default"),
    ("vertex", "projects/p/locations/l/endpoints/123"),
    ("bedrock", "anthropic.claude-sonnet-4-5"),
    ("bedrock", "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc"),
    ("bedrock", "arn:aws:bedrock:us-east-1:123456789012:default-prompt-router/anthropic.claude:1"),
    ("mistral", "mistral-large-latest"),
    ("mistral", "mistral-small"),
    ("cohere", "command-r-plus"),
    ("xai", "grok-4"),
    ("xai", "grok-3-beta"),
    ("deepseek", "deepseek-chat"),
    ("qwen", "qwen-plus-latest"),
    ("qwen", "qwen-max"),
    ("huggingface", "meta-llama/Llama-3.1-8B-Instruct"),
    ("huggingface", "meta-llama/Llama-3.1-8B-Instruct@main"),
    ("ollama", "llama3.1"),
    ("ollama", "llama3.1:latest"),
    ("ollama", "llama3.1:8b"),
    ("oci", "ghcr.io/acme/model:latest"),
    ("oci", "localhost:5000/model"),
    ("openrouter", "openrouter/auto"),
    ("openrouter", "anthropic/claude-sonnet-4.5"),
    ("openrouter", "openai/gpt-4o-2024-08-06:nitro"),
    ("groq", "groq/compound"),
    ("perplexity", "sonar-pro"),
    ("github-copilot", "gpt-4.1-2025-04-14"),
    ("replicate", "meta/llama-3-70b"),
    ("mlflow", "models:/refunds@champion"),
    ("mlflow", "models:/refunds/Production"),
    ("databricks", "databricks-claude-sonnet-4"),
    ("moonshot", "moonshot-v1-auto"),
    ("openai", "${MODEL}"),
    ("openai", "$MODEL"),
    ("openai", "{{ model }}"),
    ("openai", ""),
    ("own-server", "refunds"),
    ("own-server", "refunds-8192"),
    ("own-server", "refunds:latest"),
]


def labelled() -> list[Any]:
    kinds = {PinClass.PINNED: PINNED, PinClass.VERSIONED: VERSIONED, PinClass.FLOATING: FLOATING}
    return [
        pytest.param(provider, name, cls, id=f"{provider}:{name}")
        for cls, names in kinds.items()
        for provider, name in names
    ]


@pytest.mark.parametrize(("provider", "name", "cls"), labelled())
def test_an_id_is_of_the_class_that_its_provider_promises(provider: str, name: str, cls: PinClass) -> None:
    pin = classify_pin(provider, name)

    assert pin.pin_class is cls, pin.reason
    assert pin.reason
    assert bool(pin.hint) is (cls is not PinClass.PINNED)


@pytest.mark.parametrize(
    ("fields", "cls"),
    [
        ({"version": "2024-08-06", "upgrade_policy": "no-auto-upgrade", "deployment": "d"}, PinClass.PINNED),
        ({"version": "2024-08-06", "upgrade_policy": "once-expired", "deployment": "d"}, PinClass.VERSIONED),
        ({"version": "2024-08-06", "upgrade_policy": "on-new-default", "deployment": "d"}, PinClass.FLOATING),
        ({"version": "2024-08-06", "deployment": "d"}, PinClass.FLOATING),
        ({"upgrade_policy": "no-auto-upgrade", "deployment": "d"}, PinClass.FLOATING),
        ({"version": "latest", "upgrade_policy": "no-auto-upgrade", "deployment": "d"}, PinClass.FLOATING),
        ({"version": "2024-08-06", "upgrade_policy": "no-auto-upgrade"}, PinClass.VERSIONED),
        (
            {"version": "2024-08-06", "upgrade_policy": "no-auto-upgrade", "deployment": "${D}"},
            PinClass.FLOATING,
        ),
    ],
)
def test_azure_is_pinned_by_deployment_version_and_upgrade_policy_together(
    fields: dict[str, str], cls: PinClass
) -> None:
    assert classify_pin("azure-openai", "gpt-4o", **fields).pin_class is cls


def test_a_router_floats_on_azure_however_firmly_its_deployment_is_held() -> None:
    deployment_fields = {"version": "2025-11-18", "deployment": "d", "upgrade_policy": "no-auto-upgrade"}

    assert classify_pin("azure-openai", "model-router", **deployment_fields).pin_class is PinClass.FLOATING


@pytest.mark.parametrize("field", ["version", "deployment"])
def test_white_space_names_neither_a_version_nor_a_deployment(field: str) -> None:
    deployment_fields = {"version": "2024-08-06", "deployment": "d", "upgrade_policy": "no-auto-upgrade"}

    assert (
        classify_pin("azure-openai", "gpt-4o", **{**deployment_fields, field: " "}).pin_class
        is not PinClass.PINNED
    )


def test_a_vertex_id_says_the_same_with_its_publisher_in_front() -> None:
    for name, maker in (("gemini-2.0-flash-001", "google"), ("claude-sonnet-4-5@20250929", "anthropic")):
        short = f"publishers/{maker}/models/{name}"
        whole = f"projects/p/locations/eu/{short}"

        assert (
            classify_pin("vertex-ai", short).pin_class
            is classify_pin("vertex-ai", whole).pin_class
            is PinClass.PINNED
        )
        assert model_identity("vertex-ai", short) == model_identity("vertex-ai", name)
    assert (
        classify_pin("vertex-ai", "publishers/anthropic/models/claude-opus-4-5").pin_class
        is PinClass.FLOATING
    )


def test_a_digest_pins_where_models_are_asked_for_by_digest() -> None:
    assert classify_pin("ollama", "llama3.1:8b", digest=f"sha256:{SHA}").pin_class is PinClass.PINNED
    assert classify_pin("own-server", "refunds", digest=f"sha256:{SHA}").pin_class is PinClass.PINNED
    assert classify_pin("huggingface", "org/name", digest=COMMIT).pin_class is PinClass.PINNED


def test_a_digest_that_no_provider_is_ever_sent_pins_nothing() -> None:
    assert classify_pin("openai", "gpt-4.1", digest=f"sha256:{SHA}").pin_class is PinClass.FLOATING
    assert (
        classify_pin("anthropic", "claude-sonnet-4-5", digest=f"sha256:{SHA}").pin_class is PinClass.FLOATING
    )


def test_half_a_digest_pins_nothing() -> None:
    assert classify_pin("ollama", "llama3.1", digest="sha256:46e0c10c").pin_class is PinClass.FLOATING


def test_a_version_written_apart_counts_as_part_of_the_id() -> None:
    assert classify_pin("openai", "gpt-4.1", "2025-04-14").pin_class is PinClass.PINNED
    assert classify_pin("huggingface", "org/name", COMMIT).pin_class is PinClass.PINNED
    assert classify_pin("huggingface", "org/name", "main").pin_class is PinClass.FLOATING
    assert classify_pin("mlflow", "refunds", "3").pin_class is PinClass.PINNED
    assert classify_pin("own-server", "refunds", "7").pin_class is PinClass.VERSIONED
    assert classify_pin("own-server", "refunds", "latest").pin_class is PinClass.FLOATING


def test_a_provider_is_known_in_any_spelling() -> None:
    assert (
        classify_pin("Azure OpenAI", "gpt-4o", "1", upgrade_policy="once-expired").pin_class
        is PinClass.VERSIONED
    )
    assert classify_pin(" GitHub_Copilot ", "gpt-4.1-2025-04-14").pin_class is PinClass.FLOATING


@pytest.mark.parametrize("provider", ["openai", "bedrock", "openrouter", "gemini", "groq", "ollama", "own"])
def test_the_longest_hostile_name_is_classified_at_once(provider: str) -> None:
    import time

    start = time.process_time()
    for piece in ("a-1-", "1b-", "arn:aws:bedrock:", "v0.", "2025-01-01"):
        classify_pin(provider, piece * (200 // len(piece)) + "!")

    assert time.process_time() - start < 0.5
