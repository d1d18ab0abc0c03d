"""What the ids of each provider promise; the first row that matches a whole id decides."""

from __future__ import annotations

from fleetward.rules.pin import FLOATING, PINNED, VERSIONED, Provider, Row

# Fragments of patterns. All digits are ASCII; a date has a real month and day, so that 8192 is not a date.
YEAR = r"20[12][0-9]"
MONTH = r"(?:0[1-9]|1[0-2])"
DAY = r"(?:0[1-9]|[12][0-9]|3[01])"
ISO = rf"{YEAR}-{MONTH}-{DAY}"
YMD = rf"{YEAR}{MONTH}{DAY}"
MMDD = rf"{MONTH}{DAY}"
YYMM = rf"2[0-9]{MONTH}"
SHA256 = r"[0-9a-f]{64}"
COMMIT = r"[0-9a-f]{40}"

# A Claude id without a date is an alias up to generation 4.5, and a fixed snapshot from 4.6 on.
FIXED_GENERATION = r"claude-[a-z]+-(?:4[-.](?:[6-9]|[1-9][0-9])|(?:[5-9]|[1-9][0-9])(?:[-.][0-9]{1,2})?)"

OPENAI = Provider(
    hint="name the dated snapshot, such as gpt-4.1-2025-04-14",
    rows=(
        # before the dated row: an id of a tuned model ends with a suffix of the user's own
        Row(rf"ft:.*(?:{ISO}|{MMDD}|-002):.*", PINNED, "a tuned model on a dated base never changes"),
        Row(r"ft:.*", VERSIONED, "a tuned model whose base carries no date"),
        Row(rf".+-{ISO}", PINNED, "a dated snapshot"),
        Row(
            rf"gpt-(?:3\.5|4)[a-z0-9.-]*-{MMDD}(?:-(?:vision-)?preview)?",
            PINNED,
            "a dated snapshot of the older form",
        ),
        Row(
            r"(?:davinci|babbage|text-embedding-ada)-002|text-embedding-3-(?:small|large)",
            VERSIONED,
            "a numbered model without dated snapshots",
        ),
        Row(
            r"(?:whisper|tts)-1(?:-hd)?|dall-e-[23]|gpt-oss-(?:20|120)b",
            VERSIONED,
            "a numbered model without dated snapshots",
        ),
    ),
    default=(FLOATING, "an undated OpenAI name is an alias that moves to newer snapshots"),
)

ANTHROPIC = Provider(
    hint="name the dated id, such as claude-sonnet-4-5-20250929, or a generation from 4.6 on",
    rows=(
        # dated ids first: they are fixed in every generation
        Row(rf"claude-.+[-@]{YMD}", PINNED, "a dated snapshot"),
        Row(FIXED_GENERATION, PINNED, "from generation 4.6 on an id without a date is a fixed snapshot"),
        Row(r"claude-.+-preview", FLOATING, "a preview without a date"),
    ),
    default=(FLOATING, "before generation 4.6 an id without a date is an alias"),
)

AZURE = Provider(hint="write deployment, version and upgradePolicy: no-auto-upgrade")

_GEMINI = (
    # before all others: an experiment may carry a date or number, too
    Row(r".*-exp(?:erimental)?(?:[-_].*)?", FLOATING, "an experiment can be replaced on any day"),
    Row(
        rf".+-preview-(?:{MONTH}-{YEAR}|{MONTH}-(?:0[1-9]|[12][0-9]|3[01])|{ISO}).*",
        VERSIONED,
        "a dated preview can be withdrawn at short notice",
    ),
    Row(r".+-preview.*", FLOATING, "a preview without a date"),
    Row(r"gemini-.+[-@]0[0-9]{2}(?:-tuning)?", PINNED, "a numbered stable version"),
    Row(
        r".*(?:embedding|gecko|imagen|veo|lyria|bison|unicorn|generate|embed).*[-@]0[0-9]{2}",
        PINNED,
        "a numbered stable version",
    ),
    Row(
        r"gemini-(?:1\.[05]|2\.0)-[a-z0-9-]+",
        FLOATING,
        "without a number this generation's names move to the newest stable version",
    ),
    Row(
        r"gemini-(?:2\.[5-9]|[3-9](?:\.[0-9])?)-[a-z-]+",
        VERSIONED,
        "a stable name that the provider usually leaves alone, without promising it",
    ),
    Row(r"gemma-.+[0-9]b(?:-.+)?", VERSIONED, "open weights by name, without a revision"),
)

