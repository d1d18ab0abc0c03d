from fleetward.changes.documentation import documentation
from tests.paths import CHECKOUT


def test_the_page_in_docs_is_what_the_command_prints():
    page = CHECKOUT / "docs" / "reference" / "changes.md"

    assert page.read_text(encoding="utf-8") == documentation(), "run: make docs"
