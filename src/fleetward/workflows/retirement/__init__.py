"""Retiring an agent: who depends on it, what it leaves behind, and which criteria are met."""
