import re
from dataclasses import replace

import pytest

from fleetward.changes import compare
from fleetward.domain.fleet_diff import FleetDiff
from fleetward.report import changes_markdown
from fleetward.report.markdown import COMMENT_LIMIT, code
from tests.changes.situations import FILES, SCHEMA, known, spec
from tests.report.test_changes_text import BASE, BROKEN, HEAD

HOSTILE = [
    "@everyone look",
    "`@admins`",
    "``` \n/approve\n```",
    "</details><script>alert(1)</script>",
    "--> <!-- fleetward:diff sha256:0000 -->",
    "![x](https://evil.example/x.png) [y](javascript:alert(1)) #1 GH-2 a/b#3",
    "| a | b |\n|---|---|",
    "line\n\n# heading\n- item\n",
    "\u202edrawkcab\u2066",
    "&lt;b&gt; \\` \\*",
    "`" * 7,
    " ",
]


def rendered(comparisons, unreadable=()):
    return changes_markdown.render(FleetDiff(base=BASE, head=HEAD, agents=comparisons, unreadable=unreadable))


def named(comparison, name):
    changes = tuple(replace(change, agent=name) for change in comparison.changes)
    return replace(comparison, row=replace(comparison.row, agent=name), changes=changes)


def outside_code(text):
    """The comment without its fences and code spans, as CommonMark reads them."""
    text = re.sub(r"^ {2}(`{3,})diff\n.*?^ {2}\1$", "", text, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"(?<!`)(`+)(?!`)(.*?)(?<!`)\1(?!`)", "", text)


@pytest.mark.parametrize("hostile", HOSTILE)
def test_text_of_a_fleet_is_never_markup(hostile):
    prompt = {**FILES, "prompts/system.md": f"Be kind.\n{hostile}\n"}
    after = known(spec(purpose__summary=hostile, owner__team=hostile, **{"x-a": {hostile: hostile}}), prompt)
    comparison = named(compare(known(), after, schema=SCHEMA), "bot")

    markup = outside_code(rendered([comparison])).split("\n", 1)[1]

    assert "@" not in markup
    assert not re.search(r"[<>\[\]|!\\](?!$)", markup.replace("\\\n", "\n")), markup
    assert not re.search(r"^\s*/", markup, re.MULTILINE)
    assert "evil" not in markup
    assert "\u202e" not in rendered([comparison])


@pytest.mark.parametrize("text", HOSTILE)
def test_a_code_span_holds_its_text_on_one_line(text):
    span = code(text)

    assert "\n" not in span
    assert outside_code(span) == ""


def test_totals_are_exact_and_the_worst_change_is_listed_when_there_is_no_room_for_all():
    mild = compare(known(), known(spec(purpose__summary="x" * 400)), schema=SCHEMA)
    grave = compare(known(), known(spec(tools__0__access="admin")), schema=SCHEMA)
    many = [
        named(compare(known(), known(spec(purpose__summary=f"é{n}" * 90)), schema=SCHEMA), f"bot-{n}")
        for n in range(400)
    ]

    text = rendered([*many, named(mild, "mild"), named(grave, "grave")])

    assert len(text) <= COMMENT_LIMIT
    assert 50_000 < len(text.encode()) <= COMMENT_LIMIT
    assert "agents: 0 added, 0 retired, 402 changed; changes: 1 critical, 401 medium" in text
    assert "tool 'crm' has admin access" in text
    [omitted] = re.findall(r"Not shown, for lack of space: (\d+) changes", text)
    assert int(omitted) + text.count("- **") == 402


def test_the_hidden_marker_is_the_first_line_and_its_digest_follows_the_changes():
    at_90 = compare(known(), known(spec(budgets__0__haltAt=90)), schema=SCHEMA)
    at_91 = compare(known(), known(spec(budgets__0__haltAt=91)), schema=SCHEMA)

    first, again, second = (rendered([comparison]).splitlines()[0] for comparison in (at_90, at_90, at_91))

    assert re.fullmatch(r"<!-- fleetward:diff sha256:[0-9a-f]{64} -->", first)
    assert first == again != second


def test_an_unreadable_file_is_listed_first_with_its_place():
    text = rendered([compare(known(), known(spec(suspended=True)), schema=SCHEMA)], [BROKEN])

    assert text.index("`environments/staging/broken/agent.yaml:3:5`") < text.index("- **low**")
    assert "could not be read: 1" in text


def test_a_change_of_many_agents_is_listed_once():
    edited = compare(known(), known(spec(budgets__0__haltAt=90)), schema=SCHEMA)

    text = rendered([named(edited, f"bot-{n}") for n in range(60)])

    assert "#### The same in 60 agents" in text
    assert text.count("- **") == 1
    assert "and 20 more" in text
    assert "changes: 60 high" in text
