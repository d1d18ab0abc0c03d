"""The README of an evidence pack: what is where, and how to check it without this tool."""

from __future__ import annotations

_TEXT = """\
# Evidence pack

This pack covers the promotions {commit_range}: {scope}.
It was made by `fleet audit --bundle`; `audit.txt` and `audit.json` are the result of that audit. Everything here can
be checked with git, sha256sum and ssh-keygen alone. The commands are for a POSIX shell, in this folder.

| | |
|---|---|
| `promotions/<environment>-<number>/` | one ledger entry: its line, and what it changed, as text and as data |
| `ledger/` | the complete ledgers, with their signatures if they are signed |
| `approvals/`, `evidence/` | the records that the entries name, under their names in the repository |
| `governance/<digest>/` | policy, people and all other governance files, and the `allowed_signers` of that time |
| `records.txt` | every file here that is in the repository under the same name, at commit {last} |
| `signed.txt` | every signed statement: file, address, who may sign, when it was signed |

## 1. Nothing in this pack was changed

```sh
sha256sum --check --quiet SHA256SUMS
```

## 2. The ledgers are complete: each line holds the digest of the line before

```sh
for ledger in ledger/*.jsonl; do
  previous=null
  while IFS= read -r line; do
    case $line in *'"previous":'"$previous"','*) ;; *) echo "broken: $line"; exit 1 ;; esac
    previous="\\"sha256:$(printf %s "$line" | sha256sum | cut -d' ' -f1)\\""
  done < "$ledger"
done
```

## 3. The entries name exactly these approvals and records

```sh
for entry in promotions/*/entry.jsonl; do
  {{ grep -o '"file":"[^"]*","sha256":"sha256:[0-9a-f]*"' "$entry" || true; }} |
    sed 's/^"file":"\\(.*\\)","sha256":"sha256:\\(.*\\)"$/\\2  \\1/' > named
  test ! -s named || sha256sum --check --quiet named
done
rm -f named
```

## 4. The signatures are valid

```sh
while read -r file who signers when; do
  {{ printf 'DSSEv1 28 application/vnd.in-toto+json %d ' "$(wc -c < "$file")"; cat "$file"; }} |
    ssh-keygen -Y verify -O verify-time="$when" -f "$signers" -I "$who" -n fleet-approval-v1 -s "$file.sig"
done < signed.txt
```

## 5. The repository holds the same files

`CLONE` is a clone of the repository that you trust.

```sh
git -C "$CLONE" cat-file -e {last}
while read -r file; do
  git -C "$CLONE" show "{last}:{prefix}$file" | cmp - "$file"
done < records.txt
```

Then compare `promotions/*/change.txt` with the approvals: who agreed to what, by the policy in `governance/`.
"""


def render(*, scope: str, commit_range: str, last: str, prefix: str) -> str:
    """The README of a pack."""
    return _TEXT.format(scope=scope, commit_range=commit_range, last=last, prefix=prefix)
