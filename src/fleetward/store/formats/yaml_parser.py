"""The event parser of PyYAML: libyaml's where it is built in, else the one in Python."""

from __future__ import annotations

from typing import Any


def parser_class() -> Any:
    """The parser of libyaml, or the one in Python: the same events, ten times slower."""
    try:
        from yaml import cyaml
    except ImportError:
        return _python_parser()
    # the parser alone: PyYAML's loaders read YAML 1.1 and keep the last of equal keys
    return vars(cyaml)["CParser"]


def _python_parser() -> Any:
    from yaml.parser import Parser
    from yaml.reader import Reader
    from yaml.scanner import Scanner

    # the loader classes would bring a constructor that nothing here may call
    class Python(Reader, Scanner, Parser):
        def __init__(self, text: str) -> None:
            Reader.__init__(self, text)
            Scanner.__init__(self)
            Parser.__init__(self)

    return Python
