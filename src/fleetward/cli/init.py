"""``fleet init``: a small fleet to begin with, and what makes git and CI look after it."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Mapping
from datetime import UTC, timedelta
from enum import StrEnum
from pathlib import Path
from shlex import join, quote
from typing import Annotated, Any

import typer

from fleetward.cli.session import Session
from fleetward.domain.errors import Exit, GitError, NotAFleet, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.invisible_characters import FORBIDDEN
from fleetward.domain.names import LONGEST, is_name
from fleetward.report.page import Page, line, page, span
from fleetward.store.fleet import scaffold
from fleetward.store.formats import json_schema
from fleetward.store.git.fleet_root import find
from fleetward.store.git.repository import (
    NoRepository,
    Repository,
    create_repository,
    identity,
    open_repository,
)

_TAKEN = frozenset(
    {
        *("colleague", "reviewer", "risk-lead", "risk-deputy"),
        *("operations", "on-call", "security", "risk", "admins", "ci", "github", "owner"),
    }
)
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_ADDRESS = re.compile(r"[!#-+\--;=?A-\[\]-{}~]+@[!#-+\--;=?A-\[\]-{}~]+")
_AWKWARD = re.compile(r"[\x00-\x1f\x7f${}\"'`\\]")


class Ready(StrEnum):
    """The policies to begin with, each with the people it asks for."""

    SMALL = "small"
    STANDARD = "standard"
    REGULATED = "regulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would be written: *contents* by path below *top*, the fleet's folder being *inside* of it."""

    top: Path
    inside: str
    """Empty, or the fleet's folder below the top of its repository, with a trailing slash."""
    new_repository: bool
    repository: str
    policy: Ready
    contents: Mapping[str, bytes]
    kept: tuple[str, ...] = ()
    """Files of the repository around the fleet that are there, and stay as they are."""

    @property
    def folder(self) -> Path:
        """The fleet root."""
        return self.top / self.inside


_WATCHED = ("governance", "environments", "proposals", "approvals", "evidence", "ledger")
"""What the hook looks at; records too, since a broken one stops every promotion."""


