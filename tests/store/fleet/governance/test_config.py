"""``fleet-config.yaml``: environments, rule settings and the range of versions are checked at their paths."""

from __future__ import annotations

from typing import Any

import pytest

from fleetward.domain.errors import ExitCode, FleetError
from fleetward.domain.finding import Severity
from fleetward.store.fleet.governance.config import parse_config, permits
from tests.store.fleet.governance.sources import finding_paths, source


def read_config(version: str = "0.1.0", **changes: Any) -> Any:
    data = {
        "apiVersion": "fleetward/v1",
        "kind": "FleetConfig",
        "repository": "acme/agents",
        "environments": [{"name": "staging"}, {"name": "production", "from": "staging"}],
        **changes,
    }
    return parse_config(data, source("fleet-config.yaml", data), version)


def test_a_configuration_becomes_environments_in_order() -> None:
    value, findings = read_config(
        environments=[
            {"name": "staging"},
            {"name": "qa", "from": "staging"},
            {"name": "production", "from": ["staging", "qa"], "overridable": ["spec.budgets"]},
        ]
    )

    assert findings == ()
    assert [
        (environment.name, environment.sources, environment.gated) for environment in value.environments
    ] == [
        ("staging", (), False),
        ("qa", ("staging",), True),
        ("production", ("staging", "qa"), True),
    ]
    assert value.environments[2].overridable == ("spec.budgets",)


def test_a_rule_setting_is_a_severity_or_names_tiers_and_environments() -> None:
    value, findings = read_config(
        rules={
            "review-overdue": "off",
            "budget-missing": {"severity": "error", "tiers": ["high"], "environments": ["production"]},
        }
    )

    assert findings == ()
    assert value.rules["review-overdue"].severity is None
    assert value.rules["budget-missing"].severity is Severity.ERROR
    assert value.rules["budget-missing"].tiers == {"high"}
    assert value.rules["budget-missing"].environments == {"production"}


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"environments": [{"name": "staging"}, {"name": "staging"}]}, "environments[1].name"),
        ({"environments": [{"name": "staging\n"}]}, "environments[0].name"),
        ({"environments": [{"name": "a", "from": "b"}, {"name": "b"}]}, "environments[a].from"),
        ({"environments": [{"name": "a", "from": "a"}]}, "environments[a].from"),
        (
            {"environments": [{"name": "a", "overridable": ["metadata.name"]}]},
            "environments[a].overridable[0]",
        ),
        ({"environments": [{"name": "a", "overridable": ["spec"]}]}, "environments[a].overridable[0]"),
        ({"rules": {"yaml-syntax": "warning"}}, "rules.yaml-syntax"),
        ({"reporting": {"metrics": ["a.csv", "m/**/a.csv"]}}, "reporting.metrics[1]"),
        ({"reporting": {"usage": ["**"]}}, "reporting.usage[0]"),
        *(
            ({"reporting": {"observed": [path]}}, "reporting.observed[0]")
            for path in ("a/../m.csv", "a//m.csv", "a/./m.csv", "a/.git/m.csv", "a/")
        ),
        ({"rules": {"x": {"severity": "note", "environments": ["qa"]}}}, "rules.x.environments[0]"),
    ],
)
def test_a_wrong_configuration_is_found_at_its_path(changes: dict[str, Any], path: str) -> None:
    assert finding_paths(read_config(**changes)[1]) == [("schema", path)]


@pytest.mark.parametrize(
    ("requires", "version", "permitted"),
    [
        (">=0.1,<1", "0.1.0", True),
        (">=0.1,<1", "0.1", True),
        (">=0.1,<1", "0.10.3", True),
        (">=0.1,<1", "0.0.9", False),
        (">=0.1,<1", "1.0.0", False),
        (">=0.1, <1", "1", False),
        ("==0.1", "0.1.0", True),
        ("!=0.1", "0.1.0", False),
        (">0.1", "0.1.0", False),
        ("<=0.1", "0.1.0", True),
        (">=0.9", "0.10", True),
    ],
)
def test_versions_compare_number_by_number(requires: str, version: str, permitted: bool) -> None:
    assert permits(requires, version) is permitted


@pytest.mark.parametrize("requires", ["", ">=0.1,", "~=0.1", "0.1", ">=", ">=0.1.", ">=0..1", ">=v1"])
def test_a_malformed_range_of_versions_is_refused(requires: str) -> None:
    with pytest.raises(FleetError, match=r"fleet-config.yaml:7: .* is not a range"):
        read_config(requires=requires)


def test_a_version_outside_the_range_is_refused() -> None:
    with pytest.raises(FleetError, match=r"fleet-config.yaml:7: this fleet requires fleetward >=2") as caught:
        read_config(requires=">=2")

    assert caught.value.code is ExitCode.ERROR


def test_hosts_of_ones_own_are_known_by_their_forge_and_named_once() -> None:
    value, findings = read_config(
        forges={
            "gitlab": {"host": "Git.acme.example"},
            "github": {"host": "hub.acme.example:8443"},
            "x-note": 1,
        }
    )
    _, doubled = read_config(forges={"gitlab": {"host": "a.example"}, "github": {"host": "A.example"}})

    assert findings == ()
    assert value.forge_hosts == {"git.acme.example": "gitlab", "hub.acme.example": "github"}
    assert [finding.place.path for finding in doubled] == ["forges.github.host"]


def test_of_reporting_the_files_of_metrics_are_known() -> None:
    value, findings = read_config(
        reporting={"currency": "EUR", "metrics": ["reports/*.csv"], "usage": ["usage.csv"], "x-note": 1}
    )

    assert findings == ()
    assert value.metrics_files == ("reports/*.csv",)
