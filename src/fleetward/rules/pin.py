"""The words of a verdict on a language model's id, and the shape of what is known about a provider."""

from __future__ import annotations

from enum import StrEnum

from fleetward.domain.fast_dataclass import dataclass


class PinClass(StrEnum):
    """What an id promises."""

    PINNED = "pinned"
    VERSIONED = "versioned"
    FLOATING = "floating"


PINNED, VERSIONED, FLOATING = PinClass.PINNED, PinClass.VERSIONED, PinClass.FLOATING


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """A verdict on one id, the reason in words, and the edit that would make it better."""

    pin_class: PinClass
    reason: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """Ids that match *pattern* whole are of this class, for this reason."""

    pattern: str
    pin_class: PinClass
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """
    How one provider names models: the first row that matches speaks, else *otherwise*.

    *join* stands between the name and a version that is written apart; *addressed* tells whether a model
    can be asked for by digest there, since one that is never sent pins nothing. *strip* matches what stands
    in front of an id and says nothing.
    """

    rows: tuple[Row, ...] = ()
    default: tuple[PinClass, str] = (FLOATING, "the name carries no version")
    separator: str = "-"
    prefix_pattern: str = ""
    supports_digest: bool = False
    hint: str = "name a dated snapshot or a fixed version"
