"""Is a text drawn at random, as credentials are, or written by somebody?"""

from __future__ import annotations

import math
import re
from collections import Counter
from functools import lru_cache

from fleetward.domain.secret_look_alikes import has_random_case, is_placeholder

_PUBLIC = r"AAAA(?:[BC]3NzaC1|E2VjZHNh|[GI]nNr)|sha(?:1|256|384|512)[-_:]"
_RUN = r"[A-Za-z0-9]{12,}"
_BITS = 4.0
"""Shannon entropy per character from which a long token counts as random."""
_BITS_LABELLED = 2.75
"""The same for a value after a label such as ``password``, which is shorter."""
REFERENCE = (
    r"(?:sha(?:1|256|384|512)|md5|env|vault|aws|gcp|k8s|ssm|arn|[A-Za-z](?=:\\)|keyring|file|op|secret|secrets|ref|kms|doppler)[:/-]"
    r"|https?:|[./~]|\$|@|!|\[|\(|--|var\(|process\.env|os\.environ|secrets\.|vars\.|env\.|steps\.|inputs\.|self\.|config\."
)
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
IDENTIFIER = r"[a-z]+[0-9]{0,4}(?:[-_./:][a-z0-9]{1,24})*|[A-Z]+(?:_[A-Z0-9]+)*|[A-Za-z]+[0-9]{0,2}"
_RUN_OF_BOTH = r"(?:[a-z]+[0-9]+){3}|(?:[0-9]+[a-z]+){3}"


@lru_cache(maxsize=4096)
def is_credible(value: str) -> bool:
    """Does it look like random letters and digits, and not like a word, a name, a number or a placeholder?"""
    mixed = (any(map(str.isdigit, value)) and any(map(str.isalpha, value))) or has_random_case(value)
    if not mixed or is_placeholder(value) or re.fullmatch(_UUID, value) or re.match(REFERENCE, value):
        return False
    # a long hexadecimal text would pass for an identifier
    hexadecimal = len(value) >= 32 and all(c in "0123456789abcdefABCDEF" for c in value)
    is_identifier = (
        re.fullmatch(IDENTIFIER, value) is not None
        and not hexadecimal
        and not has_random_case(value)
        and not re.search(_RUN_OF_BOTH, value)
    )
    return not is_identifier and _entropy(value) >= _BITS_LABELLED


def is_random(token: str) -> bool:
    """Are upper case, lower case and digits mixed in one run, with few repetitions?"""
    if re.match(_PUBLIC, token):
        return False
    if not any(is_mixed(run) for run in re.findall(_RUN, token)):
        return False
    return _entropy(token) >= _BITS


def is_mixed(token: str) -> bool:
    """Has it upper case, lower case and digits?"""
    return token != token.lower() and token != token.upper() and any(map(str.isdigit, token))


def _entropy(token: str) -> float:
    return -sum(n / len(token) * math.log2(n / len(token)) for n in Counter(token).values())
