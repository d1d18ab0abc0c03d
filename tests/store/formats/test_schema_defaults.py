"""Defaults of the schema are filled in where a key is absent."""

from __future__ import annotations

from fleetward.store.formats.schema_defaults import with_defaults


def test_defaults_fill_what_is_absent_and_leave_what_is_written() -> None:
    data = {"spec": {"tools": [{"name": "crm"}, {"name": "kb", "access": "write"}], "disclosure": {}}}

    filled = with_defaults(data, "agent")

    assert [tool["access"] for tool in filled["spec"]["tools"]] == ["read", "write"]
    assert filled["spec"]["disclosure"]["aiDisclosed"] is False
    assert data["spec"]["tools"][0] == {"name": "crm"}
