"""Who may write ledger lines, by the policy's ``apply``."""

from __future__ import annotations

from datetime import datetime

from fleetward.domain.people import People, Person, Robot
from fleetward.domain.policy import ApplyTerms


def applier_fault(
    terms: ApplyTerms, account: Person | Robot | None, email: str, people: People, at: datetime
) -> str | None:
    """Why *account*, which commits as *email*, may not write a ledger line at *at*; None where it may."""
    names = ", ".join(sorted(terms.by))
    if account is None:
        return f"{email} is nobody in governance/people.yaml, and 'apply' names {names}"
    if isinstance(account, Person) and not account.is_active(at):
        return f"{account.id} is not active, and so applies nothing"
    teams = {team for team in terms.by if account.id in people.members(team, at)}
    if account.id in terms.by or teams:
        return None
    return f"{account.id} is none of those whom 'apply' names: {names}"
