"""Push a commit to the branch that it is for, and say why a server did not take it."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence

from fleetward.domain.errors import BranchMoved, GitError
from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.process import config_variables
from fleetward.store.git.repository import Id, Repository
from fleetward.store.git.settings import Setting, read_settings, setting_value

_HEADS = "refs/heads/"
_OPTIONS = (
    *("--quiet", "--porcelain", "--no-follow-tags", "--no-recurse-submodules", "--no-signed"),
    # named here, because remote.NAME.receivepack of the repository would be another program
    "--receive-pack=git-receive-pack",
)
# what git says of a branch that is not where the pusher believed it to be
_MOVED = re.compile(
    r"(?m)^!\t\S+\t\[rejected\]"
    r"|^!\t\S+\t\[remote rejected\] \(.*(incorrect old value|is at [0-9a-f]+ but expected|reference already exists)"
    r"|^remote: error: cannot lock ref .*(is at [0-9a-f]+ but expected|reference already exists)"
)
_REASON = re.compile(r"(?m)^!\t\S+\t\[(?:remote )?(?:rejected|failure)\] \((.*)\)$")
_MAX_REMOTE_LINES = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class PushTarget:
    """A branch of a remote, and how git has to be called so that it runs no program of the repository's choice."""

    remote: str
    branch: str
    """Its full name there."""
    tracking: Id | None
    """Where this repository saw it last."""
    variables: Mapping[str, str]
    unused: tuple[str, ...] = ()
    """Keys of the repository's configuration that name programs, and were left out."""

    @property
    def name(self) -> str:
        """For messages: ``origin main``."""
        return f"{self.remote} {self.branch.removeprefix(_HEADS)}"


def push_target(repository: Repository, text: str, branch: str) -> PushTarget:
    """
    Where ``--push`` *text* pushes *branch* to: ``REMOTE:BRANCH`` as it says, ``REMOTE`` to the upstream of *branch*.

    A branch without upstream goes to the branch of its name that the remote is known to have.
    Errors: GitError where that is no branch of the remote, so that no new one begins by accident.
    """
    settings = read_settings(repository)
    remotes = _remotes(settings)
    name, _, wanted = (text, "", "") if text in remotes else text.partition(":")
    if name not in remotes:
        name, wanted = next((key for key, url in remotes.items() if url == text), ""), ""
    if not name or name.startswith("-"):
        known = ", ".join(sorted(remotes)) or "none: git remote add origin URL"
        raise GitError(f"{text!r} is not the name of a remote", hint=f"remotes here: {known}")
    full = _named(repository, wanted) if wanted else _upstream(repository, settings, name, branch)
    variables, unused = _without_local_programs(repository, settings, name)
    tracking = _tracking(repository, name, full)
    return PushTarget(remote=name, branch=full, tracking=tracking, variables=variables, unused=unused)


def upstream_remote(repository: Repository, branch: str) -> str:
    """
    The remote that *branch* follows.

    Errors: GitError where it follows none.
    """
    settings = read_settings(repository)
    remotes, short = _remotes(settings), branch.removeprefix(_HEADS)
    remote = setting_value(settings, f"branch.{short}.remote")
    if remote in remotes:
        return remote
    hint = f"--push {shlex.quote(min(remotes))}" if remotes else "git remote add origin URL"
    raise GitError(f"branch {short!r} has no upstream", hint=hint)


def _remotes(settings: Sequence[Setting]) -> dict[str, str]:
    """By name the address of each remote."""
    return {
        match[1]: setting.value
        for setting in settings
        if (match := re.fullmatch(r"remote\.(.+)\.(?:push)?url", setting.key, re.DOTALL))
    }


