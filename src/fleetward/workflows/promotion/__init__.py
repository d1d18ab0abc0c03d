"""From a commit to verdicts, and from an allowed verdict to a commit."""
