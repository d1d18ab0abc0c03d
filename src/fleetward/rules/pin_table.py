"""
What the ids of model makers' own services promise; the first row that matches a whole id decides.

Each provider names the page that its rows follow. Pinned needs the provider's word that an id does not change. A date
or number without that word is versioned, and so is an id in a provider's form that none of its rows knows.
"""

from __future__ import annotations

from fleetward.rules.pin import FLOATING, PINNED, VERSIONED, Provider, Row
from fleetward.rules.pin_patterns import (
    FIXED_GENERATION,
    GENERATION,
    ISO,
    MMDD,
    MONTH,
    OPEN_WEIGHTS,
    TUNED_ON_DATED,
    UNKNOWN_DATED,
    UNKNOWN_NUMBERED,
    YEAR,
    YMD,
    YYMM,
)

# https://platform.openai.com/docs/models: snapshots lock a version, names without a date are moved to newer ones.
_OPENAI_FAMILY = (
    r"(?:gpt|chatgpt|o[0-9]|codex|computer-use|omni-moderation|sora|tts|whisper|text-embedding"
    r"|text-moderation|dall-e)"
)
OPENAI = Provider(
    hint="name the dated snapshot: NAME-YYYY-MM-DD",
    rows=(
        # before the dated row: an id of a tuned model ends with a suffix of the user's own
        TUNED_ON_DATED,
        Row(r"ft:.*", VERSIONED, "a tuned model whose base carries no date"),
        Row(rf"{_OPENAI_FAMILY}.*-{ISO}", PINNED, "a dated snapshot"),
        Row(
            rf"(?:gpt-(?:3\.5|4)[a-z0-9.-]*|tts-1(?:-hd)?)-{MMDD}(?:-(?:vision-)?preview)?",
            PINNED,
            "a dated snapshot of the older form",
        ),
        Row(
            r"(?:davinci|babbage|text-embedding-ada|code-davinci)-00[0-9]|text-embedding-3-(?:small|large)"
            r"|text-(?:davinci|curie|babbage|ada|moderation)-00[0-9]",
            VERSIONED,
            "a numbered model without dated snapshots",
        ),
        Row(
            r"(?:whisper|tts)-1(?:-hd)?|dall-e-[23]|gpt-image-1(?:-mini)?|gpt-oss-(?:safeguard-)?(?:20|120)b",
            VERSIONED,
            "a numbered model without dated snapshots",
        ),
        UNKNOWN_DATED,
    ),
    default=(FLOATING, "an undated OpenAI name is an alias that moves to newer snapshots"),
)

# https://platform.claude.com/docs/en/about-claude/models/model-ids-and-versions
ANTHROPIC = Provider(
    hint="name the dated id: NAME-YYYYMMDD; from generation 4.6 on the name itself is fixed",
    rows=(
        # dated ids first: they are fixed in every generation
        Row(rf"claude-.+[-@]{YMD}", PINNED, "a dated snapshot"),
        Row(FIXED_GENERATION, PINNED, "from generation 4.6 on an id without a date is a fixed snapshot"),
        Row(r"claude-.+-preview", FLOATING, "a preview without a date"),
        Row(r"claude-(?:instant-)?[12]\.[0-9]", VERSIONED, "a numbered version without a date"),
        Row(
            r"claude-(?!opus|sonnet|haiku|instant)[a-z]+-(?:[5-9]|[1-9][0-9]|4[-.][6-9])(?:[-.][0-9]{1,2})?",
            VERSIONED,
            "it has the form of a fixed snapshot, but the model is not known",
        ),
        UNKNOWN_DATED,
    ),
    default=(FLOATING, "before generation 4.6 an id without a date is an alias"),
)

