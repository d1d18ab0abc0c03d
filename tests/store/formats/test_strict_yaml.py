"""The YAML subset: what it reads, what it refuses and where; no content makes the parser raise."""

from __future__ import annotations

import json
import math
import sys
import time
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from fleetward.domain.invisible_characters import INVISIBLE
from fleetward.store.formats.strict_yaml import (
    AGENT_LIMITS,
    GOVERNANCE_LIMITS,
    Limits,
    ParsedYaml,
    parse_yaml,
    plain_scalar,
)

FILE = "agent.yaml"


@pytest.fixture(params=["libyaml", "without libyaml"])
def _parser(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "without libyaml":
        monkeypatch.delattr(yaml, "cyaml", raising=False)
        monkeypatch.setitem(sys.modules, "yaml.cyaml", None)


both_parsers = pytest.mark.usefixtures("_parser")


def finding_places(reading: ParsedYaml) -> list[tuple[str, int, int]]:
    return [(finding.rule, finding.place.line, finding.place.column) for finding in reading.findings]


def is_readable(reading: ParsedYaml) -> bool:
    """A waiver may excuse a character in prose, so that the rest of the file has to be read."""
    return all(finding.codepoint for finding in reading.findings)


def value(text: str) -> Any:
    reading = parse_yaml(f"a: {text}\n".encode(), FILE)
    assert not reading.findings
    assert reading.data is not None
    return reading.data["a"]


@both_parsers
@pytest.mark.parametrize(
    ("text", "rule", "line", "column"),
    [
        # syntax and encoding
        ("", "yaml-syntax", 1, 1),
        ("# only a comment\n", "yaml-syntax", 1, 1),
        ("- a\n", "yaml-syntax", 1, 1),
        ("just text\n", "yaml-syntax", 1, 1),
        ("a: 1\nb: caf\udce9\n", "yaml-syntax", 2, 7),
        ("a: [1, 2\nb: 3\n", "yaml-syntax", 2, 2),
        # what the subset leaves out
        ("a: 1\n---\nb: 2\n", "yaml-not-allowed", 2, 1),
        ("a: &x 1\n", "yaml-not-allowed", 1, 4),
        ("a: &x {b: 1}\n", "yaml-not-allowed", 1, 4),
        ("a: &x [1]\n", "yaml-not-allowed", 1, 4),
        ("&top\na: 1\n", "yaml-not-allowed", 1, 1),
        ("b: 1\na: *x\n", "yaml-not-allowed", 2, 4),
        ("b: 1\n<<: {c: 2}\n", "yaml-not-allowed", 2, 1),
        ("a: !!str 1\n", "yaml-not-allowed", 1, 4),
        ("a: !mine {b: 1}\n", "yaml-not-allowed", 1, 4),
        ("a: ! x\n", "yaml-not-allowed", 1, 4),
        ("%YAML 1.2\n---\na: 1\n", "yaml-not-allowed", 1, 1),
        ("%TAG !e! tag:example,2026:\n---\na: 1\n", "yaml-not-allowed", 1, 1),
        ("1: a\n", "yaml-not-allowed", 1, 1),
        ("a:\n  true: b\n", "yaml-not-allowed", 2, 3),
        ("~: a\n", "yaml-not-allowed", 1, 1),
        ("1.5: a\n", "yaml-not-allowed", 1, 1),
        ("[a]: b\n", "yaml-not-allowed", 1, 1),
        ("? {a: 1}\n: b\n", "yaml-not-allowed", 1, 3),
        # duplicates
        ("a: 1\nb: 2\na: 3\n", "yaml-duplicate-key", 3, 1),
        ("a: {b: 1, b: 2}\n", "yaml-duplicate-key", 1, 11),
        ('a: 1\n"a": 2\n', "yaml-duplicate-key", 2, 1),
        ("l:\n  - {k: 1,\n     k: 1}\n", "yaml-duplicate-key", 3, 6),
        # what two readers take for two things
        ("a: 0777\n", "yaml-ambiguous", 1, 4),
        ("a: -010\n", "yaml-ambiguous", 1, 4),
        ("a: 0o7\n", "yaml-ambiguous", 1, 4),
        ("a: 0b11\n", "yaml-ambiguous", 1, 4),
        ("a: 0xf_f\n", "yaml-ambiguous", 1, 4),
        ("a: 1_000\n", "yaml-ambiguous", 1, 4),
        ("a: 1_000.5\n", "yaml-ambiguous", 1, 4),
        ("a: 12:30\n", "yaml-ambiguous", 1, 4),
        ("a: 1:30:00\n", "yaml-ambiguous", 1, 4),
        ("a: .nan\n", "yaml-ambiguous", 1, 4),
        ("a: .NaN\n", "yaml-ambiguous", 1, 4),
        ("a: .inf\n", "yaml-ambiguous", 1, 4),
        ("a: -.INF\n", "yaml-ambiguous", 1, 4),
        ("a: 1e999\n", "yaml-ambiguous", 1, 4),
        ("a: 9007199254740993\n", "yaml-ambiguous", 1, 4),
        ("a:\n  - 1\n  - 0777\n", "yaml-ambiguous", 3, 5),
        ("0777: a\n", "yaml-ambiguous", 1, 1),
        # characters that cannot be seen
        ("a: x\u202ey\n", "hidden-characters", 1, 5),
        ("a: 1\n# zero\u200bwidth\n", "hidden-characters", 2, 7),
        ("a: x\x00\n", "hidden-characters", 1, 5),
        ("a: x\x1b[31m\n", "hidden-characters", 1, 5),
        ("a: x\x7f\n", "hidden-characters", 1, 5),
        ("a: x\x85y\n", "hidden-characters", 1, 5),
        ("a: x\u2028y\n", "hidden-characters", 1, 5),
        ("a: x\u2029y\n", "hidden-characters", 1, 5),
        ("a: 1\nb: \ufeff2\n", "hidden-characters", 2, 4),
        ('a: "x\\u202ey"\n', "hidden-characters", 1, 4),
        ('a: "\\u200b"\n', "hidden-characters", 1, 4),
        ('a: "\\x85"\n', "hidden-characters", 1, 4),
        ('a: "\\N"\n', "hidden-characters", 1, 4),
        ('a: "\\L\\P"\n', "hidden-characters", 1, 4),
        ('a: "\\0"\n', "hidden-characters", 1, 4),
        ('b: 1\n"k\\u202e": 2\n', "hidden-characters", 2, 1),
    ],
)
def test_yaml_outside_the_subset_is_refused_at_its_place(
    text: str, rule: str, line: int, column: int
) -> None:
    reading = parse_yaml(text.encode("utf-8", "surrogateescape"), FILE)

    assert finding_places(reading)[0] == (rule, line, column)
    assert is_readable(reading) == (reading.data is not None)
    assert all(finding.message and finding.hint for finding in reading.findings)


@both_parsers
@pytest.mark.parametrize("written", ["0777", "0o7", "1_000", "12:30", ".nan", "-.inf"])
def test_an_ambiguous_scalar_is_shown_as_written_and_its_hint_quotes_it(written: str) -> None:
    [finding] = parse_yaml(f"top:\n  key: {written}\n".encode(), FILE).findings

    assert finding.message.startswith(written)
    assert finding.hint == f'write "{written}"'
    assert finding.place.path == "top.key"


@both_parsers
@pytest.mark.parametrize("written", ["0777", "0o7", "1_000", "12:30", ".nan", ".inf", "<<", "yes", "1", "~"])
@pytest.mark.parametrize("quote", ['"', "'"])
def test_quoted_text_is_text(written: str, quote: str) -> None:
    assert value(f"{quote}{written}{quote}") == written


@both_parsers
@pytest.mark.parametrize("text", ["yes", "no", "on", "off", "Y", "n", "2026-11-20", "2026-11-20T12:00:00Z"])
def test_words_and_dates_are_text_as_yaml_1_2_says(text: str) -> None:
    assert value(text) == text


@both_parsers
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("0", 0),
        ("-17", -17),
        ("+3", 3),
        ("0x1F", 31),
        ("1.5", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("-1.25E-2", -0.0125),
        ("9007199254740992", 2**53),
        ("1.2.3", "1.2.3"),
        ("1-2", "1-2"),
        ("P7D", "P7D"),
        ("-", "-"),
        ("...x", "...x"),
        ("|\n  two\n  lines", "two\nlines\n"),
        (">-\n  one\n  line", "one line"),
    ],
)
def test_scalars_mean_what_the_core_schema_says(text: str, expected: Any) -> None:
    if text == "-":
        assert plain_scalar(text) == "-"
        return
    actual = value(text)

    assert actual == expected
    assert type(actual) is type(expected)


