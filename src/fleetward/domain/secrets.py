"""Credentials in text, found by the patterns of their makers and by entropy after a word such as ``password``."""

from __future__ import annotations

import re
from base64 import b64decode
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import lru_cache

from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.finding import Finding
from fleetward.domain.secret_kinds import MARKED, STARTS
from fleetward.domain.secret_look_alikes import (
    is_default_login,
    is_design_token,
    is_example_host,
    is_placeholder,
)
from fleetward.domain.secret_randomness import IDENTIFIER, REFERENCE, is_credible, is_mixed, is_random


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A credential from ``start`` to ``end`` of a text; one that is not *certain* is masked, but not reported."""

    kind: str
    start: int
    end: int
    certain: bool = True


# Patterns that few texts need are compiled when one does: re keeps them.
# A token of a known maker begins at the start of a word; its pattern may run past the end of that word. Searching
# at word starts only keeps the search linear.
_WORD = re.compile(r"[A-Za-z0-9_-]{18,}")
_KEY_BLOCK = r"-----BEGIN (?:[A-Z0-9]{2,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----|PuTTY-User-Key-File-[0-9]"
_LONGEST_KEY = 16_000
_BODY_LINE = r"[A-Za-z0-9+/]{16}"
_BODY = r"[A-Za-z0-9+/=\s:,\\-]*"
_LOGIN = r"://([^/\s:@'\"<>]{0,200}):([^/\s@'\"]{1,400})@"
_NAMELESS_LOGIN = r"://([A-Za-z0-9_-]{20,200})@"
_HOST = r"\[[0-9A-Fa-f:]{2,45}\]|[\w.-]{1,253}"
_USER_OPTION = r"(?:^|\s)(?:-u|--user)[ =]{1,4}[\"']?([^\s:\"']{1,100}):([^\s\"']{4,200})"
_LABELS = ("password", "passwd", "passphrase", "pwd", "secret", "token", "credential", "key", "pat")
_KEY_LABELS = (
    *("api", "access", "account", "private", "signing", "encryption", "subscription", "master", "shared"),
    *(
        "storage",
        "service",
        "openai",
        "anthropic",
        "azure",
        "gemini",
        "mistral",
        "cohere",
        "stripe",
        "sendgrid",
    ),
)
_PUBLIC_LABELS = ("public", "publickey", "page", "continuation", "design", "sync")
"""Before ``token``: what everybody may know."""
_SPACE = r"\s"
_WITHOUT_SEPARATORS = str.maketrans("", "", "_- ")
_VALUE = re.compile(
    r"[\"']?[ \t]{0,8}(?:=>|:=|[:=])[ \t]{0,8}(?:[\"']|(?:[Bb]earer|[Bb]asic|SSWS|[Tt]oken) )?([^\s\"',;`]{6,400})"
)
_LONG = r"[^\s\"',;`]{8,400}"
_VALUE_APART = re.compile(
    r"[\"']?[ \t]{0,8}(?::[ \t]{0,8}(?:[|>][-+0-9]{0,2}[ \t]{0,8})?(?:#[^\r\n]{0,200})?\r?\n|\r?\n[ \t]{0,40}:)"
    rf"[ \t]{{1,40}}(?:- )?[\"']?({_LONG})"
    rf"|[\"']?[ \t]{{0,8}}(?:,|\r?\n)[ \t]{{0,40}}[\"']?value[\"']?[ \t]{{0,8}}[:=][ \t]{{0,8}}[\"']?({_LONG})"
)
"""A value on the next line, or in a pair of ``name:`` and ``value:``."""
_VALUE_OF_OPTION = rf"[ \t]{{1,8}}[\"']?({_LONG})"
_VALUE_AFTER_IS = rf" is[ \t]{{1,4}}[\"'`]?({_LONG})"
_PASSWORD_IN_PROSE = rf"[ \t]{{1,4}}[\"'`]?({_LONG})"
_SYMBOL = r"[^\w\s.,:/()<>{}\[\]-]"
_BASIC = r"[Bb]asic {1,4}([A-Za-z0-9+/]{8,400}={0,2})(?![\w+/=-])"
_BEARER = r"(?:Bearer|bearer|BEARER|SSWS) {1,4}([A-Za-z0-9._~+/=-]{12,2000})"
_RANDOM_TOKEN = re.compile(r"[A-Za-z0-9+/_=-]{24,200}")
_SHORT_RUN = r"[A-Za-z0-9]{10,}"
_NAMES_SECRET = r"(?i)pass|pw|secret|token"  # noqa: S105 - a pattern


def _prefix_table() -> dict[str, list[tuple[str, str, str]]]:
    """By the first two characters of a prefix: (kind, prefix, pattern of the rest), in the order of the table."""
    table = defaultdict(list)
    for kind, starts, pattern in STARTS:
        for start in starts.split():
            table[start[:2]].append((kind, start, pattern))
    return dict(table)


_PREFIXES = _prefix_table()


def find_secrets(text: str) -> tuple[Secret, ...]:
    """
    Every possible credential in *text*, in order and without overlaps.

    Placeholders (``<token>``, ``${TOKEN}``, ``EXAMPLE``) are not certain.
    """
    drawn = (match for match in _RANDOM_TOKEN.finditer(text) if is_random(match[0]))
    unsure = (
        Secret(kind="random token", start=match.start(), end=match.end(), certain=False) for match in drawn
    )
    return tuple(_without_overlaps((*_by_form(text), *unsure)))


def certain_secrets(text: str) -> tuple[Secret, ...]:
    """Only the certain ones, which takes less time."""
    return _cached(text) if len(text) <= _CACHED_LENGTH else _certain(text)


def _certain(text: str) -> tuple[Secret, ...]:
    return tuple(_without_overlaps(secret for secret in _by_form(text) if secret.certain))


_CACHED_LENGTH = 4096
_cached = lru_cache(maxsize=8192)(_certain)
"""Prompts and suites are mostly equal on both sides of a comparison; long texts are not cached."""


@lru_cache(maxsize=4)
def mask_secrets(text: str) -> str:
    """The text with an asterisk for each character of a possible credential."""
    return _masked(text)


def _masked(text: str) -> str:
    parts, at = [], 0
    for secret in find_secrets(text):
        # line ends stay and lengths too, so that lines and columns still fit
        hidden = "".join(c if c in "\r\n" else "*" for c in text[secret.start : secret.end])
        parts += [text[at : secret.start], hidden]
        at = secret.end
    return "".join((*parts, text[at:])) if parts else text


def _by_form(text: str) -> Iterator[Secret]:
    yield from _key_blocks(text)
    yield from _logins(text)
    yield from _marked(text)
    yield from _prefixed(text)
    yield from _basic(text)
    # a plain search is many times faster than the pattern, and rarely succeeds
    if "earer " in text or "EARER " in text or "SSWS " in text:
        for match in re.finditer(_BEARER, text):
            value = match[1]
            sure = len(value) >= 16 and is_credible(value)
            yield Secret(kind="bearer token", start=match.start(1), end=match.end(1), certain=sure)
    yield from _labelled(text)


def _prefixed(text: str) -> Iterator[Secret]:
    at = 0
    for word in _WORD.finditer(text):
        start = word.start()
        for kind, prefix, pattern in _PREFIXES.get(word[0][:2], ()) if start >= at else ():
            match = text.startswith(prefix, start) and re.compile(pattern).match(text, start + len(prefix))
            if match:
                at = match.end()
                yield _with_certainty(kind, text, start, at)
                break


def _key_blocks(text: str) -> Iterator[Secret]:
    """Whole blocks up to their end line; without one, up to the largest length of a key."""
    at = 0 if "PRIVATE KEY" in text or "PuTTY" in text else len(text)
    while (begin := re.compile(_KEY_BLOCK).search(text, at)) is not None:
        limit = min(len(text), begin.end() + _LONGEST_KEY)
        # bounded: a header without an end must not scan the rest of the text
        close = text.find("-----END ", begin.end(), limit)
        after = text.find("-----", close + 9, min(limit, close + 80)) if close >= 0 else -1
        at = after + 5 if after >= 0 else _body_end(text, begin.end(), limit)
        body = text[begin.end() : at]
        sure = re.search(_BODY_LINE, body[:400]) is not None and not is_placeholder(body[:400])
        yield Secret(kind="private key", start=begin.start(), end=at, certain=sure)


def _body_end(text: str, start: int, limit: int) -> int:
    body = re.compile(_BODY).match(text, start, limit)
    return body.end() if body else start


def _logins(text: str) -> Iterator[Secret]:
    """``scheme://user:password@host``: the password; a token alone before the host; ``curl -u user:password``."""
    if "://" in text:
        for match in re.finditer(_LOGIN, text):
            host = _host(text, match.end())
            start = match.start(1) if match[1] else match.start(2)
            sure = _is_password(match[1], match[2], host)
            yield Secret(kind="password in a connection string", start=start, end=match.end(2), certain=sure)
        for match in re.finditer(_NAMELESS_LOGIN, text):
            if is_random(match[1]) and not is_example_host(_host(text, match.end()), match[1]):
                yield _with_certainty("token in an address", text, match.start(1), match.end(1))
    if "-u" in text:
        for match in re.finditer(_USER_OPTION, text):
            # the address mostly stands on the same line; bounded, because a line may be long
            address = text[match.end() : match.end() + 300].partition("\n")[0].partition("://")[2]
            sure = any(map(str.isalpha, match[2])) and _is_password(match[1], match[2], _host(address, 0))
            yield Secret(kind="password of an option", start=match.start(2), end=match.end(2), certain=sure)


