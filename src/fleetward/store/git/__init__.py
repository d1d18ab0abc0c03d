"""Processes, repositories, trees, history, commits and atomic files."""
