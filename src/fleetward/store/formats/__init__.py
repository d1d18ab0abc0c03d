"""Strict YAML, strict JSON, JSON Schema, positions, edits in place, secret scan."""
