"""Attacks on the gate: each a story on a real repository, told through the installed command."""
