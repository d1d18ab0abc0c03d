"""
An independent reading of SPEC section 6 and trust.md, for tests alone.

It works on plain values and shares no code with the product. Instants are minutes before (negative: after) the moment
of the decision, days are days before it. Seats are filled by trying every assignment.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

Plain = dict[str, Any]
AHEAD = 15
"""Minutes by which clocks may differ."""
RANK = {"read": 0, "write": 1, "admin": 2}


def verdict(situation: Plain) -> str:
    """``allowed``, ``pending`` or ``blocked``."""
    if situation["subject"] == "governance":
        return _governance_verdict(situation)
    tier = _tier(situation)
    rules = _rules(situation, tier)
    if not rules or situation["errors"] or list(_unknown_authors(situation)):
        return "blocked"
    required = [item for rule in rules for item in rule["require"]]
    retires = situation["kind"] == "retire"
    asks = [item for item in required if item["kind"] == "approvals" or not retires]
    if not asks and tier != situation["policy"]["tiers"][0]:
        return "blocked"
    if _standing_vetoes(situation, rules) or _frozen(situation, rules):
        return "blocked"
    evaluations = [] if retires else list(_evaluations(situation, required))
    if "refused" in evaluations:
        return "blocked"
    soaks = [item["minutes"] for item in required if item["kind"] == "soak"] if not retires else []
    soaked = all(situation["soaked"] >= minutes for minutes in soaks)
    met = _seats_filled(situation, rules) and soaked and "missing" not in evaluations
    return "allowed" if met else "pending"


def _governance_verdict(situation: Plain) -> str:
    rules = [situation["policy"]["governance"]]
    since = situation["since"]
    for statement in situation["statements"]:
        # what was said before the present governance began is said of another change
        if since is not None and statement["ago"] > since:
            statement["fault"] = True
    if list(_unknown_authors(situation)) or _standing_vetoes(situation, rules):
        return "blocked"
    return "allowed" if _seats_filled(situation, rules) else "pending"


# which rules


def _tier(situation: Plain) -> str:
    tiers = situation["policy"]["tiers"]
    own = [_own_tier(situation, situation[side]) for side in ("running", "candidate") if situation[side]]
    return str(max(own, key=tiers.index)) if own else str(tiers[-1])


def _own_tier(situation: Plain, agent: Plain) -> str:
    tiers, floors = situation["policy"]["tiers"], situation["policy"]["floors"]
    # a tool costs what its operations do, whatever it says of itself
    access = "write" if agent["deletes"] and agent["access"] == "read" else agent["access"]
    floor = [tier for tier, least in floors.items() if RANK[access] >= RANK[least]]
    return str(max([agent["tier"], *floor], key=tiers.index))


def _rules(situation: Plain, tier: str) -> list[Plain]:
    matching = [rule for rule in situation["policy"]["rules"] if _matches(situation, rule, tier)]
    return [rule for rule in matching if rule["replaces"]] or matching


def _matches(situation: Plain, rule: Plain, tier: str) -> bool:
    kind, facets = situation["kind"], situation["facets"]
    if rule["tiers"] and tier not in rule["tiers"]:
        return False
    if rule["kinds"] and kind not in rule["kinds"]:
        return False
    if rule["only"]:
        if kind in ("create", "retire") or facets is None:
            return False
        # harmless texts may travel along, except past the other rules
        moving = [facet for facet in facets if rule["replaces"] or facet[1:] != ["neutral", "none"]]
        if not moving or any(direction != rule["only"] for _, direction, _ in moving):
            return False
        sides = [situation["running"], situation["candidate"]]
        if rule["replaces"] and all(sides) and len({_own_tier(situation, side) for side in sides}) > 1:
            return False
        if rule["replaces"] and all(sides) and len({side["tier"] for side in sides}) > 1:
            return False
    if facets is None:
        return not (rule["replaces"] and (rule["classes"] or rule["direction"]))
    if not rule["classes"] and not rule["direction"]:
        return True
    # what nobody can tell may be looser
    ways = {"looser": ("looser", "unknown"), None: ()}.get(rule["direction"], (rule["direction"],))
    return any(
        (not rule["classes"] or cls in rule["classes"]) and (not ways or direction in ways)
        for cls, direction, _ in facets
    )


# who wrote it


def _account(situation: Plain, name: str) -> tuple[str, str | None]:
    """``person``, ``robot`` or ``nobody``, and the person behind."""
    if name in situation["people"]:
        return "person", name
    return ("robot", situation["robots"][name]) if name in situation["robots"] else ("nobody", None)


def _unknown_authors(situation: Plain) -> Iterator[str]:
    if situation["policy"]["ignore_unknown"]:
        return
    for hand in situation["hands"]:
        sort, person = _account(situation, hand["name"])
        if sort == "nobody":
            yield hand["name"]
            continue
        # a forge commits for others, and others are its authors
        is_author = hand["role"] not in ("committer", "re-committer")
        if is_author and (person is None or not _is_here(situation, person, hand["ago"])):
            yield hand["name"]


def _excluded(situation: Plain) -> set[str]:
    people = set()
    for hand in situation["hands"]:
        sort, person = _account(situation, hand["name"])
        named = {"person": {hand["role"]}, "robot": {hand["role"], "robot"}}.get(sort, set())
        if person and hand["role"] != "re-committer" and named & set(situation["policy"]["exclude"]):
            people.add(person)
    return people


# who may say something


def _day(ago: int) -> int:
    """Whole days before today; the decision is made at noon."""
    return -((720 - ago) // 1440)


def _is_here(situation: Plain, person: str, ago: int) -> bool:
    since, left = situation["people"][person]
    return (since is None or _day(ago) <= since) and (left is None or _day(ago) > left)


def _members(situation: Plain, teams: Iterable[str], ago: int) -> set[str]:
    found: set[str] = set()
    for team in teams:
        if team == "owner":
            found |= _owners(situation, ago)
            continue
        for person, since, until in situation["teams"].get(team, ()):
            in_time = (since is None or _day(ago) <= since) and (until is None or _day(ago) >= until)
            if in_time and person in situation["people"] and _is_here(situation, person, ago):
                found.add(person)
    return found


def _owners(situation: Plain, ago: int) -> set[str]:
    running, candidate = situation["running"], situation["candidate"]
    if running is None or situation["kind"] == "create":
        agent = candidate
    elif candidate is None:
        agent = running
    else:
        # a change cannot name its own approvers, unless nobody is left of the present owners
        agent = running if _owners_of(situation, running, 0) else candidate
    return _owners_of(situation, agent, ago) if agent else set()


def _owners_of(situation: Plain, agent: Plain, ago: int) -> set[str]:
    alone = {person for person in agent["people"] if _is_here(situation, person, ago)}
    return _members(situation, [agent["team"]], ago) | alone


# what counts


def _order(statement: Plain) -> tuple[int, int]:
    return (-statement["ago"], statement["number"])


def _is_sound(statement: Plain, assurance: int) -> bool:
    ahead = statement["ago"] < -AHEAD
    return not statement["fault"] and not ahead and statement["assurance"] >= assurance


def _has_expired(situation: Plain, statement: Plain) -> bool:
    ages = [statement["lasts"], situation["policy"]["expire"]]
    return any(age is not None and statement["ago"] >= age for age in ages)


def _assurance(rules: list[Plain]) -> int:
    return max((rule["assurance"] for rule in rules), default=0)


def _own(situation: Plain, person: str) -> list[Plain]:
    """The statements that somebody made; those in their name that somebody else made are nobody's."""
    return [item for item in situation["statements"] if item["person"] == person and not item["foreign"]]


