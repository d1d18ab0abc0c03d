"""Commits signed by their authors: real signatures of git, by the keys of people.yaml."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

from fleetward.domain.people import People, Person, SigningKey
from fleetward.store.git.commit import read_commits
from fleetward.store.git.fleet_root import find_fleet_root
from fleetward.store.records.commit_signatures import author_signatures
from tests.end_to_end.repositories import Repository, clean_environment, repository
from tests.store.signing import keyring

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def commit(repo: Repository, key: Path | None, who: str = "bob", namespace: str = "git") -> str:
    """An empty commit, signed with *key*; in another *namespace* by hand."""
    configuration = ["-c", "gpg.format=ssh", "-c", f"user.signingkey={key}"] if key else []
    flags = ["-S"] if key else []
    repo.git(*configuration, "commit", "-q", "--allow-empty", "-m", "x", *flags, identity=who)
    return repo.head


def resigned(repo: Repository, signature: bytes) -> str:
    """The last commit with another signature."""
    content = repo.git("cat-file", "commit", "HEAD").encode() + b"\n"
    header, _, message = content.partition(b"\n\n")
    folded = signature.rstrip(b"\n").replace(b"\n", b"\n ")
    (repo.home / "object").write_bytes(header + b"\ngpgsig " + folded + b"\n\n" + message)
    return repo.git("hash-object", "-t", "commit", "-w", str(repo.home / "object"))


def test_a_commit_is_signed_by_its_author_with_a_key_in_force_then_and_now(tmp_path: Path) -> None:
    repo = repository(tmp_path / "repo")
    keys = {name: keyring.generate(tmp_path / name) for name in ("bob", "carla", "lost", "nobody")}

    def person(name: str, until: date | None = None) -> Person:
        key = SigningKey(text=keyring.public(keys[name]), until=until)
        return Person(id=name, name=name, emails=(f"{name}@acme.example",), keys=(key,))

    people = People(
        people={"bob": person("bob"), "carla": person("carla"), "lost": person("lost", date(2026, 11, 18))}
    )
    commits = {
        None: commit(repo, keys["bob"]),
        "it is not signed": commit(repo, None),
        "signed with a key of carla, not of bob": commit(repo, keys["carla"]),
        "signed with a key that is not in people.yaml": commit(repo, keys["nobody"]),
        "signed with a key that does not count: valid until 2026-11-18": commit(repo, keys["lost"], "lost"),
        "people.yaml does not list its author": commit(repo, keys["bob"], "erin"),
    }
    commit(repo, None)
    commits["the signature does not match"] = resigned(
        repo, keyring.ssh_keygen_signature(keys["bob"], b"other", "git")
    )
    commits["signed in namespace 'file'"] = resigned(
        repo, keyring.ssh_keygen_signature(keys["bob"], b"x", "file")
    )
    commits["not one '-----BEGIN SSH SIGNATURE-----' block"] = resigned(
        repo, b"-----BEGIN PGP SIGNATURE-----\n"
    )

    root = find_fleet_root(repo.root, clean_environment(repo.home))
    signatures = author_signatures(
        root.repository, read_commits(root.repository, commits.values()), people, NOW
    )

    for words, signature in zip(commits, signatures, strict=True):
        assert signature.fault is None if words is None else words in str(signature.fault), signature
