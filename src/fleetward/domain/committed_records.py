"""What ``--commit`` and ``--push`` of a verb that writes records did."""

from __future__ import annotations

from fleetward.domain.fast_dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordCommit:
    """One commit that holds the records alone."""

    commit: str | None
    """None where the branch has the records already."""
    pushed: tuple[str, str] | None
    """The remote and its branch that have the commit now."""
    is_behind: bool = False
    """The upstream does not have the commit yet."""

    def next_command(self, chdir: str, otherwise: str) -> str:
        """The push that is left, else *otherwise*; *chdir* is the option that names the folder."""
        return f"git{chdir} push" if self.is_behind else otherwise
