"""Use cases that read what other tools write."""
