"""The metrics that ``reporting`` names: which files these are, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

import pytest

from fleetward.domain import limits
from fleetward.domain.errors import FleetError
from fleetward.store.git.tree import LINK, TreeEntry
from fleetward.store.imports.reported_metrics import reported_figures
from tests.store.fleet.trees import MemoryTree

TODAY = date(2026, 11, 20)
HEAD = "date,agent,metric,value\n"
ROW = "2026-11-19,bot,runs,41\n"
FILES = {
    "reports/metrics/a.csv": HEAD + ROW,
    "reports/metrics/b.csv": HEAD + ROW + "2026-11-18,bot,runs,40\n",
    "reports/metrics/old/c.csv": HEAD + "2026-11-17,bot,runs,39\n",
    "reports/notes.txt": "nothing to read",
    "reports.csv": HEAD + "2026-11-16,bot,runs,38\n",
}


@dataclass(frozen=True, slots=True)
class LinkedTree(MemoryTree):
    """The same, with *link* a link."""

    link: str = ""

    def entries(self, *under: str) -> tuple[TreeEntry, ...]:
        listed = super(LinkedTree, self).entries(*under)
        return tuple(TreeEntry(path=e.path, mode=LINK if e.path == self.link else e.mode) for e in listed)


@dataclass(frozen=True, slots=True)
class UnreadableTree(MemoryTree):
    """The same, and no file can be read."""

    def read(self, entries: Iterable[TreeEntry], limit: int) -> Mapping[str, bytes | int | None]:
        return {entry.path: None for entry in entries}


@pytest.mark.parametrize(
    ("patterns", "values"),
    [
        (["reports/metrics/*.csv"], [41, 40]),
        (["reports/metrics/a.csv", "reports/metrics/a.*"], [41]),
        (["reports/*/old/*"], [39]),
        (["*.csv"], [38]),
        (["rep*ts/m*s/b.csv"], [41, 40]),
        (["reports/metrics/*.json", "nowhere/*"], []),
        (["reports.csv", "reports/metrics/old/c.csv"], [38, 39]),
    ],
)
def test_a_star_stands_for_a_part_of_one_name(patterns: list[str], values: list[float]) -> None:
    figures = reported_figures(MemoryTree(FILES), patterns, TODAY)

    assert [figure.value for figure in figures] == values


@pytest.mark.parametrize("link", ["reports/metrics/a.csv", "reports/metrics", "reports"])
def test_a_link_is_refused_wherever_it_lies_on_the_way(link: str) -> None:
    tree = LinkedTree({link: "elsewhere"}, link)

    with pytest.raises(FleetError, match="is a link or no file"):
        reported_figures(tree, ["reports/metrics/*.csv"], TODAY)
    # beside what is named it is nobody's business
    assert reported_figures(tree, ["other/*.csv"], TODAY) == ()


def test_what_cannot_be_read_is_named_with_its_line() -> None:
    wrong = MemoryTree({**FILES, "reports/metrics/b.csv": HEAD + ROW + "2026-11-18,bot,runs,many\n"})
    differing = MemoryTree({**FILES, "reports/metrics/b.csv": HEAD + ROW.replace("41", "42")})
    pattern = ["reports/metrics/*.csv"]

    with pytest.raises(FleetError, match=r"reports/metrics/b\.csv:3: 'many' is not a number"):
        reported_figures(wrong, pattern, TODAY)
    with pytest.raises(
        FleetError, match=r"b\.csv:2: 'runs' of 'bot' on 2026-11-19 is 42, and 41 in .*a\.csv:2"
    ):
        reported_figures(differing, pattern, TODAY)
    with pytest.raises(FleetError, match=r"'reports/metrics/a\.csv' cannot be read"):
        reported_figures(UnreadableTree(FILES), pattern, TODAY)


@pytest.mark.parametrize(
    "name", ["a\n.csv", "\x1b[2Ja.csv", "\udcff.csv", "`a`.csv", "a|b.csv", "\u202ea.csv"]
)
def test_a_name_that_could_pass_for_something_else_is_refused(name: str) -> None:
    tree = MemoryTree({f"reports/metrics/{name}": HEAD + ROW})

    with pytest.raises(FleetError, match="has other characters than letters"):
        reported_figures(tree, ["reports/metrics/*.csv"], TODAY)
    assert reported_figures(tree, ["reports/other/*.csv"], TODAY) == ()


def test_too_many_and_too_large_files_are_refused() -> None:
    many = MemoryTree({f"m/{number}.csv": HEAD + ROW for number in range(limits.METRICS_FILES + 1)})
    large = MemoryTree({"m/a.csv": HEAD + ROW, "m/b.csv": "x" * (limits.GIT_OBJECT_BYTES + 1)})

    with pytest.raises(FleetError, match="1001 files of metrics, the limit is 1000"):
        reported_figures(many, ["m/*"], TODAY)
    with pytest.raises(FleetError, match=r"'m/b\.csv' makes the metrics too large"):
        reported_figures(large, ["m/*"], TODAY)
