"""The spellings of each provider's name; the first one is its usual name."""

from __future__ import annotations

from fleetward.rules import pin_table as table
from fleetward.rules.pin import Provider

_SPELLINGS: tuple[tuple[Provider, str], ...] = (
    (table.OPENAI, "openai open-ai"),
    (table.ANTHROPIC, "anthropic claude"),
    (table.AZURE, "azure-openai azure azureopenai"),
    # models of other makers, with dates of their own: a service beside Azure OpenAI, deployed in the same way
    (table.AZURE, "azure-ai azure-ai-foundry azure-foundry azureai azure-ai-inference"),
    (table.GEMINI, "gemini google google-ai google-gemini googleai google-genai"),
    (table.VERTEX, "vertex-ai vertex vertexai google-vertex google-vertex-ai"),
    (table.BEDROCK, "bedrock aws aws-bedrock amazon-bedrock"),
    (table.MISTRAL, "mistral mistralai mistral-ai"),
    (table.COHERE, "cohere"),
    (table.XAI, "xai x-ai grok x.ai"),
    (table.DEEPSEEK, "deepseek"),
    (table.QWEN, "qwen dashscope alibaba alibaba-cloud"),
    (table.HUGGING_FACE, "huggingface hugging-face hf huggingface-hub"),
    (table.OLLAMA, "ollama"),
    (table.OPENROUTER, "openrouter open-router"),
    (table.HOSTS, "groq"),
    (table.HOSTS, "together together-ai togetherai"),
    (table.HOSTS, "fireworks fireworks-ai"),
    (table.HOSTS, "watsonx ibm ibm-watsonx"),
    (table.PERPLEXITY, "perplexity"),
    (table.COPILOT, "github-copilot copilot"),
    (table.COPILOT, "github-models github"),
    (table.AI21, "ai21 ai21-labs"),
    (table.MOONSHOT, "moonshot moonshotai moonshot-ai kimi"),
    (table.REPLICATE, "replicate"),
    (table.OCI, "oci docker oci-image"),
    (table.MLFLOW, "mlflow"),
    (table.MLFLOW, "databricks"),
)
PROVIDERS = {name: provider for provider, spellings in _SPELLINGS for name in spellings.split()}
"""Each provider by every spelling of its name."""
SPELLING = {name: spellings.split()[0] for _, spellings in _SPELLINGS for name in spellings.split()}
"""The usual name of a provider by every spelling of its name."""