GEMINI = Provider(
    hint="name a numbered stable version, such as gemini-2.0-flash-001",
    prefix_pattern=r"models/",
    rows=_GEMINI,
)

VERTEX = Provider(
    hint="name a numbered or dated version, such as gemini-2.0-flash-001 or claude-sonnet-4-5@20250929",
    separator="@",
    prefix_pattern=r"(?:projects/[^/]+/locations/[^/]+/)?publishers/[^/]+/models/",
    rows=(
        # full resource names first: the rows below would read a name out of their path
        Row(r"projects/.+/endpoints/.+", FLOATING, "an endpoint serves whatever is deployed to it"),
        Row(r"projects/.+/models/[^@]+@[0-9]+", PINNED, "a numbered version in the model registry"),
        Row(r"projects/.+", FLOATING, "without a numbered version the registry's default answers"),
        Row(r".+@(?:default|latest)", FLOATING, "the name says that it moves"),
        Row(rf"claude-.+@{YMD}", PINNED, "a dated snapshot"),
        Row(FIXED_GENERATION, PINNED, "from generation 4.6 on an id without a date is a fixed snapshot"),
        Row(r"claude-.+", FLOATING, "without a date after @ the newest one answers"),
        Row(rf"(?:mistral|codestral|ministral).*-{YYMM}(?:@.*)?", PINNED, "a dated snapshot"),
        Row(r".+-maas", VERSIONED, "open weights by name, without a revision"),
        *_GEMINI,
    ),
)

_REGION = r"(?:(?:us-gov|us|eu|apac|ap|jp|au|ca|sa|global)\.)?"
_MAKERS = (
    "anthropic amazon meta mistral cohere ai21 stability deepseek openai qwen writer twelvelabs luma google",
    "minimax moonshot moonshotai nvidia zai",
)
_MAKER = rf"(?:{'|'.join(' '.join(_MAKERS).split())})\."

BEDROCK = Provider(
    prefix_pattern=r"arn:aws[a-z-]*:bedrock:[^:]*:[^:]*:(?:foundation-model|inference-profile)/",
    hint="name the model with its version, such as anthropic.claude-sonnet-4-5-20250929-v1:0",
    rows=(
        Row(
            r"arn:aws[a-z-]*:bedrock:[^:]*:[^:]*:(?:custom-model|imported-model)/.+",
            PINNED,
            "a model of your own does not change under its ARN",
        ),
        Row(
            r"arn:aws[a-z-]*:bedrock:[^:]*:[^:]*:provisioned-model/.+",
            FLOATING,
            "provisioned throughput can be given another model",
        ),
        Row(
            r"arn:aws[a-z-]*:bedrock:[^:]*:[^:]*:application-inference-profile/.+",
            VERSIONED,
            "the profile's name does not say which model it was made for",
        ),
        Row(
            r"arn:aws[a-z-]*:bedrock:[^:]*:[^:]*:(?:default-)?prompt-router/.+",
            FLOATING,
            "a router chooses the model on every call",
        ),
        Row(r"arn:aws[a-z-]*:sagemaker:.+", FLOATING, "an endpoint serves whatever is deployed to it"),
        Row(rf"{_REGION}{_MAKER}.+-v?[0-9]+:[0-9]+(?::[0-9]+k|:mm)?", PINNED, "a model id with its version"),
        Row(rf"{_REGION}anthropic\.claude-v2:[0-9]", PINNED, "a model id with its version"),
        Row(rf"{_REGION}anthropic\.claude-.+-{YMD}(?:-v[0-9]+)?", PINNED, "a dated snapshot"),
        Row(
            rf"{_REGION}anthropic\.{FIXED_GENERATION}(?:-v[0-9]+)?",
            PINNED,
            "from generation 4.6 on an id without a date is a fixed snapshot",
        ),
        Row(
            rf"{_REGION}anthropic\.claude-(?:instant-)?v[0-9]+",
            VERSIONED,
            "a version by name, without the revision after a colon",
        ),
        # after all rows with a date or version: an id of Anthropic that is left has neither
        Row(rf"{_REGION}anthropic\..+", FLOATING, "neither a date nor a version"),
        Row(
            rf"{_REGION}{_MAKER}.+(?:-v[0-9]+|-0[0-9]|[-.][0-9]+b(?:-.+)?|{YYMM})",
            VERSIONED,
            "a version by name, without the revision after a colon",
        ),
    ),
    default=(FLOATING, "neither a date nor a version"),
)

