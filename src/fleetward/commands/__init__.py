"""The verbs, one a file: read, ask, show, exit."""
