"""Governance changes, and tests of a policy."""
