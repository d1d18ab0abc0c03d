"""Whose an address is, no-reply addresses of forges among them."""

from __future__ import annotations

import pytest

from fleetward.domain.people import GITHUB, GITLAB, ForgeAccount, People, Person

PEOPLE = People(
    people={
        "ben": Person(
            id="ben",
            name="Ben",
            emails=("ben@x.example", "999+listed@users.noreply.github.com"),
            accounts=(ForgeAccount(forge=GITHUB, login="Ben-B", number=102),),
        ),
        "eve": Person(
            id="eve",
            name="Eve",
            emails=("eve@x.example",),
            accounts=(
                ForgeAccount(forge=GITHUB, login="eve-e", number=105),
                ForgeAccount(forge=GITLAB, login="eve.e", number=205),
            ),
        ),
    },
    forge_hosts={"git.x.example": GITLAB, "code.x.example": "forgejo"},
)


@pytest.mark.parametrize(
    ("email", "person"),
    [
        ("EVE@x.example", "eve"),
        ("105+eve-e@users.noreply.github.com", "eve"),
        ("105+renamed@users.noreply.github.com", "eve"),
        ("102+eve-e@users.noreply.github.com", "ben"),
        ("ben-b@users.noreply.github.com", "ben"),
        ("205-eve.e@users.noreply.gitlab.com", "eve"),
        ("205-eve.e@users.noreply.git.x.example", "eve"),
        ("eve.e@users.noreply.gitlab.com", "eve"),
        ("999+listed@users.noreply.github.com", "ben"),
        ("999+eve-e@users.noreply.github.com", None),
        ("205-eve.e@users.noreply.github.com", None),
        ("105+eve-e@users.noreply.elsewhere.example", None),
        ("eve.e@users.noreply.code.x.example", None),
        ("@users.noreply.github.com", None),
        ("nobody@x.example", None),
    ],
)
def test_a_number_names_the_person_and_only_without_one_the_login_does(
    email: str, person: str | None
) -> None:
    account = PEOPLE.by_email(email)

    assert (account.id if account else None) == person
