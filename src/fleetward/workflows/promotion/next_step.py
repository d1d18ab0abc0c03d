"""The command that brings a promotion on: what stands in its way says which."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain.clock import written
from fleetward.domain.errors import GitError
from fleetward.domain.ledger import PromotionKind
from fleetward.domain.people import Person
from fleetward.domain.verdict import Met, Promotion
from fleetward.store.git.commit_writer import identity
from fleetward.workflows.promotion.context import Hearing

_READ, _SHOW, _SAY = ("validation",), ("evals",), ("approvals", "held")


def onward(asked: Hearing, one: Promotion, names: Sequence[str], how: str = "") -> str:
    """
    The next thing to type for *one*, which is held; *names* are those of its call, *how* that call's flags.

    What is wrong comes first, then what takes long, then people; a time is only waited for.
    """
    where, to = asked.run.chdir, asked.target.name
    agent = f"{where} {one.agent} --to {to}"
    open_ = {need.kind: need for need in one.requirements if need.status is not Met.MET}
    if open_.keys() & set(_READ):
        return f"fleet validate{where}"
    if "veto" in open_:
        return f"fleet approvals{agent}"
    if open_.keys() & set(_SHOW):
        stays = f" --env {to}" if one.kind is PromotionKind.OVERRIDE else ""
        return f"fleet release{where} {one.agent}{stays}"
    if open_.keys() & set(_SAY):
        return _said(asked, one, agent)
    if "review" in open_:
        return reviewing(asked, one) or f"fleet policy check{where}"
    again = f"fleet promote{where} {' '.join(names)} --to {to}{how}"
    ready = one.unblock.ready_at
    return f"{again} --at {written(ready)}" if ready is not None and ready > asked.run.now else f"{again} -v"


def _said(asked: Hearing, one: Promotion, agent: str) -> str:
    """Who may, approves; who may not sees what those who may would change; where nobody may, the policy is asked."""
    if one.unblock.fewest is None:
        return f"fleet policy check{asked.run.chdir}"
    able = {person for need in one.requirements if need.kind in _SAY for person in need.could}
    me = _reader(asked)
    if me is None or me.id in able or not one.unblock.fewest:
        return f"fleet approve{agent}"
    return f"fleet why{agent} --as {' '.join(one.unblock.fewest)}"


def _reader(asked: Hearing) -> Person | None:
    """The person whom git's identity names; a robot's report is read by others."""
    try:
        known = asked.people.of_email(identity(asked.ground.repository))
    except GitError:
        return None
    return known if isinstance(known, Person) else None


def reviewing(asked: Hearing, one: Promotion) -> str:
    """The command that closes the first review that *one* owes; empty where it owes none, or nobody may."""
    told = (need.detail.partition("fleet approve")[2] for need in one.requirements if need.kind == "review")
    rest = next((words for words in told if words), "")
    return f"fleet approve{asked.run.chdir}{rest}" if rest else ""
