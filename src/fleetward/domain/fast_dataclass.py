"""
Frozen dataclasses whose methods are generated on their first call.

Generating all methods of every class at import takes a quarter of the time of ``fleet validate`` for six agents:
239 instead of 181 ms of processor time, and 271 instead of 191 ms for ``fleet diff`` (ADR 0003).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass
else:

    def dataclass(*, frozen: bool, slots: bool, kw_only: bool = False) -> Any:
        """``dataclasses.dataclass`` for frozen classes with slots; subclasses have to use it, too."""

        def made(cls: type) -> type:
            # frozen=True would generate two methods for each class at import
            value = dataclasses.dataclass(init=False, repr=False, eq=False, slots=True, kw_only=kw_only)(cls)
            for name, write in _METHOD_WRITERS.items():
                # a method written in the class wins, as in the standard library
                if name not in cls.__dict__:
                    setattr(value, name, _deferred(value, name, write))
            value.__setattr__, value.__delattr__ = _refuse, _refuse
            value.__reduce__ = _reduce
            return value

        return made


_FILLED_BY_FIELD = 8
"""How many values are filled field by field before ``__init__`` is generated, which takes as long as twenty."""


def _deferred(value: type, name: str, write: Callable[[type, str], Any]) -> Any:
    """A method that generates the real one on its first call, puts it in its place and calls it."""
    remaining = _FILLED_BY_FIELD if write is _written_init else 0

    def first(self: Any, *arguments: Any, **keywords: Any) -> Any:
        nonlocal remaining
        remaining -= 1
        if remaining >= 0 and _fill(self, dataclasses.fields(value), arguments, keywords):
            return None
        written = write(value, name)
        setattr(value, name, written)
        return written(self, *arguments, **keywords)

    return first


def _fill(
    self: object, fields: tuple[Any, ...], arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> bool:
    """Set all fields; False where the arguments do not fit, so that the generated method raises the error."""
    names = [field.name for field in fields if not field.kw_only][: len(arguments)]
    if len(names) < len(arguments) or any(name in keywords for name in names):
        return False
    unused = {**keywords, **dict(zip(names, arguments, strict=True))}
    for field in fields:
        if field.name in unused:
            filled = unused.pop(field.name)
        elif field.default is not dataclasses.MISSING:
            filled = field.default
        elif field.default_factory is not dataclasses.MISSING:
            filled = field.default_factory()
        else:
            return False
        # the __setattr__ of the class refuses
        object.__setattr__(self, field.name, filled)
    return not unused


def _written_init(value: type, name: str) -> Any:
    """``__init__`` that sets fields with ``object.__setattr__``, because that of a frozen class refuses."""
    namespace: dict[str, Any] = {"_set": object.__setattr__, "_absent": dataclasses.MISSING}
    parameters, lines = ["self"], []
    for field in dataclasses.fields(value):
        field_name = field.name
        if field.kw_only and "*" not in parameters:
            parameters.append("*")
        if field.default is not dataclasses.MISSING:
            namespace[f"_{field_name}"] = field.default
            parameters.append(f"{field_name}=_{field_name}")
        elif field.default_factory is not dataclasses.MISSING:
            namespace[f"_{field_name}"] = field.default_factory
            parameters.append(f"{field_name}=_absent")
            # a factory runs for each instance, or all would share one mutable value
            lines.append(f" if {field_name} is _absent: {field_name} = _{field_name}()")
        else:
            parameters.append(field_name)
        lines.append(f" _set(self, {field_name!r}, {field_name})")
    text = f"def __init__({', '.join(parameters)}):\n" + "\n".join(lines or [" pass"])
    exec(text, namespace)  # noqa: S102 - names of our own fields, as the standard library does it
    return namespace[name]


def _standard_method(value: type, name: str) -> Any:
    """The method as the standard library generates it."""
    fields = {field.name: field for field in dataclasses.fields(value)}
    names = {name: field.type for name, field in fields.items()}
    attributes = {
        "__annotations__": names,
        "__module__": value.__module__,
        "__qualname__": value.__qualname__,
    }
    # frozen, because only then the standard library generates a hash beside __eq__
    twin: type = dataclasses.dataclass(frozen=True, init=False)(
        type(value.__name__, (), {**attributes, **fields})
    )
    return getattr(twin, name)


_METHOD_WRITERS = {
    "__init__": _written_init,
    "__repr__": _standard_method,
    "__eq__": _standard_method,
    "__hash__": _standard_method,
}


def _reduce(self: Any) -> tuple[Any, ...]:
    """Copy and pickle by the fields, because the default way sets attributes."""
    return _rebuilt, (type(self), *(getattr(self, field.name) for field in dataclasses.fields(self)))


def _rebuilt(value: type, *filled: Any) -> Any:
    instance: Any = object.__new__(value)
    for field, content in zip(dataclasses.fields(value), filled, strict=True):
        object.__setattr__(instance, field.name, content)
    return instance


def _refuse(self: object, name: str, *_: object) -> NoReturn:
    raise dataclasses.FrozenInstanceError(f"cannot change {name!r} of a {type(self).__name__}")
