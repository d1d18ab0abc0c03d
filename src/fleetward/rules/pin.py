"""Pins: how fixed the id of a language model is, and the rows that decide it for a provider."""

from __future__ import annotations

from enum import StrEnum

from fleetward.domain.fast_dataclass import dataclass


class PinClass(StrEnum):
    """What an id promises: the same content, a version, or nothing."""

    PINNED = "pinned"
    VERSIONED = "versioned"
    FLOATING = "floating"


PINNED, VERSIONED, FLOATING = PinClass.PINNED, PinClass.VERSIONED, PinClass.FLOATING


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The class of one id, the reason, and the edit that would improve it."""

    pin_class: PinClass
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A pattern that matches a whole id, with the class of such ids and the reason."""

    pattern: str
    pin_class: PinClass
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """
    How one provider names models: the first row that matches decides, else *default*.

    *separator* stands between the name and a separate version. *supports_digest*: a request can name a model by its
    digest; elsewhere a digest in the manifest pins nothing, because it is never sent. *prefix_pattern* matches a
    prefix of ids that has no meaning.
    """

    # floating: a name that no row knows must not pass for a fixed one (SPEC 4)
    rows: tuple[Row, ...] = ()
    default: tuple[PinClass, str] = (FLOATING, "the name carries no version")
    separator: str = "-"
    prefix_pattern: str = ""
    supports_digest: bool = False
    hint: str = "name a dated snapshot or a fixed version"
