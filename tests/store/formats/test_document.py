"""A document is read once by a cache, and never raises."""

from __future__ import annotations

import pytest

from fleetward.store.formats.document import DocumentCache, read_document
from fleetward.store.formats.strict_yaml import AGENT_LIMITS, GOVERNANCE_LIMITS

CONTENT = b"kind: Agent\n"


def test_a_cache_gives_the_same_document_for_the_same_content_file_and_kind() -> None:
    documents = DocumentCache(2)

    first = read_document(CONTENT, "a.yaml", "agent", documents=documents)

    assert read_document(CONTENT, "a.yaml", "agent", documents=documents) is first
    assert first == read_document(CONTENT, "a.yaml", "agent")


@pytest.mark.parametrize(
    ("content", "file", "kind", "limits"),
    [
        (b"kind: Other\n", "a.yaml", "agent", AGENT_LIMITS),
        (CONTENT, "b.yaml", "agent", AGENT_LIMITS),
        (CONTENT, "a.yaml", "overrides", AGENT_LIMITS),
        (CONTENT, "a.yaml", "agent", GOVERNANCE_LIMITS),
    ],
)
def test_a_cache_tells_contents_files_kinds_and_limits_apart(content, file, kind, limits) -> None:
    documents = DocumentCache(8)
    first = read_document(CONTENT, "a.yaml", "agent", AGENT_LIMITS, documents)

    second = read_document(content, file, kind, limits, documents)

    assert second is not first
    assert second == read_document(content, file, kind, limits)


def test_the_oldest_document_leaves_a_full_cache() -> None:
    documents = DocumentCache(1)
    first = read_document(CONTENT, "a.yaml", "agent", documents=documents)
    read_document(CONTENT, "b.yaml", "agent", documents=documents)

    assert read_document(CONTENT, "a.yaml", "agent", documents=documents) is not first
