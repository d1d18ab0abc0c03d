"""
Frozen values: what ``dataclasses`` makes, with each method written when it is called for.

Writing all of them for every class takes a third of the time in which a small fleet is checked; most runs make
values of a few classes, few values of most of those, and compare and print fewer still.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Any:
        """The decorator of the standard library, for frozen classes with slots; a subclass is made by it, too."""

        def made(cls: type) -> type:
            value = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
            for name, write in _WRITTEN.items():
                if name not in cls.__dict__:
                    setattr(value, name, _first(value, name, write))
            value.__setattr__, value.__delattr__ = _refuse, _refuse
            value.__reduce__ = _reduced
            return value

        return made


_SELDOM = 8
"""As many values are filled field by field before ``__init__`` is written: that takes as long as twenty of them."""


def _first(value: type, name: str, write: Callable[[type, str], Any]) -> Any:
    """A method that puts the written one in its own place, and does what that does."""
    left = _SELDOM if write is _init else 0

    def first(self: Any, *given: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0 and _filled(self, dataclasses.fields(value), given, named):
            return None
        written = write(value, name)
        setattr(value, name, written)
        return written(self, *given, **named)

    return first


def _filled(self: object, fields: tuple[Any, ...], given: tuple[Any, ...], named: dict[str, Any]) -> bool:
    """Were the arguments all that the fields ask for, and no more? Else the written method has the words."""
    names = [field.name for field in fields if not field.kw_only][: len(given)]
    if len(names) < len(given) or any(name in named for name in names):
        return False
    said = {**named, **dict(zip(names, given, strict=True))}
    for field in fields:
        if field.name in said:
            filled = said.pop(field.name)
        elif field.default is not dataclasses.MISSING:
            filled = field.default
        elif field.default_factory is not dataclasses.MISSING:
            filled = field.default_factory()
        else:
            return False
        object.__setattr__(self, field.name, filled)
    return not said


def _init(value: type, name: str) -> Any:
    """Fields by object's own door, for the class's is shut."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_absent": dataclasses.MISSING}
    parameters, lines = ["self"], []
    for field in dataclasses.fields(value):
        given = field.name
        if field.kw_only and "*" not in parameters:
            parameters.append("*")
        if field.default is not dataclasses.MISSING:
            known[f"_{given}"] = field.default
            parameters.append(f"{given}=_{given}")
        elif field.default_factory is not dataclasses.MISSING:
            known[f"_{given}"] = field.default_factory
            parameters.append(f"{given}=_absent")
            lines.append(f" if {given} is _absent: {given} = _{given}()")
        else:
            parameters.append(given)
        lines.append(f" _set(self, {given!r}, {given})")
    text = f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or [" pass"])
    exec(text, known)  # noqa: S102 - names of our own fields, as the standard library does it
    return known[name]


def _usual(value: type, name: str) -> Any:
    """The method as the standard library writes it."""
    fields = {field.name: field for field in dataclasses.fields(value)}
    names = {name: field.type for name, field in fields.items()}
    same = {"__annotations__": names, "__module__": value.__module__, "__qualname__": value.__qualname__}
    twin: type = dataclasses.dataclass(frozen=True, init=False)(type(value.__name__, (), {**same, **fields}))
    return getattr(twin, name)


_WRITTEN = {"__init__": _init, "__repr__": _usual, "__eq__": _usual, "__hash__": _usual}


def _reduced(self: Any) -> tuple[Any, ...]:
    """How it is copied, and sent to another process: by its fields, since nothing may be set on it."""
    return _again, (type(self), *(getattr(self, field.name) for field in dataclasses.fields(self)))


def _again(value: type, *filled: Any) -> Any:
    made: Any = object.__new__(value)
    for field, one in zip(dataclasses.fields(value), filled, strict=True):
        object.__setattr__(made, field.name, one)
    return made


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot change {name!r} of a {type(self).__name__}")
