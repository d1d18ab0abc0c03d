"""Values behave as the standard library's frozen dataclasses do."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Ours:
    name: str
    count: int = 0
    extra: dict[str, int] = dataclasses.field(default_factory=dict)
    aside: Any = dataclasses.field(default=None, compare=False)


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Usual:
    name: str
    count: int = 0
    extra: dict[str, int] = dataclasses.field(default_factory=dict)
    aside: Any = dataclasses.field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class Pair:
    first: int
    second: int = 2

    def __repr__(self) -> str:
        return "a pair"


@dataclass(frozen=True, slots=True)
class Never:
    """No value of this class was made before it is asked."""

    content: tuple[int, ...]


def test_equal_values_are_equal_and_others_are_not() -> None:
    assert Ours(name="a") == Ours(name="a", aside=1)
    assert Ours(name="a") != Ours(name="a", count=1)
    assert Ours(name="a") != Usual(name="a")


def test_equal_values_are_one_in_a_set() -> None:
    assert len({Pair(1), Pair(1, 2), Pair(2, 1)}) == 2


def test_a_value_that_holds_what_has_no_hash_has_none() -> None:
    with pytest.raises(TypeError, match="unhashable"):
        hash(Ours(name="a"))


def test_a_value_shows_its_fields() -> None:
    assert repr(Ours(name="a", extra={"b": 1})) == repr(Usual(name="a", extra={"b": 1})).replace(
        "Usual", "Ours"
    )
    assert repr(Pair(1)) == "a pair"


def test_each_value_has_a_default_of_its_own() -> None:
    first, second = Ours(name="a"), Ours(name="b")

    first.extra["x"] = 1

    assert second.extra == {}


@pytest.mark.parametrize("arguments", [{}, {"name": "a", "nome": "b"}])
def test_fields_have_to_be_given_by_their_names(arguments: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Ours(**arguments)
    with pytest.raises(TypeError):
        Ours("a")  # type: ignore[misc]


@pytest.mark.parametrize("name", ["name", "other"])
def test_a_value_does_not_change(name: str) -> None:
    value = Ours(name="a")

    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(value, name, "b")
    with pytest.raises(dataclasses.FrozenInstanceError):
        delattr(value, name)
    assert not hasattr(value, "__dict__")


def test_a_changed_copy_is_a_value_too() -> None:
    assert dataclasses.replace(Ours(name="a", count=1), name="b") == Ours(name="b", count=1)


def test_methods_stay_written() -> None:
    assert all(Never((1,)) == Never((1,)) for _ in range(20))
    assert Never.__init__.__name__ == "__init__"
    assert Never.__eq__.__name__ == "__eq__"


def test_the_first_values_are_filled_as_all_later_ones_are() -> None:
    @dataclass(frozen=True, slots=True)
    class Fresh:
        first: int
        second: int = 2
        extra: dict[str, int] = dataclasses.field(default_factory=dict)
        last: str = dataclasses.field(default="z", kw_only=True)

    for count in range(20):
        values = [Fresh(count), Fresh(count, 2), Fresh(first=count, last="z"), Fresh(count, extra={})]
        assert all(value == values[0] for value in values)
        assert (values[0].first, values[0].second, values[0].extra, values[0].last) == (count, 2, {}, "z")
        assert len({id(value.extra) for value in values}) == len(values)


@pytest.mark.parametrize(
    ("arguments", "keywords"),
    [((), {}), ((1, 2, 3), {}), ((1,), {"first": 1}), ((1,), {"third": 3}), ((), {"second": 2})],
)
@pytest.mark.parametrize("before", [0, 20])
def test_wrong_arguments_are_refused_from_the_first_value_on(
    before: int, arguments: tuple[int, ...], keywords: dict[str, int]
) -> None:
    @dataclass(frozen=True, slots=True)
    class Fresh:
        first: int
        second: int = 2

    for _ in range(before):
        Fresh(1)
    with pytest.raises(TypeError, match=r"__init__\(\)"):
        Fresh(*arguments, **keywords)


@pytest.mark.parametrize("value", [Ours(name="a", extra={"b": 1}, aside=(Pair(1),)), Pair(1, 3)])
def test_a_value_can_be_copied_and_sent_elsewhere(value: Any) -> None:
    sent = pickle.loads(pickle.dumps(value))  # noqa: S301
    for again in (copy.copy(value), copy.deepcopy(value), sent):
        assert again == value
        assert type(again) is type(value)
        with pytest.raises(dataclasses.FrozenInstanceError):
            again.first = 2