# https://ai.google.dev/gemini-api/docs/models: stable names usually do not change, previews may be replaced.
# https://cloud.google.com/vertex-ai/generative-ai/docs/learn/model-versions: a stable version with three digits does
# not change, the name without them is updated (up to generation 2.0).
_GEMINI_DATE = rf"(?:{MONTH}-{YEAR}|{MONTH}-(?:0[1-9]|[12][0-9]|3[01])|{ISO}|{MMDD})"
_GEMINI = (
    Row(
        rf"(?!.*-preview-).+-exp(?:erimental)?-{_GEMINI_DATE}",
        VERSIONED,
        "a dated experiment can be withdrawn on any day",
    ),
    # before all others: an experiment may carry a number, too
    Row(r".*-exp(?:erimental)?(?:[-_].*)?", FLOATING, "an experiment can be replaced on any day"),
    Row(
        rf".+-preview-(?:.+-)?{_GEMINI_DATE}.*", VERSIONED, "a dated preview can be withdrawn at short notice"
    ),
    Row(r".+-preview.*", FLOATING, "a preview without a date"),
    Row(r"tunedModels/.+", VERSIONED, "a tuned model of your own, without a word on its base"),
    Row(r"gemini-.+[-@]0[0-9]{2}(?:-tuning)?", PINNED, "a numbered stable version"),
    Row(
        r".*(?:embedding|gecko|image|veo|lyria|bison|unicorn|generate|embed|code|chat|text|virtual-try-on|semantic-ranker).*[-@]0[0-9]{2}",
        PINNED,
        "a numbered stable version",
    ),
    Row(
        r"gemini-(?:1\.[05]|2\.0)-[a-z0-9-]+",
        FLOATING,
        "without a number this generation's names move to the newest stable version",
    ),
    Row(
        r"gemini-(?:live-)?(?:2\.[5-9]|[3-9](?:\.[0-9])?)-(?!.*latest)[a-z-]+",
        VERSIONED,
        "a stable name that the provider usually leaves alone, without promising it",
    ),
    Row(r"(?:gemini-)?gemma-.+[0-9]b(?:-.+)?", VERSIONED, "open weights by name, without a revision"),
    UNKNOWN_DATED,
    UNKNOWN_NUMBERED,
    GENERATION,
)

GEMINI = Provider(
    hint="name a numbered stable version, NAME-001, where there is one",
    prefix_pattern=r"models/",
    rows=_GEMINI,
)

# Partner models: https://cloud.google.com/vertex-ai/generative-ai/docs/partner-models/use-partner-models
VERTEX = Provider(
    hint="name a numbered or dated version: NAME-001, or NAME@VERSION",
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
        Row(
            rf"(?:mistral|codestral|ministral|pixtral).*[-@]{YYMM}(?:[-@][0-9]+)?", PINNED, "a dated snapshot"
        ),
        Row(r"(?:[a-z0-9-]+/)?.+-maas(?:@.+)?", VERSIONED, "open weights by name, without a revision"),
        Row(r"(?!gemini-).+@[0-9]{1,4}", PINNED, "a numbered version of a publisher's model"),
        Row(
            r"(?!gemini-)[^@]+@[^@]+", VERSIONED, "a named version of a publisher's model, without a promise"
        ),
        *_GEMINI,
        Row(OPEN_WEIGHTS, VERSIONED, "open weights by name, without a revision"),
    ),
)

_REGION = r"(?:(?:us-gov|us|eu|apac|ap|jp|au|ca|sa|in|uk|kr|mx|me|global)\.)?"
_MAKERS = (
    "anthropic amazon meta mistral cohere ai21 stability deepseek openai qwen writer twelvelabs luma google",
    "minimax moonshot moonshotai nvidia xai zai",
)
_MAKER = rf"(?:{'|'.join(' '.join(_MAKERS).split())})\."
_ARN = r"arn:aws[a-z-]*:bedrock:[^:]*:[^:]*:"

