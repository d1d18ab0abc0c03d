"""Changes that are worse together than alone."""

from tests.changes.situations import moved, spec


def test_a_lower_tier_makes_an_added_tool_critical_and_the_reason_says_so():
    tool = {"name": "mail", "connector": "mail", "allow": ["send"], "access": "write"}

    changes = moved(spec(), spec(risk__tier="medium", tools__2=tool))

    weighed = {change.rule: change.significance for change in changes}
    assert weighed == {"governance/tier-lowered": "critical", "privilege/tool-added": "critical"}
    [added] = [change for change in changes if change.rule == "privilege/tool-added"]
    assert "more privilege together with a lower tier" in added.reason
