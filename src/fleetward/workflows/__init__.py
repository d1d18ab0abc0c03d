"""Use cases: read, decide, return a value. They print nothing."""
