"""The one door to ssh-keygen: it signs, so that every key it can use counts, in files, agents and hardware."""

from __future__ import annotations

import contextlib
import re
import subprocess
import tempfile
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path

from fleetward.domain.errors import FleetError
from fleetward.store.git.repository import Repository
from fleetward.store.signing import ssh_format
from fleetward.store.signing.ssh_format import SignatureError

NAMESPACE = "fleet-approval-v1"
"""What an approval is signed for; a signature for anything else is worth nothing here."""
LEDGER_NAMESPACE = "fleet-ledger-v1"
"""What a line of a ledger is signed for."""
COMMIT_NAMESPACE = "git"
"""What git signs commits for."""

_LITERAL = re.compile(r"(?:key::)?((?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/=]+)( .*)?")
_HINT = "name a key: --sign ~/.ssh/id_ed25519"


def sign(
    message: bytes,
    key_path: Path | None,
    *,
    own_keys: Collection[str],
    repository: Repository,
    environment: Mapping[str, str],
    namespace: str = NAMESPACE,
) -> bytes:
    """
    The signature over *message*, as ``ssh-keygen -Y sign`` writes it.

    *key_path* is a private or public key file; without it: git's user.signingKey where that is an SSH key, else
    the ssh-agent's only key, or the only one in it of *own_keys* (the signer's public keys).
    Errors: FleetError when there is no key, or ssh-keygen does not sign; it says why on standard error.
    """
    with _key_file(key_path, own_keys, repository, environment) as key:
        arguments = ["-Y", "sign", "-q", "-n", namespace, "-f", str(key)]
        done = _run(["ssh-keygen", *arguments], environment, message, quiet=False)
    if done.returncode != 0 or not done.stdout:
        label = key_path or "the key"
        hint = "ssh-add -L lists the agent's keys; ssh-keygen -l -f KEY looks at one"
        raise FleetError(f"ssh-keygen could not sign with {str(label)!r}", hint=hint)
    return done.stdout


@contextlib.contextmanager
def _key_file(
    key_path: Path | None, own_keys: Collection[str], repository: Repository, environment: Mapping[str, str]
) -> Iterator[Path]:
    """The file that ssh-keygen is to be given; a key without one is written down for as long as it takes."""
    key: Path | str = key_path or _git_signing_key(repository) or _agent_key(own_keys, environment)
    if isinstance(key, Path):
        if not key.expanduser().is_file():
            raise FleetError(f"no key file {str(key)!r}", hint=_HINT)
        yield key.expanduser()
        return
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "key.pub"
        file.write_text(key + "\n", encoding="utf-8")
        yield file


def _git_signing_key(repository: Repository) -> Path | str | None:
    """The user.signingKey of git where it is an SSH key: a file, or the key itself."""
    answer = repository.run("var", "-l")
    settings = dict(
        line.partition("=")[::2] for line in answer.out.decode("utf-8", "surrogateescape").splitlines()
    )
    value = settings.get("user.signingkey", "")
    if literal := _LITERAL.fullmatch(value):
        return literal[1]
    return Path(value) if value and settings.get("gpg.format") == "ssh" else None


def _agent_key(own_keys: Collection[str], environment: Mapping[str, str]) -> str:
    done = _run(["ssh-add", "-L"], environment, b"", quiet=True)
    keys = []
    for line in done.stdout.decode("utf-8", "replace").splitlines() if done.returncode == 0 else ():
        with contextlib.suppress(SignatureError):  # certificates, and kinds that do not count
            keys.append(ssh_format.public_key(line).text)
    mine = keys if len(keys) == 1 else [key for key in keys if key in own_keys]
    if len(mine) == 1:
        return mine[0]
    if not keys:
        message = "no key to sign with: git has no SSH key as user.signingKey, and no ssh-agent holds one"
        raise FleetError(message, hint=_HINT)
    reason = "several of them yours" if mine else "none of them yours"
    raise FleetError(f"the ssh-agent holds {len(keys)} keys, {reason}: which one?", hint=_HINT)


def _run(
    command: list[str], environment: Mapping[str, str], stdin: bytes, *, quiet: bool
) -> subprocess.CompletedProcess[bytes]:
    """What is said on the way ("touch the key") is for the person who waits."""
    stderr = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run(
            command, input=stdin, stdout=subprocess.PIPE, stderr=stderr, env=dict(environment), check=False
        )
    except OSError as error:
        hint = "install OpenSSH 8.2 or newer"
        raise FleetError(f"{command[0]} cannot be run: {error.strerror}", hint=hint) from None
