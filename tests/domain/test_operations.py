"""What operations do, and what a tool and its connector say of an agent's risk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from fleetward.domain.operation_words import Effect
from fleetward.domain.operations import effect
from fleetward.domain.risk import exposure, tool_access
from tests import build

READS, WRITES, DELETES, PAYS = Effect


@pytest.mark.parametrize(
    ("names", "does"),
    [
        (
            "search fetch customer.read order.read k8s_get_resources Read Grep web/fetch check_order_status SELECT "
            "invoice_list list_refunds get_order getOrderHistory transfer_status label.get",
            READS,
        ),
        (
            "note.write refund.draft payment.prepare stop.move send_email tickets.reply slot.move updateCustomer "
            "create_ticket",
            WRITES,
        ),
        (
            "delete-everything user.delete dropTable purge_queue k8s_delete_pod search_and_delete remove_member "
            "files/delete list_delete * crm.*",
            DELETES,
        ),
        (
            "pay_invoice payment.send issue_refund refund_customer transferFunds charge_card create_payment orders.buy "
            "process_refund",
            PAYS,
        ),
        (
            "frobnicate customer.enrich order_items invoice_lines log_entries issue_comments file_contents audit_log "
            "error_log patient_record run_query resolve_ticket open_account generate_report",
            None,
        ),
    ],
)
def test_the_verb_of_an_operation_says_what_it_does(names: str, does: Effect | None) -> None:
    assert {name: effect(name) for name in names.split()} == dict.fromkeys(names.split(), does)


NAMES = yaml.safe_load(Path(__file__).with_name("operation_names.yaml").read_text())


def test_a_name_tells_whether_an_operation_only_reads_in_every_habit_of_naming() -> None:
    reading, changing = NAMES["reading"].split(), NAMES["not-reading"].split()

    assert [name for name in reading if effect(name) is not READS] == []
    assert [name for name in changing if effect(name) is READS] == []
    assert len({*reading, *changing}) >= 600


def tool(*allow: str, **fields: Any) -> dict[str, Any]:
    return {"name": "kb", "connector": "kb", "allow": [*allow], "access": "read", **fields}


def register(**connector: Any) -> dict[str, Any]:
    return {"connectors": {"kb": connector}}


@pytest.mark.parametrize(
    ("allowed", "connectors", "access"),
    [
        (tool("search", "fetch"), {}, "read"),
        (tool("search", "delete-everything"), {}, "write"),
        (tool("search", access="admin"), {}, "admin"),
        (tool("customer.enrich"), {}, "read"),
        (tool("customer.enrich"), register(access="admin"), "admin"),
        (tool("search"), register(access="admin"), "read"),
        (tool("delete-everything"), register(access="read"), "read"),
        (tool("delete-everything"), {"operations": {"reading": ["delete-everything"]}}, "read"),
        (
            tool("delete-it"),
            register(operations={"reading": ["delete-it"], "writing": ["delete-it"]}),
            "write",
        ),
        (tool("delete", connector="other"), register(access="read"), "write"),
        (tool("account.sunset"), {"operations": {"irreversible": ["sunset"]}}, "write"),
        (tool("account.enrich"), {"operations": {"irreversible": ["kb.account.enrich"]}}, "write"),
        (
            tool("account.enrich"),
            {"operations": {"irreversible": ["other.account.enrich", "account"]}},
            "read",
        ),
        (tool("account.enrich"), {"operations": {"reading": ["enrich"]}, **register(access="write")}, "read"),
        (tool("enrich_list_delete"), {"operations": {"reading": ["enrich", "delete"]}}, "write"),
        (tool("account.read"), {"operations": {"irreversible": ["account", "read"]}}, "read"),
    ],
)
def test_only_the_register_makes_a_tool_milder_than_its_operations(
    allowed: dict[str, Any], connectors: dict[str, Any], access: str
) -> None:
    assert tool_access(allowed, connectors) == access


def test_factors_that_nobody_wrote_are_those_of_tools_and_connectors() -> None:
    agent = build.manifest(
        "bot",
        {"risk": {"tier": "low"}, "tools": [tool("issue_refund"), tool("note.write", approval="always")]},
    )

    implied = exposure(agent, register(dataSensitivity="confidential"))

    assert implied == {
        "toolAccess": "write",
        "dataSensitivity": "confidential",
        "financialImpact": "material",
        "reversibility": "irreversible",
        "autonomy": "act",
    }


def test_factors_that_are_written_stay_as_they_are() -> None:
    factors = {
        "dataSensitivity": "public",
        "externalVisibility": "internal",
        "financialImpact": "none",
        "reversibility": "reversible",
        "autonomy": "suggest",
    }
    agent = build.manifest(
        "bot", {"risk": {"tier": "low", "factors": factors}, "tools": [tool("pay_invoice")]}
    )

    assert exposure(agent, {}) == factors | {"toolAccess": "write"}
