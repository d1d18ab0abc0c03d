"""Values that name a person are found by the annotations of the schemas."""

from __future__ import annotations

from fleetward.domain.path import format_path
from fleetward.store.fleet.person_references import person_references
from fleetward.store.formats.json_schema import load_schema
from tests.schemas.reading import every_node, inputs

TOLD = "a person or a team"


def places(data: object, kind: str) -> dict[str, str]:
    return {format_path(steps): naming.value for steps, naming in person_references(data, kind, "ada")}


def test_people_of_a_manifest_are_found_and_look_alikes_are_not() -> None:
    spec = {
        "owner": {"team": "ada", "accountable": "ada", "backup": "bob", "roles": {"prompts": "ada"}},
        "model": {"provider": "ada", "name": "ada"},
        "knowledge": [{"name": "ada", "source": "ada", "owner": "ada"}],
        "escalation": {"responsible": "ada", "queue": "ada"},
        "guardrails": {"humanReview": {"approvers": "ada"}},
        "observability": {"outputReview": {"by": "ada"}},
    }

    assert places({"spec": spec, "metadata": {"name": "ada"}}, "agent") == {
        "spec.owner.accountable": "person",
        "spec.owner.roles.prompts": "somebody",
        "spec.knowledge[0].owner": "somebody",
        "spec.escalation.responsible": "somebody",
        "spec.guardrails.humanReview.approvers": "somebody",
        "spec.observability.outputReview.by": "somebody",
    }


def test_free_space_is_found_as_such() -> None:
    spec = {"owner": {"roles": {"x-press": "ada"}}, "x-notes": [{"by": "ada"}]}
    metadata = {"labels": {"steward": "ada"}, "annotations": {"x": "ada and bob"}}

    references = places({"metadata": metadata, "spec": spec}, "agent")

    assert references == {
        "metadata.labels.steward": "free",
        "spec.owner.roles.x-press": "free",
        "spec.x-notes[0].by": "free",
    }


def test_members_operators_owners_and_approvers_are_found() -> None:
    people = {
        "people": {"ada": {"name": "ada"}},
        "robots": {"ci": {"operatedBy": "ada"}},
        "teams": {"desk": {"members": ["bob", "ada", {"person": "ada"}], "contact": {"onCall": "ada"}}},
    }

    assert list(places(people, "people")) == [
        "robots.ci.operatedBy",
        "teams.desk.members[1]",
        "teams.desk.members[2].person",
        "teams.desk.contact.onCall",
    ]
    assert list(places({"connectors": {"crm": {"owner": "ada"}}}, "connectors")) == ["connectors.crm.owner"]
    assert places({"waivers": [{"agent": "ada", "approvedBy": "ada"}]}, "waivers") == {
        "waivers[0].approvedBy": "person"
    }


def test_overrides_name_people_where_a_manifest_would() -> None:
    patch = {"spec": {"observability": {"outputReview": {"by": "ada"}}, "endpoints": {"chat": "ada"}}}

    assert places(patch, "overrides") == {"spec.observability.outputReview.by": "somebody"}


def test_every_place_whose_description_speaks_of_a_person_or_a_team_is_marked() -> None:
    nodes = every_node([name for name in inputs() if name != "policy-test"])
    spoken = [(path, node) for path, node in nodes if TOLD in str(node.get("description"))]

    unmarked = [path for path, node in spoken if node["type"] == "string" and "x-unit" not in node]

    assert len(spoken) >= 6
    assert unmarked == []
    assert load_schema("people")["properties"]["robots"]["additionalProperties"]["properties"]["operatedBy"][
        "x-unit"
    ]
