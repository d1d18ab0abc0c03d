"""
Findings as SARIF 2.1.0, for code scanning.

Source: OASIS, Static Analysis Results Interchange Format 2.1.0. Paths are given from the top of the repository, as
forges expect.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from fleetward.domain.explanation import Explanation
from fleetward.domain.finding import Finding, Place
from fleetward.domain.validation import Validation
from fleetward.report.findings_json import encode_counts
from fleetward.report.human import visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LARGEST = 25_000
"""Results of a run: code scanning refuses a file with more. The worst come first."""
_TOP = "%SRCROOT%"


def render(
    validation: Validation,
    explain: Callable[[str], Explanation | None],
    *,
    version: str,
    verb: str = "validate",
) -> dict[str, Any]:
    """The whole report as one run of *verb*."""
    findings = validation.findings[:LARGEST]
    # SARIF refers to rules by position
    index = {rule: at for at, rule in enumerate(dict.fromkeys(finding.rule for finding in findings))}
    driver = {
        "name": "fleetward",
        "version": version,
        "semanticVersion": version,
        "rules": [_rule(rule, explain(rule)) for rule in index],
    }
    run = {
        "tool": {"driver": driver},
        # code scanning tells runs apart by it: validate and audit must not replace each other
        "automationDetails": {"id": f"fleetward/{verb}/"},
        # the default is UTF-16 code units, which differ for characters beyond the BMP
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {_TOP: {"description": {"text": "the top of the git repository"}}},
        "invocations": [_invocation(len(validation.findings) - len(findings))],
        "results": _results(findings, validation, index),
        "properties": encode_counts(validation),
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _invocation(omitted: int) -> dict[str, Any]:
    notices = []
    if omitted:
        text = f"{omitted} more findings are left out: a run holds {LARGEST}"
        notices.append({"level": "warning", "message": {"text": text}})
    return {"executionSuccessful": True, "toolExecutionNotifications": notices}


def _rule(rule: str, explanation: Explanation | None) -> dict[str, Any]:
    if explanation is None:
        return {"id": rule}
    plain = f"Why: {explanation.why}\n\nBad:\n{explanation.bad}\n\nGood:\n{explanation.good}\n\nFix: {explanation.fix}"
    markdown = (
        f"**Why**: {explanation.why}\n\nBad:\n\n```yaml\n{explanation.bad}\n```\n\n"
        f"Good:\n\n```yaml\n{explanation.good}\n```\n\n**Fix**: {explanation.fix}"
    )
    return {
        "id": rule,
        "shortDescription": {"text": _literal(explanation.summary)},
        "fullDescription": {"text": _literal(f"{explanation.summary} Why: {explanation.why}")},
        "help": {"text": _literal(plain), "markdown": markdown},
        "defaultConfiguration": {"level": explanation.severity.value},
        "properties": {"tags": ["fleetward", "reading" if explanation.fixed else "rule"]},
    }


def _results(
    findings: Sequence[Finding], validation: Validation, index: Mapping[str, int]
) -> list[dict[str, Any]]:
    occurrences: Counter[str] = Counter()
    results = []
    for finding in findings:
        # equal fingerprints would merge into one alert: they are numbered
        occurrences[finding.fingerprint] += 1
        results.append(_result(finding, validation, index[finding.rule], occurrences[finding.fingerprint]))
    return results


def _result(finding: Finding, validation: Validation, rule: int, occurrence: int) -> dict[str, Any]:
    message = f"{finding.message}\nfix: {finding.hint}" if finding.hint else finding.message
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": rule,
        "level": finding.severity.value,
        "message": {"text": _literal(message)},
        "locations": [_location(finding.place, validation)],
        # GitHub follows an alert by the second
        "partialFingerprints": {
            "fleetward/v1": finding.fingerprint,
            "primaryLocationLineHash": f"{finding.fingerprint}:{occurrence}",
        },
        "properties": {"environment": finding.environment, "agent": finding.agent},
    }
    if finding.related:
        result["relatedLocations"] = [
            {"id": number, **_location(place, validation)} for number, place in enumerate(finding.related, 1)
        ]
    if finding.waived:
        result["suppressions"] = [_suppression(finding, validation)]
    return result


def _suppression(finding: Finding, validation: Validation) -> dict[str, Any]:
    """It has no status: that means that it is accepted."""
    waiver = validation.waiver_for(finding)
    if waiver is None:
        return {"kind": "external"}
    justification = f"{waiver.reason} (approved by {waiver.approved_by}, until {waiver.expires})"
    return {
        "kind": "external",
        "justification": _literal(justification),
        "location": _location(waiver.place, validation),
    }


def _location(place: Place, validation: Validation) -> dict[str, Any]:
    # surrogates become the bytes that the path really has
    file = validation.repository_path(place.file).encode("utf-8", "surrogateescape")
    location: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": quote(file), "uriBaseId": _TOP},
            "region": {
                "startLine": place.line,
                "startColumn": place.column,
                "endLine": place.end_line,
                "endColumn": place.end_column,
            },
        }
    }
    if place.path:
        location["logicalLocations"] = [{"fullyQualifiedName": visible(place.path), "kind": "property"}]
    return location


def _literal(text: str) -> str:
    """Text without links, placeholders (SARIF 3.11.5, 3.11.6) or invisible characters."""
    printable = "\n".join(visible(line) for line in text.split("\n"))
    # in a SARIF message {0} is a placeholder and [a](1) a link
    return re.sub(r"\{(\d+)\}", r"{{\1}}", printable.replace("](", "\\]("))
