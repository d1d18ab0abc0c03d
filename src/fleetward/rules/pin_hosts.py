"""
What the ids of hosts promise that serve models of others, and of registries from which one serves them oneself.

Hosts replace weights under a name, so an id is versioned at best. A digest or a commit pins where one can be asked for.
"""

from __future__ import annotations

from fleetward.rules.pin import FLOATING, PINNED, VERSIONED, Provider, Row
from fleetward.rules.pin_patterns import (
    ALIASES_OF_MAKERS,
    COMMIT,
    FIXED_GENERATION,
    GENERATION,
    ISO,
    MMDD,
    MONTH,
    OPEN_WEIGHTS,
    SHA256,
    UNKNOWN_DATED,
    UNKNOWN_NUMBERED,
    YEAR,
    YMD,
    YYMM,
)

# https://learn.microsoft.com/azure/foundry/foundry-models/concepts/model-versions
AZURE = Provider(hint="write deployment, version and upgradePolicy: no-auto-upgrade")

# https://huggingface.co/docs/huggingface_hub/guides/download: main is the default, branches and tags can be moved.
HUGGING_FACE = Provider(
    hint="add the commit as version (40 hex digits)",
    separator="@",
    supports_digest=True,
    rows=(
        Row(rf".+@{COMMIT}", PINNED, "a commit of the repository"),
        Row(r".+@(?:main|master|head|latest)", FLOATING, "a branch moves"),
        Row(
            r".+@v?[0-9]+(?:\.[0-9]+)*|.+@[0-9a-f]{7,39}",
            VERSIONED,
            "a tag or a shortened commit, which can be moved or become ambiguous",
        ),
        Row(r".+@.+", FLOATING, "a branch moves"),
    ),
    default=(FLOATING, "without a revision the branch main answers"),
)

# https://docs.vllm.ai/en/latest/cli/serve.html (--revision, --served-model-name); other servers load the same way.
SELF_HOSTED = Provider(
    hint="add the commit as version (40 hex digits), or model.digest",
    separator="@",
    supports_digest=True,
    rows=(
        *HUGGING_FACE.rows,
        Row(
            r"(?:.*[-_./:])?(?:i?q[0-9][a-z0-9_]*|fp16|bf16|f16|fp8|mxfp4)(?:\.gguf)?|[^/]+\.gguf",
            VERSIONED,
            "a file by name, which can be uploaded again",
        ),
        Row(rf"(?!.*/)(?:{OPEN_WEIGHTS})", VERSIONED, "open weights by the name that the server gives them"),
    ),
    default=(FLOATING, "without a revision the server loads what the branch main holds"),
)

# https://docs.ollama.com/api/tags: the digest of what was pulled; a tag is pushed again when a build improves.
OLLAMA = Provider(
    hint="add model.digest: the one that the API's /api/tags shows (sha256:<64 hex digits>)",
    separator=":",
    supports_digest=True,
    rows=(
        Row(rf".+@sha256:{SHA256}", PINNED, "its content is named by digest"),
        # no colon at all: ollama then takes the tag latest
        Row(r"[^:]+", FLOATING, "without a tag, latest is meant"),
        Row(r".+:(?:latest|cloud|.+-cloud)", FLOATING, "the tag says that it moves"),
        Row(
            r".+:(?:.*[-_])?(?:i?q[0-9][a-z0-9_]*|fp16|bf16|f16|fp8|mxfp4|nvfp4|qat)",
            VERSIONED,
            "a full tag can be pushed again",
        ),
        Row(
            rf".+:(?:.*-)?(?:{MMDD}|{YYMM}|v[0-9]+(?:\.[0-9]+)*)(?:-.+)?",
            VERSIONED,
            "a dated or numbered tag can be pushed again",
        ),
    ),
    default=(FLOATING, "a tag that only names a size moves to another build"),
)

# https://github.com/opencontainers/distribution-spec
OCI = Provider(
    hint="add @sha256:<64 hex digits>",
    separator=":",
    supports_digest=True,
    rows=(
        Row(rf".+@sha256:{SHA256}", PINNED, "its content is named by digest"),
        Row(
            rf".+:(?:v?[0-9]+(?:\.[0-9]+){{1,3}}(?:[-+_].+)?|.*(?:{YMD}|{ISO}).*)",
            VERSIONED,
            "a tag can be pushed again",
        ),
    ),
    default=(FLOATING, "neither a digest nor the tag of one version"),
)

# https://replicate.com/docs/topics/models/versions
REPLICATE = Provider(
    hint="add the version (64 hex digits)",
    separator=":",
    supports_digest=True,
    rows=(
        Row(rf"(?:.+:)?{SHA256}", PINNED, "a version by its full id"),
        Row(r".+:[0-9a-f]{7,63}", VERSIONED, "a shortened version id"),
        UNKNOWN_DATED,
    ),
    default=(FLOATING, "without a version the newest one answers"),
)

# https://mlflow.org/docs/latest/ml/model-registry/ and docs.databricks.com (retired models policy)
MLFLOW = Provider(
    hint="name a version number: models:/NAME/VERSION",
    separator="/",
    supports_digest=True,
    rows=(
        Row(r"(?:models:/)?[^@/]+/[0-9]+", PINNED, "a registered version does not change"),
        Row(r"models:/m-[0-9a-f]{32}|runs:/[0-9a-f]{32}/.+", PINNED, "a logged model does not change"),
        Row(r"models:/[^@]+@.+", FLOATING, "an alias can be pointed at another version"),
        Row(r"models:/[^/]+/[a-z]+", FLOATING, "a stage holds whatever was moved there"),
        UNKNOWN_DATED,
    ),
    default=(FLOATING, "an endpoint or model without a version number"),
)

