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
from fleetward.domain import layout, limits
from fleetward.domain.errors import ExitCode, GitError, NotAFleet, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.invisible_characters import FORBIDDEN
from fleetward.domain.names import is_name
from fleetward.report.page import Page, line, page, span
from fleetward.store.fleet import scaffold
from fleetward.store.formats import json_schema
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.store.git.repository import (
    NoRepository,
    Repository,
    author_identity,
    create_repository,
    open_repository,
)

_RESERVED_IDS = frozenset(
    {
        *("colleague", "reviewer", "risk-lead", "risk-deputy"),
        *("operations", "on-call", "security", "risk", "admins", "ci", "github", "owner"),
    }
)
_REPOSITORY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]{0,199}")
_ADDRESS = re.compile(r"[!#-+\--;=?A-\[\]-{}~]+@[!#-+\--;=?A-\[\]-{}~]+")
_UNSAFE_CHARACTERS = re.compile(r"[\x00-\x1f\x7f${}\"'`\\]")


class StarterPolicy(StrEnum):
    """The policies to begin with, each with the people it asks for."""

    SMALL = "small"
    STANDARD = "standard"
    REGULATED = "regulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class InitPlan:
    """What would be written: *contents* by path below *top*, the fleet's folder being *inside* of it."""

    top: Path
    prefix: str
    """Empty, or the fleet's folder below the top of its repository, with a trailing slash."""
    new_repository: bool
    repository: str
    policy: StarterPolicy
    contents: Mapping[str, bytes]
    unchanged: tuple[str, ...] = ()
    """Files of the repository around the fleet that are there, and stay as they are."""

    @property
    def folder(self) -> Path:
        """The fleet root."""
        return self.top / self.prefix


_HOOK_FOLDERS = layout.FOLDERS
"""What the hook looks at; records too, since a broken one stops every promotion."""


