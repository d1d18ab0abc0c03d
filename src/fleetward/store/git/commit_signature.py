"""The signature that git is configured to put on every commit (``commit.gpgSign``)."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.process import config_variables
from fleetward.store.git.repository import Repository
from fleetward.store.git.settings import read_settings, setting_value

_PROGRAMS = {
    "gpg.program": "gpg",
    "gpg.openpgp.program": "gpg",
    "gpg.x509.program": "gpgsm",
    "gpg.ssh.program": "ssh-keygen",
    "gpg.ssh.defaultkeycommand": "",
}
"""What git would run, and its default; a repository must not name another."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitSignature:
    """git signs the commit itself; *variables* keep it from programs of the repository's choice."""

    variables: dict[str, str]


def configured_signature(repository: Repository) -> CommitSignature | None:
    """How git signs here; None where commit.gpgSign is not set."""
    answer = repository.run("config", "--type=bool", "--get", "commit.gpgsign")
    if answer.text != "true":
        return None
    settings = read_settings(repository)
    local = {setting.key for setting in settings if setting.is_local} & _PROGRAMS.keys()
    others = [setting for setting in settings if not setting.is_local]
    programs = [(key, setting_value(others, key) or _PROGRAMS[key]) for key in sorted(local)]
    return CommitSignature(variables=config_variables(programs, repository.environment))