@both_parsers
@pytest.mark.parametrize(
    "content", [b"\xef\xbb\xbfa: 1\n", b"a: 1\r\nb:\r\n  - 2\r\n", b"a: 1", b"---\na: 1\n"]
)
def test_byte_order_mark_crlf_no_last_line_end_and_one_opening_line_are_tolerated(content: bytes) -> None:
    reading = parse_yaml(content, FILE)

    assert not reading.findings
    assert reading.data is not None
    assert reading.data["a"] == 1


@both_parsers
def test_lines_are_counted_the_same_with_crlf() -> None:
    reading = parse_yaml(b"a: 1\r\nb: 2\r\na: 3\r\n", FILE)

    assert finding_places(reading) == [("yaml-duplicate-key", 3, 1)]


@both_parsers
def test_the_top_mapping_is_level_one_and_the_24th_is_the_last() -> None:
    deepest = "{a: " * 24 + "1" + "}" * 24
    too_deep = "{a: " * 25 + "1" + "}" * 25

    assert not parse_yaml(deepest.encode(), FILE).findings
    assert finding_places(parse_yaml(too_deep.encode(), FILE)) == [("yaml-limit", 1, 24 * 4 + 1)]


@both_parsers
def test_ten_thousand_nodes_are_read_and_one_more_is_refused() -> None:
    # the top mapping, the key and the list are three nodes
    full = f"a: [{', '.join(['1'] * 9_997)}]\n".encode()
    too_many = f"a: [{', '.join(['1'] * 9_998)}]\n".encode()

    assert not parse_yaml(full, FILE).findings
    assert [finding.rule for finding in parse_yaml(too_many, FILE).findings] == ["yaml-limit"]
    assert not parse_yaml(too_many, FILE, GOVERNANCE_LIMITS).findings