def _approval(situation: Plain, person: str, rules: list[Plain], seats: list[Plain]) -> list[int]:
    """The seats that the approval of a person may fill; none where it does not count."""
    if person not in situation["people"] or not _is_here(situation, person, 0):
        return []
    if person in _excluded(situation):
        return []
    own = [item for item in _own(situation, person) if item["bound"] == "here"]
    for approval in sorted(own, key=_order, reverse=True):
        if approval["decision"] != "approve" or not _is_sound(approval, _assurance(rules)):
            continue
        if _has_expired(situation, approval):
            # the later decision replaced the earlier one, and ended
            return []
        taken_back = any(
            other["decision"] in ("reject", "withdraw")
            and not (other["decision"] == "withdraw" and other["ago"] < -AHEAD)
            and _order(other) >= _order(approval)
            for other in own
        )
        if taken_back:
            return []
        fitting = [
            number
            for number, seat in enumerate(seats)
            if person in _members(situation, seat["from"], approval["ago"])
            and person in _members(situation, seat["from"], 0)
        ]
        if fitting:
            return fitting
    return []


def _seats_filled(situation: Plain, rules: list[Plain]) -> bool:
    largest: dict[tuple[str, ...], int] = {}
    for rule in rules:
        for item in rule["require"]:
            if item["kind"] == "approvals":
                teams = tuple(sorted(item["from"]))
                largest[teams] = max(largest.get(teams, 0), item["count"])
    seats = [{"from": teams} for teams, count in largest.items() for _ in range(count)]
    names = sorted({item["person"] for item in situation["statements"]})
    options = {name: set(_approval(situation, name, rules, seats)) for name in names}

    def fill(number: int, free: frozenset[str]) -> bool:
        # every way is tried: no clever algorithm, so no clever mistake
        return number == len(seats) or any(
            number in options[name] and fill(number + 1, free - {name}) for name in sorted(free)
        )

    return fill(0, frozenset(names))


