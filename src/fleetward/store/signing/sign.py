"""Sign with ssh-keygen, so that keys in files, in agents and in hardware all work."""

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

# a namespace keeps a signature made for one purpose from serving another (PROTOCOL.sshsig)
NAMESPACE = "fleet-approval-v1"
"""The namespace of approvals; a signature in another one is refused."""
LEDGER_NAMESPACE = "fleet-ledger-v1"
"""The namespace of ledger entries."""
EVIDENCE_NAMESPACE = "fleet-evidence-v1"
"""The namespace of evidence records, over the bytes of the record."""
COMMIT_NAMESPACE = "git"
"""The namespace of git commits."""

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

    *key_path* is a private or public key file. Without it the key is git's user.signingKey if that is an SSH key,
    else the only key of the ssh-agent, or the only one there of *own_keys* (the signer's public keys).
    Errors: FleetError when there is no key, or ssh-keygen fails, after its reason on standard error.
    """
    with _key_file(key_path, own_keys, repository, environment) as key:
        # ssh-keygen signs: keys in agents and in hardware never leave them
        arguments = ["-Y", "sign", "-q", "-n", namespace, "-f", str(key)]
        done = _run(["ssh-keygen", *arguments], environment, message, quiet=False)
    # an empty signature with exit code 0 must not be stored
    if done.returncode != 0 or not done.stdout:
        label = key_path or "the key"
        hint = "ssh-add -L lists the agent's keys; ssh-keygen -l -f KEY shows one"
        raise FleetError(f"ssh-keygen could not sign with {str(label)!r}", hint=hint)
    return done.stdout


@contextlib.contextmanager
def _key_file(
    key_path: Path | None, own_keys: Collection[str], repository: Repository, environment: Mapping[str, str]
) -> Iterator[Path]:
    """A key file for ssh-keygen; a temporary one for a key that has none."""
    key: Path | str = key_path or _git_signing_key(repository) or _agent_key(own_keys, environment)
    if isinstance(key, Path):
        if not key.expanduser().is_file():
            raise FleetError(f"no key file {str(key)!r}", hint=_HINT)
        yield key.expanduser()
        return
    with tempfile.TemporaryDirectory() as folder:
        # ssh-keygen takes the public key and asks the agent for the private one
        file = Path(folder) / "key.pub"
        file.write_text(key + "\n", encoding="utf-8")
        yield file


def _git_signing_key(repository: Repository) -> Path | str | None:
    """Git's user.signingKey where it is an SSH key: a file, or the key itself."""
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
        with contextlib.suppress(SignatureError):  # certificates, and kinds that are not accepted
            keys.append(ssh_format.public_key(line).text)
    # no guess between several keys: a wrong one makes a signature that counts for nobody
    mine = keys if len(keys) == 1 else [key for key in keys if key in own_keys]
    if len(mine) == 1:
        return mine[0]
    if not keys:
        message = "no key to sign with: git has no SSH key as user.signingKey, and no ssh-agent holds one"
        raise FleetError(message, hint=_HINT)
    reason = "several of them are yours" if mine else "none of them is yours"
    raise FleetError(f"the ssh-agent holds {len(keys)} keys, and {reason}", hint=_HINT)


def _run(
    command: list[str], environment: Mapping[str, str], stdin: bytes, *, quiet: bool
) -> subprocess.CompletedProcess[bytes]:
    """Prompts such as "touch the key" go to standard error, to the user."""
    stderr = subprocess.DEVNULL if quiet else None
    try:
        return subprocess.run(
            command, input=stdin, stdout=subprocess.PIPE, stderr=stderr, env=dict(environment), check=False
        )
    except OSError as error:
        hint = "install OpenSSH 8.2 or newer"
        raise FleetError(f"{command[0]} cannot be run: {error.strerror}", hint=hint) from None