@pytest.mark.parametrize("limits", [AGENT_LIMITS, GOVERNANCE_LIMITS], ids=["agent", "governance"])
def test_the_size_of_a_file_is_limited_to_the_byte(limits: Limits) -> None:
    fits = b"a: 1\n#" + b"x" * (limits.size - 6)

    assert not parse_yaml(fits, FILE, limits).findings
    assert finding_places(parse_yaml(fits + b"x", FILE, limits)) == [("yaml-limit", 1, 1)]


def test_limits_are_those_of_the_contract() -> None:
    assert (AGENT_LIMITS.size, AGENT_LIMITS.depth, AGENT_LIMITS.nodes) == (256 * 1024, 24, 10_000)
    assert (GOVERNANCE_LIMITS.size, GOVERNANCE_LIMITS.nodes) == (4 * 1024 * 1024, 200_000)


@both_parsers
def test_several_mistakes_of_one_file_are_reported_together() -> None:
    reading = parse_yaml(b"a: 0777\nb: 1\nb: 12:30\n", FILE)

    assert finding_places(reading) == [
        ("yaml-ambiguous", 1, 4),
        ("yaml-duplicate-key", 3, 1),
        ("yaml-ambiguous", 3, 4),
    ]


@both_parsers
def test_positions_give_line_and_column_of_keys_and_values() -> None:
    reading = parse_yaml(b"a: 1\nb:\n  - {c: two}\n", FILE, spots=True)

    assert reading.positions is not None
    assert reading.positions["a",].value == (1, 4, 1, 5)
    assert reading.positions["b", 0, "c"].key == (3, 6, 3, 7)
    assert reading.positions["b", 0, "c"].value == (3, 9, 3, 12)


