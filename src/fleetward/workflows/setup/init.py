"""A new fleet: its files, the pre-commit hook and the CI workflow around it."""

from __future__ import annotations

import re
import sys
import unicodedata
from collections.abc import Mapping
from datetime import UTC, timedelta
from enum import StrEnum
from pathlib import Path
from shlex import join, quote

from fleetward.domain import layout, limits
from fleetward.domain.errors import GitError, NotAFleet, UsageError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.invisible_characters import with_visible
from fleetward.domain.names import is_name
from fleetward.store.fleet import joined_files, scaffold
from fleetward.store.git.atomic_files import read_regular_file
from fleetward.store.git.discovery import (
    NoRepository,
    author_identity,
    create_repository,
    open_repository,
    set_local_value,
)
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.store.git.repository import Repository
from fleetward.workflows.context import RunContext

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
    """The policies to start with; each brings the people that it needs."""

    SMALL = "small"
    STANDARD = "standard"
    REGULATED = "regulated"


@dataclass(frozen=True, slots=True, kw_only=True)
class InitPlan:
    """The files of a new fleet: *contents* by path below *top*, the top folder of the repository."""

    target: Path
    """The folder as the command named it."""
    top: Path
    prefix: str
    """The fleet's folder below *top* with a trailing slash, or nothing."""
    new_repository: bool
    repository: str
    policy: StarterPolicy
    contents: Mapping[str, bytes]
    joined: Mapping[str, tuple[bytes, bytes]]
    """Files that exist already and get our part: their content before and after."""
    unchanged: Mapping[str, str]
    """Files that exist already and stay as they are, with what a person has to add, if anything."""
    guessed_name: bool
    """The repository is named by its folder, as it has no remote."""

    @property
    def folder(self) -> Path:
        """The fleet root."""
        return self.top / self.prefix

    @property
    def next_command(self) -> str:
        """The command that validates the new fleet."""
        return (
            "fleet validate" if self.target == Path() else join(["fleet", "-C", str(self.target), "validate"])
        )


_SHARED = frozenset({"README.md", joined_files.ATTRIBUTES, joined_files.HOOKS, "fleet.yml"})
"""Files that a repository may have already: they are kept, and our part is added where that is safe."""
_HOOK_FOLDERS = layout.FOLDERS
"""The folders that the hook checks; a broken record would block every promotion."""


def plan_fleet(run: RunContext, folder: Path, policy: StarterPolicy) -> InitPlan:
    """
    The fleet that would be written to *folder*; nothing is written yet.

    Errors: UsageError where a file of the fleet itself exists already, or *folder* is inside another fleet; GitError.
    """
    existing = _nearest_folder(folder)
    repository = _repository(run, existing)
    top, prefix = _location(folder, repository)
    values = _values(run, existing, repository, folder, prefix)
    files = {f"{prefix}{path}": content for path, content in _fleet_files(values, policy).items()}
    files.update(scaffold.render_templates("top", values))
    shared = [path for path in files if Path(path).name in _SHARED and (top / path).exists()]
    contents = {path: content for path, content in files.items() if path not in shared}
    blocking = scaffold.existing_paths(top, contents)
    if blocking:
        message = f"these files exist already, nothing was written: {', '.join(blocking)}"
        is_fleet = f"{prefix}{layout.CONFIG}" in blocking
        raise UsageError(message, hint="fleet new AGENT" if is_fleet else "fleet init DIR, or move the files")
    joined, unchanged = _join(top, {path: files[path] for path in shared})
    return InitPlan(
        target=folder,
        top=top,
        prefix=prefix,
        new_repository=repository is None,
        repository=values["repository"],
        policy=policy,
        contents=contents,
        joined=joined,
        unchanged=unchanged,
        guessed_name=not _remote_address(repository),
    )


def create_fleet(run: RunContext, plan: InitPlan) -> None:
    """
    Write the files of *plan*, and make its repository where there is none; all or nothing.

    Errors: WriteFailed, GitError.
    """
    with scaffold.new_files(plan.top, plan.contents, plan.joined):
        if plan.new_repository:
            create_repository(plan.top, run.environment)
        command = Path(sys.executable).with_name("fleet")
        if command.is_file():
            # the hook finds it there without an activated environment
            set_local_value(plan.top, "fleetward.command", str(command), run.environment)


