"""Where the files of a fleet lie: names and paths, relative to the fleet root (SPEC 1)."""

from __future__ import annotations

CONFIG = "fleet-config.yaml"
GOVERNANCE = "governance"
ENVIRONMENTS = "environments"
PROPOSALS = "proposals"
APPROVALS = "approvals"
EVIDENCE = "evidence"
ATTESTATIONS = "attestations"
LEDGERS = "ledger"
FOLDERS = (GOVERNANCE, ENVIRONMENTS, PROPOSALS, APPROVALS, EVIDENCE, ATTESTATIONS, LEDGERS)
RECORDS = (APPROVALS, EVIDENCE, ATTESTATIONS, LEDGERS)
"""The folders whose files are only added to."""

GOVERNED = (CONFIG, GOVERNANCE)
"""What only a change of governance may touch: one digest is over all of it."""

POLICY = f"{GOVERNANCE}/policy.yaml"
PEOPLE = f"{GOVERNANCE}/people.yaml"
WAIVERS = f"{GOVERNANCE}/waivers.yaml"
CONNECTORS = f"{GOVERNANCE}/connectors.yaml"
MODELS = f"{GOVERNANCE}/models.yaml"
GOVERNANCE_FILES = (PEOPLE, POLICY, CONNECTORS, MODELS, WAIVERS)

MANIFEST = "agent.yaml"
OVERRIDES = "overrides.yaml"
LEDGER_SUFFIX = ".jsonl"

FLEET_PATHS = (*FOLDERS, CONFIG)
"""All that a fleet is made of; every file there has to be committed before a promotion is applied."""


def is_governed(path: str) -> bool:
    """Is *path* a file, or the folder, that only a change of governance may touch?"""
    return path in GOVERNED or path.startswith(f"{GOVERNANCE}/")


def environment_folder(environment: str) -> str:
    """The folder of all agents of one environment."""
    return f"{ENVIRONMENTS}/{environment}"


def agent_folder(environment: str, agent: str) -> str:
    """The folder of one agent in one environment."""
    return f"{ENVIRONMENTS}/{environment}/{agent}"


def manifest_file(environment: str, agent: str) -> str:
    """The manifest of one agent in one environment."""
    return f"{ENVIRONMENTS}/{environment}/{agent}/{MANIFEST}"


def overrides_file(environment: str, agent: str) -> str:
    """What is particular to one agent in one environment."""
    return f"{ENVIRONMENTS}/{environment}/{agent}/{OVERRIDES}"


def proposal_folder(environment: str, agent: str) -> str:
    """The folder of a proposal: overrides that wait for a promotion into a gated environment."""
    return f"{PROPOSALS}/{environment}/{agent}"


def proposal_file(environment: str, agent: str) -> str:
    """The file that a promotion copies to the agent's ``overrides.yaml``."""
    return f"{PROPOSALS}/{environment}/{agent}/{OVERRIDES}"


def approvals_folder(subject: str) -> str:
    """The statements on one subject: ``<environment>/<agent>``, or ``governance``."""
    return f"{APPROVALS}/{subject}"


def attestations_folder(agent: str) -> str:
    """The attestations about one agent; ``fleet`` holds those about the whole fleet, too."""
    return f"{ATTESTATIONS}/{agent}"


def is_attestation(file: str) -> bool:
    """Does *file* lie among the attestations?"""
    return file.startswith(f"{ATTESTATIONS}/")


def evidence_folder(agent: str, release: str) -> str:
    """The records of one release; *release* is a digest as file names carry it, twelve hex digits."""
    return f"{EVIDENCE}/{agent}/{release}"


def ledger_file(environment: str) -> str:
    """The ledger of one environment."""
    return f"{LEDGERS}/{environment}{LEDGER_SUFFIX}"


def ledger_signature_file(environment: str, seq: int) -> str:
    """The signature of one ledger entry."""
    return f"{LEDGERS}/{environment}.sigs/{seq}.sig"


def ledger_environment(file: str) -> str | None:
    """The environment whose ledger *file* would be; None where a ledger never lies there."""
    folder, _, name = file.partition("/")
    if folder != LEDGERS or "/" in name or not name.endswith(LEDGER_SUFFIX):
        return None
    return name.removesuffix(LEDGER_SUFFIX) or None
