"""Replay of history: entries, folders and governance of every commit."""
