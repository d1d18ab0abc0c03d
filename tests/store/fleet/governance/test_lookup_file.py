"""``connectors.yaml`` and ``models.yaml`` are kept as they are."""

from __future__ import annotations

from fleetward.store.fleet.governance.lookup_file import parse_lookup_file
from tests.store.fleet.governance.sources import source


def test_a_lookup_file_is_kept_as_it_is() -> None:
    data = {"connectors": {"crm": {"owner": "payments"}}}

    value, findings = parse_lookup_file(data, source("governance/connectors.yaml", data))

    assert findings == ()
    assert value is not None
    assert (value.file, value.data) == ("governance/connectors.yaml", data)
    assert value.locate("connectors.crm").path == "connectors.crm"
