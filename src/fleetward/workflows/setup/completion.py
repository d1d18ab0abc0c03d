"""Completion in a shell: its scripts, where they are installed, and the names that a fleet's folders tell at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path

from fleetward.domain import layout
from fleetward.domain.errors import UsageError, WriteFailed
from fleetward.domain.fast_dataclass import dataclass
from fleetward.domain.names import is_name
from fleetward.store.git.atomic_files import write_file

_MOST_NAMES, _REF_BYTES = 5_000, 1024 * 1024
_BASH = """\
# Completion of fleet for bash, printed by: fleet completion bash
_fleet_completion() {
    local IFS=$'\\n' words
    words=$(fleet __complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null | cut -f 1)
    COMPREPLY=($words)
}
complete -o default -F _fleet_completion fleet
"""
_ZSH = """\
#compdef fleet
# Completion of fleet for zsh, printed by: fleet completion zsh
_fleet_completion() {
    local -a found
    local word text
    while IFS=$'\\t' read -r word text; do
        found+=("${word//:/\\\\:}${text:+:$text}")
    done < <(fleet __complete "${(@)words[2,CURRENT]}" 2>/dev/null)
    if (( $#found )); then
        _describe fleet found
    else
        _files
    fi
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _fleet_completion "$@"
else
    compdef _fleet_completion fleet
fi
"""
_FISH = """\
# Completion of fleet for fish, printed by: fleet completion fish
function __fleet_words
    set -l words (commandline -opc)
    fleet __complete $words[2..] (commandline -ct) 2>/dev/null
end
complete -c fleet -a '(__fleet_words)'
"""
SHELLS: Mapping[str, str] = {"bash": _BASH, "zsh": _ZSH, "fish": _FISH}
"""The script of each shell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstalledCompletion:
    """Where the script of a shell was written, and the file of the shell that loads it, if one had to be changed."""

    shell: str
    script: Path
    startup_file: Path | None = None


def completion_script(shell: str | None, environment: Mapping[str, str]) -> tuple[str, str]:
    """
    The shell, by default that of ``$SHELL``, and its script.

    Errors: UsageError for another shell.
    """
    name = shell or os.path.basename(environment.get("SHELL", ""))  # noqa: PTH119 - a text, no file
    if name not in SHELLS:
        message = f"no completion for the shell {name!r}" if name else "which shell: SHELL is not set"
        raise UsageError(message, hint="fleet completion bash, zsh or fish")
    return name, SHELLS[name]


def install_completion(shell: str | None, environment: Mapping[str, str]) -> InstalledCompletion:
    """
    Write the script into the user's home folder, and a line that loads it where the shell needs one.

    Errors: UsageError for another shell or without a home folder; WriteFailed.
    """
    name, script = completion_script(shell, environment)
    home = environment.get("HOME", "")
    if not os.path.isabs(home):  # noqa: PTH117 - a text, no file
        raise UsageError("HOME is not set", hint=f"fleet completion {name} > FILE, and load it in your shell")
    root = Path(home)
    configuration = Path(environment.get("XDG_CONFIG_HOME") or root / ".config")
    path, startup, line = {
        "bash": (
            root / ".bash_completions/fleet.sh",
            root / ".bashrc",
            '. "$HOME/.bash_completions/fleet.sh"',
        ),
        "zsh": (
            root / ".zfunc/_fleet",
            Path(environment.get("ZDOTDIR") or root) / ".zshrc",
            'fpath+=("$HOME/.zfunc"); autoload -Uz compinit; compinit',
        ),
        "fish": (configuration / "fish/completions/fleet.fish", None, ""),
    }[name]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, script.encode())
        changed = startup is not None and _add_line(startup, line)
    except OSError as error:
        message = f"cannot write {str(error.filename or path)!r}: {error.strerror}"
        raise WriteFailed(
            message, hint=f"fleet completion {name} > FILE, and load it in your shell"
        ) from error
    return InstalledCompletion(shell=name, script=path, startup_file=startup if changed else None)


def _add_line(path: Path, line: str) -> bool:
    """Append the line to a file of the shell, unless it is there."""
    text = path.read_bytes() if path.exists() else b""
    if line.encode() in text:
        return False
    separator = b"" if not text or text.endswith(b"\n") else b"\n"
    with path.open("ab") as stream:
        stream.write(separator + f"{line}  # fleet --install-completion\n".encode())
    return True


def environment_names(folder: Path) -> list[str]:
    """The environments that have a folder or a proposal."""
    root = _fleet_root(folder)
    places = (layout.ENVIRONMENTS, layout.PROPOSALS)
    return sorted({name for place in places for name in _folders(root / place)}) if root else []


def agent_names(folder: Path) -> list[str]:
    """The agents that have a folder in any environment."""
    root = _fleet_root(folder)
    if root is None:
        return []
    environments = root / layout.ENVIRONMENTS
    return sorted({name for place in _folders(environments) for name in _folders(environments / place)})


def revision_names(folder: Path) -> list[str]:
    """HEAD, branches and tags, read from git's files without starting git."""
    place = folder.absolute()
    top = next((parent for parent in (place, *place.parents) if (parent / ".git").exists()), None)
    if top is None:
        return []
    git = top / ".git"
    if git.is_file():  # a linked work tree
        git = (top / git.read_text().partition("gitdir:")[2].strip()).resolve()
        if (git / "commondir").is_file():
            git = (git / (git / "commondir").read_text().strip()).resolve()
    return ["HEAD", *sorted(set(_references(git)))][:_MOST_NAMES]


def _references(git: Path) -> Iterator[str]:
    kinds = ("heads", "tags", "remotes")
    for kind in kinds:
        root = git / "refs" / kind
        yield from (path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())
    packed = git / "packed-refs"
    if packed.is_file():
        with packed.open("rb") as stream:
            text = stream.read(_REF_BYTES).decode("utf-8", "replace")
        for row in text.splitlines():
            name = row.partition(" refs/")[2]
            if name.partition("/")[0] in kinds:
                yield name.partition("/")[2]


def _fleet_root(folder: Path) -> Path | None:
    place = folder.absolute()
    return next((parent for parent in (place, *place.parents) if (parent / layout.CONFIG).is_file()), None)


def _folders(folder: Path) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            return [entry.name for entry in entries if is_name(entry.name) and entry.is_dir()][:_MOST_NAMES]
    except OSError:
        return []