# https://docs.aws.amazon.com/bedrock/latest/userguide/models-supported.html and .../inference-profiles.html
BEDROCK = Provider(
    prefix_pattern=rf"{_ARN}(?:foundation-model|inference-profile)/",
    hint="name the model with its version and revision: MAKER.NAME-v1:0",
    rows=(
        Row(
            rf"{_ARN}(?:custom-model|imported-model)/.+",
            PINNED,
            "a model of your own does not change under its ARN",
        ),
        # UpdateCustomModelDeployment replaces the model, but only its owner can call it
        Row(
            rf"{_ARN}custom-model-deployment/.+",
            VERSIONED,
            "a deployment of your own tuned model, which you can give another model",
        ),
        Row(rf"{_ARN}provisioned-model/.+", FLOATING, "provisioned throughput can be given another model"),
        Row(
            rf"{_ARN}application-inference-profile/.+",
            VERSIONED,
            "the profile's name does not say which model it was made for",
        ),
        Row(rf"{_ARN}(?:default-)?prompt-router/.+", FLOATING, "a router chooses the model on every call"),
        Row(r"arn:aws[a-z-]*:sagemaker:.+", FLOATING, "an endpoint serves whatever is deployed to it"),
        Row(rf"{_REGION}{_MAKER}.+-v?[0-9]+:[0-9]+(?::[0-9]+k|:mm)?", PINNED, "a model id with its version"),
        Row(rf"{_REGION}anthropic\.claude-v2:[0-9]", PINNED, "a model id with its version"),
        Row(rf"{_REGION}anthropic\.claude-.+[-@]{YMD}(?:-v[0-9]+)?", PINNED, "a dated snapshot"),
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
            rf"{_REGION}{_MAKER}.+(?:-v[0-9]+|-0[0-9]|{YYMM})",
            VERSIONED,
            "a version by name, without the revision after a colon",
        ),
        Row(
            r"amazon\.titan-tg1-large|amazon\.[a-z-]+|ai21\.j2-[a-z-]+|stability\.stable-diffusion-xl",
            FLOATING,
            "neither a date nor a version",
        ),
        Row(
            rf"{_REGION}{_MAKER}.*[0-9].*",
            VERSIONED,
            "a model by name, without a revision after a colon",
        ),
        Row(
            rf"{_REGION}(?!arn:)[a-z0-9-]+\.[a-z0-9][a-z0-9.-]*-v?[0-9]+(?::[0-9]+)?",
            VERSIONED,
            "it has the form of a model id with its version, but the model is not known",
        ),
        UNKNOWN_DATED,
    ),
    default=(FLOATING, "neither a date nor a version"),
)

# https://docs.mistral.ai/getting-started/models: year and month name one release, other names move.
MISTRAL = Provider(
    hint="name the dated version: NAME-YYMM",
    rows=(
        Row(rf"ft:.+:{YMD}:.+|ft:.*{YYMM}.*:.+", PINNED, "a tuned model never changes"),
        Row(r"ft:.+", VERSIONED, "a tuned model whose base carries no date"),
        Row(
            rf"(?:labs-|open-)?(?:mistral|mixtral|ministral|magistral|codestral|devstral|voxtral|pixtral|mathstral|leanstral)"
            rf"(?:-.+)?-{YYMM}",
            PINNED,
            "a dated version",
        ),
        Row(
            r"open-(?:mistral-7b|mixtral-8x7b|mixtral-8x22b)",
            VERSIONED,
            "open weights by name, without a date",
        ),
        UNKNOWN_DATED,
        Row(
            r".+-v?[0-9]+(?:[.-][0-9]+)*(?:-(?!latest)[a-z]+)?",
            VERSIONED,
            "a numbered version without a date",
        ),
    ),
    default=(FLOATING, "a name without a date moves to the newest version"),
)

# https://docs.cohere.com/docs/models
COHERE = Provider(
    hint="name the dated version: NAME-MM-YYYY",
    rows=(
        Row(rf".+-{MONTH}-{YEAR}", PINNED, "a dated version"),
        Row(
            r"(?:embed|rerank|parse)-.*v[0-9]+(?:\.[0-9]+)?(?:-.*)?",
            VERSIONED,
            "a numbered version without a date",
        ),
        Row(r"north-.+-[0-9]+[.-][0-9]+", VERSIONED, "a numbered version without a date"),
        Row(r"(?:c4ai-)?aya-.+[0-9]b", VERSIONED, "open weights by name, without a date"),
        Row(r".+-ft", VERSIONED, "a tuned model of your own, without a word on its base"),
        UNKNOWN_DATED,
    ),
    default=(FLOATING, "a name without a date moves to the newest version"),
)

# https://docs.x.ai/docs/models: a name with a date is one release, the name and -latest are aliases.
XAI = Provider(
    hint="name the dated version: NAME-MMDD",
    rows=(
        Row(rf"grok-.+-(?:{MMDD}|{ISO})(?:-(?:non-)?reasoning)?", PINNED, "a dated version"),
        Row(r"grok-.*beta.*", FLOATING, "a beta can be replaced on any day"),
        UNKNOWN_DATED,
    ),
    default=(FLOATING, "a name without a date is an alias of the newest version"),
)

# https://api-docs.deepseek.com/updates: names are upgraded in place, numbered ones as well.
DEEPSEEK = Provider(
    hint="deepseek's own API upgrades in place; name the open weights with a revision where they are hosted",
    rows=(UNKNOWN_DATED,),
    default=(FLOATING, "the API upgrades the model behind this name in place"),
)

