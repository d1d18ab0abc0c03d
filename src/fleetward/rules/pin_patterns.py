"""Fragments of ids, and rows that several providers share."""

from __future__ import annotations

from fleetward.rules.pin import FLOATING, PINNED, VERSIONED, Row

# All digits are ASCII; a date has a real month and day, so that 8192 is not a date.
YEAR = r"20[12][0-9]"
MONTH = r"(?:0[1-9]|1[0-2])"
DAY = r"(?:0[1-9]|[12][0-9]|3[01])"
ISO = rf"{YEAR}-{MONTH}-{DAY}"
YMD = rf"{YEAR}{MONTH}{DAY}"
MMDD = rf"(?!1024(?![0-9])){MONTH}{DAY}"
YYMM = rf"2[0-9]{MONTH}"
SHA256 = r"[0-9a-f]{64}"
COMMIT = r"[0-9a-f]{40}"

# A Claude id without a date is an alias up to generation 4.5, and a fixed snapshot from 4.6 on.
FIXED_GENERATION = (
    r"claude-(?:opus|sonnet|haiku|fable|mythos)-"
    r"(?:4[-.](?:[6-9]|[1-9][0-9])|(?:[5-9]|[1-9][0-9])(?:[-.][0-9]{1,2})?)"
)

_STAYS = r"(?!.*(?:latest|nightly|default|auto|preview)$)"
_DATE = rf"(?:{ISO}|{YMD}|{MMDD}|{YYMM}|{MONTH}-{YEAR}|{YEAR}-{MONTH}|2[0-9]{MONTH}{DAY})"
UNKNOWN_DATED = Row(
    rf"{_STAYS}.+[-@:_]{_DATE}(?:[-:_].+)?",
    VERSIONED,
    "it carries a date, but what the provider promises for it is not known",
)
_NOT_OWN = r"(?!ft:|arn:|projects/|tunedModels/)"
_LATER_YEAR = r"20[3-9][0-9]"
_LATER_DATE = (
    rf"(?:{_LATER_YEAR}-{MONTH}(?:-{DAY})?|{_LATER_YEAR}{MONTH}{DAY}|{MONTH}-{_LATER_YEAR}|3[0-9]{MONTH})"
)
_LATER_GENERATION = (
    r"(?:gpt-(?!35)(?:[7-9]|[1-9][0-9])|o[6-9]|claude-[a-z]+-(?:[7-9]|[1-9][0-9])|gemini-(?:[5-9]|[1-9][0-9])"
    r"|grok-(?:[7-9]|[1-9][0-9]))(?![0-9])"
)
_VARIANT = r"(?:-v[0-9]+(?::[0-9]+)?|(?:-[a-z]+)+)?"
_NOT_KNOWN = "it has the form of a dated or numbered release, but the model is not known"
NOT_KNOWN_YET = (
    Row(rf"{_NOT_OWN}{_STAYS}.+[-@:_.]{_LATER_DATE}{_VARIANT}", VERSIONED, _NOT_KNOWN),
    Row(
        rf"{_NOT_OWN}{_STAYS}(?:.*[./])?{_LATER_GENERATION}(?:.*[^0-9])?[-@](?:{_DATE}|0[0-9]{{2}}){_VARIANT}",
        VERSIONED,
        _NOT_KNOWN,
    ),
)
"""Dates and generations that no maker has announced. Names of one's own resources may hold any."""
UNKNOWN_NUMBERED = Row(
    rf"{_STAYS}(?:.*[^0-9.])?[0-9]+[.p][0-9]+(?:[^0-9.].*)?|{_STAYS}.+[-_/@]v[0-9]+(?:[-_:.].+)?"
    rf"|{_STAYS}.*[a-z][.][0-9]+(?:-.+)?|{_STAYS}.+-[0-9]{{1,2}}-[0-9]{{1,2}}(?:-[a-z]+)*",
    VERSIONED,
    "it carries a number, but what the provider promises for it is not known",
)
"""A number with a point, or after ``v``; a bare one may be a size, such as 8192."""

GENERATION = Row(
    rf"{_STAYS}(?:.*/)?[a-z]+(?:-[a-z]+)*-?[a-z]?[0-9]{{1,2}}[a-z]?(?:-[a-z-]+)?",
    VERSIONED,
    "a generation by number, but what the provider promises for it is not known",
)

OPEN_WEIGHTS = (
    r"(?:.*/)?(?:[a-z0-9._]+-)*(?:e|[0-9]+x)?[0-9]+(?:[.p][0-9]+)?[bm](?:-.+)?"
    r"|(?:.*/)?llama-?4-(?:scout|maverick)(?:-.+)?|(?:.*/)?phi-?[0-9](?:[.-].+)?"
)
"""Published weights, named by generation and size."""

ALIASES_OF_MAKERS = Row(
    rf"(?!.*(?:{ISO}|{YMD}|{MMDD}|{YYMM}|-[0-9]{{3}})(?:-preview)?$)(?:[a-z-]+[/.]|openai-)?"
    rf"(?:gpt-(?!oss)|chatgpt|o[0-9]|claude-(?!.*4[.-][6-9]|[a-z]+-[5-9])|gemini-|grok-|sonar|command-[ra]|nova-)"
    rf"(?!.*-v[0-9]).*",
    FLOATING,
    "without a date the maker's newest one answers",
)
"""Models that only their maker has, by the name that the maker moves; elsewhere they move with it."""

TUNED_ON_DATED = Row(rf"ft:.*(?:{ISO}|{MMDD}|-002):.*", PINNED, "a tuned model on a dated base never changes")
