"""Git's configuration, with the scope of each setting: what a repository says itself runs no program."""

from __future__ import annotations

from collections.abc import Sequence

from fleetward.domain.fast_dataclass import dataclass
from fleetward.store.git.repository import Repository

_LOCAL_SCOPES = ("local", "worktree")


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting; its key as git writes it, sections and names in lower case."""

    scope: str
    key: str
    value: str

    @property
    def is_local(self) -> bool:
        """Whether the repository itself says it."""
        return self.scope in _LOCAL_SCOPES


def read_settings(repository: Repository) -> tuple[Setting, ...]:
    """All settings, in the order in which git reads them: the last one holds."""
    out = repository.output("config", "-z", "--show-scope", "--list").decode("utf-8", "surrogateescape")
    fields = iter(out.split("\0"))
    return tuple(
        Setting(scope, *entry.partition("\n")[::2]) for scope, entry in zip(fields, fields, strict=False)
    )


def setting_value(settings: Sequence[Setting], key: str) -> str:
    """The value that holds; empty where there is none."""
    return next((setting.value for setting in reversed(settings) if setting.key == key), "")
