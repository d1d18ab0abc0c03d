"""The verbs, one a file: options, a workflow, a renderer, an exit code."""
