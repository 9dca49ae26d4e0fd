"""The documents keep their form, their tables agree with the code, and their links lead somewhere."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from tenant_apps.demo.data import CORE_DEMOS, DEMO_PASSWORD

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
ADRS = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))
DOCUMENTS = [
    path for folder in (ROOT, ROOT / "docs", ROOT / "reports") for path in sorted(folder.glob("*.md"))
] + sorted((ROOT / "docs" / "adr").glob("*.md"))

_LARGEST_IMAGE = 200_000
# A page that names a place on somebody's machine, or an address of a package index, is of no use to anybody else.
_FOREIGN = re.compile(
    r"(?<![\w.:/])/(?:home|root|Users|work|tmp|opt|usr)/|\bfile://|https?://[\w.-]*(?:pypi|pythonhosted|npmjs)[\w.-]*",
    re.IGNORECASE,
)


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def _section(text: str, heading: str) -> str:
    """Return what stands under a heading, up to the next one."""
    found = re.search(rf"^#+ {heading}$\n(.*?)(?=^#+ |\Z)", text, re.MULTILINE | re.DOTALL)
    assert found is not None, heading
    return found[1]


def _rows(section: str) -> list[list[str]]:
    """Return the cells of a table's rows, without its head."""
    lines = [line.strip("| \n") for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.split(" | ")] for line in lines[2:]]


def find_broken_links(document: Path, text: str) -> list[str]:
    """Return the relative links of a document that lead to no file."""
    links = re.findall(r"\]\(([^)\s]+)\)", text)
    local = [link.partition("#")[0] for link in links if not link.startswith(("http", "mailto:", "#"))]
    return [link for link in local if not (document.parent / link).exists()]


def test_link_checker_finds_a_link_to_nowhere() -> None:
    text = "[there](README.md) [gone](docs/gone.md) [web](https://example.com/x) [here](#top) ![gone](x.png)"
    assert find_broken_links(README, text) == ["docs/gone.md", "x.png"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_document_links_lead_somewhere(document: Path) -> None:
    assert find_broken_links(document, _read(document)) == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_document_names_no_place_of_one_machine(document: Path) -> None:
    assert [found[0] for found in _FOREIGN.finditer(_read(document))] == []


@pytest.mark.parametrize("text", ["see /home/me/x", "file:///x", "https://pypi.example/simple", "(/tmp/x)"])
def test_place_of_one_machine_is_found(text: str) -> None:
    assert _FOREIGN.search(text)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_document_has_one_title_and_closed_code(document: Path) -> None:
    text = re.sub(r"^```.*?^```$", "", _read(document), flags=re.MULTILINE | re.DOTALL)
    assert len(re.findall(r"^# ", text, re.MULTILINE)) == 1
    assert text.startswith("# ")
    assert "```" not in text
    assert [block for block in re.split(r"\n\n|\|\n", text) if block.count("`") % 2] == []


def test_decisions_are_numbered_without_gaps() -> None:
    assert [path.name[:4] for path in ADRS] == [f"{number:04}" for number in range(1, len(ADRS) + 1)]


@pytest.mark.parametrize("adr", ADRS, ids=lambda path: path.stem)
def test_decision_has_its_form_and_fits_a_screen(adr: Path) -> None:
    text = _read(adr)
    assert text.startswith(f"# {adr.name[:4]} ")
    assert re.search(r"^Status: (accepted|superseded by \d{4}), 20\d\d-\d\d-\d\d$", text, re.MULTILINE)
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences", "Alternatives"]
    assert len(text.splitlines()) <= 60


def test_index_of_decisions_lists_every_one() -> None:
    index = _read(ROOT / "docs" / "adr" / "README.md")
    assert re.findall(r"\]\((\d{4}-[^)]+)\)", index) == [path.name for path in ADRS]


def test_glossary_has_each_word_once_in_order() -> None:
    words = [row[0] for row in _rows(_read(ROOT / "docs" / "glossary.md"))]
    assert words == sorted(set(words), key=str.casefold)
    required = {
        "tenant", "domain", "schema", "provision", "suspend", "handoff", "capture", "redirect", "sweep", "provider",
        "carrier", "evidence", "embed",
    }  # fmt: skip
    assert required - set(words) == set()


def test_architecture_is_one_page_with_one_diagram() -> None:
    text = _read(ROOT / "docs" / "architecture.md")
    assert len(text.splitlines()) <= 110
    assert len(re.findall(r"^```\w+$", text, re.MULTILINE)) == 1
    tenancy = _section(text, "Tenancy in five sentences")
    assert len(re.findall(r"\.(?=\s|$)", tenancy)) == 5


def test_changelog_has_its_form() -> None:
    text = _read(ROOT / "CHANGELOG.md")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE)[0] == "[Unreleased]"
    kinds = {"Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"}
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= kinds