def init(
    session: Session,
    folder: Annotated[
        str | None, typer.Argument(metavar="[DIR]", help="Where; made when it is not there.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    policy: Annotated[
        Ready, typer.Option("--policy", help="How much is asked of a promotion, and of how many people.")
    ] = Ready.SMALL,
) -> Exit:
    """Begin a fleet: two agents, people, a policy, a pre-commit hook and a workflow."""
    here = session.run.path(folder or ".")
    plan = _plan(session, here, policy)
    if not yes and not _agreed(session, plan):
        session.output.tell((line("nothing was written"),))
        return Exit.NO
    with scaffold.placed(plan.top, plan.contents):
        if plan.new_repository:
            create_repository(plan.top, session.run.environment)
    session.output.report({"text": lambda: _page(plan, here), "json": lambda: _data(plan, here)})
    return Exit.YES


def _plan(session: Session, folder: Path, policy: Ready) -> Plan:
    """
    Everything rendered, nothing written.

    Errors: UsageError where a file is in the way; NotAFleet inside another fleet; GitError.
    """
    existing = _existing(folder)
    repository = _repository(session, existing)
    top, inside = _place(folder, repository)
    values = _values(session, existing, repository, folder, inside)
    contents = {f"{inside}{path}": content for path, content in _fleet(values, policy).items()}
    around = scaffold.rendered("top", values)
    kept = scaffold.in_the_way(top, around) if inside else ()
    contents.update({path: content for path, content in around.items() if path not in kept})
    blocking = scaffold.in_the_way(top, contents)
    if blocking:
        message = f"already there, so nothing was written: {', '.join(blocking)}"
        raise UsageError(message, hint="fleet init DIR with another folder, or move them away")
    return Plan(
        top=top,
        inside=inside,
        new_repository=repository is None,
        repository=values["repository"],
        policy=policy,
        contents=contents,
        kept=kept,
    )


def _existing(folder: Path) -> Path:
    """The nearest folder that is there: where git can be asked."""
    place = folder.absolute()
    while not place.exists() and not place.is_symlink():
        place = place.parent
    if not place.is_dir():
        raise UsageError(f"{str(place)!r} is no folder", hint="fleet init DIR")
    return place


def _repository(session: Session, existing: Path) -> Repository | None:
    try:
        repository = open_repository(existing, session.run.environment)
    except NoRepository:
        return None
    if repository.top is None:
        raise GitError("a bare repository has no work tree", hint="git clone it, and fleet init there")
    try:
        ground = find(existing, session.run.environment)
    except NotAFleet:
        return repository
    if ground.root != existing.resolve():
        message = f"{str(existing)!r} is inside the fleet at {str(ground.root)!r}"
        raise UsageError(message, hint=f"fleet new{session.run.chdir} AGENT")
    return repository


def _place(folder: Path, repository: Repository | None) -> tuple[Path, str]:
    if repository is None or repository.top is None:
        return folder, ""
    top = repository.top.resolve()
    inside = folder.resolve().relative_to(top).as_posix()
    if inside == ".":
        return top, ""
    if _AWKWARD.search(inside) or ".git" in inside.lower().split("/"):
        raise UsageError(f"{inside!r} would be misread in workflows and hooks", hint="take a plainer name")
    return top, f"{inside}/"


def _values(
    session: Session, existing: Path, repository: Repository | None, folder: Path, inside: str
) -> dict[str, str]:
    name, email = identity(existing, session.run.environment)
    name = FORBIDDEN.sub("", name).strip()[:200]
    if not _ADDRESS.fullmatch(email) or len(email) > 254:
        raise GitError(f"{email!r} is no single e-mail address", hint="git config user.email YOU@EXAMPLE")
    person = _person(name, email)
    today = session.run.now.astimezone(UTC).date()
    root = inside.rstrip("/")
    return {
        "repository": _named(repository, folder),
        "person": person,
        "name": name or person,
        "email": email,
        "colleague": "colleague",
        "today": str(today),
        "pilot_ends": str(today + timedelta(days=60)),
        "retires": str(today + timedelta(days=730)),
        "hook_entry": f"fleet -C {quote(root)} validate" if root else "fleet validate --staged",
        "hook_files": f"^{re.escape(inside)}(fleet-config\\.yaml$|({'|'.join(_WATCHED)})/)",
        # Paths are relative to -C, and hooks name them from the top: below it, the whole fleet is looked at.
        "pass_filenames": "false" if root else "true",
        "working_directory": root or ".",
    }


def _fleet(values: Mapping[str, str], policy: Ready) -> dict[str, bytes]:
    """The fleet's own files: what the templates say, and the schemas for editors."""
    shown = {
        f"schemas/{name}.schema.json": json_schema.text(name).encode()
        for name in json_schema.names()
        if not name.endswith("-output") and name != "evaluation"  # which no editor opens
    }
    return {**scaffold.rendered("fleet", values), **scaffold.rendered(f"policies/{policy}", values), **shown}


def _person(name: str, email: str) -> str:
    """The id of a person: their name, else the first part of the address, in the letters that ids have."""
    for words in (name, email.partition("@")[0], "me"):
        plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
        found = re.sub(r"[^a-z0-9]+", "-", plain)[: LONGEST - 10].strip("-")
        if is_name(found):
            return f"{found}-1" if found in _TAKEN else found
    raise GitError(f"no id can be made of {name!r}", hint="git config user.name NAME")


def _named(repository: Repository | None, folder: Path) -> str:
    """``owner/name`` out of the address of the remote, else the folder's name."""
    remote = repository.ask("var", "-l").out.decode("utf-8", "replace") if repository else ""
    urls = re.findall(r"^remote\.origin\.url=(.+)$", remote, re.MULTILINE)
    address = urls[-1].strip().rstrip("/").removesuffix(".git") if urls else ""
    hosted = re.fullmatch(r"(?:[a-z+]+://[^/]*/?|[^/:]+:/*)(.*)", address)
    wanted = hosted[1] if hosted else address.rpartition("/")[2]
    top = repository.top if repository and repository.top else folder.resolve()
    for one in (wanted, top.name):
        plain = re.sub(r"[^A-Za-z0-9._/-]+", "-", one).lstrip("._/-")[:200]
        if _REPOSITORY.fullmatch(plain):
            return plain
    return "agents"


def _agreed(session: Session, plan: Plan) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            f"would write {len(plan.contents)} files into {str(plan.folder)!r}, and nobody is there to ask",
            hint="add --yes",
        )
    listed = [line(f"  {path}") for path in sorted(plan.contents)]
    session.output.show((line(f"into {str(plan.top)!r}:"), *listed), sys.stderr)
    return typer.confirm(f"write these {len(plan.contents)} files?", err=True)


def _next(here: Path) -> str:
    return "fleet validate" if here == Path() else join(["fleet", "-C", str(here), "validate"])


def _page(plan: Plan, here: Path) -> Page:
    rows = [line("  ", span(path, "place")) for path in sorted(plan.contents)]
    begun = ", in a new git repository" if plan.new_repository else ""
    head = line(span("wrote", "good"), f" {len(rows)} files into {str(plan.top)!r}{begun}:")
    left = [line(f"left as it is: {path}; see {plan.inside}README.md") for path in plan.kept]
    todo = line(
        f"replace {_placeholders(plan)} in governance/people.yaml: nobody approves their own work", hang=2
    )
    return page([head, *rows, *left, todo, line(span(_next(here), "code"))])


def _placeholders(plan: Plan) -> str:
    return "the second person" if plan.policy is Ready.SMALL else "the people marked REPLACE"


def _data(plan: Plan, here: Path) -> dict[str, Any]:
    return {
        "format": "fleetward.init/1",
        "folder": str(plan.folder),
        "repository": plan.repository,
        "policy": plan.policy.value,
        "newRepository": plan.new_repository,
        "written": sorted(plan.contents),
        "kept": list(plan.kept),
        "next": _next(here),
    }
