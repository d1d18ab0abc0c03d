"""What only looks like a credential: placeholders, examples, defaults that everybody knows, design tokens."""

from __future__ import annotations

import re

_STAND_IN = re.compile(
    r"(?i)example|sample|dummy|placeholder|change[-_ ]?(?:me|this|it)|replace[-_ ]?(?:me|this|with)|your[-_]|redacted"
    r"|insert[-_]|not[-_]?a[-_]?real|\bfake|todo|x{4}|\*{3}|\.{3}|…|0{8}|[<>{}]|(?:^|[-_./])\$[A-Za-z_]|\$[{(]|%s"
    r"|%[A-Za-z_(][A-Za-z_)]|^__\w+__$"
)
_WORDS = frozenset(("user", "pass", "password", "passwd", "pwd", "secret", "token", "root"))
_EXAMPLE_HOST = re.compile(
    # names: RFC 2606 and RFC 6761; addresses: RFC 5737 and RFC 3849
    r"(?i)(?:[\w-]+\.)*(?:example\.(?:com|net|org)|test|invalid|localhost)\.?|example"
    r"|192\.0\.2\.\d{1,3}|198\.51\.100\.\d{1,3}|203\.0\.113\.\d{1,3}|\[2001:db8:[0-9a-f:]*\]"
)
_INVENTED_HOST = re.compile(r"(?i)(?:[\w-]+\.)+example\.?")
"""Also RFC 2606; but a fleet under trial writes its real hosts so, and the real passwords beside them."""
_CLASSES_OF_CHARACTERS = tuple(map(re.compile, ("[a-z]", "[A-Z]", "[0-9]", r"[^\w\s]")))
_DRAWN_LENGTH = 10
_LOOPBACK = re.compile(r"127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[::1\]|host\.docker\.internal")
_DEFAULTS = frozenset(
    # as the documentation of images and emulators names them
    (
        *(
            "postgres",
            "mysecretpassword",
            "my-secret-pw",
            "foobared",
            "redispw",
            "guest",
            "minioadmin",
            "minio123",
        ),
        *(
            "admin",
            "neo4j",
            "letmein",
            "letmein1",
            "elastic",
            "mongo",
            "mysql",
            "mariadb",
            "rabbitmq",
            "sa",
            "test",
        ),
        *("yourstrong(!)password", "yourstrong@passw0rd", "yourstrong!passw0rd", "dev", "local", "docker"),
    )
)
_AZURITE = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The key of the storage emulator. Source: Microsoft's documentation of Azurite."""
_COLOR = re.compile(r"#[0-9a-fA-F]{3,8}")
_NAME_PARTS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_LOWER_RUN = re.compile("[a-z]+")
_NAME = re.compile(r"[A-Za-z][\w./:-]*")


def is_placeholder(value: str) -> bool:
    """Does it stand for something that the reader has to fill in, or is it a published key?"""
    return _STAND_IN.search(value) is not None or value.lower() in _WORDS or value.endswith(_AZURITE)


def is_example_host(host: str, password: str = "") -> bool:
    """Is the host one that documentation uses, and nobody can own? A password drawn at random is no example."""
    if _EXAMPLE_HOST.fullmatch(host):
        return True
    return _INVENTED_HOST.fullmatch(host) is not None and not _is_drawn(password)


def _is_drawn(password: str) -> bool:
    classes = sum(kind.search(password) is not None for kind in _CLASSES_OF_CHARACTERS)
    return len(password) >= _DRAWN_LENGTH and (classes >= 3 or has_random_case(password))


def has_random_case(value: str) -> bool:
    """Are upper and lower case mixed as no name mixes them? One in twelve drawn passwords has no digit."""
    lower = _LOWER_RUN.findall(value) if len(value) >= _DRAWN_LENGTH and value.isalnum() else ()
    return len(lower) >= 3 and len(value) > sum(map(len, lower)) and sum(map(len, lower)) < 2 * len(lower)


def is_default_login(user: str, password: str, host: str) -> bool:
    """Is it the documented login of something that runs beside its user: on this machine, or in a container?"""
    is_near = _LOOPBACK.fullmatch(host) is not None or ("." not in host and ":" not in host)
    return is_near and (password == user or password.lower() in _DEFAULTS)


def is_design_token(value: str) -> bool:
    """Is it a color, or a name of words and small numbers, such as ``colorBrandBackground2Hover``?"""
    if _COLOR.fullmatch(value):
        return True
    parts = _NAME_PARTS.findall(value)
    words = [part for part in parts if part.isalpha()]
    numbers = [part for part in parts if part.isdigit()]
    return (
        _NAME.fullmatch(value) is not None
        and len(numbers) <= 3
        and all(len(number) <= 4 for number in numbers)
        # letters drawn at random make short words
        and sum(map(len, words)) >= 3.5 * len(words)
    )