MISTRAL = Provider(
    hint="name the dated version, such as mistral-large-2411",
    rows=(
        Row(rf"ft:.*{YYMM}.*:.+", PINNED, "a tuned model on a dated base never changes"),
        Row(rf".+-{YYMM}", PINNED, "a dated version"),
        Row(
            r"open-(?:mistral-7b|mixtral-8x7b|mixtral-8x22b)",
            VERSIONED,
            "open weights by name, without a date",
        ),
        Row(r".+-v?[0-9]+(?:[.-][0-9]+)+", VERSIONED, "a numbered version without a date"),
    ),
    default=(FLOATING, "a name without a date moves to the newest version"),
)

COHERE = Provider(
    hint="name the dated version, such as command-a-03-2025",
    rows=(
        Row(rf".+-{MONTH}-{YEAR}", PINNED, "a dated version"),
        Row(
            r"(?:embed|rerank|parse)-.*v[0-9]+(?:\.[0-9]+)?(?:-.*)?",
            VERSIONED,
            "a numbered version without a date",
        ),
        Row(r"north-.+-[0-9]+[.-][0-9]+", VERSIONED, "a numbered version without a date"),
        Row(r"(?:c4ai-)?aya-.+[0-9]b", VERSIONED, "open weights by name, without a date"),
    ),
    default=(FLOATING, "a name without a date moves to the newest version"),
)

XAI = Provider(
    hint="name the dated version, such as grok-4-0709",
    rows=(
        Row(rf"grok-.+-(?:{MMDD}|{ISO})(?:-(?:non-)?reasoning)?", PINNED, "a dated version"),
        Row(r"grok-.*beta.*", FLOATING, "a beta can be replaced on any day"),
    ),
    default=(FLOATING, "a name without a date is an alias of the newest version"),
)

DEEPSEEK = Provider(
    hint="deepseek's own API upgrades in place; name the open weights with a revision where they are hosted",
    default=(FLOATING, "the API upgrades the model behind this name in place"),
)

QWEN = Provider(
    hint="name the dated snapshot, such as qwen-max-2025-01-25",
    rows=(
        Row(rf".+-{ISO}(?:-(?!latest)[a-z]+)?", PINNED, "a dated snapshot"),
        Row(
            rf"qwen-(?:vl-|math-|coder-)?(?:max|plus|turbo|long)-{MMDD}",
            PINNED,
            "a dated snapshot of the older form",
        ),
        Row(
            r"(?:qwen|qwq|qvq)[0-9.]*-.*[0-9]b(?:-.+)?", VERSIONED, "open weights by name, without a revision"
        ),
        Row(r"text-embedding-v[0-9]+", VERSIONED, "a numbered version without a date"),
    ),
    default=(FLOATING, "a name without a date moves to the newest snapshot"),
)

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

OLLAMA = Provider(
    hint="add the digest that `ollama list` shows in full (sha256:<64 hex digits>)",
    separator=":",
    supports_digest=True,
    rows=(
        Row(rf".+@sha256:{SHA256}", PINNED, "its content is named by digest"),
        # no colon at all: ollama then takes the tag latest
        Row(r"[^:]+", FLOATING, "without a tag, latest is meant"),
        Row(r".+:(?:latest|cloud|.+-cloud)", FLOATING, "the tag says that it moves"),
        Row(
            r".+:(?:.*[-_])?(?:q[0-9][a-z0-9_]*|fp16|bf16|f16|fp8|mxfp4)",
            VERSIONED,
            "a full tag can be pushed again",
        ),
    ),
    default=(FLOATING, "a tag that only names a size moves to another build"),
)

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

REPLICATE = Provider(
    hint="add the version (64 hex digits)",
    separator=":",
    supports_digest=True,
    rows=(
        Row(rf"(?:.+:)?{SHA256}", PINNED, "a version by its full id"),
        Row(r".+:[0-9a-f]{7,63}", VERSIONED, "a shortened version id"),
    ),
    default=(FLOATING, "without a version the newest one answers"),
)