def push(repository: Repository, target: PushTarget, new: Id) -> None:
    """
    Push *new* without force.

    Errors: BranchMoved where the remote branch is elsewhere; GitError with the server's words where it refuses, or
    where it cannot be reached.
    """
    answer = repository.run(
        "push", *_OPTIONS, target.remote, f"{new}:{target.branch}", extra=target.variables
    )
    if answer.code == 0:
        return
    output = f"{answer.err}\n" + answer.out.decode("utf-8", "replace")
    # the exit code is the same for a moved branch, a refusal and no network
    if _MOVED.search(output):
        # --ff-only fails beside local commits, and the branch need not track that remote
        pull = shlex.join(["git", "pull", "--rebase", target.remote, target.branch.removeprefix(_HEADS)])
        raise BranchMoved("the remote branch moved; nothing was written", hint=pull)
    hint = f"{', '.join(target.unused)} of this repository was not used" if target.unused else ""
    reasons = _REASON.findall(output)
    if not reasons:
        lines = [line for line in output.splitlines() if line.strip()]
        raise GitError(f"cannot push to {target.remote!r}: {lines[0] if lines else 'no answer'}", hint=hint)
    words = [
        line.removeprefix("remote:").strip() for line in output.splitlines() if line.startswith("remote:")
    ]
    shown = "; ".join([*reasons, *filter(None, words[:_MAX_REMOTE_LINES])])
    message = f"{target.remote!r} refused the push, nothing was written: {shown}"
    raise GitError(
        message,
        hint=hint
        or f"ask who runs the server, or push to a branch of your own: --push {target.remote}:BRANCH",
    )


def _named(repository: Repository, wanted: str) -> str:
    full = wanted if wanted.startswith("refs/") else f"{_HEADS}{wanted}"
    if not full.startswith(_HEADS) or repository.run("check-ref-format", full).code != 0:
        raise GitError(f"{wanted!r} cannot be the name of a branch", hint="--push origin:main")
    return full


def _upstream(repository: Repository, settings: Sequence[Setting], remote: str, branch: str) -> str:
    short = branch.removeprefix(_HEADS)
    merge = setting_value(settings, f"branch.{short}.merge")
    if setting_value(settings, f"branch.{short}.remote") == remote and merge.startswith(_HEADS):
        return merge
    if _tracking(repository, remote, branch) is not None:
        return branch
    name = shlex.quote(f"{remote}:{short}")
    raise GitError(
        f"branch {short!r} has no upstream at {remote!r}",
        hint=f"git branch --set-upstream-to=..., or --push {name} to begin that branch there",
    )


def _tracking(repository: Repository, remote: str, branch: str) -> Id | None:
    return repository.find_commit(f"refs/remotes/{remote}/{branch.removeprefix(_HEADS)}")


def _without_local_programs(
    repository: Repository, settings: Sequence[Setting], remote: str
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Variables that put what the user and the system configured in the place of programs that the repository names."""
    local = {setting.key for setting in settings if setting.is_local}
    refused = sorted(local & {f"remote.{remote}.vcs", "core.gitproxy"})
    if refused:
        raise GitError(
            f"{refused[0]} of this repository names a program, which is not run",
            hint=f"git config --unset {refused[0]}",
        )
    others = [setting for setting in settings if not setting.is_local]
    variables: dict[str, str] = {}
    if "core.sshcommand" in local and not repository.environment.keys() & {"GIT_SSH_COMMAND", "GIT_SSH"}:
        variables["GIT_SSH_COMMAND"] = setting_value(others, "core.sshcommand") or "ssh"
    if "core.askpass" in local and "GIT_ASKPASS" not in repository.environment:
        variables["GIT_ASKPASS"] = setting_value(others, "core.askpass")
    helpers = [setting for setting in settings if re.fullmatch(r"(?s)credential\.(.+\.)?helper", setting.key)]
    if any(helper.is_local for helper in helpers):
        # an empty helper ends the list of those before it
        kept = [("credential.helper", ""), *((h.key, h.value) for h in helpers if not h.is_local)]
        variables.update(config_variables(kept, repository.environment))
    programs = {"core.sshcommand", "core.askpass", *(helper.key for helper in helpers)}
    return variables, tuple(sorted(local & programs))
