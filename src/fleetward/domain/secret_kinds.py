"""The makers' patterns for their credentials, as their documentation gives them."""

from __future__ import annotations

import re

_STARTS: tuple[tuple[str, str], ...] = (
    ("AWS access key", r"(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}(?![0-9A-Za-z_])"),
    ("AWS Bedrock API key", r"ABSK[A-Za-z0-9+/]{100,300}={0,2}"),
    ("Google API key", r"AIza[\w-]{35}(?![\w-])"),
    ("Google OAuth client secret", r"GOCSPX-[\w-]{24,40}"),
    ("GitHub token", r"gh[pousr]_[A-Za-z0-9]{30,255}|github_pat_[A-Za-z0-9_]{40,255}"),
    ("GitLab token", r"gl(?:pat|dt|rt|cbt|ptt|soat|agent|ft|imt)-[\w.-]{18,300}"),
    (
        "Slack token",
        r"xox[abceoprs](?:\.xox[bp])?-[A-Za-z0-9-]{10,250}|xapp-[0-9]-[A-Z0-9]+-[0-9]+-[a-z0-9]{20,100}",
    ),
    ("Stripe key", r"[spr]k_(?:live|test)_[A-Za-z0-9]{16,250}|whsec_[A-Za-z0-9+/]{24,100}"),
    ("Anthropic API key", r"sk-ant-[\w-]{20,250}"),
    ("OpenRouter API key", r"sk-or-(?:v1-)?[A-Za-z0-9]{32,100}"),
    ("Langfuse secret key", r"sk-lf-[0-9a-f-]{36}"),
    ("OpenAI API key", r"sk-(?:proj|svcacct|admin|None)-[\w-]{20,300}|sk-[A-Za-z0-9]{20,100}(?![\w-])"),
    ("Hugging Face token", r"(?:hf_|api_org_)[A-Za-z0-9]{30,60}(?![\w-])"),
    ("npm token", r"npm_[A-Za-z0-9]{36}(?![\w-])"),
    ("PyPI token", r"pypi-AgE[\w-]{40,600}"),
    (
        "JSON web token",
        r"eyJ[\w-]{8,4000}\.eyJ[\w-]{4,8000}\.[\w-]{8,4000}|eyJ[\w-]{30,4000}\.[\w-]{16,4000}\.[\w-]{16,4000}",
    ),
    ("Twilio key", r"SK[0-9a-f]{32}(?![\w-])"),
    ("Mailgun key", r"key-[0-9a-f]{32}(?![\w-])|pubkey-[0-9a-f]{32}(?![\w-])"),
    ("Databricks token", r"dapi[0-9a-f]{32}(?:-[0-9])?(?![\w-])|dose[0-9a-f]{32}(?![\w-])"),
    ("DigitalOcean token", r"do[opr]_v1_[0-9a-f]{64}"),
    ("Shopify token", r"shp(?:at|ca|pa|ss|tka)_[0-9a-fA-F]{32}"),
    ("Docker token", r"dckr_(?:pat|oat)_[\w-]{24,60}"),
    ("Linear API key", r"lin_(?:api|oauth)_[A-Za-z0-9]{32,64}"),
    ("Notion token", r"(?:secret_[A-Za-z0-9]{43}|ntn_[A-Za-z0-9]{40,60})(?![\w-])"),
    ("Groq API key", r"gsk_[A-Za-z0-9]{40,60}"),
    ("xAI API key", r"xai-[A-Za-z0-9]{60,100}"),
    ("Replicate token", r"r8_[A-Za-z0-9]{37}(?![\w-])"),
    ("Perplexity API key", r"pplx-[A-Za-z0-9]{40,64}"),
    ("Fireworks API key", r"fw_[A-Za-z0-9]{22,40}(?![\w-])"),
    ("LangSmith key", r"lsv2_(?:pt|sk)_[0-9a-f]{32}_[0-9a-f]{10}"),
    ("Pinecone API key", r"pcsk_[A-Za-z0-9_]{40,100}"),
    ("Tavily API key", r"tvly-(?:dev-|prod-)?[A-Za-z0-9]{24,64}"),
    ("Grafana token", r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}|glc_[A-Za-z0-9+/]{32,400}={0,2}"),
    ("New Relic key", r"NRAK-[A-Z0-9]{27}(?![\w-])"),
    ("Supabase token", r"sb(?:p|_secret)_[\w-]{30,60}"),
    ("Atlassian token", r"ATATT3[\w=-]{60,300}"),
    ("age secret key", r"AGE-SECRET-KEY-1[0-9A-Z]{58}"),
    ("ElevenLabs API key", r"sk_[0-9a-f]{48}(?![\w-])"),
    ("Cerebras API key", r"csk-[a-z0-9]{40,60}(?![\w-])"),
    ("Together API key", r"tgp_v1_[\w-]{40,60}"),
    ("Jina API key", r"jina_[A-Za-z0-9_-]{50,70}"),
    ("Postman key", r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}"),
    ("HubSpot token", r"pat-(?:na|eu|ap)[0-9]-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("Figma token", r"fig[dour]_[\w-]{36,60}"),
    ("Brevo key", r"xkeysib-[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    ("PlanetScale token", r"pscale_(?:tkn|oauth|pw)_[\w-]{32,64}"),
    ("Buildkite token", r"bkua_[0-9a-f]{40}"),
    ("Square secret", r"sq0(?:csp|atp|idp)-[\w-]{22,60}"),
    ("Sentry token", r"sntr(?:ys|yu)_[\w+/=-]{32,400}"),
)
"""(kind, pattern) of credentials that begin a word of letters, digits, ``-`` and ``_``."""

KINDS = {f"k{number}": kind for number, (kind, _) in enumerate(_STARTS)}
"""The kind by the group of ``WORDS`` that matched."""
WORDS = re.compile("|".join(f"(?P<k{number}>{pattern})" for number, (_, pattern) in enumerate(_STARTS)))
"""All of them; every repetition has a bound, and is tried at the start of a word only."""

MARKED: tuple[tuple[str, str, re.Pattern[str]], ...] = (
    ("SendGrid key", "SG.", re.compile(r"SG\.[\w-]{16,32}\.[\w-]{32,64}(?![\w-])")),
    (
        "Discord bot token",
        ".",
        re.compile(r"[MNO](?<![\w-].)[\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}(?![\w-])"),
    ),
    ("Terraform token", ".atlasv1.", re.compile(r"(?<![\w.])[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}")),
    ("Vault token", "hv", re.compile(r"hv[bsr]\.[\w-]{20,300}")),
    ("Google access token", "ya29.", re.compile(r"ya29\.[\w-]{20,500}")),
    ("Telegram bot token", ":AA", re.compile(r"(?<![0-9])[0-9]{8,10}:AA[\w-]{33}(?![\w-])")),
    (
        "Doppler token",
        "dp.",
        re.compile(r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}"),
    ),
    ("Azure storage key", "Key=", re.compile(r"(?:Account|SharedAccess)Key=[A-Za-z0-9+/]{40,100}={0,2}")),
    ("Azure client secret", "Q~", re.compile(r"(?<![\w.~-])[\w.~-]{3}[0-9]Q~[\w.~-]{31,34}(?![\w.~-])")),
    ("Azure shared access signature", "sig=", re.compile(r"sig=[A-Za-z0-9%+/]{40,100}(?:%3[Dd]|=)")),
    (
        "Slack webhook",
        "hooks.slack.com/",
        re.compile(r"hooks\.slack\.com/(?:services|workflows|triggers)/T\w{6,14}/\w{6,14}/\w{16,64}"),
    ),
    ("Discord webhook", "/api/webhooks/", re.compile(r"/api/webhooks/[0-9]{16,20}/[\w-]{50,90}")),
)
"""(kind, a literal that the text must hold, pattern) of those whose mark is no word of its own."""
