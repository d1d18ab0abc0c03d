"""Text reports have a largest size, and say exactly what they left out."""

from fleetward.report.caps import MAX_BYTES, MAX_ITEMS, Block, cap_page, fit_blocks, omission_line
from fleetward.report.human import plain_text
from fleetward.report.page import line


def test_a_thousand_items_are_shown_and_the_others_are_counted() -> None:
    lines, omitted = fit_blocks(Block((line(f"item {number}"), line())) for number in range(MAX_ITEMS + 7))

    assert len(lines) == 2 * MAX_ITEMS
    assert omitted == 7
    assert omission_line(7, "change").text == "7 more changes are not listed: use -o json to see all"
    assert omission_line(1, "change").text.startswith("1 more change is not")


def test_a_large_item_is_cut_after_a_line_and_the_later_ones_are_counted() -> None:
    large = Block((line("first"), *(line("x" * 90) for _ in range(5_000))))

    lines, omitted = fit_blocks([large, Block((line("second"),)), Block((line("third"),), 5)])

    text = plain_text(tuple(lines))
    assert "first" in text
    assert "second" not in text
    assert "more lines (-o json has them all)" in text
    assert omitted == 6


def test_an_item_whose_first_line_has_no_room_is_counted() -> None:
    _lines, omitted = fit_blocks([Block((line("x" * MAX_BYTES),), 3)])

    assert omitted == 3


def test_a_page_stays_under_the_limit_on_a_stream_of_ascii_too() -> None:
    rows = tuple(line("é" * 60, "x" * 20) for _ in range(2_000))

    capped = cap_page((*rows, line("totals"), line("fleet list")))

    text = plain_text(capped)
    assert len(text.encode("ascii", "backslashreplace")) <= MAX_BYTES
    assert text.endswith("totals\nfleet list\n")
    shown = len(capped) - 3
    assert f"{2_000 - shown} more lines are not listed: use -o json to see all" in text


def test_a_small_page_is_unchanged() -> None:
    page = (line("one"), line("two"))

    assert cap_page(page) is page