def _is_password(user: str, value: str, host: str) -> bool:
    names_secret = re.fullmatch(IDENTIFIER, value) and re.search(_NAMES_SECRET, value)
    return not (
        is_placeholder(value)
        or value[0] in "$["
        or names_secret
        or is_example_host(host, value)
        or is_default_login(user, value, host)
    )


def _host(text: str, start: int) -> str:
    match = re.compile(_HOST).match(text, start)
    return match[0] if match else ""


def _marked(text: str) -> Iterator[Secret]:
    """Tokens whose mark is not the start of a word; the literal is searched first, because most texts have none."""
    for kind, literal, pattern in MARKED:
        if literal in text:
            for match in re.finditer(pattern, text):
                yield _with_certainty(kind, text, match.start(), match.end())


def _with_certainty(kind: str, text: str, start: int, end: int) -> Secret:
    value = text[start:end]
    # a name such as hf_some_model_name has the form of a token
    slug = value == value.lower() and not any(map(str.isdigit, value))
    return Secret(kind=kind, start=start, end=end, certain=not slug and not is_placeholder(value))


def _basic(text: str) -> Iterator[Secret]:
    """``Basic`` followed by an encoded name and password."""
    for match in re.finditer(_BASIC, text) if "asic " in text else ():
        try:
            # UnicodeDecodeError and binascii.Error are both ValueErrors
            decoded = b64decode(match[1], validate=True).decode()
        except ValueError:
            continue
        name, colon, password = decoded.partition(":")
        if colon and password and decoded.isprintable():
            sure = not is_placeholder(decoded) and not is_placeholder(password) and password != name
            yield Secret(kind="basic authorization", start=match.start(1), end=match.end(1), certain=sure)


