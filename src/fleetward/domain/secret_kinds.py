"""Patterns of credentials, as documented by their makers."""

from __future__ import annotations

STARTS: tuple[tuple[str, str, str], ...] = (
    ("AWS access key", "AKIA ASIA ABIA ACCA", r"[0-9A-Z]{16}(?![0-9A-Za-z_])"),
    ("AWS Bedrock API key", "ABSK", r"[A-Za-z0-9+/]{100,300}={0,2}"),
    ("Google API key", "AIza", r"[\w-]{35}(?![\w-])"),
    ("Google OAuth client secret", "GOCSPX-", r"[\w-]{24,40}"),
    ("GitHub token", "ghp_ gho_ ghu_ ghs_ ghr_", r"[A-Za-z0-9]{30,255}"),
    ("GitHub token", "github_pat_", r"[A-Za-z0-9_]{40,255}"),
    (
        "GitLab token",
        "glpat- gldt- glrt- glcbt- glptt- glsoat- glagent- glft- glimt-",
        r"[\w.-]{18,300}",
    ),
    ("Slack token", "xoxa xoxb xoxc xoxe xoxo xoxp xoxr xoxs", r"(?:\.xox[bp])?-[A-Za-z0-9-]{10,250}"),
    ("Slack token", "xapp-", r"[0-9]-[A-Z0-9]+-[0-9]+-[a-z0-9]{20,100}"),
    ("Stripe key", "sk_live_ sk_test_ pk_live_ pk_test_ rk_live_ rk_test_", r"[A-Za-z0-9]{16,250}"),
    ("Stripe key", "whsec_", r"[A-Za-z0-9+/]{24,100}"),
    ("Anthropic API key", "sk-ant-", r"[\w-]{20,250}"),
    ("OpenRouter API key", "sk-or-", r"(?:v1-)?[A-Za-z0-9]{32,100}"),
    ("Langfuse secret key", "sk-lf-", r"[0-9a-f-]{36}"),
    ("OpenAI API key", "sk-proj- sk-svcacct- sk-admin- sk-None-", r"[\w-]{20,300}"),
    # after the longer prefixes: the first match counts
    ("OpenAI API key", "sk-", r"[A-Za-z0-9]{20,100}(?![\w-])"),
    ("Hugging Face token", "hf_ api_org_", r"[A-Za-z0-9]{30,60}(?![\w-])"),
    ("npm token", "npm_", r"[A-Za-z0-9]{36}(?![\w-])"),
    ("PyPI token", "pypi-AgE", r"[\w-]{40,600}"),
    ("JSON web token", "eyJ", r"[\w-]{8,4000}\.eyJ[\w-]{4,8000}\.[\w-]{8,4000}"),
    ("JSON web token", "eyJ", r"[\w-]{30,4000}\.[\w-]{16,4000}\.[\w-]{16,4000}"),
    ("Twilio key", "SK", r"[0-9a-f]{32}(?![\w-])"),
    ("Mailgun key", "key- pubkey-", r"[0-9a-f]{32}(?![\w-])"),
    ("Databricks token", "dapi", r"[0-9a-f]{32}(?:-[0-9])?(?![\w-])"),
    ("Databricks token", "dose", r"[0-9a-f]{32}(?![\w-])"),
    ("DigitalOcean token", "doo_v1_ dop_v1_ dor_v1_", r"[0-9a-f]{64}"),
    ("Shopify token", "shpat_ shpca_ shppa_ shpss_ shptka_", r"[0-9a-fA-F]{32}"),
    ("Docker token", "dckr_pat_ dckr_oat_", r"[\w-]{24,60}"),
    ("Linear API key", "lin_api_ lin_oauth_", r"[A-Za-z0-9]{32,64}"),
    ("Notion token", "secret_", r"[A-Za-z0-9]{43}(?![\w-])"),
    ("Notion token", "ntn_", r"[A-Za-z0-9]{40,60}(?![\w-])"),
    ("Groq API key", "gsk_", r"[A-Za-z0-9]{40,60}"),
    ("xAI API key", "xai-", r"[A-Za-z0-9]{60,100}"),
    ("Replicate token", "r8_", r"[A-Za-z0-9]{37}(?![\w-])"),
    ("Perplexity API key", "pplx-", r"[A-Za-z0-9]{40,64}"),
    ("Fireworks API key", "fw_", r"[A-Za-z0-9]{22,40}(?![\w-])"),
    ("LangSmith key", "lsv2_pt_ lsv2_sk_", r"[0-9a-f]{32}_[0-9a-f]{10}"),
    ("Pinecone API key", "pcsk_", r"[A-Za-z0-9_]{40,100}"),
    ("Tavily API key", "tvly-", r"(?:dev-|prod-)?[A-Za-z0-9]{24,64}"),
    ("Grafana token", "glsa_", r"[A-Za-z0-9]{32}_[0-9a-f]{8}"),
    ("Grafana token", "glc_", r"[A-Za-z0-9+/]{32,400}={0,2}"),
    ("New Relic key", "NRAK-", r"[A-Z0-9]{27}(?![\w-])"),
    ("Supabase token", "sbp_ sb_secret_", r"[\w-]{30,60}"),
    ("Atlassian token", "ATATT3", r"[\w=-]{60,300}"),
    ("age secret key", "AGE-SECRET-KEY-1", r"[0-9A-Z]{58}"),
    ("ElevenLabs API key", "sk_", r"[0-9a-f]{48}(?![\w-])"),
    ("Cerebras API key", "csk-", r"[a-z0-9]{40,60}(?![\w-])"),
    ("Together API key", "tgp_v1_", r"[\w-]{40,60}"),
    ("Jina API key", "jina_", r"[A-Za-z0-9_-]{50,70}"),
    ("Postman key", "PMAK-", r"[0-9a-f]{24}-[0-9a-f]{34}"),
    ("HubSpot token", "pat-na pat-eu pat-ap", r"[0-9]-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"),
    ("Figma token", "figd_ figo_ figu_ figr_", r"[\w-]{36,60}"),
    ("Brevo key", "xkeysib-", r"[0-9a-f]{64}-[A-Za-z0-9]{16}"),
    ("PlanetScale token", "pscale_tkn_ pscale_oauth_ pscale_pw_", r"[\w-]{32,64}"),
    ("Buildkite token", "bkua_", r"[0-9a-f]{40}"),
    ("Square secret", "sq0csp- sq0atp- sq0idp-", r"[\w-]{22,60}"),
    ("Sentry token", "sntrys_ sntryu_", r"[\w+/=-]{32,400}"),
)
"""
(kind, prefixes, pattern of the rest) of credentials at the start of a word of letters, digits, ``-`` and ``_``.

The first match counts. Every repetition has a bound and is tried only at the start of a word.
"""