# https://www.alibabacloud.com/help/en/model-studio/models: a name with a date is a snapshot.
QWEN = Provider(
    hint="name the dated snapshot: NAME-YYYY-MM-DD",
    rows=(
        Row(
            rf"(?:qwen|qwq|qvq|tongyi|wan|gte|text-embedding|farui|cosyvoice|paraformer|fun|z-image|qwen-).*-{ISO}"
            rf"(?:-(?!latest)[a-z]+)?",
            PINNED,
            "a dated snapshot",
        ),
        Row(
            rf"qwen-(?:vl-|math-|coder-)?(?:max|plus|turbo|long)-{MMDD}",
            PINNED,
            "a dated snapshot of the older form",
        ),
        Row(
            r"(?:qwen|qwq|qvq)[0-9.]*-.*[0-9]b(?:-.+)?", VERSIONED, "open weights by name, without a revision"
        ),
        Row(
            r"(?:wan|happyhorse)[-0-9.]+-.+(?<!latest)(?<!preview)",
            VERSIONED,
            "a numbered version without a date",
        ),
        Row(r"(?:text-embedding|gte-rerank)-v[0-9]+", VERSIONED, "a numbered version without a date"),
        Row(
            r"(?:deepseek|kimi|moonshot|glm|minimax|llama|baichuan|chatglm|yi)-.*[0-9].*(?<!latest)(?<!preview)",
            VERSIONED,
            "weights of another maker by name, without a revision",
        ),
        UNKNOWN_DATED,
    ),
    default=(FLOATING, "a name without a date moves to the newest snapshot"),
)

# https://docs.ai21.com/docs/jamba-foundation-models
AI21 = Provider(
    hint="name the dated version: NAME-YYYY-MM",
    rows=(
        Row(rf"jamba-.+-{YEAR}-{MONTH}(?:-[0-9]{{2}})?", PINNED, "a dated version"),
        Row(
            r"jamba-(?:[0-9.]+-)?(?:large|mini|reasoning-3b)(?:-[0-9]+(?:\.[0-9]+)?)",
            VERSIONED,
            "a numbered version without a date",
        ),
        Row(r"jamba-[0-9]+(?:\.[0-9]+)?-(?:large|mini)", VERSIONED, "a numbered version without a date"),
        Row(r"(?:jamba|ai21-jamba).*-[0-9]+b", VERSIONED, "open weights by name, without a date"),
        UNKNOWN_DATED,
        UNKNOWN_NUMBERED,
    ),
    default=(FLOATING, "a name without a version moves to the newest one"),
)

# https://platform.kimi.ai/docs/models
MOONSHOT = Provider(
    hint="name a numbered version with its minor part: kimi-kN.M",
    rows=(
        Row(rf"kimi-.+-{MMDD}(?:-preview)?", VERSIONED, "a dated preview can be withdrawn"),
        Row(r".+-preview", FLOATING, "a preview without a date"),
        Row(
            r"kimi-k[0-9]+\.[0-9]+(?:-code(?:-highspeed)?|-thinking)?",
            VERSIONED,
            "a numbered version without a date",
        ),
        Row(r"kimi-k[0-9]+(?:-thinking(?:-turbo)?)?", VERSIONED, "a numbered version without a date"),
        Row(r"moonshot-v1-[0-9]+k(?:-vision)?", VERSIONED, "a numbered version without a date"),
        UNKNOWN_DATED,
        UNKNOWN_NUMBERED,
    ),
    default=(FLOATING, "a family name without a version moves to the newest one"),
)

# docs.z.ai, platform.minimax.io, docs.voyageai.com, jina.ai/models, console.upstage.ai/docs, nova.amazon.com/dev,
# llama.developer.meta.com/docs: each names models by number or date, none says whether one is replaced in place.
OTHER_MAKERS = Provider(
    hint="name a dated or numbered version",
    rows=(
        Row(OPEN_WEIGHTS, VERSIONED, "open weights by name, without a revision"),
        UNKNOWN_DATED,
        UNKNOWN_NUMBERED,
        GENERATION,
    ),
    default=(FLOATING, "a family name without a version moves to the newest one"),
)

# https://docs.perplexity.ai
PERPLEXITY = Provider(
    hint="ask a maker's own API for a dated version",
    rows=(
        Row(rf"r1-1776|{OPEN_WEIGHTS}", VERSIONED, "open weights by name, without a revision"),
        UNKNOWN_DATED,
    ),
    default=(FLOATING, "the model behind this name is replaced in place"),
)
