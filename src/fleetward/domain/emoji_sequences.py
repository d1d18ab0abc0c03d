"""Emoji that are written with invisible characters, as one regular expression (Unicode Emoji 17)."""

from __future__ import annotations

_JOINER = "\u200d"
_SELECTED = "\ufe0f?"
"""Fully qualified sequences have the selector, older texts leave it out."""
_TONE = "[\U0001f3fb-\U0001f3ff]?"
_ADULT = "[\U0001f468\U0001f469\U0001f9d1]"
_CHILD = "[\U0001f466\U0001f467\U0001f9d2]"
_ROLE = (
    "[\u2695\u2696\u2708\U0001f33e\U0001f373\U0001f37c\U0001f384\U0001f393\U0001f3a4\U0001f3a8\U0001f3eb\U0001f3ed"
    "\U0001f4bb\U0001f4bc\U0001f527\U0001f52c\U0001f680\U0001f692\U0001f9af\U0001f9bc\U0001f9bd\U0001f9b0-\U0001f9b3"
    "\U0001fa70]"
)
_GENDERED = (
    "[\u26f9\U0001f3c3\U0001f3c4\U0001f3ca-\U0001f3cc\U0001f46e-\U0001f471\U0001f473\U0001f477\U0001f481\U0001f482"
    "\U0001f486\U0001f487\U0001f575\U0001f645-\U0001f647\U0001f64b\U0001f64d\U0001f64e\U0001f6a3\U0001f6b4-\U0001f6b6"
    "\U0001f926\U0001f935\U0001f937-\U0001f939\U0001f93c-\U0001f93e\U0001f9b8\U0001f9b9\U0001f9cd-\U0001f9cf"
    "\U0001f9d4\U0001f9d6-\U0001f9df]"
)
_TO_THE_RIGHT = f"(?:{_JOINER}\u27a1{_SELECTED})"
_BETWEEN_TWO = (
    f"(?:\u2764{_SELECTED}{_JOINER}(?:\U0001f48b{_JOINER})?|[\U0001f91d\U0001f430\U0001faef]{_JOINER})"
)
_PAIRS = {
    "\U0001f3f3": "\u26a7\U0001f308",  # flags of a movement
    "\U0001f3f4": "\u2620",
    "\u26d3": "\U0001f4a5",
    "\u2764": "\U0001f525\U0001fa79",
    "\U0001f408": "\u2b1b",
    "\U0001f415": "\U0001f9ba",
    "\U0001f426": "\u2b1b\U0001f525",
    "\U0001f43b": "\u2744",
    "\U0001f441": "\U0001f5e8",
    "\U0001f62e": "\U0001f4a8",
    "\U0001f635": "\U0001f4ab",
    "\U0001f636": "\U0001f32b",
    "\U0001f642": "\u2194\u2195",
    "\U0001f34b": "\U0001f7e9",
    "\U0001f344": "\U0001f7eb",
}
_SYMBOL = (
    "[\xa9\xae\u203c\u2049\u2100-\u214f\u2190-\u23ff\u2460-\u24ff\u25a0-\u27bf\u2900-\u297f\u2b00-\u2bff\u3030\u303d"
    "\u3297\u3299\U0001f000-\U0001faff]"
)
# England, Scotland, Wales; and those that some fonts draw: Northern Ireland, states and provinces
_NATIONS = "eng sct wls nir"
_STATES = (
    "al ak az ar ca co ct de dc fl ga hi id il in ia ks ky la me md ma mi mn ms mo mt ne nv nh nj nm ny nc nd oh ok or "
    "pa ri sc sd tn tx ut vt va wa wv wi wy"
)
_PROVINCES = "ab bc mb nb nl ns nt nu on pe qc sk yt"
_PARTS = {"gb": _NATIONS, "us": _STATES, "ca": _PROVINCES}


def _tags(region: str) -> str:
    return "".join(chr(0xE0000 + ord(letter)) for letter in region)


_JOINED = "|".join(
    (
        f"{_ADULT}{_TONE}{_JOINER}{_BETWEEN_TWO}{_ADULT}{_TONE}",
        f"{_ADULT}(?:{_JOINER}{_ADULT})?(?:{_JOINER}{_CHILD}){{1,2}}",
        f"{_ADULT}{_TONE}{_JOINER}{_ROLE}{_SELECTED}{_TO_THE_RIGHT}?",
        f"{_GENDERED}{_TONE}{_SELECTED}(?:{_JOINER}[\u2640\u2642]{_SELECTED}{_TO_THE_RIGHT}?|{_TO_THE_RIGHT})",
        f"\U0001faf1{_TONE}{_JOINER}\U0001faf2{_TONE}",
        *(f"{first}{_SELECTED}{_JOINER}[{second}]{_SELECTED}" for first, second in _PAIRS.items()),
    )
)
_REGIONS = "|".join(_tags(country + part) for country, parts in _PARTS.items() for part in parts.split())
_FLAGS = f"\U0001f3f4(?:{_REGIONS})\U000e007f"

EMOJI_SEQUENCE = f"{_FLAGS}|{_JOINED}|[0-9#*][\ufe0e\ufe0f]\u20e3|{_SYMBOL}{_TONE}[\ufe0e\ufe0f]"
"""
Flags with tags, sequences with joiners, keycaps, and symbols with a selector.

The sequences are those of emoji-zwj-sequences.txt, also without their selectors. A joiner between other emoji spells
nothing, so it is none of them.
"""