def _standing_vetoes(situation: Plain, rules: list[Plain]) -> list[str]:
    return [
        veto["person"]
        for veto in situation["statements"]
        if veto["decision"] == "reject"
        and not veto["foreign"]
        and veto["bound"] != "elsewhere"
        and veto["person"] in _members(situation, situation["policy"]["veto"], 0)
        and not any(_lifts(other, veto, rules) for other in _own(situation, veto["person"]))
    ]


def _lifts(other: Plain, veto: Plain, rules: list[Plain]) -> bool:
    if other["bound"] == "elsewhere" or not _is_sound(other, _assurance(rules)):
        return False
    same_state = (other["bound"] == "other state") == (veto["bound"] == "other state")
    is_later = _order(other) > _order(veto) or (same_state and other["number"] > veto["number"])
    if other["decision"] == "withdraw":
        return is_later and not (other["lasts"] is not None and other["ago"] >= other["lasts"])
    return bool(other["decision"] == "approve" and other["bound"] == veto["bound"] and is_later)


# what else is asked


def _frozen(situation: Plain, rules: list[Plain]) -> bool:
    spared = all(rule["exempt"] for rule in rules)
    return not spared and any(start >= 0 > end for start, end in situation["policy"]["freezes"])


def _evaluations(situation: Plain, required: list[Plain]) -> Iterator[str]:
    asked = [item for item in required if item["kind"] == "evals"]
    if not asked:
        return
    ages = [item["age"] for item in asked if item["age"] is not None]
    longest = min(ages, default=None)
    if not situation["candidate"]["suites"]:
        yield "missing"
    above_lowest = _tier(situation) != situation["policy"]["tiers"][0]
    for suite, least in situation["candidate"]["suites"].items():
        runs = [run for run in situation["runs"] if run["suite"] == suite and run["same_release"]]
        runs.sort(key=lambda run: run["ago"])
        able = [run for run in runs if not above_lowest or _is_recorded_by_others(situation, run)]
        # a failure counts whoever recorded it, unless a later run passed
        failed = [run for run in runs if run["passed"] < least and (not able or run["ago"] <= able[0]["ago"])]
        deciding = next(iter([*failed, *able, *runs]), None)
        if deciding is None or deciding["ago"] < -AHEAD:
            yield "missing"
        elif deciding["passed"] < least:
            yield "refused"
        elif deciding not in able or (longest is not None and deciding["ago"] >= longest):
            yield "missing"
        else:
            yield "met"


def _is_recorded_by_others(situation: Plain, run: Plain) -> bool:
    """Somebody known recorded it, who has no part in the change."""
    sort, _ = _account(situation, run["by"])
    is_known = sort == "robot" or (sort == "person" and _is_here(situation, run["by"], run["ago"]))
    return is_known and run["by"] not in {hand["name"] for hand in situation["hands"]}
