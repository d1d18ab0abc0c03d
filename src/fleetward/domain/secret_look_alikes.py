"""What only looks like a credential: placeholders, examples, defaults that everybody knows, design tokens."""

from __future__ import annotations

import re

# compiled when a text needs them: most texts need none, and re keeps them
_STAND_IN = (
    r"(?i)example|sample|dummy|placeholder|change[-_ ]?(?:me|this|it)|replace[-_ ]?(?:me|this|with)|your[-_]|redacted"
    r"|insert[-_]|not[-_]?a[-_]?real|\bfake|todo|x{4}|\*{3}|\.{3}|…|0{8}|[<>{}]|(?:^|[-_./])\$[A-Za-z_]|\$[{(]|%s"
    r"|%[A-Za-z_(][A-Za-z_)]|^__\w+__$"
)
_WORDS = frozenset(("user", "pass", "password", "passwd", "pwd", "secret", "token", "root"))
_EXAMPLE_HOST = (
    # names: RFC 2606 and RFC 6761; addresses: RFC 5737 and RFC 3849
    r"(?i)(?:[\w-]+\.)*(?:example\.(?:com|net|org)|test|invalid|localhost)\.?|example"
    r"|192\.0\.2\.\d{1,3}|198\.51\.100\.\d{1,3}|203\.0\.113\.\d{1,3}|\[2001:db8:[0-9a-f:]*\]"
)
_INVENTED_HOST = r"(?i)(?:[\w-]+\.)+example\.?"
"""Also RFC 2606; but a fleet under trial writes its real hosts so, and the real passwords beside them."""
_CLASSES_OF_CHARACTERS = ("[a-z]", "[A-Z]", "[0-9]", r"[^\w\s]")
_DRAWN_LENGTH = 10
_LOOPBACK = r"127(?:\.\d{1,3}){3}|0\.0\.0\.0|\[::1\]|host\.docker\.internal"
_DEFAULTS = frozenset(
    {"postgres", "mysecretpassword", "my-secret-pw", "foobared", "redispw", "guest", "minioadmin", "minio123"}
    | {
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
    }
    | {"yourstrong(!)password", "yourstrong@passw0rd", "yourstrong!passw0rd", "dev", "local", "docker"}
)
"""Passwords as the documentation of images and emulators names them."""
_AZURITE = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
"""The key of the storage emulator. Source: Microsoft's documentation of Azurite."""
_COLOR = r"#[0-9a-fA-F]{3,8}"
_NAME_PARTS = r"[A-Z]?[a-z]+|[A-Z]+|[0-9]+"
_LOWER_RUN = "[a-z]+"
_NAME = r"[A-Za-z][\w./:-]*"


def is_placeholder(value: str) -> bool:
    """Does it stand for something that the reader has to fill in, or is it a published key?"""
    return re.search(_STAND_IN, value) is not None or value.lower() in _WORDS or value.endswith(_AZURITE)


def is_example_host(host: str, password: str = "") -> bool:
    """Is the host one that documentation uses, and nobody can own? A password drawn at random is no example."""
    if re.fullmatch(_EXAMPLE_HOST, host):
        return True
    return re.fullmatch(_INVENTED_HOST, host) is not None and not _is_drawn(password)


def _is_drawn(password: str) -> bool:
    classes = sum(re.search(kind, password) is not None for kind in _CLASSES_OF_CHARACTERS)
    return len(password) >= _DRAWN_LENGTH and (classes >= 3 or has_random_case(password))


def has_random_case(value: str) -> bool:
    """Are upper and lower case mixed as no name mixes them? One in twelve drawn passwords has no digit."""
    lower = re.findall(_LOWER_RUN, value) if len(value) >= _DRAWN_LENGTH and value.isalnum() else ()
    return len(lower) >= 3 and len(value) > sum(map(len, lower)) and sum(map(len, lower)) < 2 * len(lower)


def is_default_login(user: str, password: str, host: str) -> bool:
    """Is it the documented login of something that runs beside its user: on this machine, or in a container?"""
    is_near = re.fullmatch(_LOOPBACK, host) is not None or ("." not in host and ":" not in host)
    return is_near and (password == user or password.lower() in _DEFAULTS)


def is_design_token(value: str) -> bool:
    """Is it a color, or a name of words and small numbers, such as ``colorBrandBackground2Hover``?"""
    if re.fullmatch(_COLOR, value):
        return True
    parts = re.findall(_NAME_PARTS, value)
    words = [part for part in parts if part.isalpha()]
    numbers = [part for part in parts if part.isdigit()]
    return (
        re.fullmatch(_NAME, value) is not None
        and len(numbers) <= 3
        and all(len(number) <= 4 for number in numbers)
        # letters drawn at random make short words
        and sum(map(len, words)) >= 3.5 * len(words)
    )
