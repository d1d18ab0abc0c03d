"""A verdict as a comment: complete, and with all text of the fleet in code spans."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from fleetward.domain.batch_verdict import BatchVerdict
from fleetward.domain.break_glass import PromotionMode
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.next_step import NextStep
from fleetward.domain.verdict import NotCounted, Promotion, Requirement, RequirementStatus, Unblock, Verdict
from fleetward.report.verdicts_markdown import render
from tests.build import policy

COMMIT = "a" * 40
WAITS = Promotion(
    agent="refund-bot",
    kind=PromotionKind.UPDATE,
    tier="high",
    release="sha256:" + "c" * 64,
    from_state="sha256:" + "b" * 64,
    to_state="sha256:" + "d" * 64,
    generation=3,
    verdict=Verdict.PENDING,
    requirements=(
        Requirement(
            rule="every-change",
            kind="approvals",
            condition="1 of owner",
            status=RequirementStatus.MET,
            by=("carla",),
            detail="1 of 1: carla",
        ),
        Requirement(
            rule="risk",
            kind="approvals",
            condition="2 of risk",
            status=RequirementStatus.MISSING,
            detail="0 of 2",
            eligible=("bob", "farid"),
        ),
        Requirement(
            rule="veto",
            kind="veto",
            condition="lifted by gita",
            status=RequirementStatus.REFUSED,
            by=("gita",),
            eligible=("gita",),
        ),
    ),
    not_counted=(NotCounted(approver="erin", reason="author of the change"),),
    unblock=Unblock(
        people=("bob", "farid"),
        minimal_approvers=("bob", "farid"),
        ready_at=datetime(2026, 11, 21, tzinfo=UTC),
    ),
)
GOLDEN = f"""\
### fleet promote: pending

`staging` to `production` at `{COMMIT}`, policy version 1.

#### `refund-bot`: pending (update, tier `high`, generation 3)

- from `sha256:{"b" * 64}`  
  to `sha256:{"d" * 64}`
- **refused** veto `lifted by gita` (`veto`)  
  by `gita`  
  can lift it: `gita`
- **missing** approvals `2 of risk` (`risk`): `0 of 2`  
  could approve: `bob`, `farid`
- **met** approvals `1 of owner` (`every-change`): `1 of 1: carla`
- not counted: `erin`: `author of the change`
- smallest set of approvers: `bob`, `farid`
- earliest: 2026-11-21T00:00:00Z

next: approve this change:

    fleet approve refund-bot --to production
"""  # noqa: W291 (two spaces end a line)


def rendered(
    *promotions: Promotion, command: str = "fleet approve refund-bot --to production", assumption: str = ""
) -> str:
    return render(
        batch(*promotions),
        next_step=NextStep(command=command, reason="approve this change"),
        assumption=assumption,
    )


def batch(*promotions: Promotion) -> BatchVerdict:
    return BatchVerdict(
        promotions=promotions, target="production", sources=("staging",), commit=COMMIT, policy=policy()
    )


def test_the_comment_has_every_requirement_and_ends_with_a_command() -> None:
    marker, body = rendered(WAITS).split("\n", 1)

    assert body == GOLDEN
    assert re.fullmatch(r"<!-- fleetward:promote sha256:[0-9a-f]{64} -->", marker)


def test_the_marker_changes_with_the_content_alone() -> None:
    assert rendered(WAITS) == rendered(WAITS)
    assert rendered(WAITS).splitlines()[0] != rendered(replace(WAITS, generation=4)).splitlines()[0]


def test_the_worst_comes_first() -> None:
    allowed = replace(WAITS, agent="a-bot", verdict=Verdict.ALLOWED, requirements=(), not_counted=())
    blocked = replace(WAITS, agent="z-bot", verdict=Verdict.BLOCKED)

    text = rendered(allowed, WAITS, blocked)

    assert text.index("z-bot") < text.index("`refund-bot`: pending") < text.index("a-bot")
    assert "### fleet promote: blocked" in text


def test_an_allowed_promotion_names_no_approver() -> None:
    text = rendered(replace(WAITS, verdict=Verdict.ALLOWED))

    assert "fewest" not in text
    assert "earliest" not in text


def test_too_few_approvers_are_reported() -> None:
    text = rendered(replace(WAITS, unblock=Unblock(minimal_approvers=None)))

    assert "too few eligible approvers are left" in text


def test_an_unchanged_agent_has_nothing_to_promote() -> None:
    text = rendered(
        replace(WAITS, kind=None, tier=None, verdict=Verdict.UNCHANGED, requirements=(), not_counted=())
    )

    assert "#### `refund-bot`: unchanged (nothing to promote)" in text


def test_the_assumption_comes_before_the_verdicts() -> None:
    text = rendered(WAITS, assumption="supposing that bob approved")

    assert text.index("`supposing that bob approved`") < text.index("refund-bot")


@pytest.mark.parametrize(
    "nasty",
    [
        "`` ``` ` @everyone",
        "</details><script>alert(1)</script>",
        "-->\n# promoted\n::add-mask::x",
        "[here](https://evil.example) | x | **bold** #1",
        "\x1b[2J\u202egnp.exe",
    ],
)
def test_text_of_a_fleet_stays_in_its_code_span(nasty: str) -> None:
    need = Requirement(
        rule="risk",
        kind="veto",
        condition="lifted by gita",
        status=RequirementStatus.REFUSED,
        detail=nasty,
        by=(nasty,),
        eligible=(nasty,),
    )
    spare = NotCounted(approver=nasty, reason=nasty)
    promotion = replace(
        WAITS, requirements=(need,), not_counted=(spare,), unblock=Unblock(minimal_approvers=(nasty,))
    )

    text = rendered(promotion, command=nasty, assumption=nasty)
    body = text.split("\n", 1)[1]

    assert "\x1b" not in text
    assert "\u202e" not in text
    for start in ("# promoted", "::add-mask::", "##["):
        assert not any(line.strip().startswith(start) for line in body.splitlines())
    outside = re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", body.split("\nnext: ")[0])
    for word in ("@everyone", "<script>", "evil.example", "**bold**", "</details>"):
        assert word not in outside


def test_many_verdicts_fit_into_one_comment_and_omitted_lines_are_counted() -> None:
    many = [replace(WAITS, agent=f"bot-{number:04}") for number in range(500)]

    text = rendered(*many)

    assert len(text) <= 60_000
    assert re.search(r"\n[0-9]+ more lines, not shown here: `-o json` lists all\.\n", text)
    assert text.endswith("    fleet approve refund-bot --to production\n")


def test_break_glass_and_rollback_are_marked_and_stay_in_code_spans() -> None:
    soak = Requirement(
        rule="soak",
        kind="soak",
        condition="at least 1d",
        status=RequirementStatus.MISSING,
        detail="1h so far",
    )
    broken = replace(WAITS, mode=PromotionMode.BREAK_GLASS, skipped=(soak,))

    comment = render(
        batch(broken),
        next_step=NextStep(command="x", reason="see all details"),
        notice="break-glass for INC-1 (`@all` <b>now</b>)",
        verb="rollback",
    )

    assert comment.startswith("<!-- fleetward:rollback sha256:")
    assert "### fleet rollback: pending\n" in comment
    assert "**Note:** ``break-glass for INC-1 (`@all` <b>now</b>)``.\n" in comment
    assert "#### `refund-bot`: pending (update, tier `high`, generation 3, break-glass)\n" in comment
    assert "- **skipped** soak `at least 1d` (`soak`): `1h so far`\n" in comment
