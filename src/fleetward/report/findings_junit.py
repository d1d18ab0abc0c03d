"""
Findings as JUnit XML: one test case an agent, so that CI shows the history of each agent.

A finding about no agent belongs to the case of its file. Source: the XML Schema of Jenkins' xUnit plugin
(junit-10.xsd).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.validation import Validation
from fleetward.report.human import visible

CaseKey = tuple[str, str]
"""Class name and name of a test case: ``staging`` and an agent, or ``fleet`` and a file."""


def render(validation: Validation) -> str:
    """The whole report; a case fails if it has an error that is not waived."""
    # agents without findings are cases too: a test that vanishes looks like one that passes
    cases: dict[CaseKey, list[Finding]] = {key: [] for key in validation.checked}
    for finding in validation.findings:
        cases.setdefault(_case_key(finding), []).append(finding)
    failed = sum(any(map(_is_failure, findings)) for findings in cases.values())
    head = f'name="fleetward" tests="{len(cases)}" failures="{failed}" errors="0" skipped="0"'
    body = "".join(_testcase(case, findings) for case, findings in cases.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuite {head}>\n{body}</testsuite>\n'


def _case_key(finding: Finding) -> CaseKey:
    if finding.agent:
        return finding.environment or "fleet", finding.agent
    return "fleet", finding.place.file


def _is_failure(finding: Finding) -> bool:
    # warnings never fail a case: the exit code is 0 then
    return finding.severity is Severity.ERROR and not finding.waived


def _testcase(case: CaseKey, findings: Sequence[Finding]) -> str:
    failing = [finding for finding in findings if _is_failure(finding)]
    passing = [finding for finding in findings if not _is_failure(finding)]
    parts = []
    if failing:
        count = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
        message = _escape(failing[0].message + count)
        parts.append(
            f'    <failure type="{failing[0].rule}" message="{message}">{_findings_text(failing)}</failure>\n'
        )
    if passing:
        parts.append(f"    <system-out>{_findings_text(passing)}</system-out>\n")
    attributes = f'classname="{_escape(case[0])}" name="{_escape(case[1])}"'
    return (
        f"  <testcase {attributes}>\n{''.join(parts)}  </testcase>\n"
        if parts
        else f"  <testcase {attributes}/>\n"
    )


def _findings_text(findings: Sequence[Finding]) -> str:
    return "\n".join(_escape(line) for finding in findings for line in _finding_lines(finding))


def _finding_lines(finding: Finding) -> Iterable[str]:
    place = finding.place
    word = "waived" if finding.waived else finding.severity.value
    yield f"{place.file}:{place.line}:{place.column}: {word}: {finding.rule}: {finding.message}"
    if finding.hint:
        yield f"  fix: {finding.hint}"


def _escape(text: str) -> str:
    """Text for an attribute or between tags; characters that XML does not allow become code points."""
    escaped = visible(text)
    # the ampersand first; a tab in an attribute would be read as a space
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\t", "&#9;")):
        escaped = escaped.replace(character, entity)
    return escaped