HOSTILE = {
    "50 KB of [": b"[" * 50_000,
    "50 KB of {": b"{" * 50_000,
    "50 KB of {a: ": b"{a: " * 12_500,
    "50 KB of - ": b"- " * 25_000,
    "50 KB of ? ": b"? " * 25_000,
    "50 KB of &a ": b"&a " * 17_000,
    "50 KB of !": b"!" * 50_000,
    "50 KB of a: [": b"a: " + b"[" * 50_000,
    "a deep block": b"".join(b" " * depth + b"a:\n" for depth in range(600)),
    "a key of 200 KB": b"a" * 200_000 + b": 1\n",
    "a scalar of 200 KB": b"a: " + b"x" * 200_000,
    "a folded scalar of 60,000 lines": b"a: >\n" + b" x\n" * 60_000,
    "256 KiB of duplicate keys": (b"a: 1\n" * 60_000)[: 256 * 1024],
    "256 KiB of a flow of duplicate keys": b"{" + (b"a: 1, " * 50_000)[: 256 * 1024 - 8] + b"a: 1}",
    "256 KiB of ambiguous scalars": (b"a: [" + b"0777, " * 50_000)[: 256 * 1024 - 3] + b"1]\n",
    "256 KiB of invisible characters": b"a: " + "\u200b".encode() * 80_000,
    "256 KiB of escapes": b'a: "' + b"\\u202e" * 43_000 + b'"\n',
    "lone surrogates as escapes": b'a: "\\ud800"\nb: "\\udfff\\ud800"\n',
    "lone surrogates as bytes": b"a: \xed\xa0\x80\n",
    "an escape beyond Unicode": b'a: "\\UFFFFFFFF"\n',
    "a number of 200,000 digits": b"a: " + b"9" * 200_000 + b"\n",
    "a hexadecimal number of 200,000 digits": b"a: 0x" + b"f" * 200_000 + b"\n",
    "an exponent of 200,000 digits": b"a: 1e" + b"9" * 200_000 + b"\n",
    "a sexagesimal number of 60,000 parts": b"a: 1" + b":59" * 60_000 + b"x\n",
    "200,000 underscores": b"a: 1" + b"_" * 200_000 + b"x\n",
    "a zero and 200,000 underscores": b"a: 0" + b"_" * 200_000 + b".x\n",
    "nothing but quotes": b'"' * 50_001,
    "nothing but tabs": b"\t" * 50_000,
    "nothing but document marks": b"---\n" * 50_000,
    "nothing but zeros": b"\x00" * 50_000,
    "UTF-16": "a: 1\n".encode("utf-16"),
    "UTF-32": "a: 1\n".encode("utf-32"),
    "half a character": b"a: \xe2\x82",
    "a directive of 200 KB": b"%YAML " + b"1" * 200_000 + b".1\n---\na: 1\n",
    "a tag with percent signs": b"a: !%" + b"f" * 1000 + b" x\n",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_costs_less_than_a_second_and_is_refused(name: str) -> None:
    start = time.process_time()

    reading = parse_yaml(HOSTILE[name], FILE)

    assert time.process_time() - start < 1
    assert is_readable(reading) == (reading.data is not None)
    assert reading.data is not None or 0 < len(reading.findings) <= 100


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_file_is_answered_without_libyaml_too(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(yaml, "cyaml", raising=False)
    monkeypatch.setitem(sys.modules, "yaml.cyaml", None)

    reading = parse_yaml(HOSTILE[name], FILE)

    assert is_readable(reading) == (reading.data is not None)


@pytest.mark.parametrize(
    ("text", "codepoints"),
    [('a: "\\u202e"', "U+202E"), ('a: "\\u2066x"', "U+2066"), ('a: "\\U000E0041"', "U+E0041")],
)
def test_an_escape_that_writes_a_bidi_character_or_a_tag_is_named(text: str, codepoints: str) -> None:
    [finding] = parse_yaml(text.encode(), FILE).findings

    assert codepoints in finding.message
    assert finding.rule == "hidden-characters"


@given(st.binary(max_size=400))
@example(b"a: \xff")
@example(b"? ? ?")
@example(b"a: !<tag:x,2000:y> 1")
def test_arbitrary_bytes_never_raise(content: bytes) -> None:
    reading = parse_yaml(content, FILE)

    assert is_readable(reading) == (reading.data is not None)


@given(st.text(alphabet="ab:-?,[]{}&*!|>%@`'\"#\\ \n\t0123456789._~<=+\u00e9", max_size=120))
def test_texts_of_yaml_s_own_marks_never_raise_and_positions_lie_inside(text: str) -> None:
    reading = parse_yaml(text.encode(), FILE)

    lines = text.count("\n") + 1
    assert is_readable(reading) == (reading.data is not None)
    assert all(1 <= finding.place.line <= lines and finding.place.column >= 1 for finding in reading.findings)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(alphabet="ab:-?,[]{}&*!|>%'\"#\\ \n0179._~<", max_size=60))
def test_both_parsers_accept_the_same_and_read_the_same(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_libyaml = parse_yaml(text.encode(), FILE)
    with monkeypatch.context() as patched:
        patched.delattr(yaml, "cyaml", raising=False)
        patched.setitem(sys.modules, "yaml.cyaml", None)
        without = parse_yaml(text.encode(), FILE)

    if with_libyaml.data is not None and without.data is not None:
        assert with_libyaml.data == without.data


_SEEN = st.text(max_size=40).filter(lambda text: not INVISIBLE.search(text))
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(min_value=-(2**53), max_value=2**53)
    | st.floats(allow_nan=False, allow_infinity=False)
    | _SEEN,
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(_SEEN, inner, max_size=5),
    max_leaves=30,
)


@both_parsers
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.dictionaries(_SEEN, _JSON, max_size=5))
@example(data={"": ["", None], "a": {"b": -0.0}})
@example(data={"a\nb": "\n", "\t": "\\"})
def test_json_text_is_read_as_the_same_value(data: dict[str, Any]) -> None:
    reading = parse_yaml(json.dumps(data, ensure_ascii=False).encode(), FILE)

    assert not reading.findings
    assert reading.data == data


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_keeps_its_value(number: float) -> None:
    actual = plain_scalar(repr(number))

    assert actual == number
    assert math.copysign(1, actual) == math.copysign(1, number)
