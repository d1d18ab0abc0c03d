"""The list of all rules, and the twins of looser ones."""

import pytest

from fleetward.changes.catalogue import catalogue
from fleetward.domain.change import Direction, Significance
from tests.changes.situations import moved, spec
from tests.changes.test_meanings import SITUATIONS

MADE_OF_CLASS_AND_KEY = {"reliability/api-added"}


def test_the_catalogue_has_the_rule_of_every_situation():
    rules = {entry.rule for entry in catalogue()} | MADE_OF_CLASS_AND_KEY

    assert sorted({rule for _, rule, _, _ in SITUATIONS} - rules) == []


@pytest.mark.parametrize(
    "edit", [edit for edit, _, direction, _ in SITUATIONS if direction == "looser"], ids=lambda edit: next(iter(edit))
)  # fmt: skip
def test_the_reverse_of_a_looser_change_is_its_twin_and_of_little_significance(edit):
    twins = {(entry.rule, entry.twin) for entry in catalogue() if entry.twin}
    with_twin = {rule for rule, _ in twins}

    forward = [change for change in moved(spec(), spec(**edit)) if change.direction is Direction.LOOSER]
    backward = {change.path: change for change in moved(spec(**edit), spec())}

    assert forward
    for change in forward:
        reverse = backward[change.path]
        message = f"the reverse of {change.rule} at {change.path} is {reverse.rule}, {reverse.direction}"
        assert reverse.direction is Direction.STRICTER, message
        assert reverse.significance in (Significance.LOW, Significance.MEDIUM), message
        assert (change.rule, reverse.rule) in twins or change.rule not in with_twin, message