MARKED: tuple[tuple[str, str, str], ...] = (
    ("SendGrid key", "SG.", r"SG\.[\w-]{16,32}\.[\w-]{32,64}(?![\w-])"),
    (
        "Discord bot token",
        ".",
        r"[MNO](?<![\w-].)[\w-]{23,27}\.[\w-]{6}\.[\w-]{27,40}(?![\w-])",
    ),
    ("Terraform token", ".atlasv1.", r"(?<![\w.])[A-Za-z0-9]{14}\.atlasv1\.[\w=-]{60,70}"),
    ("Vault token", "hv", r"hv[bsr]\.[\w-]{20,300}"),
    ("Google access token", "ya29.", r"ya29\.[\w-]{20,500}"),
    ("Telegram bot token", ":AA", r"(?<![0-9])[0-9]{8,10}:AA[\w-]{33}(?![\w-])"),
    (
        "Doppler token",
        "dp.",
        r"dp\.(?:pt|st|ct|sa|scim|audit)\.(?:[a-z0-9_-]{2,35}\.)?[A-Za-z0-9]{40,44}",
    ),
    ("Azure storage key", "Key=", r"(?:Account|SharedAccess)Key=[A-Za-z0-9+/]{40,100}={0,2}"),
    ("Azure client secret", "Q~", r"(?<![\w.~-])[\w.~-]{3}[0-9]Q~[\w.~-]{31,34}(?![\w.~-])"),
    ("Azure shared access signature", "sig=", r"sig=[A-Za-z0-9%+/]{40,100}(?:%3[Dd]|=)"),
    (
        "Slack webhook",
        "hooks.slack.com/",
        r"hooks\.slack\.com/(?:services|workflows|triggers)/T\w{6,14}/\w{6,14}/\w{16,64}",
    ),
    ("Discord webhook", "/api/webhooks/", r"/api/webhooks/[0-9]{16,20}/[\w-]{50,90}"),
)
"""(kind, a literal in the text, pattern) of credentials whose mark is not the start of a word."""
