"""Signed approvals in real repositories: signed by ssh-keygen, carried by anybody, checked by stock OpenSSH."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.end_to_end.repositories import CHECKOUT, FLEET, POLICY, CommandResult, Repository
from tests.end_to_end.repositories import running as start
from tests.store.signing import keyring

ASKED = ("promote", "desk-bot", "--to", "production", "--json")
SIGNED_POLICY = POLICY.replace("    require:", "    assurance: signed\n    require:").replace(
    "version: 1", "version: 2"
)
PEOPLE = "governance/people.yaml"


def with_keys(repo: Repository, **keys: str) -> None:
    """List these keys (the text of a mapping's inside, by person) and commit."""
    text = FLEET[PEOPLE]
    for person, inside in keys.items():
        text = text.replace(
            f"emails: [{person}@acme.example]", f"emails: [{person}@acme.example], keys: [{{{inside}}}]"
        )
    repo.commit("keys", files={PEOPLE: text, "governance/policy.yaml": SIGNED_POLICY})
    repo.agree("dina", now="2026-11-18T10:00:00Z")


def inside(key: Path, validity: str = "") -> str:
    return f'key: "{keyring.public(key)}"{validity}'


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    folder = tmp_path / "keys"
    folder.mkdir()
    return {name: keyring.generate(folder / name) for name in ("carla", "dina", "mallory")}


@pytest.fixture
def repo(tmp_path: Path, keys: dict[str, Path]) -> Repository:
    """A change of desk-bot waits for a signed approval; carla and dina have keys."""
    repo = start(tmp_path)
    with_keys(repo, carla=inside(keys["carla"]), dina=inside(keys["dina"]))
    return repo


def approve(repo: Repository, key: Path, who: str = "carla", *flags: str) -> str:
    """Write and sign, without committing; the statement's file."""
    done = repo.fleet(
        "approve", "desk-bot", "--to", "production", "--json", "--sign", str(key), *flags, identity=who
    )
    assert done.code == 0, done.err
    return str(done.data["file"])


def reasons(done: CommandResult) -> str:
    return "\n".join(item["reason"] for item in done.data["promotions"][0]["notCounted"])


def test_a_signed_approval_counts_whoever_commits_it(repo: Repository, keys: dict[str, Path]) -> None:
    approve(repo, keys["carla"])
    repo.commit("carried by alice", identity="alice")

    done = repo.fleet(*ASKED)

    assert done.code == 0, done.out
    assert done.data["promotions"][0]["requirements"][0]["by"] == ["carla"]


def test_a_squash_keeps_a_signed_approval(repo: Repository, keys: dict[str, Path]) -> None:
    repo.git("checkout", "-q", "-b", "side")
    approve(repo, keys["carla"])
    repo.commit("approve", identity="carla")
    repo.git("checkout", "-q", "main")
    repo.git("merge", "-q", "--squash", "side")
    repo.git("commit", "-q", "-m", "squashed", identity="alice")

    assert repo.fleet(*ASKED).code == 0


def test_the_promotion_writes_its_assurance_into_the_ledger(repo: Repository, keys: dict[str, Path]) -> None:
    approve(repo, keys["carla"])
    repo.commit("approve", identity="alice")

    done = repo.fleet(*ASKED, "--apply")

    assert done.code == 0, done.err
    last = json.loads((repo.root / "ledger/production.jsonl").read_text().splitlines()[-1])
    assert [(item["approver"], item["assurance"]) for item in last["approvals"]] == [("carla", "signed")]


def test_a_recorded_approval_does_not_count_where_signed_is_required(repo: Repository) -> None:
    repo.approve("desk-bot", "carla")

    done = repo.fleet(*ASKED)

    assert done.code == 1
    assert "its assurance is recorded, signed is required" in reasons(done)


def _edited(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    path = repo.root / file
    path.write_text(path.read_text().replace('"note": ""', '"note": "all of it"'))


def _stolen(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    """The statement of carla, signed again by dina."""
    _signed_by(repo, file, keys["dina"], keyring.NAMESPACE)


def _unknown(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    _signed_by(repo, file, keys["mallory"], keyring.NAMESPACE)


def _namespace(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    _signed_by(repo, file, keys["carla"], "git")


def _signed_by(repo: Repository, file: str, key: Path, namespace: str) -> None:
    payload = (repo.root / file).read_bytes()
    message = b"DSSEv1 28 application/vnd.in-toto+json %d %b" % (len(payload), payload)
    (repo.root / f"{file}.sig").write_bytes(keyring.ssh_keygen_signature(key, message, namespace))


def _plain(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    """Over the file itself, not over its pre-authentication encoding."""
    signature = keyring.ssh_keygen_signature(keys["carla"], (repo.root / file).read_bytes())
    (repo.root / f"{file}.sig").write_bytes(signature)


def _cut(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    path = repo.root / f"{file}.sig"
    path.write_bytes(path.read_bytes()[:150])


def _more(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    path = repo.root / f"{file}.sig"
    path.write_bytes(path.read_bytes() + b"\n")


def _twice(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    path = repo.root / f"{file}.sig"
    path.write_bytes(path.read_bytes() * 2)


def _huge(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    (repo.root / f"{file}.sig").write_bytes(b"A" * 3_000_000)


def _empty(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    (repo.root / f"{file}.sig").write_bytes(b"")


def _link(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    path = repo.root / f"{file}.sig"
    path.rename(repo.root / "elsewhere")
    path.symlink_to(repo.root / "elsewhere")


def _folder(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    path = repo.root / f"{file}.sig"
    content = path.read_bytes()
    path.unlink()
    path.mkdir()
    (path / "signature").write_bytes(content)


def _copied(repo: Repository, file: str, keys: dict[str, Path]) -> None:
    """The signature of an approval that was meant for another generation."""
    path = repo.root / file
    path.write_text(path.read_text().replace('"generation": 2', '"generation": 3'))
    _signed_by(repo, file, keys["carla"], keyring.NAMESPACE)
    path.write_text(path.read_text().replace('"generation": 3', '"generation": 2'))


@pytest.mark.parametrize(
    ("forge", "reason"),
    [
        (_edited, "does not match"),
        (_stolen, "signed with a key of dina, not of carla"),
        (_unknown, "a key that is not in people.yaml"),
        (_namespace, "signed in namespace 'git'"),
        (_plain, "does not match"),
        (_copied, "does not match"),
        (_cut, "not one '-----BEGIN SSH SIGNATURE-----' block"),
        (_more, "not one '-----BEGIN"),
        (_twice, "not one '-----BEGIN"),
        (_empty, "not one '-----BEGIN"),
        (_huge, "not an SSH signature: 3000000 bytes"),
        (_link, "not a regular file"),
        (_folder, "not a regular file"),
    ],
    ids=lambda case: getattr(case, "__name__", ""),
)
def test_a_forged_signature_never_counts_even_when_its_approver_commits_it(
    repo: Repository,
    keys: dict[str, Path],
    forge: Callable[[Repository, str, dict[str, Path]], None],
    reason: str,
) -> None:
    repo.commit(
        "recorded is enough", files={"governance/policy.yaml": POLICY.replace("version: 1", "version: 3")}
    )
    repo.agree("dina")
    file = approve(repo, keys["carla"])
    forge(repo, file, keys)
    repo.commit("approve", identity="carla")

    done = repo.fleet(*ASKED)

    assert done.code == 1, done.out
    assert done.data["promotions"][0]["verdict"] == "pending"
    assert reason in reasons(done)


@pytest.mark.parametrize(
    ("validity", "reason"),
    [
        (", until: 2026-11-19", "valid until 2026-11-19"),
        (", since: 2026-11-21", "not valid before 2026-11-21"),
        (', compromisedSince: "2026-11-20T12:00:00Z"', "compromised since 2026-11-20T12:00:00Z"),
    ],
)
def test_an_invalid_key_voids_its_approvals(
    repo: Repository, keys: dict[str, Path], validity: str, reason: str
) -> None:
    approve(repo, keys["carla"])
    repo.commit("approve", identity="carla")
    assert repo.fleet(*ASKED).code == 0
    with_keys(repo, carla=inside(keys["carla"], validity))

    done = repo.fleet(*ASKED)

    assert done.code == 1
    assert reason in reasons(done)


def test_a_back_dated_signature_of_an_expired_key_does_not_count(
    repo: Repository, keys: dict[str, Path]
) -> None:
    done = repo.fleet(
        *("approve", "desk-bot", "--to", "production", "--sign", str(keys["carla"])),
        identity="carla",
        now="2026-11-18T12:00:00Z",
    )
    assert done.code == 0, done.err
    repo.commit("back-dated", identity="carla", at="2026-11-18T12:00:00Z")
    with_keys(repo, carla=inside(keys["carla"], ", until: 2026-11-18"))

    judged = repo.fleet(*ASKED)

    assert judged.code == 1
    assert "valid until 2026-11-18" in reasons(judged)


@pytest.mark.parametrize(
    "people",
    [
        'keys: [{key: "ssh-ed25519 AAAA..."}]',
        'keys: [{key: "KEY"}], github: "*"',
        'keys: [{key: "KEY"}, {key: "DINA"}]',
        'keys: [{key: "KEY", since: 2026-02-30}]',
        'keys: [{key: "KEY", since: 2026-02-02, until: 2026-02-01}]',
        'keys: [{key: "KEY", compromisedSince: "2026-02-30T00:00:00Z"}]',
    ],
)
def test_invalid_keys_in_people_are_an_error(repo: Repository, keys: dict[str, Path], people: str) -> None:
    approve(repo, keys["carla"])
    keyed = people.replace("KEY", keyring.public(keys["carla"])).replace("DINA", keyring.public(keys["dina"]))
    dina = f'emails: [dina@acme.example], keys: [{{key: "{keyring.public(keys["dina"])}"}}]'
    text = FLEET[PEOPLE].replace("emails: [dina@acme.example]", dina)
    text = text.replace("emails: [carla@acme.example]", f"emails: [carla@acme.example], {keyed}")
    repo.commit("keys", files={PEOPLE: text})

    # it waits, and nobody can agree to it
    refused = repo.fleet("approve", "--governance", identity="dina")
    assert refused.code == 2
    assert f"{PEOPLE}:" in refused.err
    assert len(repo.fleet(*ASKED, "--json").data["policy"]["pending"]) == 1


def test_a_wildcard_address_is_an_error(repo: Repository, keys: dict[str, Path]) -> None:
    approve(repo, keys["carla"])
    text = FLEET[PEOPLE].replace(
        "people:\n", f'people:\n  any: {{name: Any, emails: ["*"], keys: [{{{inside(keys["mallory"])}}}]}}\n'
    )
    repo.commit("a wildcard", files={PEOPLE: text})

    done = repo.fleet("approve", "--governance", identity="dina")

    assert done.code == 2
    assert "'*'" in done.err


def test_a_copy_under_a_later_number_does_not_outlive_a_rejection_of_the_same_second(
    repo: Repository, keys: dict[str, Path]
) -> None:
    first = approve(repo, keys["carla"])
    approve(repo, keys["carla"], "carla", "--reject")
    copy = first.replace("-1.json", "-3.json")
    for end in ("", ".sig"):
        shutil.copy(repo.root / f"{first}{end}", repo.root / f"{copy}{end}")
    repo.commit("a copy", identity="alice")

    done = repo.fleet(*ASKED)

    assert done.code == 1
    assert done.data["promotions"][0]["requirements"][0]["by"] == []


def test_a_veto_with_a_broken_signature_still_blocks(repo: Repository, keys: dict[str, Path]) -> None:
    policy = SIGNED_POLICY.replace("rules:", "veto: {from: [desk]}\nrules:").replace(
        "version: 2", "version: 3"
    )
    repo.commit("veto", files={"governance/policy.yaml": policy})
    repo.agree("dina")
    file = approve(repo, keys["dina"], "dina", "--reject")
    repo.commit("no", identity="dina")
    approve(repo, keys["carla"])
    _cut(repo, file, keys)
    repo.commit("tidy", identity="alice")

    done = repo.fleet(*ASKED)

    assert done.data["verdict"] == "blocked"


def test_without_cryptography_a_signed_approval_does_not_count_and_the_way_out_is_named(
    repo: Repository, keys: dict[str, Path], tmp_path: Path
) -> None:
    approve(repo, keys["carla"])
    repo.commit("approve", identity="carla")
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare" / "cryptography.py").write_text("raise ImportError('not here')\n")

    done = repo.fleet(*ASKED, env={"PYTHONPATH": str(tmp_path / "bare")})

    assert done.code == 1
    assert "cannot be checked without cryptography: pip install 'fleetward[sign]'" in reasons(done)


def test_the_documented_check_works_with_stock_openssh_alone(repo: Repository, keys: dict[str, Path]) -> None:
    [script] = re.findall(
        r"```bash\n(S=.*?)```", (CHECKOUT / "docs/how-to/sign-approvals.md").read_text(), re.DOTALL
    )
    file = approve(repo, keys["carla"])
    allowed = repo.fleet("signers")
    assert allowed.code == 0, allowed.err
    (repo.root / "allowed_signers").write_text(allowed.out)
    script = re.sub(r"^S=.*$", f"S={file}", script, flags=re.MULTILINE)
    script = re.sub(r"^WHO=.*$", "WHO=carla@acme.example", script, flags=re.MULTILINE)

    def checked(text: str) -> int:
        done = subprocess.run(["sh", "-c", text], cwd=repo.root, capture_output=True, check=False)
        return done.returncode

    assert checked(script) == 0
    assert checked(script.replace("carla@", "dina@")) != 0
    _edited(repo, file, keys)
    assert checked(script) != 0