def _labelled(text: str) -> Iterator[Secret]:
    """Values after labels such as ``password:``; a variable there is no credential."""
    lower = text.lower()
    # positions in one have to be positions in the other
    if len(lower) != len(text):  # a few letters have two for their lower case
        lower = "".join(c.lower() if c.isascii() else c for c in text)
    for word in _LABELS:
        at = lower.find(word)
        while at >= 0:
            called = _is_label(lower, word, at)
            match = _VALUE.match(text, at + len(word)) if called else None
            if match is not None:
                yield from _value(match, word)
            elif called:
                yield from _labelled_apart(text, lower, at, at + len(word))
            at = lower.find(word, match.end() if match else at + len(word))


def _is_label(lower: str, word: str, at: int) -> bool:
    if lower[at - 1 : at] == ":":  # a part of a path such as arn:aws:secretsmanager:...:secret:name
        return False
    if word == "token":
        before = lower[max(0, at - 16) : at].translate(_WITHOUT_SEPARATORS)
        return not before.endswith(_PUBLIC_LABELS)
    if word == "pat":  # a part of many words, too
        return lower[at - 1 : at] in ("_", "-")
    return word != "key" or lower[max(0, at - 13) : at].rstrip("_-").endswith(_KEY_LABELS)


def _labelled_apart(text: str, lower: str, at: int, end: int) -> Iterator[Secret]:
    """Values further away: on the next line, in a pair, after an option or after ``is``; only certain ones."""
    match = _VALUE_APART.match(text, end)
    if match is None and _is_option(lower, at):
        match = re.compile(_VALUE_OF_OPTION).match(text, end)
    if match is None:
        match = re.compile(_VALUE_AFTER_IS).match(text, end)
        if match is not None and not any(is_mixed(run) for run in re.findall(_SHORT_RUN, match[1])):
            return
    if match is None and lower[at:end] in ("password", "passphrase"):
        # in a sentence only what no sentence holds
        match = re.compile(_PASSWORD_IN_PROSE).match(text, end)
        if match is None or not (is_mixed(match[1]) and re.search(_SYMBOL, match[1])):
            return
    if match is None:
        return
    start = match.start(match.lastindex or 1)
    value = text[start : match.end()].rstrip(".,)]}>")
    if len(value) >= 8 and value[0] not in "<{$[(" and not value.endswith(":") and is_credible(value):
        yield Secret(kind="password or key", start=start, end=start + len(value))


