"""Workflow commands of GitHub: text of a fleet can neither end a command nor begin another."""

from __future__ import annotations

from collections.abc import Mapping

from fleetward.report.human import visible


def workflow_command(kind: str, properties: Mapping[str, str], message: str) -> str:
    """
    ``::error file=a.yaml,line=3::message``; each line of *message* becomes a line of the annotation.

    Source: the runner decodes ``%25``, ``%0D`` and ``%0A`` in messages, and in properties also ``%3A`` and ``%2C``.
    """
    head = ",".join(f"{key}={_escape_property(value)}" for key, value in properties.items())
    # split first: each line is escaped alone, a line feed is kept as %0A
    lines = "\n".join(map(visible, message.split("\n")))
    return f"::{kind} {head}::{_escape(lines)}"


def _escape(text: str) -> str:
    # the percent sign first: else the escapes would be escaped again
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    # a comma or colon would begin another property or the message
    return _escape(visible(text)).replace(":", "%3A").replace(",", "%2C")
