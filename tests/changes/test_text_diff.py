import time

import pytest

from fleetward.changes.text_diff import diff_text
from tests.changes.situations import FILES, compared, known, rewritten


@pytest.mark.parametrize(
    ("before", "after", "significance", "phrase"),
    [
        ("Be kind.", "Be friendly.", "medium", "reads differently"),
        ("Never pay.", "Pay.", "high", "negations: Never"),
        ("Do not refund but escalate.", "Do refund but not escalate.", "high", "negations: not"),
        ("You don't refund.", "You do refund.", "high", "negations: don't"),
        ("Up to 200 EUR.", "Up to 2000 EUR.", "high", "numbers: 200, 2000"),
        ("Hello {name}.", "Hello you.", "high", "variables: {name}"),
        ("Hello {{ name }}.", "Hello {{nome}}.", "high", "variables: {name}, {nome}"),
        ("Hello $name.", "Hello $nome.", "high", "variables: {name}, {nome}"),
        ("Hello %(name)s.", "Hello you.", "high", "variables: {name}"),
        ("Pay {sum:.2f}.", "Pay {total:.2f}.", "high", "variables: {sum}, {total}"),
        ("By {items[a]}.", "By {orders[a]}.", "high", "variables: {items}, {orders}"),
        (
            "{% if vip %}Pay{% endif %}",
            "{% if all %}Pay{% endif %}",
            "high",
            "variables: {% if all %}, {% if vip %}",
        ),
        ("Up to five hundred EUR.", "Up to nine hundred EUR.", "high", "numbers: five, nine"),
        ("Pay ½ of it.", "Pay ¾ of it.", "high", "numbers: ½, ¾"),
        ("You dont refund.", "You do refund.", "high", "negations: dont"),
        ("It costs $5.", "It costs $6.", "high", "numbers: 5, 6"),
        ("At most that.", "At least that.", "medium", "modal words: least, most"),
        ("For your safety.", "For your empty party.", "medium", "reads differently"),
        ("You must ask.", "You may ask.", "medium", "modal words: may, must"),
        ("a\nb\n", "a\r\nb\r\n", "low", "line ends only"),
        ("a  b\n", "a b\n\n", "low", "white space only"),
        ("Pay Bob.", "Pay \u202eBob.", "critical", "U+202E"),
        ("Pay Bob.", "Pay\u200b Bob.", "critical", "U+200B"),
        ("be\u200bcareful", "be careful", "medium", "reads differently"),
    ],
)
def test_an_edited_prompt_has_the_significance_of_its_changed_words(before, after, significance, phrase):
    change = rewritten(before, after)

    assert change.significance == significance
    assert phrase in change.reason


def test_a_prompt_shows_the_removed_and_added_lines_and_their_place():
    change = rewritten("one\ntwo\nthree\n", "one\n2\nthree\n")

    assert change.lines == ("- two", "+ 2")
    assert (change.kind, change.before, change.after) == ("text", "two", "2")
    assert (change.place.file, change.place.line) == ("environments/staging/bot/prompts/system.md", 2)


def test_an_invisible_character_is_shown_by_its_code_point():
    assert rewritten("a", "a\u202eb").lines[-1] == "+ a<U+202E>b"


def test_a_secret_in_a_prompt_is_not_printed():
    change = rewritten("key AKIAABCDEFGHIJKLMNO1", "key AKIAABCDEFGHIJKLMNO2")

    output = " ".join((*change.lines, change.reason, change.before, change.after))
    assert "AKIA" not in output
    assert change.before != change.after


def test_a_long_edit_keeps_fingerprints_apart_though_it_is_cut():
    start = "x\n" * 4000
    first, second = (rewritten("a", start + end) for end in ("b", "c"))

    assert len(first.after) < 5000
    assert first.fingerprint != second.fingerprint


def test_five_hundred_edited_lines_take_less_than_half_a_second():
    before, after = (
        "\n".join(f"Line {i} {verb} that customer {i} must not get more than {i * n} EUR" for i in range(500))
        for verb, n in (("says", 3), ("tells", 4))
    )

    started = time.process_time()
    diff = diff_text(before, after)

    assert time.process_time() - started < 0.5
    assert diff.changes_sense


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("\n" * 300_000, "a\n" * 200_000),
        ("a b " * 100_000, "b a " * 100_000),
        ("\n".join("ab"[i % 2] for i in range(2000)), "\n".join("ba"[i % 3 % 2] for i in range(1900))),
    ],
)
def test_a_hostile_text_costs_seconds_not_minutes(before, after):
    started = time.process_time()
    diff_text(before, after)

    assert time.process_time() - started < 4


@pytest.mark.parametrize("around", ["{%s}", "{{ %s }}", "${%s}", "$%s", "%%(%s)s", "{%% if %s %%}"])
def test_a_secret_in_the_place_of_a_variable_is_not_printed(around):
    token = "gh" + "p_" + "a1B2c3D4e5F6" * 3
    for change in (rewritten(around % token, "Hello."), rewritten("Hello.", around % token)):
        assert token[:12] not in change.reason


def test_tools_that_a_prompt_names_more_or_less_often_are_in_the_reason():
    before, after = (
        {**FILES, "prompts/system.md": text}
        for text in ("Look it up in kb.\n", "Look it up in crm, and draft an answer; crmx is none.\n")
    )

    [change] = compared(known(files=before), known(files=after)).changes

    assert "tools: crm, draft, kb" in change.reason


def test_spelling_is_not_marked_and_a_trick_is() -> None:
    spelled = diff_text("سلام\n", "می\u200cخواهم 👩\u200d💻\n")
    tricked = diff_text("Be kind.\n", "Be ki\u200bnd.\n")

    assert spelled.hidden == frozenset()
    assert spelled.added == "می\u200cخواهم 👩\u200d💻"
    assert tricked.hidden == {"U+200B"}
    assert tricked.added == "Be ki<U+200B>nd."