def init(
    session: Session,
    folder: Annotated[
        str | None, typer.Argument(metavar="[DIR]", help="Where; made when it is not there.")
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    policy: Annotated[
        StarterPolicy,
        typer.Option("--policy", help="How much is asked of a promotion, and of how many people."),
    ] = StarterPolicy.SMALL,
) -> ExitCode:
    """Begin a fleet: two agents, people, a policy, a pre-commit hook and a workflow."""
    folder_path = session.run.path(folder or ".")
    plan = _plan(session, folder_path, policy)
    if not yes and not _is_confirmed(session, plan):
        session.output.tell((line("nothing was written"),))
        return ExitCode.DENIED
    with scaffold.new_files(plan.top, plan.contents):
        if plan.new_repository:
            create_repository(plan.top, session.run.environment)
    session.output.report(
        {"text": lambda: _page(plan, folder_path), "json": lambda: _data(plan, folder_path)}
    )
    return ExitCode.SUCCESS


def _plan(session: Session, folder: Path, policy: StarterPolicy) -> InitPlan:
    """
    Everything rendered, nothing written.

    Errors: UsageError where a file is in the way; NotAFleet inside another fleet; GitError.
    """
    existing = _nearest_folder(folder)
    repository = _repository(session, existing)
    top, prefix = _location(folder, repository)
    values = _values(session, existing, repository, folder, prefix)
    contents = {f"{prefix}{path}": content for path, content in _fleet_files(values, policy).items()}
    around = scaffold.render_templates("top", values)
    unchanged = scaffold.existing_paths(top, around) if prefix else ()
    contents.update({path: content for path, content in around.items() if path not in unchanged})
    blocking = scaffold.existing_paths(top, contents)
    if blocking:
        message = f"already there, so nothing was written: {', '.join(blocking)}"
        raise UsageError(message, hint="fleet init DIR with another folder, or move them away")
    return InitPlan(
        top=top,
        prefix=prefix,
        new_repository=repository is None,
        repository=values["repository"],
        policy=policy,
        contents=contents,
        unchanged=unchanged,
    )


def _nearest_folder(folder: Path) -> Path:
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
        root = find_fleet_root(existing, session.run.environment)
    except NotAFleet:
        return repository
    if root.path != existing.resolve():
        message = f"{str(existing)!r} is inside the fleet at {str(root.path)!r}"
        raise UsageError(message, hint=f"fleet new{session.run.chdir} AGENT")
    return repository


def _location(folder: Path, repository: Repository | None) -> tuple[Path, str]:
    if repository is None or repository.top is None:
        return folder, ""
    top = repository.top.resolve()
    prefix = folder.resolve().relative_to(top).as_posix()
    if prefix == ".":
        return top, ""
    if _UNSAFE_CHARACTERS.search(prefix) or ".git" in prefix.lower().split("/"):
        raise UsageError(f"{prefix!r} would be misread in workflows and hooks", hint="take a plainer name")
    return top, f"{prefix}/"


def _values(
    session: Session, existing: Path, repository: Repository | None, folder: Path, prefix: str
) -> dict[str, str]:
    name, email = author_identity(existing, session.run.environment)
    name = FORBIDDEN.sub("", name).strip()[:200]
    if not _ADDRESS.fullmatch(email) or len(email) > 254:
        raise GitError(f"{email!r} is no single e-mail address", hint="git config user.email YOU@EXAMPLE")
    person = _person_id(name, email)
    today = session.run.now.astimezone(UTC).date()
    root = prefix.rstrip("/")
    return {
        "repository": _repository_name(repository, folder),
        "person": person,
        "name": name or person,
        "email": email,
        "colleague": "colleague",
        "today": str(today),
        "pilot_ends": str(today + timedelta(days=60)),
        "retires": str(today + timedelta(days=730)),
        "hook_entry": f"fleet -C {quote(root)} validate" if root else "fleet validate --staged",
        "hook_files": f"^{re.escape(prefix)}(fleet-config\\.yaml$|({'|'.join(_HOOK_FOLDERS)})/)",
        # Paths are relative to -C, and hooks name them from the top: below it, the whole fleet is looked at.
        "pass_filenames": "false" if root else "true",
        "working_directory": root or ".",
    }


def _fleet_files(values: Mapping[str, str], policy: StarterPolicy) -> dict[str, bytes]:
    """The fleet's own files: what the templates say, and the schemas for editors."""
    schemas = {
        f"schemas/{name}.schema.json": json_schema.schema_text(name).encode()
        for name in json_schema.schema_names()
        if not name.endswith("-output") and name != "evaluation"  # which no editor opens
    }
    return {
        **scaffold.render_templates("fleet", values),
        **scaffold.render_templates(f"policies/{policy}", values),
        **schemas,
    }


def _person_id(name: str, email: str) -> str:
    """The id of a person: their name, else the first part of the address, in the letters that ids have."""
    for words in (name, email.partition("@")[0], "me"):
        plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
        identifier = re.sub(r"[^a-z0-9]+", "-", plain)[: limits.NAME_CHARACTERS - 10].strip("-")
        if is_name(identifier):
            return f"{identifier}-1" if identifier in _RESERVED_IDS else identifier
    raise GitError(f"no id can be made of {name!r}", hint="git config user.name NAME")


def _repository_name(repository: Repository | None, folder: Path) -> str:
    """``owner/name`` out of the address of the remote, else the folder's name."""
    remote = repository.run("var", "-l").out.decode("utf-8", "replace") if repository else ""
    urls = re.findall(r"^remote\.origin\.url=(.+)$", remote, re.MULTILINE)
    address = urls[-1].strip().rstrip("/").removesuffix(".git") if urls else ""
    hosted = re.fullmatch(r"(?:[a-z+]+://[^/]*/?|[^/:]+:/*)(.*)", address)
    path = hosted[1] if hosted else address.rpartition("/")[2]
    top = repository.top if repository and repository.top else folder.resolve()
    for candidate in (path, top.name):
        plain = re.sub(r"[^A-Za-z0-9._/-]+", "-", candidate).lstrip("._/-")[:200]
        if _REPOSITORY.fullmatch(plain):
            return plain
    return "agents"


def _is_confirmed(session: Session, plan: InitPlan) -> bool:
    if not sys.stdin.isatty():
        raise UsageError(
            f"would write {len(plan.contents)} files into {str(plan.folder)!r}, and nobody is there to ask",
            hint="add --yes",
        )
    listed = [line(f"  {path}") for path in sorted(plan.contents)]
    session.output.show((line(f"into {str(plan.top)!r}:"), *listed), sys.stderr)
    return typer.confirm(f"write these {len(plan.contents)} files?", err=True)


def _next_command(folder: Path) -> str:
    return "fleet validate" if folder == Path() else join(["fleet", "-C", str(folder), "validate"])


def _page(plan: InitPlan, folder: Path) -> Page:
    rows = [line("  ", span(path, "place")) for path in sorted(plan.contents)]
    note = ", in a new git repository" if plan.new_repository else ""
    head = line(span("wrote", "good"), f" {len(rows)} files into {str(plan.top)!r}{note}:")
    unchanged = [line(f"left as it is: {path}; see {plan.prefix}README.md") for path in plan.unchanged]
    todo = line(
        f"replace {_placeholders(plan)} in governance/people.yaml: nobody approves their own work", hang=2
    )
    return page([head, *rows, *unchanged, todo, line(span(_next_command(folder), "code"))])


def _placeholders(plan: InitPlan) -> str:
    return "the second person" if plan.policy is StarterPolicy.SMALL else "the people marked REPLACE"


def _data(plan: InitPlan, folder: Path) -> dict[str, Any]:
    return {
        "format": "fleetward.init/1",
        "folder": str(plan.folder),
        "repository": plan.repository,
        "policy": plan.policy.value,
        "newRepository": plan.new_repository,
        "written": sorted(plan.contents),
        "kept": list(plan.unchanged),
        "next": _next_command(folder),
    }
