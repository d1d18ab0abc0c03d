"""The documentation of imported formats, printed from the docstrings of their readers."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from fleetward.domain import limits
from fleetward.store.imports.evaluations.adapter import Adapter
from fleetward.store.imports.evaluations.registry import ADAPTERS
from fleetward.store.imports.litellm import read_catalogue
from fleetward.store.imports.metrics import read_figures

_MIB = 1024 * 1024
_HEAD = f"""\
# Formats

Files of other tools that `fleet` reads. This page is printed from the source: `make docs`.

## Evaluation results

`fleet evidence add AGENT FILE --suite NAME` reads a file of results. The first format below that recognises the
file reads it. Where the suite names a `format` in `spec.evals`, it has to be that one. How a run is tagged with the
release that it evaluated: [Tag evaluation runs](../how-to/tag-evaluation-runs.md).

Every format gives counts of passed, failed, errored and skipped samples, and metrics. `pass-rate` is passed of
total. A file without samples is never a pass.

Largest sizes: JSON {limits.EVALUATION_JSON_BYTES // _MIB} MiB, XML {limits.EVALUATION_XML_BYTES // _MIB} MiB,
archives {limits.EVALUATION_ARCHIVE_BYTES // _MIB} MiB.
"""
_METRICS = """\
## Metrics

`fleet retire AGENT --check --metrics FILE` reads measured values. So does a rule of the policy that asks for
`criteria: met`, the exit criteria of a pilot: at the commit that is judged, from files that `fleet-config.yaml` names.

```yaml
reporting: {metrics: [reports/metrics/*.csv]}
```

A `*` stands for any part of one name. Links are refused. Of each metric the newest value counts, where the pilot runs.
"""


def reference_page() -> str:
    """All imported formats as one page of Markdown."""
    return "\n".join(
        (
            _HEAD,
            *(adapter_section(adapter) for adapter in ADAPTERS),
            _METRICS,
            _paragraphs(read_figures),
            "## Model catalogue\n\n`fleet models import FILE` reads the retirement dates of language models.\n",
            _paragraphs(read_catalogue),
        )
    )


def adapter_section(adapter: Adapter) -> str:
    """One format of evaluation results as a section in Markdown."""
    return (
        f"### `{adapter.format}`\n\n"
        f"**Recognised**: {_paragraphs(adapter.recognises)}\n"
        f"**Read**: {_paragraphs(adapter.read)}"
    )


def _paragraphs(function: Callable[..., Any]) -> str:
    """The docstring of *function* in Markdown, without its ``Errors``."""
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    texts = [" ".join(text.split()) for text in paragraphs if not text.startswith("Errors:")]
    return "\n\n".join(texts).replace("``", "`") + "\n"
