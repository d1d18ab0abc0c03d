"""Situation -> verdict: the whole gate as one table."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from fleetward.domain.change import ChangeClass, Direction, Significance
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.policy import ApprovalTerms, Assurance, Freeze
from fleetward.domain.verdict import Verdict
from fleetward.gate import Role
from tests.gate.world import (
    BINDING,
    DAY,
    DEARER,
    EVALS,
    HOUR,
    LOOSER,
    MINUTE,
    NEW_PRIVILEGE,
    NOW,
    OLD,
    OTHER,
    OWNER,
    RELABELLED,
    REWORDED,
    RISK,
    SAFE,
    SAFER,
    SECURITY,
    SOAK,
    STRICTER,
    SUITES,
    approvals,
    comparison,
    error,
    evals,
    folk,
    manifest,
    measured,
    member,
    person,
    rejected,
    rule,
    said,
    soak,
    verdict,
    withdrew,
    wrote,
)

ALLOWED, PENDING, BLOCKED, UNCHANGED = Verdict.ALLOWED, Verdict.PENDING, Verdict.BLOCKED, Verdict.UNCHANGED
SECOND = timedelta(seconds=1)
SIGNED = rule("signed", approvals(1, "owner"), assurance=Assurance.SIGNED)
HIGH = rule("high", approvals(1, "risk"), when={"tiers": frozenset({"high", "critical"})})
CREATE = rule("create", approvals(1, "risk"), when={"kinds": frozenset({"create"})})
NAMED = rule("named", approvals(1, "risk"), when={"agents": frozenset({"refund-bot"})})
NOTHING = rule("nothing")
PRIVILEGE = rule("privilege", approvals(1, "security"), when={"classes": frozenset({ChangeClass.PRIVILEGE})})
ANY_LOOSER = rule("looser", approvals(1, "security"), when={"direction": Direction.LOOSER})
DANGEROUS = manifest(
    tools=[{"name": "crm", "access": "admin"}], owner={"team": "payments", "accountable": "carla"}
)
UNEVALUATED = manifest(evals=[])
AGED = (measured(ago=999 * DAY),)


def frozen(start: Any, end: Any) -> dict[str, Any]:
    return {"freezes": (Freeze(id="freeze", start=start, end=end),)}


def unknown(mode: str) -> dict[str, Any]:
    return {"approvals": ApprovalTerms(ignore_unknown_authors=mode == "ignore")}


Row = tuple[str, Verdict, tuple[Any, ...], dict[str, Any]]


def row(sentence: str, expected: Verdict, *rules: Any, **facts: Any) -> Row:
    return sentence, expected, rules, facts


SITUATIONS: list[Row] = [
    # which rules speak
    row("nothing to promote", UNCHANGED, OWNER, kind=None),
    row(
        "nothing to promote, whatever was rejected", UNCHANGED, OWNER, kind=None, approvals=(rejected("bob"),)
    ),
    row("no rule at all", BLOCKED, approvals=(said("alice"),)),
    row(
        "no rule for this environment",
        BLOCKED,
        replace(OWNER, when=replace(OWNER.when, to=frozenset({"qa"}))),
    ),
    row("no rule for this tier", BLOCKED, HIGH),
    row("a rule for this tier", PENDING, HIGH, candidate=manifest("high")),
    row("the running tier is higher than the new one", PENDING, HIGH, running=manifest("high")),
    row("both tiers are below the rule's", BLOCKED, HIGH, running=manifest("low"), candidate=manifest("low")),
    row(
        "the floor lifts the tier into the rule's",
        PENDING,
        HIGH,
        candidate=DANGEROUS,
        terms={"floors": {"high": ({"toolAccess": "admin"},)}},
    ),
    row("a tier that the policy does not define is its highest", PENDING, HIGH, candidate=manifest("ultra")),
    row(
        "a rule that asks nothing, at the lowest tier",
        ALLOWED,
        NOTHING,
        running=None,
        candidate=manifest("low"),
    ),
    row("a rule that asks nothing, above the lowest tier", BLOCKED, NOTHING),
    row("a rule for another kind of promotion", BLOCKED, CREATE),
    row("a rule for this kind", PENDING, CREATE, kind=PromotionKind.CREATE, running=None),
    row("a rule for this agent", PENDING, NAMED),
    row("a rule for another agent", BLOCKED, NAMED, binding=replace(BINDING, agent="policy-lookup")),
    row(
        "an override is judged like an update",
        ALLOWED,
        OWNER,
        kind=PromotionKind.OVERRIDE,
        approvals=(said("alice"),),
    ),
    row(
        "a rule for retirements",
        PENDING,
        rule("gone", approvals(1, "risk"), when={"kinds": frozenset({"retire"})}),
        kind=PromotionKind.RETIRE,
        candidate=None,
        approvals=(said("alice"),),
    ),
    row(
        "the floor of what runs counts, too",
        PENDING,
        HIGH,
        running=DANGEROUS,
        terms={"floors": {"high": ({"toolAccess": "admin"},)}},
    ),
    row(
        "what runs and cannot be read any more is of the highest tier",
        PENDING,
        HIGH,
        running=None,
        running_unread=True,
    ),
    # rules by what moved
    row(
        "more privilege asks security",
        PENDING,
        OWNER,
        NEW_PRIVILEGE,
        comparison=comparison(LOOSER),
        approvals=(said("alice"),),
    ),
    row(
        "less privilege does not",
        ALLOWED,
        OWNER,
        NEW_PRIVILEGE,
        comparison=comparison(STRICTER),
        approvals=(said("alice"),),
    ),
    row(
        "class and direction must be of one facet",
        ALLOWED,
        OWNER,
        NEW_PRIVILEGE,
        comparison=comparison(STRICTER, DEARER),
        approvals=(said("alice"),),
    ),
    row(
        "a change that nobody compared may be anything",
        PENDING,
        OWNER,
        NEW_PRIVILEGE,
        comparison=None,
        approvals=(said("alice"),),
    ),
    row(
        "a change of which nobody can tell the way may be a looser one",
        PENDING,
        OWNER,
        NEW_PRIVILEGE,
        comparison=comparison((ChangeClass.PRIVILEGE, Direction.UNKNOWN, Significance.MEDIUM)),
        approvals=(said("alice"),),
    ),
    row(
        "a rule about a class, whichever way it moved",
        PENDING,
        OWNER,
        PRIVILEGE,
        comparison=comparison(STRICTER),
        approvals=(said("alice"),),
    ),
    row(
        "a rule about a way, whatever moved",
        PENDING,
        OWNER,
        ANY_LOOSER,
        comparison=comparison(DEARER),
        approvals=(said("alice"),),
    ),
    row(
        "a rule about another way",
        ALLOWED,
        OWNER,
        ANY_LOOSER,
        comparison=comparison(STRICTER),
        approvals=(said("alice"),),
    ),
    row(
        "a change that nobody compared is never only stricter",
        PENDING,
        RISK,
        SAFER,
        comparison=None,
        approvals=(said("hugo"),),
    ),
    row(
        "a change that nobody compared is spared nothing for its class",
        PENDING,
        RISK,
        replace(PRIVILEGE, replaces_all=True),
        comparison=None,
        approvals=(said("hugo"),),
    ),
    row(
        "a change that nobody compared is spared nothing for its way",
        PENDING,
        RISK,
        replace(ANY_LOOSER, replaces_all=True),
        comparison=None,
        approvals=(said("hugo"),),
    ),
    row(
        "what replaces all for one tier does so whatever moved",
        ALLOWED,
        RISK,
        replace(SECURITY, replaces_all=True),
        comparison=None,
        approvals=(said("hugo"),),
    ),
    row(
        "two that replace all others both apply",
        PENDING,
        RISK,
        SAFER,
        replace(SECURITY, replaces_all=True),
        comparison=comparison(STRICTER),
        approvals=(said("hugo"),),
    ),
    row(
        "only stricter is asked less",
        ALLOWED,
        OWNER,
        RISK,
        SAFER,
        comparison=comparison(STRICTER),
        approvals=(said("hugo"),),
    ),
    row(
        "stricter and relabelled is only stricter",
        ALLOWED,
        RISK,
        SAFER,
        comparison=comparison(STRICTER, RELABELLED),
        approvals=(said("hugo"),),
    ),
    row(
        "relabelled alone is not",
        PENDING,
        RISK,
        SAFER,
        comparison=comparison(RELABELLED),
        approvals=(said("hugo"),),
    ),
    row(
        "stricter and reworded is not",
        PENDING,
        RISK,
        SAFER,
        comparison=comparison(STRICTER, REWORDED),
        approvals=(said("hugo"),),
    ),
    row(
        "stricter and looser is not",
        PENDING,
        RISK,
        SAFER,
        comparison=comparison(STRICTER, LOOSER),
        approvals=(said("hugo"),),
    ),
    row("no facet at all is not", PENDING, RISK, SAFER, comparison=comparison(), approvals=(said("hugo"),)),
    row(
        "a new agent is never only stricter",
        PENDING,
        RISK,
        SAFER,
        kind=PromotionKind.CREATE,
        comparison=comparison(STRICTER),
        approvals=(said("hugo"),),
    ),
    row(
        "a retirement is never only stricter",
        PENDING,
        RISK,
        SAFER,
        kind=PromotionKind.RETIRE,
        comparison=comparison(STRICTER),
        approvals=(said("hugo"),),
    ),
    row(
        "what replaces all brings its own assurance",
        ALLOWED,
        SIGNED,
        SAFER,
        comparison=comparison(STRICTER),
        approvals=(said("alice"),),
    ),
    # whose approval
    row("nobody approved", PENDING, OWNER),
    row("one of the owner team", ALLOWED, OWNER, approvals=(said("alice"),)),
    row("the accountable person", ALLOWED, OWNER, approvals=(said("carla"),)),
    row("the backup, who is in no team", ALLOWED, OWNER, approvals=(said("zoe"),)),
    row("somebody else", PENDING, OWNER, approvals=(said("bob"),)),
    row("nobody whom we know", PENDING, OWNER, approvals=(said("mallory"),)),
    row("a robot", PENDING, OWNER, approvals=(said("ci"),)),
    row(
        "somebody who has left",
        PENDING,
        OWNER,
        people=person("alice", left=date(2026, 11, 20)),
        approvals=(said("alice"),),
    ),
    row(
        "somebody who leaves tomorrow",
        ALLOWED,
        OWNER,
        people=person("alice", left=date(2026, 11, 21)),
        approvals=(said("alice"),),
    ),
    row(
        "a member since after the approval",
        PENDING,
        OWNER,
        people=member("payments", "alice", since=date(2026, 11, 20)),
        approvals=(said("alice", ago=DAY),),
    ),
    row(
        "a member since the day of the approval",
        ALLOWED,
        OWNER,
        people=member("payments", "alice", since=date(2026, 11, 19)),
        approvals=(said("alice", ago=DAY),),
    ),
    row(
        "a member until yesterday",
        PENDING,
        OWNER,
        people=member("payments", "alice", until=date(2026, 11, 19)),
        approvals=(said("alice", ago=DAY),),
    ),
    row(
        "a member until today",
        ALLOWED,
        OWNER,
        people=member("payments", "alice", until=date(2026, 11, 20)),
        approvals=(said("alice", ago=DAY),),
    ),
    row(
        "the owners of what runs decide who owns it next",
        PENDING,
        OWNER,
        candidate=manifest(team="support"),
        approvals=(said("bob"),),
    ),
    row("and may let it go", ALLOWED, OWNER, candidate=manifest(team="support"), approvals=(said("alice"),)),
    row(
        "a new agent's owners are its own",
        ALLOWED,
        OWNER,
        kind=PromotionKind.CREATE,
        running=None,
        candidate=manifest(team="support"),
        approvals=(said("bob"),),
    ),
    row(
        "a retired one's are those it had",
        ALLOWED,
        OWNER,
        kind=PromotionKind.RETIRE,
        candidate=None,
        approvals=(said("alice"),),
    ),
    row(
        "an accountable person who has left is no owner any more",
        PENDING,
        OWNER,
        people=person("zoe", left=date(2026, 11, 20)),
        approvals=(said("zoe"),),
    ),
    row(
        "a retired one that cannot be read has no owners any more",
        PENDING,
        OWNER,
        kind=PromotionKind.RETIRE,
        running=None,
        running_unread=True,
        candidate=None,
        approvals=(said("alice"),),
    ),
    row(
        "somebody who comes tomorrow",
        PENDING,
        OWNER,
        people=person("alice", since=date(2026, 11, 21)),
        approvals=(said("alice"),),
    ),
    # seats
    row("one of two", PENDING, RISK, approvals=(said("bob"),)),
    row("two of two", ALLOWED, RISK, approvals=(said("bob"), said("gita"))),
    row(
        "one person twice is one person",
        PENDING,
        RISK,
        approvals=(said("bob"), said("bob", number=2, ago=MINUTE)),
    ),
    row(
        "same team: the larger count, not the sum",
        ALLOWED,
        RISK,
        rule("x", approvals(1, "risk")),
        approvals=(said("bob"), said("gita")),
    ),
    row(
        "the larger count, in whatever order",
        PENDING,
        rule("x", approvals(1, "risk")),
        RISK,
        approvals=(said("bob"),),
    ),
    row("one person in two teams takes one seat", PENDING, OWNER, SECURITY, approvals=(said("dina"),)),
    row(
        "a greedy choice would refuse this", ALLOWED, OWNER, SECURITY, approvals=(said("dina"), said("alice"))
    ),
    row(
        "three seats, each for whom nobody else could sit there",
        ALLOWED,
        OWNER,
        SECURITY,
        rule("on-call", approvals(1, "on-call")),
        approvals=(said("carla"), said("dina"), said("alice")),
    ),
    row(
        "teams named together are one pool",
        ALLOWED,
        rule("pool", approvals(2, "risk", "security")),
        approvals=(said("bob"), said("hugo")),
    ),
    row(
        "a pool and one of its teams are asked apart",
        PENDING,
        rule("pool", approvals(1, "risk", "security")),
        SECURITY,
        approvals=(said("hugo"),),
    ),
    # who wrote it
    row("the author", PENDING, OWNER, contributors=(wrote("alice"),), approvals=(said("alice"),)),
    row(
        "the committer",
        PENDING,
        OWNER,
        contributors=(wrote("alice", Role.COMMITTER),),
        approvals=(said("alice"),),
    ),
    row(
        "a co-author",
        PENDING,
        OWNER,
        contributors=(wrote("alice", Role.CO_AUTHOR),),
        approvals=(said("alice"),),
    ),
    row(
        "upper case is the same author",
        PENDING,
        OWNER,
        contributors=(wrote("Alice@ACME.example"),),
        approvals=(said("alice"),),
    ),
    row(
        "who operates the robot that wrote it",
        PENDING,
        OWNER,
        contributors=(wrote("ci"),),
        approvals=(said("carla"),),
    ),
    row(
        "somebody else, when a robot wrote it",
        ALLOWED,
        OWNER,
        contributors=(wrote("ci"),),
        approvals=(said("alice"),),
    ),
    row(
        "a robot that nobody operates excludes nobody",
        ALLOWED,
        OWNER,
        contributors=(wrote("noreply@forge.example", Role.COMMITTER),),
        approvals=(said("alice"),),
    ),
    row(
        "who operates the robot that committed it",
        PENDING,
        OWNER,
        contributors=(wrote("ci", Role.COMMITTER),),
        approvals=(said("carla"),),
    ),
    row(
        "who operates a robot, where the policy excludes no robots but authors",
        PENDING,
        OWNER,
        contributors=(wrote("ci"),),
        approvals=(said("carla"),),
        terms={"approvals": ApprovalTerms(exclude=frozenset({"author"}))},
    ),
    row(
        "who operates a robot, where the policy excludes robots alone",
        PENDING,
        OWNER,
        contributors=(wrote("ci"),),
        approvals=(said("carla"),),
        terms={"approvals": ApprovalTerms(exclude=frozenset({"robot"}))},
    ),
    row(
        "who operates a robot that committed, where the policy excludes authors alone",
        ALLOWED,
        OWNER,
        contributors=(wrote("ci", Role.COMMITTER),),
        approvals=(said("carla"),),
        terms={"approvals": ApprovalTerms(exclude=frozenset({"author"}))},
    ),
    row(
        "an unknown author and a known one",
        BLOCKED,
        OWNER,
        contributors=(wrote("erin"), wrote("x@evil.example", Role.CO_AUTHOR)),
        approvals=(said("alice"),),
    ),
    row(
        "an author whom nobody knows",
        BLOCKED,
        OWNER,
        contributors=(wrote("x@evil.example"),),
        approvals=(said("alice"),),
    ),
    row(
        "an author whom nobody knows, where the policy does not mind",
        ALLOWED,
        OWNER,
        contributors=(wrote("x@evil.example"),),
        approvals=(said("alice"),),
        terms=unknown("ignore"),
    ),
    row(
        "the committer, where the policy excludes authors alone",
        ALLOWED,
        OWNER,
        contributors=(wrote("alice", Role.COMMITTER),),
        approvals=(said("alice"),),
        terms={"approvals": ApprovalTerms(exclude=frozenset({"author"}))},
    ),
    # for exactly what
    row(
        "approved for another repository",
        PENDING,
        OWNER,
        approvals=(said("alice", repository="fork/agents"),),
    ),
    row(
        "approved for another environment", PENDING, OWNER, approvals=(said("alice", environment="staging"),)
    ),
    row("approved for another agent", PENDING, OWNER, approvals=(said("alice", agent="policy-lookup"),)),
    row("approved the step from another state", PENDING, OWNER, approvals=(said("alice", from_state=OTHER),)),
    row("approved the step from nothing", PENDING, OWNER, approvals=(said("alice", from_state=None),)),
    row("approved another state", PENDING, OWNER, approvals=(said("alice", to_state=OTHER),)),
    row("approved another generation", PENDING, OWNER, approvals=(said("alice", generation=2),)),
    row("approved a generation to come", PENDING, OWNER, approvals=(said("alice", generation=4),)),
    # when
    row("an approval of this instant", ALLOWED, OWNER, approvals=(said("alice", ago=timedelta()),)),
    row("an approval of the next second", PENDING, OWNER, approvals=(said("alice", ago=-SECOND),)),
    row("a second before its own expiry", ALLOWED, OWNER, approvals=(said("alice", lasts=HOUR + SECOND),)),
    row("at its own expiry", PENDING, OWNER, approvals=(said("alice", lasts=HOUR),)),
    row(
        "a second before the policy's expiry",
        ALLOWED,
        OWNER,
        approvals=(said("alice", ago=14 * DAY - SECOND),),
    ),
    row("at the policy's expiry", PENDING, OWNER, approvals=(said("alice", ago=14 * DAY),)),
    row(
        "its own expiry cannot outlast the policy's",
        PENDING,
        OWNER,
        approvals=(said("alice", ago=14 * DAY, lasts=99 * DAY),),
    ),
    row(
        "a file that cannot be trusted", PENDING, OWNER, approvals=(said("alice", fault="committed by bob"),)
    ),
    row("recorded where signed is asked", PENDING, SIGNED, approvals=(said("alice"),)),
    row(
        "forge where signed is asked", PENDING, SIGNED, approvals=(said("alice", assurance=Assurance.FORGE),)
    ),
    row(
        "signed where signed is asked",
        ALLOWED,
        SIGNED,
        approvals=(said("alice", assurance=Assurance.SIGNED),),
    ),
    row(
        "the strictest assurance holds for all",
        PENDING,
        SIGNED,
        SECURITY,
        approvals=(said("alice", assurance=Assurance.SIGNED), said("hugo")),
    ),
    row(
        "forge where forge is asked",
        ALLOWED,
        replace(SIGNED, assurance=Assurance.FORGE),
        approvals=(said("alice", assurance=Assurance.FORGE),),
    ),
    row(
        "signed where forge is asked",
        ALLOWED,
        replace(SIGNED, assurance=Assurance.FORGE),
        approvals=(said("alice", assurance=Assurance.SIGNED),),
    ),
    row(
        "a later approval that cannot be trusted leaves the earlier",
        ALLOWED,
        OWNER,
        approvals=(said("alice"), said("alice", ago=MINUTE, number=2, fault="changed")),
    ),
    row(
        "a later approval that expires sooner leaves the earlier",
        ALLOWED,
        OWNER,
        approvals=(said("alice"), said("alice", ago=2 * MINUTE, lasts=MINUTE, number=2)),
    ),
    # taking back
    row("withdrawn", PENDING, OWNER, approvals=(said("alice"), withdrew("alice"))),
    row("withdrawn by somebody else", ALLOWED, OWNER, approvals=(said("alice"), withdrew("carla"))),
    row(
        "withdrawn and given again",
        ALLOWED,
        OWNER,
        approvals=(said("alice"), withdrew("alice"), said("alice", ago=MINUTE, number=3)),
    ),
    row(
        "withdrawn in the same instant, by number",
        PENDING,
        OWNER,
        approvals=(said("alice"), withdrew("alice", ago=HOUR)),
    ),
    row(
        "given again in the same instant, by number",
        ALLOWED,
        OWNER,
        approvals=(withdrew("alice", ago=HOUR, number=1), said("alice", number=2)),
    ),
    row(
        "a withdrawal that cannot be trusted still takes away",
        PENDING,
        OWNER,
        approvals=(said("alice"), withdrew("alice", fault="changed")),
    ),
    row(
        "a withdrawal for another state takes nothing away",
        ALLOWED,
        OWNER,
        approvals=(said("alice"), withdrew("alice", to_state=OTHER)),
    ),
    # vetoes
    row("rejected by risk", BLOCKED, OWNER, approvals=(said("alice"), rejected("bob"))),
    row(
        "rejected by risk for another state",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob", to_state=OTHER, generation=1)),
    ),
    row(
        "rejected by risk a year ago",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob", ago=365 * DAY, lasts=DAY)),
    ),
    row(
        "rejected in a fork",
        ALLOWED,
        OWNER,
        approvals=(said("alice"), rejected("bob", repository="fork/agents")),
    ),
    row(
        "rejected in another environment",
        ALLOWED,
        OWNER,
        approvals=(said("alice"), rejected("bob", environment="staging")),
    ),
    row("rejected by somebody without a veto", ALLOWED, OWNER, approvals=(said("alice"), rejected("erin"))),
    row(
        "rejected by the approver, without a veto",
        PENDING,
        OWNER,
        approvals=(said("alice"), rejected("alice", ago=MINUTE, number=2)),
    ),
    row(
        "a veto that was lifted", ALLOWED, OWNER, approvals=(said("alice"), rejected("bob"), withdrew("bob"))
    ),
    row(
        "lifted through the state of today",
        ALLOWED,
        OWNER,
        approvals=(said("alice"), rejected("bob", to_state=OTHER), withdrew("bob")),
    ),
    row(
        "lifted by somebody else",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob"), withdrew("gita")),
    ),
    row(
        "lifted before it was given",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob", number=2), withdrew("bob", ago=DAY, number=1)),
    ),
    row(
        "approved afterwards by who rejected",
        ALLOWED,
        OWNER,
        approvals=(said("alice"), rejected("bob"), said("bob", ago=MINUTE, number=2)),
    ),
    row(
        "another state approved afterwards",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob", to_state=OTHER), said("bob", ago=MINUTE)),
    ),
    row(
        "lifted by a file that cannot be trusted",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob"), withdrew("bob", fault="changed")),
    ),
    row(
        "a veto that cannot be trusted stands",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob", fault="changed")),
    ),
    row(
        "lifted with less assurance than is asked",
        BLOCKED,
        SIGNED,
        approvals=(said("alice", assurance=Assurance.SIGNED), rejected("bob"), withdrew("bob")),
    ),
    row(
        "a veto of somebody who left the team",
        ALLOWED,
        OWNER,
        people=member("risk", "bob", until=date(2026, 11, 19)),
        approvals=(said("alice"), rejected("bob", ago=9 * DAY)),
    ),
    row(
        "a veto where nobody has one",
        ALLOWED,
        OWNER,
        approvals=(said("alice"), rejected("bob")),
        terms={"veto": frozenset()},
    ),
    row(
        "a veto of the owners, where the policy gives them one",
        BLOCKED,
        RISK,
        approvals=(said("bob"), said("gita"), rejected("zoe")),
        terms={"veto": frozenset({"owner"})},
    ),
    row(
        "a veto dated in the future stands",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob", ago=-HOUR)),
    ),
    row(
        "lifted in the future is not lifted yet",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob"), withdrew("bob", ago=-MINUTE)),
    ),
    row(
        "rejected anew after it was lifted",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob"), withdrew("bob"), rejected("bob", ago=MINUTE, number=3)),
    ),
    row(
        "one of two vetoes lifted",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob"), rejected("hugo"), withdrew("bob")),
    ),
    row(
        "lifted in another environment",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob"), withdrew("bob", environment="staging")),
    ),
    row(
        "lifted for another agent",
        BLOCKED,
        OWNER,
        approvals=(said("alice"), rejected("bob"), withdrew("bob", agent="policy-lookup")),
    ),
    row(
        "a veto against another agent",
        ALLOWED,
        OWNER,
        approvals=(said("alice"), rejected("bob", agent="policy-lookup")),
    ),
    row(
        "a veto of somebody who is not with us any more",
        ALLOWED,
        OWNER,
        people=person("bob", left=date(2026, 11, 20)),
        approvals=(said("alice"), rejected("bob", ago=DAY)),
    ),
    row(
        "a veto of somebody who joined the team since",
        BLOCKED,
        OWNER,
        people=member("risk", "bob", since=date(2026, 11, 20)),
        approvals=(said("alice"), rejected("bob", ago=9 * DAY)),
    ),
    row(
        "a veto stops a retirement, too",
        BLOCKED,
        OWNER,
        kind=PromotionKind.RETIRE,
        candidate=None,
        approvals=(said("alice"), rejected("bob")),
    ),
    row(
        "a veto stops an override, too",
        BLOCKED,
        OWNER,
        kind=PromotionKind.OVERRIDE,
        approvals=(said("alice"), rejected("bob")),
    ),
    row(
        "withdrawing a rejection of one's own does not give the approval back",
        PENDING,
        OWNER,
        approvals=(said("alice"), rejected("alice", ago=MINUTE, number=2), withdrew("alice", ago=0 * HOUR)),
    ),
    # evaluations
    row("no record", PENDING, EVALS),
    row("every suite passed", ALLOWED, EVALS, evidence=(measured(), SAFE)),
    row("one suite has no record", PENDING, EVALS, evidence=(measured(),)),
    row("one failed", BLOCKED, EVALS, evidence=(measured(value=0.90), SAFE)),
    row("exactly the threshold", ALLOWED, EVALS, evidence=(measured(value=0.95), SAFE)),
    row(
        "above a maximum",
        BLOCKED,
        EVALS,
        evidence=(measured(), measured("safety", 0.02, counts=(100, 0, 0, 0))),
    ),
    row("passed for another release", PENDING, EVALS, evidence=(measured(release=OLD), SAFE)),
    row("passed for another agent", PENDING, EVALS, evidence=(measured(agent="policy-lookup"), SAFE)),
    row(
        "failed, then passed",
        ALLOWED,
        EVALS,
        evidence=(measured(value=0.5, ago=2 * DAY, number=2), measured(), SAFE),
    ),
    row(
        "passed, then failed",
        BLOCKED,
        EVALS,
        evidence=(measured(ago=2 * DAY, number=2), measured(value=0.5), SAFE),
    ),
    row(
        "passed and failed in one instant",
        BLOCKED,
        EVALS,
        evidence=(measured(number=2), measured(value=0.5), SAFE),
    ),
    row("a second before it is too old", ALLOWED, EVALS, evidence=(measured(ago=7 * DAY - SECOND), SAFE)),
    row("too old for the policy", PENDING, EVALS, evidence=(measured(ago=7 * DAY), SAFE)),
    row("too old for the suite", PENDING, rule("evals", evals()), evidence=(measured(ago=30 * DAY), SAFE)),
    row(
        "the shortest age of two rules holds",
        PENDING,
        rule("month", evals(30 * DAY)),
        rule("week", evals(7 * DAY)),
        evidence=(measured(ago=8 * DAY), SAFE),
    ),
    row(
        "a suite whose age counts in months",
        PENDING,
        EVALS,
        candidate=manifest(evals=[{**SUITES[0], "maxAge": "P1M"}]),
        evidence=(measured(),),
    ),
    row("dated in the future", PENDING, EVALS, evidence=(measured(ago=-SECOND), SAFE)),
    row("an error run", BLOCKED, EVALS, evidence=(measured(faults=("the run ended with an error",)), SAFE)),
    row("errors are not passes", BLOCKED, EVALS, evidence=(measured(value=1.0, counts=(94, 0, 6, 0)), SAFE)),
    row("skipped is not passed", PENDING, EVALS, evidence=(measured(value=1.0, counts=(94, 0, 0, 6)), SAFE)),
    row("some skipped, enough passed", ALLOWED, EVALS, evidence=(measured(counts=(95, 0, 0, 5)), SAFE)),
    row("some skipped, too many failed", BLOCKED, EVALS, evidence=(measured(counts=(90, 6, 0, 4)), SAFE)),
    row(
        "some skipped, as many failed as may", PENDING, EVALS, evidence=(measured(counts=(90, 5, 0, 5)), SAFE)
    ),
    row(
        "some skipped, and a lower value than they make",
        BLOCKED,
        EVALS,
        evidence=(measured(value=0.5, counts=(94, 0, 0, 6)), SAFE),
    ),
    row("some skipped, and errors", BLOCKED, EVALS, evidence=(measured(counts=(90, 0, 6, 4)), SAFE)),
    row("nothing ran", PENDING, EVALS, evidence=(measured(value=1.0, counts=(0, 0, 0, 9)), SAFE)),
    row("an empty run", PENDING, EVALS, evidence=(measured(value=1.0, counts=(0, 0, 0, 0)), SAFE)),
    row("another metric", PENDING, EVALS, evidence=(measured(metric="accuracy"), SAFE)),
    row(
        "a mean that leaves out errors",
        PENDING,
        EVALS,
        evidence=(measured(), measured("safety", 0.0, counts=(50, 0, 50, 0))),
    ),
    row(
        "not a number",
        BLOCKED,
        EVALS,
        evidence=(measured(), measured("safety", float("nan"), counts=(9, 0, 0, 0))),
    ),
    row("no suite declared", PENDING, EVALS, candidate=UNEVALUATED),
    row(
        "no threshold: all must pass, and did",
        ALLOWED,
        EVALS,
        candidate=manifest(evals=[{"name": "quality"}]),
        evidence=(measured(value=1.0),),
    ),
    row(
        "no threshold: all must pass, one did not",
        BLOCKED,
        EVALS,
        candidate=manifest(evals=[{"name": "quality"}]),
        evidence=(measured(value=0.99),),
    ),
    row(
        "a retirement is asked for no evaluations and no soak",
        ALLOWED,
        OWNER,
        EVALS,
        SOAK,
        kind=PromotionKind.RETIRE,
        candidate=None,
        approvals=(said("alice"),),
    ),
    row(
        "a retirement that would be asked nothing else",
        BLOCKED,
        EVALS,
        kind=PromotionKind.RETIRE,
        candidate=None,
    ),
    row(
        "above a minimum and above a maximum",
        BLOCKED,
        EVALS,
        candidate=manifest(evals=[{**SUITES[0], "max": 0.96}]),
        evidence=(measured(),),
    ),
    row("exactly the maximum", ALLOWED, EVALS, evidence=(measured(), measured("safety", 0.01))),
    row(
        "one sample that did not run, of a mean",
        PENDING,
        EVALS,
        evidence=(measured(), measured("safety", 0.0, counts=(99, 0, 1, 0))),
    ),
    row(
        "no threshold, one sample skipped and one failed",
        BLOCKED,
        EVALS,
        candidate=manifest(evals=[{"name": "quality"}]),
        evidence=(measured(value=1.0, counts=(98, 1, 0, 1)),),
    ),
    row(
        "no threshold, and one sample skipped",
        PENDING,
        EVALS,
        candidate=manifest(evals=[{"name": "quality"}]),
        evidence=(measured(value=1.0, counts=(99, 0, 0, 1)),),
    ),
    row(
        "recorded later, of two that finished together",
        BLOCKED,
        EVALS,
        evidence=(
            replace(measured(number=2), recorded=NOW - 2 * DAY),
            measured(value=0.5),
            SAFE,
        ),
    ),
    row("passed this instant", ALLOWED, EVALS, evidence=(measured(ago=0 * DAY), SAFE)),
    row(
        "evaluations of any age, where nobody asks for one",
        ALLOWED,
        rule("evals", evals()),
        candidate=manifest(evals=[{"name": "quality", "min": 0.95}]),
        evidence=AGED,
    ),
    row(
        "an age that one rule asks holds beside one that asks none",
        PENDING,
        EVALS,
        rule("evals", evals()),
        candidate=manifest(evals=[{"name": "quality", "min": 0.95}]),
        evidence=AGED,
    ),
    row(
        "an override is asked for evaluations like an update",
        PENDING,
        EVALS,
        kind=PromotionKind.OVERRIDE,
    ),
    # soak
    row("a second short", PENDING, SOAK, longest=DAY - SECOND, soaking=True),
    row("exactly long enough", ALLOWED, SOAK, longest=DAY, soaking=True),
    row("long enough once, gone now", ALLOWED, SOAK, longest=DAY),
    row("never there", PENDING, SOAK),
    row("the longest soak holds", PENDING, SOAK, rule("longer", soak(2 * DAY)), longest=DAY, soaking=True),
    row(
        "a new agent soaks like any other",
        PENDING,
        SOAK,
        kind=PromotionKind.CREATE,
        running=None,
        longest=DAY - SECOND,
        soaking=True,
    ),
    # freezes
    row(
        "a second before the freeze",
        ALLOWED,
        OWNER,
        approvals=(said("alice"),),
        terms=frozen(NOW + SECOND, NOW + DAY),
    ),
    row("as the freeze begins", BLOCKED, OWNER, approvals=(said("alice"),), terms=frozen(NOW, NOW + DAY)),
    row(
        "a second before it ends",
        BLOCKED,
        OWNER,
        approvals=(said("alice"),),
        terms=frozen(NOW - DAY, NOW + SECOND),
    ),
    row("as it ends", ALLOWED, OWNER, approvals=(said("alice"),), terms=frozen(NOW - DAY, NOW)),
    row(
        "another freeze begins as the first ends",
        BLOCKED,
        OWNER,
        approvals=(said("alice"),),
        terms={
            "freezes": (
                Freeze(id="one", start=NOW - DAY, end=NOW),
                Freeze(id="two", start=NOW, end=NOW + DAY),
            )
        },
    ),
    row(
        "frozen where no rule applies either",
        BLOCKED,
        HIGH,
        terms=frozen(NOW, NOW + DAY),
    ),
    row(
        "exempt of something else",
        BLOCKED,
        replace(OWNER, exempt=frozenset({"soak"})),
        approvals=(said("alice"),),
        terms=frozen(NOW, NOW + DAY),
    ),
    row(
        "exempt",
        ALLOWED,
        OWNER,
        SAFER,
        comparison=comparison(STRICTER),
        approvals=(said("alice"),),
        terms=frozen(NOW, NOW + DAY),
    ),
    row(
        "one rule exempt, another not",
        BLOCKED,
        OWNER,
        replace(SAFER, replaces_all=False),
        comparison=comparison(STRICTER),
        approvals=(said("alice"), said("hugo")),
        terms=frozen(NOW, NOW + DAY),
    ),
    # errors, and several things at once
    row("an error on the candidate", BLOCKED, OWNER, approvals=(said("alice"),), errors=(error(),)),
    row("refused and missing is refused", BLOCKED, OWNER, SOAK, errors=(error(),)),
    row(
        "everything that can be asked, and given",
        ALLOWED,
        OWNER,
        RISK,
        SECURITY,
        EVALS,
        SOAK,
        approvals=(said("alice"), said("bob"), said("gita"), said("hugo")),
        evidence=(measured(), SAFE),
        longest=2 * DAY,
    ),
]


@pytest.mark.parametrize(
    ("expected", "rules", "facts"), [r[1:] for r in SITUATIONS], ids=[r[0] for r in SITUATIONS]
)
def test_situation(expected: Verdict, rules: tuple[Any, ...], facts: dict[str, Any]) -> None:
    promotion = verdict(*rules, **facts)

    assert promotion.verdict is expected, promotion.requirements


def test_no_situation_is_told_twice() -> None:
    sentences = [one[0] for one in SITUATIONS]

    assert len(set(sentences)) == len(sentences) >= 200


def test_the_world_owns_what_runs() -> None:
    assert folk().members("payments", NOW) == {"alice", "carla", "dina"}
    assert BINDING.from_state == OLD