def _join(top: Path, files: Mapping[str, bytes]) -> tuple[dict[str, tuple[bytes, bytes]], dict[str, str]]:
    """The existing files that get our part, and those that stay, with what has to be added by hand."""
    joined: dict[str, tuple[bytes, bytes]] = {}
    unchanged: dict[str, str] = {}
    for path, ours in files.items():
        existing = None if (top / path).is_symlink() else read_regular_file(top, path)
        result = joined_files.joined(Path(path), existing, ours) if existing is not None else None
        if existing is not None and result not in (None, existing):
            joined[path] = (existing, result or b"")
        else:
            unchanged[path] = joined_files.addition(Path(path), ours) if result is None else ""
    return joined, unchanged


def _nearest_folder(folder: Path) -> Path:
    """The nearest folder that exists: git runs there."""
    place = folder.absolute()
    while not place.exists() and not place.is_symlink():
        place = place.parent
    if not place.is_dir():
        raise UsageError(f"{str(place)!r} is not a folder", hint="fleet init DIR")
    return place


def _repository(run: RunContext, existing: Path) -> Repository | None:
    try:
        repository = open_repository(existing, run.environment)
    except NoRepository:
        return None
    if repository.top is None:
        raise GitError("a bare repository has no work tree", hint="clone it, and run fleet init in the clone")
    try:
        root = find_fleet_root(existing, run.environment)
    except NotAFleet:
        return repository
    if root.path != existing.resolve():
        message = f"{str(existing)!r} is inside the fleet at {str(root.path)!r}"
        raise UsageError(message, hint=f"fleet new{run.chdir} AGENT")
    return repository


def _location(folder: Path, repository: Repository | None) -> tuple[Path, str]:
    if repository is None or repository.top is None:
        return folder, ""
    top = repository.top.resolve()
    prefix = folder.resolve().relative_to(top).as_posix()
    if prefix == ".":
        return top, ""
    if _UNSAFE_CHARACTERS.search(prefix) or ".git" in prefix.lower().split("/"):
        message = f"the folder name {prefix!r} would be misread in workflows and hooks"
        raise UsageError(message, hint="choose a name of letters, digits and hyphens")
    return top, f"{prefix}/"


def _values(
    run: RunContext, existing: Path, repository: Repository | None, folder: Path, prefix: str
) -> dict[str, str]:
    name, email = author_identity(existing, run.environment)
    name = with_visible(name, "").strip()[:200]
    if not _ADDRESS.fullmatch(email) or len(email) > 254:
        raise GitError(f"{email!r} is not a single e-mail address", hint="git config user.email YOU@EXAMPLE")
    person = _person_id(name, email)
    today = run.now.astimezone(UTC).date()
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
        "hook_arguments": f"-C {quote(root)} validate" if root else "validate --staged",
        "hook_files": f"^{re.escape(prefix)}(fleet-config\\.yaml$|({'|'.join(_HOOK_FOLDERS)})/)",
        # pre-commit passes paths relative to the top, fleet reads them relative to -C: below it, check the whole fleet
        "pass_filenames": "false" if root else "true",
        "working_directory": root or ".",
    }


def _fleet_files(values: Mapping[str, str], policy: StarterPolicy) -> dict[str, bytes]:
    """The files of the fleet itself."""
    return {
        **scaffold.render_templates("fleet", values),
        **scaffold.render_templates(f"policies/{policy}", values),
    }


def _person_id(name: str, email: str) -> str:
    """The id of a person: made of the name, else of the local part of the address."""
    for words in (name, email.partition("@")[0], "me"):
        plain = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
        identifier = re.sub(r"[^a-z0-9]+", "-", plain)[: limits.NAME_CHARACTERS - 10].strip("-")
        if is_name(identifier):
            return f"{identifier}-1" if identifier in _RESERVED_IDS else identifier
    raise GitError(f"the name {name!r} gives no person id", hint="git config user.name NAME")


def _repository_name(repository: Repository | None, folder: Path) -> str:
    """``owner/name`` from the URL of the remote, else the name of the folder."""
    address = _remote_address(repository)
    hosted = re.fullmatch(r"(?:[a-z+]+://[^/]*/?|[^/:]+:/*)(.*)", address)
    path = hosted[1] if hosted else address.rpartition("/")[2]
    top = repository.top if repository and repository.top else folder.resolve()
    for candidate in (path, top.name):
        plain = re.sub(r"[^A-Za-z0-9._/-]+", "-", candidate).lstrip("._/-")[:200]
        if _REPOSITORY.fullmatch(plain):
            return plain
    return "agents"


def _remote_address(repository: Repository | None) -> str:
    """The URL of ``origin`` without ``.git``, or nothing."""
    remote = repository.run("var", "-l").out.decode("utf-8", "replace") if repository else ""
    urls = re.findall(r"^remote\.origin\.url=(.+)$", remote, re.MULTILINE)
    return urls[-1].strip().rstrip("/").removesuffix(".git") if urls else ""
