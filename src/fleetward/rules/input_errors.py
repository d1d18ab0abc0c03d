"""Documentation of the errors that are found while files are read, before any rule runs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.rules.rule import Rule, Violation


def _no_check(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """Finds nothing: the reader reports these errors, and a snapshot holds only readable files."""
    yield from ()


def _input_error(rule_id: str, doc: str) -> Rule:
    return Rule(id=rule_id, severity=Severity.ERROR, docstring=doc, check=_no_check)


INPUT_ERRORS: tuple[Rule, ...] = (
    _input_error(
        "yaml-syntax",
        """
        The file is not YAML, not UTF-8, or holds no mapping.

        Why: a file that cannot be read cannot be checked. A parser that guesses reads something else than the
        next one.
        Bad:
            metadata: {name: refund-bot
            spec: lifecycle: production
        Good:
            metadata: {name: refund-bot}
            spec:
              lifecycle: production
        Fix: mend the file at the caret. Close what is open, quote text that holds ": " or " #", indent with
        spaces, save as UTF-8.
        """,
    ),
    _input_error(
        "yaml-duplicate-key",
        """
        A mapping has the same key twice.

        Why: most parsers keep the last one without a word. The reviewer may have read the first one.
        Bad:
            budgets:
              - {window: day, currency: EUR, haltAt: 60, haltAt: 6000}
        Good:
            budgets:
              - {window: day, currency: EUR, haltAt: 60}
        Fix: keep one of them.
        """,
    ),
    _input_error(
        "yaml-not-allowed",
        """
        The file uses a part of YAML that is not allowed in a fleet.

        Why: anchors, aliases, merge keys, tags, directives, further documents and keys that are not text make a
        file mean more than it shows. A reviewer must see the effect on the line itself.
        Bad:
            tools: &standard
              - {name: crm, allow: [customer.read]}
            fallback: *standard
        Good:
            tools:
              - {name: crm, allow: [customer.read]}
        Fix: write the value out where it is used. Keep one document in a file. Quote a key that is not text.
        """,
    ),
    _input_error(
        "yaml-ambiguous",
        """
        A value without quotes means different things to different parsers.

        Why: `0777`, `1_000` and `12:30` are numbers in one version of YAML and text in another. The gate and
        the program that runs the agent must read the same value.
        Bad:
            version: 0125
            opens: 12:30
        Good:
            version: "0125"
            opens: "12:30"
        Fix: quote the value if you mean text. Write a plain decimal number if you mean a number.
        """,
    ),
    _input_error(
        "yaml-limit",
        """
        A file is too large or too deeply nested, or a folder holds too many files.

        Why: nobody reviews a file that nobody can read, and a file that is made to exhaust the checker must not
        get past it. Limits: 256 KiB a YAML file (4 MiB under governance), 24 levels, 10,000 nodes (200,000
        under governance), 1 MiB for any other text file, 500 files an agent.
        Bad:
            # 900 KiB of examples pasted into the manifest
            x-examples: [a very long list]
        Good:
            prompts:
              - {name: examples, file: prompts/examples.md}
        Fix: move long text into separate files that the manifest names. Split what is nested too deeply.
        """,
    ),
    _input_error(
        "manifest-missing",
        """
        A folder of an environment has no agent.yaml.

        Why: its files belong to no agent. Nobody owns them and no rule checks them, but a program may still
        load them.
        Bad:
            # environments/staging/refund-bot/ holds
            - prompts/system.md
        Good:
            # environments/staging/refund-bot/ holds
            - agent.yaml
            - prompts/system.md
        Fix: write the manifest (`fleet new AGENT` makes one), correct its name if it is misspelt, or remove the
        folder.
        """,
    ),
    _input_error(
        "schema",
        """
        A value is missing or has the wrong type or form.

        Why: rules, comparisons and approvals rely on the values in manifests, so these need a known form.
        Bad:
            risk: {tier: [high]}
            budgets: [{window: day, currency: EUR, alertAt: "40"}]
        Good:
            risk: {tier: high}
            budgets: [{window: day, currency: EUR, alertAt: 40}]
        Fix: write what the hint says; `fleet schema agent` prints every key with its description.
        """,
    ),
    _input_error(
        "unknown-key",
        """
        The schema has no key of this name here.

        Why: a misspelt key looks like a setting and has no effect: `haltat: 60` halts nothing. Your own keys
        belong under metadata.labels or metadata.annotations, or begin with x-.
        Bad:
            budgets: [{window: day, currency: EUR, haltat: 60}]
        Good:
            budgets: [{window: day, currency: EUR, haltAt: 60}]
        Fix: write the key that you mean, or begin the name of your own key with x-.
        """,
    ),
    _input_error(
        "file-unreadable",
        """
        A file cannot be read.

        Why: a release is all of its files. Nobody vouches for a file that the check leaves out.
        Bad:
            # a folder called agent.yaml, a file without read permission, a name that is not UTF-8
            - environments/staging/refund-bot/agent.yaml/
        Good:
            - environments/staging/refund-bot/agent.yaml
        Fix: make it a regular file that can be read, with a name in UTF-8, or remove it from the fleet. A
        prompt must be UTF-8 text. A governance file must have its exact name: governance/models.yml is not
        read.
        """,
    ),
    _input_error(
        "link-in-agent",
        """
        A symbolic link, a submodule or another special file is in the place of a regular file.

        Why: the target of a link is not part of the release. It can change without a commit, and differ from
        one machine to the next.
        Bad:
            # prompts/system.md is a link to ../../shared/system.md
            prompts: [{name: system, file: prompts/system.md}]
        Good:
            # prompts/system.md is a file of this folder
            prompts: [{name: system, file: prompts/system.md}]
        Fix: put a copy of the file in its place. An agent's folder holds everything that defines the agent.
        """,
    ),
    _input_error(
        "path-collision",
        """
        Two paths are the same path on some systems.

        Why: some systems ignore case or compose accents. There, one of the two files replaces the other on
        checkout, and the same release has two contents.
        Bad:
            - prompts/System.md
            - prompts/system.md
        Good:
            - prompts/system.md
            - prompts/system-short.md
        Fix: rename one of them. Use lower case and composed characters (Unicode NFC).
        """,
    ),
    _input_error(
        "hidden-characters",
        """
        A text contains invisible characters that its spelling does not ask for.

        Why: control, zero-width and direction-changing characters show a reviewer another text than the model
        reads. Instructions can hide in them. In prose and comments a character is allowed where a script, an emoji
        or the direction of the text needs it. In names, keys, ids and the names of files none is.
        Bad:
            # between "refund" and "all" stands U+202E, shown here by its name
            summary: refund <U+202E> all
        Good:
            summary: refund all
        Fix: delete the character at the caret. The message gives its code point. A waiver can excuse prose outside of
        `governance/`. It names `file` (from the fleet's root) and `codepoint`, such as U+200B. It counts where
        somebody approved it who did not write that text.
        """,
    ),
    _input_error(
        "file-pointer",
        """
        A prompt or a suite is a pointer of git-lfs or git-annex in place of the text.

        Why: the agent would be told what the pointer says. What git holds is what is reviewed and promoted, and
        git holds the pointer alone.
        Bad:
            # prompts/system.md
            version https://git-lfs.github.com/spec/v1
        Good:
            # prompts/system.md
            Answer questions about orders.
        Fix: take the file out of git-lfs (`git lfs untrack`), and commit the text itself.
        """,
    ),
    _input_error(
        "conflict-markers",
        """
        A prompt or a suite holds the markers of a merge conflict.

        Why: Markdown has no parser that would refuse them, and the agent would be told both sides.
        Bad:
            <<<<<<< HEAD
            Never close a ticket.
            =======
            Close tickets that are old.
            >>>>>>> topic
        Good:
            Never close a ticket.
        Fix: keep one side, and delete the markers. Indent the line if it is an example.
        """,
    ),
    _input_error(
        "secret-in-manifest",
        """
        A file of the fleet contains a credential.

        Why: git keeps it in the history and in every clone, and everybody who can read the fleet can use it.
        Reports never print it.
        Bad:
            x-token: a token, as the provider issued it
        Good:
            x-token: ${CRM_TOKEN}
        Fix: revoke the credential first. Then write the name of its entry in the secret store instead of the
        value. A text that is no secret can be waived by the `fingerprint` of its finding (`fleet validate -o json`).
        The waiver counts where somebody approved it who did not write that text.
        """,
    ),
    _input_error(
        "people-pattern",
        """
        people.yaml does not identify each person.

        Why: an approval counts for one person. A pattern instead of an address, a key or address that two
        persons share, or a person without an address lets somebody approve as somebody else. An address under
        `.invalid` is a placeholder that nobody has replaced yet, and a warning.
        Bad:
            people:
              carla: {name: Carla Ferri, emails: ["*@acme.example"]}
        Good:
            people:
              carla: {name: Carla Ferri, emails: [carla@acme.example]}
        Fix: write the full addresses and keys of each person.
        """,
    ),
    _input_error(
        "policy-unsatisfiable",
        """
        The policy has a requirement that cannot be met.

        Why: a requirement that no set of people can meet blocks every promotion, and people then work around it
        in a hurry. The check counts the distinct persons in the teams as they are. A path under `required` that no
        manifest can have is the same: every agent would lack it.
        Bad:
            # risk has one member
            require: [{approvals: 2, from: risk}]
        Good:
            require: [{approvals: 1, from: risk}]
        Fix: ask for fewer approvals, name another team, or add members to it in governance/people.yaml. Without
        a governance/policy.yaml nothing can be promoted: write one. `fleet schema agent` lists the fields; an item of a
        list is written as spec.knowledge[].maxAge.
        """,
    ),
)
"""In the order of SPEC 4; each is an error whose severity cannot be changed and that cannot be waived."""

HISTORY_ERRORS: tuple[Rule, ...] = (
    _input_error(
        "policy-version-reused",
        """
        The policy says other things than the policy in force, and has its version.

        Why: approvals, ledger entries and people name a policy by its version. Two policies of one version make
        each of these names mean two things. Comments and the order of keys say nothing.
        Bad:
            # in force: version: 3, and risk approves twice
            version: 3
            rules: [{id: high-risk, when: {tier: [high]}, require: [{approvals: 1, from: risk}]}]
        Good:
            version: 4
            rules: [{id: high-risk, when: {tier: [high]}, require: [{approvals: 1, from: risk}]}]
        Fix: write the next version. `fleet approve --governance` refuses to agree to a change without it.
        """,
    ),
)
"""Errors that a file alone does not show: it is compared with what the ledger and the history say."""