def test_readme_lists_every_make_target() -> None:
    listed = {row[0].strip("`").removeprefix("make").strip() for row in _rows(_section(_read(README), "Make targets"))}
    helped = set(re.findall(r"^([a-z0-9-]+):.*## ", _read(ROOT / "Makefile"), re.MULTILINE))
    assert listed - {""} == helped - {"help"}


def test_readme_environment_is_what_the_settings_read() -> None:
    rows = {row[0].strip("`"): row[1] for row in _rows(_section(_read(README), "Environment"))}
    code = _read(ROOT / "saas" / "settings.py")
    assert set(rows) == set(re.findall(r'(?:env\.\w+|_required)\("([A-Z_]+)"', code)) | set(settings.RATES)
    assert {name for name, default in rows.items() if default.startswith("must")} == set(
        settings.REQUIRED_IN_PRODUCTION
    )


def test_readme_rates_are_the_defaults() -> None:
    rows = {row[0].strip("`"): row[1] for row in _rows(_section(_read(README), "Environment"))}
    code = _read(ROOT / "saas" / "settings.py")
    defaults = dict(re.findall(r'"(RATE_\w+)": "([^"]+)"', code))
    assert {name: default for name, default in rows.items() if name.startswith("RATE_")} == defaults
    assert rows["PORT"] == "8000"


def test_readme_says_of_each_rate_whether_it_is_applied() -> None:
    folders = ("saas", "shared_apps", "tenant_apps")
    code = "\n".join(
        _read(path) for folder in folders for path in (ROOT / folder).rglob("*.py") if path.name != "settings.py"
    )
    rows = {row[0].strip("`"): row[2] for row in _rows(_section(_read(README), "Environment"))}
    for name in settings.RATES:
        assert ("not applied yet" in rows[name]) == (f'"{name}"' not in code), name


def test_readme_names_every_demo_host_and_login() -> None:
    text = _read(README)
    for demo in CORE_DEMOS:
        assert f"http://{demo.subdomain}.localhost:8000" in text
        assert demo.owner_email in text
        assert demo.staff_email in text
    assert f"`{DEMO_PASSWORD}`" in text


def test_readme_pythons_are_those_of_the_project() -> None:
    required = re.search(r'requires-python = ">=3\.(\d+),<3\.(\d+)"', _read(ROOT / "pyproject.toml"))
    assert required is not None
    supported = [f"3.{minor}" for minor in range(int(required[1]), int(required[2]))]
    assert f"Python {' or '.join(supported)}" in _read(README)


@pytest.mark.parametrize("image", sorted((ROOT / "reports" / "images").iterdir()), ids=lambda path: path.name)
def test_picture_is_a_small_jpeg_that_a_document_shows(image: Path) -> None:
    content = image.read_bytes()
    assert content[:3] == b"\xff\xd8\xff"
    assert len(content) < _LARGEST_IMAGE
    assert any(f"images/{image.name}" in _read(document) for document in DOCUMENTS)
