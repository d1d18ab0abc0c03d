"""``fleet-config.yaml``: environments in order, settings of rules, and the range of tool versions."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from fleetward.domain.approval import GOVERNANCE
from fleetward.domain.errors import FleetError
from fleetward.domain.finding import Finding, Severity
from fleetward.domain.fleet import Environment, FleetConfig, RuleSetting
from fleetward.domain.names import NAME_FORM, is_name
from fleetward.domain.path import ItemKey, covers
from fleetward.store.fleet.governance.source import Notes, Source, as_tuple, spelling_hint

INPUT_RULES = frozenset(
    {
        "yaml-syntax",
        "yaml-duplicate-key",
        "yaml-not-allowed",
        "yaml-ambiguous",
        "yaml-limit",
        "manifest-missing",
        "schema",
        "unknown-key",
        "file-unreadable",
        "link-in-agent",
        "path-collision",
        "hidden-characters",
        "secret-in-manifest",
    }
)
"""Rules that are checked while files are read; their severity is always error."""
_REPORTING_FILES = ("usage", "metrics", "observed")
_CLAUSE = r"(>=|<=|==|!=|>|<)\s*([0-9]+(?:\.[0-9]+)*)"
_VERSION = r"[0-9]+(\.[0-9]+)*"


def parse_config(
    data: Mapping[str, Any], source: Source, version: str, rule_ids: Collection[str] = ()
) -> tuple[FleetConfig | None, tuple[Finding, ...]]:
    """
    The configuration; settings are checked against *rule_ids*, where there are any.

    Errors: FleetError when ``requires`` excludes this *version* of the tool, or is not a range.
    Rules: schema.
    """
    _require_version(data.get("requires"), version, source)
    notes = Notes(source, "schema")
    environments = _environments(data["environments"], notes)
    names = frozenset(environment.name for environment in environments)
    for rule in data.get("rules") or {}:
        if rule_ids and rule not in INPUT_RULES and rule not in rule_ids:
            hint = spelling_hint(rule, rule_ids, "fleet explain --list")
            notes.error(f"no rule is called {rule!r}", ("rules", rule), hint)
    settings = {rule: _setting(rule, item, names, notes) for rule, item in (data.get("rules") or {}).items()}
    value = FleetConfig(
        repository=data["repository"],
        environments=environments,
        rules=settings,
        locate=source.locate,
        forge_hosts=_forge_hosts(data.get("forges") or {}, notes),
        metrics_files=_reporting_files(data.get("reporting") or {}, notes),
    )
    return value, notes.findings


def _forge_hosts(data: Mapping[str, Any], notes: Notes) -> dict[str, str]:
    """By host, in lower case, the kind of forge that runs there."""
    hosts: dict[str, str] = {}
    for forge, part in data.items():
        if forge.startswith("x-"):
            continue
        host = part["host"].casefold()
        if host in hosts:
            message = f"{host!r} is already {hosts[host]}"
            notes.error(message, ("forges", forge, "host"), "name each host once")
        hosts.setdefault(host, forge)
    # addresses name a host without its port
    return {host.partition(":")[0]: forge for host, forge in hosts.items()}


def _reporting_files(data: Mapping[str, Any], notes: Notes) -> tuple[str, ...]:
    """The files of metrics; the form of all paths is checked."""
    for kind in _REPORTING_FILES:
        for index, path in enumerate(data.get(kind) or ()):
            at = ("reporting", kind, index)
            if any(not part or part.startswith(".") for part in path.split("/")):
                message = f"{path!r} leads out of the fleet's folder, or to a hidden file"
                notes.error(message, at, "write a path below the folder of this file")
            elif "**" in path:
                message = f"{path!r}: ** stands for nothing more than *, a part of one name"
                notes.error(message, at, "write one * for each folder")
    return tuple(data.get("metrics") or ())


def permits(requires: str, version: str) -> bool:
    """
    Is *version* within a range such as ``>=0.1,<1``?

    The text after the numbers of a version (``0.2rc1``) is ignored, and so are trailing zeros.
    Errors: ValueError where *requires* is not a range.
    """
    clauses = [re.fullmatch(_CLAUSE, part.strip()) for part in requires.split(",")]
    if not all(clauses):
        raise ValueError(f"{requires!r} is not a range such as '>=0.1,<1'")
    actual = _numbers(version)
    return all(_satisfies(clause[1], actual, _numbers(clause[2])) for clause in clauses if clause)


def _require_version(requires: str | None, version: str, source: Source) -> None:
    if requires is None:
        return
    place = source.locate("requires")
    where = f"{place.file}:{place.line}"
    try:
        permitted = permits(requires, version)
    except ValueError as error:
        raise FleetError(f"{where}: {error}", hint="write clauses such as >=0.1,<1") from error
    if not permitted:
        message = f"{where}: this fleet requires fleetward {requires}, this is {version}"
        raise FleetError(message, hint="install a version in that range, or change that line")


def _numbers(version: str) -> tuple[int, ...]:
    match = re.match(_VERSION, version)
    numbers = [int(part) for part in match[0].split(".")] if match else []
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return tuple(numbers)


def _satisfies(sign: str, actual: tuple[int, ...], required: tuple[int, ...]) -> bool:
    return {
        ">=": actual >= required,
        "<=": actual <= required,
        "==": actual == required,
        "!=": actual != required,
        ">": actual > required,
        "<": actual < required,
    }[sign]


def _environments(data: Sequence[Mapping[str, Any]], notes: Notes) -> tuple[Environment, ...]:
    environments: dict[str, Environment] = {}
    for index, item in enumerate(data):
        name = item["name"]
        if not is_name(name):
            notes.error(
                f"{name!r} is not a valid name: {NAME_FORM}", ("environments", index, "name"), "correct it"
            )
        if name == GOVERNANCE:
            message = f"{name!r} is what approvals call the governance folder"
            notes.error(message, ("environments", index, "name"), "give it another name")
        if name in environments:
            notes.error(
                f"a second environment {name!r}", ("environments", index, "name"), "give it another name"
            )
            continue
        environments[name] = _environment(item, environments, notes)
    return tuple(environments.values())


def _environment(data: Mapping[str, Any], earlier: Mapping[str, Environment], notes: Notes) -> Environment:
    at = ("environments", ItemKey(data["name"]))
    sources, overridable = as_tuple(data.get("from")), as_tuple(data.get("overridable"))
    for source in sources:
        if source not in earlier:
            hint = spelling_hint(source, earlier, "list the environment it comes from above this one")
            notes.error(f"no environment {source!r} before {data['name']!r}", (*at, "from"), hint)
    for index, path in enumerate(overridable):
        if not covers("spec", path) or path == "spec":
            message = f"{path!r} is not a part of spec"
            notes.error(message, (*at, "overridable", index), "only paths that begin with spec. can differ")
    return Environment(name=data["name"], sources=sources, overridable=overridable)


def _setting(rule: str, data: Any, environments: frozenset[str], notes: Notes) -> RuleSetting:
    at = ("rules", rule)
    settings = data if isinstance(data, Mapping) else {"severity": data}
    word = settings["severity"]
    if rule in INPUT_RULES and word != Severity.ERROR:
        notes.error(f"{rule!r} cannot be {word!r}", at, "this rule is always an error; delete this line")
    for index, name in enumerate(as_tuple(settings.get("environments"))):
        if name not in environments:
            hint = spelling_hint(name, environments, "name an environment of this file")
            notes.error(f"no environment {name!r}", (*at, "environments", index), hint)
    return RuleSetting(
        severity=None if word == "off" else Severity(word),
        tiers=frozenset(as_tuple(settings.get("tiers"))),
        environments=frozenset(as_tuple(settings.get("environments"))),
    )