_ROUTERS = (
    Row(r"(?:groq/)?compound.*|.*/routers/.+", FLOATING, "a router chooses the model on every call"),
    Row(
        r".*/deployments/.+",
        FLOATING,
        "a deployment serves whatever is deployed to it",
    ),
    Row(r".*/deployedModels/.+", VERSIONED, "a deployment of your own tuned model, without a promise"),
)
_WEIGHTS = (
    Row(
        rf".+-(?:{MMDD}|{YYMM}|{ISO}|{YMD})(?:-.+)?",
        VERSIONED,
        "a dated release, served as the host sees fit",
    ),
    Row(OPEN_WEIGHTS, VERSIONED, "open weights by name, served as the host sees fit"),
    Row(r".+-v[0-9]+(?:[.p][0-9]+)*(?:-.+)?", VERSIONED, "a numbered release, served as the host sees fit"),
    Row(
        rf"(?:anthropic[/.])?{FIXED_GENERATION}",
        VERSIONED,
        "a fixed generation of its maker, served as the host sees fit",
    ),
    ALIASES_OF_MAKERS,
    UNKNOWN_DATED,
    UNKNOWN_NUMBERED,
    GENERATION,
)

# https://console.groq.com/docs/models, inference-docs.cerebras.ai, docs.sambanova.ai, deepinfra.com/docs,
# developers.cloudflare.com/workers-ai/models, build.nvidia.com, ibm.com/docs (watsonx foundation model lifecycle)
HOSTS = Provider(
    hint="name open weights with size and generation; a host that takes a revision or digest is better",
    rows=(*_ROUTERS, *_WEIGHTS),
    default=(FLOATING, "the host decides what this name serves"),
)

# docs.together.ai/docs/deprecations, console.groq.com/docs/deprecations: undated names were sent to the next release.
_MOVED = "without a date the host moves this name to the next release"
GROQ = Provider(
    hint=HOSTS.hint,
    rows=(Row(r"(?:moonshotai/)?kimi-k2-instruct", FLOATING, _MOVED), *HOSTS.rows),
    default=HOSTS.default,
)
TOGETHER = Provider(
    hint=HOSTS.hint,
    rows=(
        Row(r"deepseek-ai/deepseek-(?:r1|v3)|moonshotai/kimi-k2-instruct", FLOATING, _MOVED),
        *HOSTS.rows,
    ),
    default=HOSTS.default,
)

# https://docs.fireworks.ai/models/overview: an account's models have unique names; those of fireworks may be replaced.
FIREWORKS = Provider(
    hint=HOSTS.hint,
    rows=(
        *HOSTS.rows,
        Row(
            r"accounts/(?!fireworks/)[^/]+/models/[^#]+",
            VERSIONED,
            "a model of your own account, without a promise",
        ),
        Row(
            r"accounts/fireworks/models/[^#]*[0-9][^#]*",
            VERSIONED,
            "a numbered release, but what the host promises for it is not known",
        ),
    ),
    default=HOSTS.default,
)

# Models of other makers beside Azure OpenAI; with a version, their deployments are judged like Azure OpenAI's.
AZURE_AI = Provider(hint=AZURE.hint, rows=_WEIGHTS, default=(FLOATING, "no model version is named"))

# https://docs.github.com/en/github-models
GITHUB_MODELS = Provider(
    hint="ask the maker's own API for a dated snapshot",
    rows=_WEIGHTS,
    default=(FLOATING, "the host decides which snapshot answers"),
)

# https://openrouter.ai/docs/guides/routing/model-variants
OPENROUTER = Provider(
    hint="ask the maker's own API for a dated snapshot",
    rows=(
        Row(r"openrouter/.+|~.+", FLOATING, "a router chooses the model on every call"),
        Row(
            r".+:(?:nitro|floor|online|free|extended|exacto|thinking)",
            FLOATING,
            "a variant chooses the host on every call",
        ),
        Row(
            rf".+-(?:{ISO}|{YMD}|{MMDD}(?:-preview)?|{YYMM}|{MONTH}-{YEAR}|{YEAR}-{MONTH})(?:-.+)?",
            VERSIONED,
            "a dated release, from whichever host answers",
        ),
        Row(r"google/.+-0[0-9]{2}", VERSIONED, "a numbered stable version, from whichever host answers"),
        Row(rf"anthropic/{FIXED_GENERATION}", VERSIONED, "a fixed generation, from whichever host answers"),
        Row(OPEN_WEIGHTS, VERSIONED, "open weights by name, from whichever host answers"),
        Row(
            r"openai/text-embedding-(?:3-(?:small|large)|ada-002)",
            VERSIONED,
            "a numbered model, from whichever host answers",
        ),
        ALIASES_OF_MAKERS,
        UNKNOWN_NUMBERED,
        Row(
            r"(?!openai|anthropic|google|x-ai|mistralai|cohere|perplexity|amazon|deepseek)[a-z0-9-]+/[a-z-]+-?[a-z]?[0-9]+"
            r"(?:-(?!latest|preview|auto)[a-z]+)*",
            VERSIONED,
            "a generation by number, but what the hosts promise for it is not known",
        ),
    ),
    default=(FLOATING, "without a date the newest one answers, from whichever host"),
)

# https://docs.github.com/en/copilot/reference/ai-models/supported-models
COPILOT = Provider(
    hint="ask the maker's own API for a dated snapshot",
    default=(FLOATING, "the host decides which snapshot answers"),
)
