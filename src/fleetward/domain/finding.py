"""A finding and its place in a file."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from enum import StrEnum

from fleetward.domain.fast_dataclass import dataclass


class Severity(StrEnum):
    """The severity of a finding; only errors fail a check."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """0 is worst."""
        return list(Severity).index(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A span of a file: path relative to the fleet root, lines and columns from 1, the end exclusive."""

    file: str
    line: int = 1
    column: int = 1
    end_line: int = 1
    end_column: int = 1
    path: str = ""
    """The path in the document, such as ``spec.tools[crm].allow``; empty for the file as a whole."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """A violation of *rule* at *place*; *hint* names the edit that fixes it."""

    rule: str
    severity: Severity
    message: str
    place: Place
    hint: str = ""
    environment: str | None = None
    agent: str | None = None
    related: tuple[Place, ...] = ()
    missing_folders: tuple[str, ...] = ()
    """Folders of agents whose absence is the violation."""
    waived: bool = False
    codepoint: str = ""
    """Of a hidden character in prose: what a waiver has to name. Empty where none may excuse it."""
    secret: str = ""
    """Of a credential: a digest, so that each has another fingerprint."""
    subject: str = ""
    """The path that it is about; where that is absent, the place is that of its parent."""

    @property
    def fingerprint(self) -> str:
        """Equal for equal findings, whatever their line numbers."""
        text = "\0".join((self.rule, self.place.file, self.place.path, self.message))
        if self.secret:
            # a release is the same text in each environment, and lines and keys move
            text = "\0".join((self.rule, self.agent or self.place.file, self.secret))
        # paths that are not UTF-8 carry surrogates
        return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]

    def with_severity(self, severity: Severity) -> Finding:
        """The same finding with another severity."""
        return replace(self, severity=severity)

    @property
    def sort_key(self) -> tuple[int, str, int, int, str, str]:
        """Errors first, then by place."""
        place = self.place
        return (self.severity.rank, place.file, place.line, place.column, self.rule, self.message)