def _is_option(lower: str, at: int) -> bool:
    """Is the word the end of an option such as ``--db-password``?"""
    words = lower[max(0, at - 24) : at].split()
    return bool(words) and words[-1].startswith("--") and not lower[at - 1 : at].isspace()


def _value(match: re.Match[str], label: str) -> Iterator[Secret]:
    value = match[1].rstrip(".,)]}>")
    if len(value) < 6 or value[0] in "<{$[(" or re.match(REFERENCE, value):
        return
    sure = (
        len(value) >= 8
        and is_credible(value)
        and not (label == "token" and is_design_token(value))
        and not _is_in_example_address(match.string, match.start(), value)
    )
    yield Secret(kind="password or key", start=match.start(1), end=match.start(1) + len(value), certain=sure)


def _is_in_example_address(text: str, at: int, value: str) -> bool:
    """Is the value a parameter of an address whose host exists nowhere?"""
    begin = text.rfind("://", max(0, at - 300), at)
    address = text[begin + 3 : at] if begin >= 0 else ""
    if not address or re.search(_SPACE, address) is not None:
        return False
    return is_example_host(_host(address.rpartition("@")[2], 0), value)


def _without_overlaps(candidates: Iterable[Secret]) -> Iterator[Secret]:
    """Merge overlapping ones: the certain one gives the kind, else the first."""
    joined: Secret | None = None
    # certain ones first, so that a guess does not hide their kind
    for secret in sorted(candidates, key=lambda secret: (secret.start, not secret.certain, -secret.end)):
        if joined is not None and secret.start < joined.end:
            joined = _joined(joined, secret)
            continue
        if joined is not None:
            yield joined
        joined = secret
    if joined is not None:
        yield joined


def _joined(first: Secret, second: Secret) -> Secret:
    source = second if second.certain and not first.certain else first
    return replace(source, start=first.start, end=max(first.end, second.end))


def mask_finding(finding: Finding) -> Finding:
    """The same finding with possible credentials masked, because messages quote values."""
    place, message, hint = finding.place, finding.message, finding.hint
    if finding.rule != "secret-in-manifest":  # which quotes nothing
        message, hint = mask_name(message), mask_name(hint)
    path = mask_name(place.path)
    if (path, message, hint) == (place.path, finding.message, finding.hint):
        return finding
    return replace(finding, message=message, hint=hint, place=replace(place, path=path))


@lru_cache(maxsize=4096)
def mask_name(text: str) -> str:
    """A short text, such as a path, with an asterisk for each character of a possible credential."""
    return _masked(text)
