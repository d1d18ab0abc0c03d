"""What is found before a rule can be asked: documented here, found where files are read."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from fleetward.domain.finding import Severity
from fleetward.domain.fleet import Snapshot
from fleetward.rules.rule import Rule, Violation


def _no_check(fleet: Snapshot, now: datetime) -> Iterator[Violation]:
    """A snapshot holds nothing but what could be read: there is nothing left to ask it."""
    yield from ()


def _input_error(rule_id: str, doc: str) -> Rule:
    return Rule(id=rule_id, severity=Severity.ERROR, docstring=doc, check=_no_check)


INPUT_ERRORS: tuple[Rule, ...] = (
    _input_error(
        "yaml-syntax",
        """
        The file is not YAML, not UTF-8, or holds no mapping.

        Why: what cannot be read cannot be checked, and a parser that guesses reads something else than the next
        one does.
        Bad:
            metadata: {name: refund-bot
            spec: lifecycle: production
        Good:
            metadata: {name: refund-bot}
            spec:
              lifecycle: production
        Fix: mend the file at the caret: close what is open, quote text that holds ": " or " #", indent with
        spaces, save as UTF-8.
        """,
    ),
    _input_error(
        "yaml-duplicate-key",
        """
        A mapping has the same key twice.

        Why: most parsers keep the last one in silence, so the line that was reviewed need not be the line that
        runs.
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
        The file uses a part of YAML that fleets do without.

        Why: anchors, aliases, merge keys, tags, directives, further documents and keys that are no text make a
        file mean more than it shows. A reviewer should see on the line what runs.
        Bad:
            tools: &standard
              - {name: crm, allow: [customer.read]}
            fallback: *standard
        Good:
            tools:
              - {name: crm, allow: [customer.read]}
        Fix: write the value out where it is used; one document a file; quote a key that is no text.
        """,
    ),
    _input_error(
        "yaml-ambiguous",
        """
        A value without quotes means different things to different parsers.

        Why: `0777`, `1_000` and `12:30` are a number to one version of YAML and text to another; the gate and
        whatever runs the agent must not disagree.
        Bad:
            version: 0125
            opens: 12:30
        Good:
            version: "0125"
            opens: "12:30"
        Fix: put it in quotes where text is meant; write a plain decimal number where a number is.
        """,
    ),
    _input_error(
        "yaml-limit",
        """
        A file or folder is larger, deeper or fuller than any that people write.

        Why: a file that no one can read is not reviewed, and one made to exhaust the checker must not get past
        it. Limits: 256 KiB a YAML file (4 MiB under governance), 24 levels, 10,000 nodes (200,000 under
        governance), 1 MiB for any other text file, 500 files an agent.
        Bad:
            # 900 KiB of examples pasted into the manifest
            x-examples: [a very long list]
        Good:
            prompts:
              - {name: examples, file: prompts/examples.md}
        Fix: move long text into files of its own that the manifest names, and split what is too deep.
        """,
    ),
    _input_error(
        "manifest-missing",
        """
        A folder stands where agents stand, and has no agent.yaml.

        Why: its files would belong to no agent: nobody owns them, no rule looks at them, and something may
        still load them.
        Bad:
            # environments/staging/refund-bot/ holds
            - prompts/system.md
        Good:
            # environments/staging/refund-bot/ holds
            - agent.yaml
            - prompts/system.md
        Fix: write the manifest (fleet new AGENT makes one), rename a misspelt one, or remove the folder.
        """,
    ),
    _input_error(
        "schema",
        """
        A value is missing, or not of the kind that its place takes.

        Why: rules, differences and approvals rest on what manifests say; they can only rest on what has a known
        form.
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
        A key stands where the schema knows none of that name.

        Why: a misspelt key is a setting that looks made and is not: `haltat: 60` halts nothing. Free space is
        under metadata.labels, metadata.annotations and keys that begin with x-.
        Bad:
            budgets: [{window: day, currency: EUR, haltat: 60}]
        Good:
            budgets: [{window: day, currency: EUR, haltAt: 60}]
        Fix: write the key that is meant, or begin its name with x- where it is your own.
        """,
    ),
    _input_error(
        "file-unreadable",
        """
        A file is there and its content cannot be had.

        Why: a release is all of its files; one that is left out of the check is one that nobody vouches for.
        Bad:
            # a folder called agent.yaml, a file without read permission, a name that is not UTF-8
            - environments/staging/refund-bot/agent.yaml/
        Good:
            - environments/staging/refund-bot/agent.yaml
        Fix: make it a regular file that can be read, with a name in UTF-8, or take it out of the fleet. A prompt has to
        be UTF-8 text, and a governing file has to have its own name: nobody reads governance/models.yml.
        """,
    ),
    _input_error(
        "link-in-agent",
        """
        A symbolic link, a submodule or another special file stands where a regular file is expected.

        Why: what a link leads to is not part of the release: it can change without a commit, and differ from
        one machine to the next.
        Bad:
            # prompts/system.md is a link to ../../shared/system.md
            prompts: [{name: system, file: prompts/system.md}]
        Good:
            # prompts/system.md is a file of this folder
            prompts: [{name: system, file: prompts/system.md}]
        Fix: put a copy of the file in its place: an agent's folder holds everything that defines it.
        """,
    ),
    _input_error(
        "path-collision",
        """
        Two paths are one and the same on some machines.

        Why: where case is not told apart, or accents are composed, one of the two replaces the other on
        checkout; the same release would then have two contents.
        Bad:
            - prompts/System.md
            - prompts/system.md
        Good:
            - prompts/system.md
            - prompts/system-short.md
        Fix: rename one of them; use lower case and composed characters (Unicode NFC).
        """,
    ),
    _input_error(
        "hidden-characters",
        """
        A text file holds characters that nobody sees.

        Why: control, zero-width and direction-changing characters show a reviewer another text than the model
        reads; instructions can hide in them.
        Bad:
            # between "refund" and "all" stands U+202E, shown here by its name
            summary: refund <U+202E> all
        Good:
            summary: refund all
        Fix: delete the character at the caret; its code point is in the message.
        """,
    ),
    _input_error(
        "secret-in-manifest",
        """
        A credential stands in a file of the fleet.

        Why: what is in git stays in its history and in every clone of it, and whoever can read the fleet can
        use it. What was found is never printed.
        Bad:
            x-token: a token, as the provider issued it
        Good:
            x-token: ${CRM_TOKEN}
        Fix: revoke it first; then name the place in the secret store instead of the value.
        """,
    ),
    _input_error(
        "people-pattern",
        """
        people.yaml does not tell persons apart.

        Why: an approval counts for one person. A pattern instead of an address, a key or address that two
        share, or a person without any address lets somebody speak for somebody else. An address under
        `.invalid` is a placeholder that nobody has replaced yet, and a warning.
        Bad:
            people:
              carla: {name: Carla Ferri, emails: ["*@acme.example"]}
        Good:
            people:
              carla: {name: Carla Ferri, emails: [carla@acme.example]}
        Fix: give each person addresses and keys of their own, written out.
        """,
    ),
    _input_error(
        "policy-unsatisfiable",
        """
        The policy asks for something that can never be given.

        Why: a requirement that no set of people meets blocks every promotion, and is then worked around in a
        hurry. It counts distinct persons in the teams as they are.
        Bad:
            # risk has one member
            require: [{approvals: 2, from: risk}]
        Good:
            require: [{approvals: 1, from: risk}]
        Fix: ask for fewer, name another team, or add members to it in governance/people.yaml. Where nothing is asked
        because there is no governance/policy.yaml, nothing can be promoted either: write one.
        """,
    ),
)
"""In the order of SPEC 4; each is an error, cannot be turned down, and cannot be waived."""
