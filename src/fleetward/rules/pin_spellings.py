"""The spellings of each provider's name; the first one is its usual name."""

from __future__ import annotations

from fleetward.rules import pin_hosts as hosts
from fleetward.rules import pin_table as makers
from fleetward.rules.pin import Provider

_SPELLINGS: tuple[tuple[Provider, str], ...] = (
    (makers.OPENAI, "openai open-ai"),
    (makers.ANTHROPIC, "anthropic claude"),
    (hosts.AZURE, "azure-openai azure azureopenai"),
    # models of other makers, with dates of their own: a service beside Azure OpenAI, deployed in the same way
    (hosts.AZURE_AI, "azure-ai azure-ai-foundry azure-foundry azureai azure-ai-inference"),
    (makers.GEMINI, "gemini google google-ai google-gemini googleai google-genai"),
    (
        makers.VERTEX,
        "vertex-ai vertex vertexai google-vertex google-vertex-ai anthropic-vertex google-cloud gcp",
    ),
    (makers.BEDROCK, "bedrock aws aws-bedrock amazon-bedrock amazon bedrock-converse anthropic-bedrock"),
    (makers.MISTRAL, "mistral mistralai mistral-ai mistral.ai"),
    (makers.COHERE, "cohere cohere-ai"),
    (makers.XAI, "xai x-ai grok x.ai"),
    (makers.DEEPSEEK, "deepseek deepseek-ai"),
    (makers.QWEN, "qwen dashscope alibaba alibaba-cloud aliyun bailian model-studio"),
    (hosts.HUGGING_FACE, "huggingface hugging-face hf huggingface-hub"),
    (hosts.SELF_HOSTED, "vllm"),
    (hosts.SELF_HOSTED, "sglang"),
    (hosts.SELF_HOSTED, "tgi text-generation-inference"),
    (hosts.SELF_HOSTED, "llama.cpp llama-cpp llamacpp"),
    (hosts.SELF_HOSTED, "lm-studio lmstudio"),
    (hosts.OLLAMA, "ollama"),
    (hosts.OPENROUTER, "openrouter open-router"),
    (hosts.OPENROUTER, "vercel vercel-ai-gateway"),
    (hosts.GROQ, "groq groqcloud"),
    (hosts.TOGETHER, "together together-ai togetherai together.ai"),
    (hosts.FIREWORKS, "fireworks fireworks-ai fireworks.ai"),
    (hosts.HOSTS, "watsonx ibm ibm-watsonx"),
    (hosts.HOSTS, "nvidia nvidia-nim nim"),
    (hosts.HOSTS, "cerebras"),
    (hosts.HOSTS, "sambanova"),
    (hosts.HOSTS, "deepinfra"),
    (hosts.HOSTS, "novita"),
    (hosts.HOSTS, "hyperbolic"),
    (hosts.HOSTS, "nebius"),
    (hosts.HOSTS, "baseten"),
    (hosts.HOSTS, "siliconflow"),
    (hosts.HOSTS, "snowflake"),
    (hosts.HOSTS, "cloudflare workers-ai"),
    (hosts.HOSTS, "oracle-cloud oci-genai"),
    (makers.PERPLEXITY, "perplexity perplexity-ai"),
    (hosts.COPILOT, "github-copilot copilot"),
    (hosts.GITHUB_MODELS, "github-models github"),
    (makers.AI21, "ai21 ai21-labs"),
    (makers.MOONSHOT, "moonshot moonshotai moonshot-ai kimi"),
    (makers.OTHER_MAKERS, "meta meta-llama llama-api"),
    (makers.OTHER_MAKERS, "zai z-ai z.ai zhipu zhipuai bigmodel"),
    (makers.OTHER_MAKERS, "minimax"),
    (makers.OTHER_MAKERS, "voyage voyageai voyage-ai"),
    (makers.OTHER_MAKERS, "jina jina-ai"),
    (makers.OTHER_MAKERS, "upstage"),
    (makers.OTHER_MAKERS, "amazon-nova nova"),
    (makers.OTHER_MAKERS, "writer"),
    (makers.OTHER_MAKERS, "nomic nomic-ai"),
    (makers.OTHER_MAKERS, "reka reka-ai"),
    (makers.OTHER_MAKERS, "bytedance volcengine doubao"),
    (makers.OTHER_MAKERS, "baidu qianfan"),
    (makers.OTHER_MAKERS, "tencent hunyuan"),
    (hosts.REPLICATE, "replicate"),
    (hosts.OCI, "oci docker oci-image"),
    (hosts.MLFLOW, "mlflow"),
    (hosts.MLFLOW, "databricks"),
)
PROVIDERS = {name: provider for provider, spellings in _SPELLINGS for name in spellings.split()}
"""Each provider by every spelling of its name."""
SPELLING = {name: spellings.split()[0] for _, spellings in _SPELLINGS for name in spellings.split()}
"""The usual name of a provider by every spelling of its name."""
