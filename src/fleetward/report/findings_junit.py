"""
Findings as JUnit XML: one test case an agent, so that a history of agents can be seen.

Source: the XML Schema of Jenkins' xUnit plugin (junit-10.xsd). Findings about no agent are cases of their file.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fleetward.domain.finding import Finding, Severity
from fleetward.domain.validation import Validation
from fleetward.report.human import visible

Case = tuple[str, str]
"""Class name and name: ``staging`` and an agent, or ``fleet`` and a file."""


def render(validation: Validation) -> str:
    """The whole report; a case fails where it has a finding at error level that is not waived."""
    cases: dict[Case, list[Finding]] = {key: [] for key in validation.checked}
    for finding in validation.findings:
        cases.setdefault(_case(finding), []).append(finding)
    failed = sum(any(map(_fails, findings)) for findings in cases.values())
    head = f'name="fleetward" tests="{len(cases)}" failures="{failed}" errors="0" skipped="0"'
    body = "".join(_testcase(case, findings) for case, findings in cases.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuite {head}>\n{body}</testsuite>\n'


def _case(finding: Finding) -> Case:
    if finding.agent:
        return finding.environment or "fleet", finding.agent
    return "fleet", finding.place.file


def _fails(finding: Finding) -> bool:
    return finding.severity is Severity.ERROR and not finding.waived


def _testcase(case: Case, findings: Sequence[Finding]) -> str:
    failing = [one for one in findings if _fails(one)]
    others = [one for one in findings if not _fails(one)]
    parts = []
    if failing:
        more = f" (and {len(failing) - 1} more)" if len(failing) > 1 else ""
        message = _text(failing[0].message + more)
        parts.append(
            f'    <failure type="{failing[0].rule}" message="{message}">{_listed(failing)}</failure>\n'
        )
    if others:
        parts.append(f"    <system-out>{_listed(others)}</system-out>\n")
    named = f'classname="{_text(case[0])}" name="{_text(case[1])}"'
    return f"  <testcase {named}>\n{''.join(parts)}  </testcase>\n" if parts else f"  <testcase {named}/>\n"


def _listed(findings: Sequence[Finding]) -> str:
    return "\n".join(_text(line) for finding in findings for line in _lines(finding))


def _lines(finding: Finding) -> Iterable[str]:
    place = finding.place
    word = "waived" if finding.waived else finding.severity.value
    yield f"{place.file}:{place.line}:{place.column}: {word}: {finding.rule}: {finding.message}"
    if finding.hint:
        yield f"  fix: {finding.hint}"


def _text(text: str) -> str:
    """Text for an attribute or between tags; what XML cannot hold is shown by its code point."""
    shown = visible(text)
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&quot;"), ("\t", "&#9;")):
        shown = shown.replace(character, entity)
    return shown