MLFLOW = Provider(
    hint="name a version number, such as models:/refunds/3",
    separator="/",
    supports_digest=True,
    rows=(
        Row(r"(?:models:/)?[^@/]+/[0-9]+", PINNED, "a registered version does not change"),
        Row(r"models:/m-[0-9a-f]{32}|runs:/[0-9a-f]{32}/.+", PINNED, "a logged model does not change"),
        Row(r"models:/[^@]+@.+", FLOATING, "an alias can be pointed at another version"),
        Row(r"models:/[^/]+/[a-z]+", FLOATING, "a stage holds whatever was moved there"),
    ),
    default=(FLOATING, "an endpoint or model without a version number"),
)

_OPEN_WEIGHTS = r"(?:.*/)?(?:[a-z0-9._]+-)*(?:[0-9]+x)?[0-9]+(?:[.p][0-9]+)?[bm](?:-.+)?"

HOSTS = Provider(
    hint="name open weights with size and generation; a host that takes a revision or digest is better",
    rows=(
        Row(r"(?:groq/)?compound.*|.*/routers/.+", FLOATING, "a router chooses the model on every call"),
        Row(
            r".*/(?:deployments|deployedModels)/.+",
            FLOATING,
            "a deployment serves whatever is deployed to it",
        ),
        Row(
            rf".+-(?:{MMDD}|{YYMM}|{ISO}|{YMD})(?:-.+)?",
            VERSIONED,
            "a dated release, served as the host sees fit",
        ),
        Row(_OPEN_WEIGHTS, VERSIONED, "open weights by name, served as the host sees fit"),
        Row(
            r".+-v[0-9]+(?:[.p][0-9]+)*(?:-.+)?", VERSIONED, "a numbered release, served as the host sees fit"
        ),
    ),
    default=(FLOATING, "the host decides what this name serves"),
)

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
            rf".+-(?:{ISO}|{YMD}|{MMDD}(?:-preview)?|{YYMM}|{MONTH}-{YEAR})",
            VERSIONED,
            "a dated release, from whichever host answers",
        ),
        Row(r"google/.+-0[0-9]{2}", VERSIONED, "a numbered stable version, from whichever host answers"),
        Row(rf"anthropic/{FIXED_GENERATION}", VERSIONED, "a fixed generation, from whichever host answers"),
        Row(_OPEN_WEIGHTS, VERSIONED, "open weights by name, from whichever host answers"),
    ),
    default=(FLOATING, "without a date the newest one answers, from whichever host"),
)

PERPLEXITY = Provider(
    rows=(Row(r"r1-1776", VERSIONED, "open weights by name, without a revision"),),
    default=(FLOATING, "the model behind this name is replaced in place"),
)

COPILOT = Provider(
    hint="ask the maker's own API for a dated snapshot",
    default=(FLOATING, "the host decides which snapshot answers"),
)

AI21 = Provider(
    hint="name the dated version, such as jamba-large-1.7-2025-07",
    rows=(
        Row(rf"jamba-.+-{YEAR}-{MONTH}(?:-[0-9]{{2}})?", PINNED, "a dated version"),
        Row(
            r"jamba-(?:[0-9.]+-)?(?:large|mini)(?:-[0-9]+\.[0-9]+)",
            VERSIONED,
            "a numbered version without a date",
        ),
        Row(r"jamba-[0-9]+\.[0-9]+-(?:large|mini)", VERSIONED, "a numbered version without a date"),
    ),
)

MOONSHOT = Provider(
    rows=(
        Row(rf"kimi-.+-{MMDD}(?:-preview)?", VERSIONED, "a dated preview can be withdrawn"),
        Row(r".+-preview", FLOATING, "a preview without a date"),
        Row(r"kimi-k[0-9]+\.[0-9]+(?:-code(?:-highspeed)?)?", VERSIONED, "a numbered version without a date"),
        Row(r"moonshot-v1-[0-9]+k(?:-vision)?", VERSIONED, "a numbered version without a date"),
    ),
    default=(FLOATING, "a family name without a version moves to the newest one"),
)
