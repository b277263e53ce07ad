"""quarantine.yaml is read with the place of every mistake, and written without touching what a person wrote."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from maestro_fabric.errors import ConfigError
from maestro_fabric.qa_file.quarantine_file import put_entry, read_quarantine, take_entry
from maestro_fabric.quarantine import QuarantineEntry

DAY = date(2026, 12, 31)
WRITTEN = """\
# Ours. Ask Ann before you add one.
cases:
    # the sandbox drops one call in ten
    # since October
    - case: checkout::pay[visa]   # flaky
      until: 2026-12-31
      reason: "waits for #7: the sandbox"
      owner: web

    - case: unit::b
      reason: slow disk
      until: 2027-01-01
# the end
"""


def entry(case: str, **more: object) -> QuarantineEntry:
    return QuarantineEntry(**{"case": case, "until": DAY, "reason": "waits", **more})  # type: ignore[arg-type]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    path = Path("quarantine.yaml")
    path.write_text(WRITTEN)
    return path


def read(path: Path) -> dict[str, tuple[str, str]]:
    return {one.case: (str(one.until), one.reason) for one in read_quarantine(path, today=DAY).entries}


def test_entries_have_their_places(file: Path) -> None:
    found = read_quarantine(file, today=DAY)
    assert [(one.case, one.owner, one.place) for one in found.entries] == [
        ("checkout::pay[visa]", "web", "quarantine.yaml:5:7"),
        ("unit::b", "", "quarantine.yaml:10:7"),
    ]
    assert not read_quarantine(Path("none.yaml"), today=DAY)


def test_an_entry_is_put_in_its_place_and_all_else_stays(file: Path) -> None:
    assert put_entry(file, entry("unit::a", added=DAY, link="https://x.example/7"))
    added = "    - case: unit::a\n      until: 2026-12-31\n      reason: waits\n      link: https://x.example/7\n      added: 2026-12-31\n"
    assert file.read_text() == WRITTEN.replace("    - case: unit::b", f"{added}    - case: unit::b")
    take_entry(file, "unit::a")
    assert file.read_text() == WRITTEN


def test_an_entry_that_is_there_is_replaced_and_keeps_the_comment_above_it(file: Path) -> None:
    assert not put_entry(file, entry("checkout::pay[visa]", reason="# yes: no"))
    text = file.read_text()
    assert '    # since October\n    - case: checkout::pay[visa]\n      until: 2026-12-31\n      reason: "# yes: no"\n\n' in text
    assert read(file)["checkout::pay[visa]"] == ("2026-12-31", "# yes: no")


def test_a_removed_entry_takes_its_comment_along_and_the_last_one_leaves_an_empty_list(file: Path) -> None:
    take_entry(file, "checkout::pay[visa]")
    assert file.read_text().startswith("# Ours. Ask Ann before you add one.\ncases:\n    - case: unit::b\n")
    take_entry(file, "unit::b")
    assert file.read_text() == "# Ours. Ask Ann before you add one.\ncases: []\n# the end\n"
    put_entry(file, entry('yes::it\'s 7: "x"'))
    assert read(file) == {'yes::it\'s 7: "x"': ("2026-12-31", "waits")}


def test_a_new_file_is_begun(tmp_path: Path) -> None:
    put_entry(tmp_path / "below" / "q.yaml", entry("2::b"))
    assert (tmp_path / "below" / "q.yaml").read_text().splitlines()[1:3] == ["cases:", '  - case: "2::b"']


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "cases:\n  - {case: nope, until: 2026-12-31, reason: x}\n",
            ["quarantine.yaml:2:12: 'nope' does not name a case", "write suite::name"],
        ),
        (
            "cases:\n  - {case: 'a::b', until: 31.12.2026, reason: x}\n",
            ["quarantine.yaml:2:27: '31.12.2026' is not a date", "like 2026-12-31"],
        ),
        ("cases:\n  - {case: 'a::b', until: 2026-02-30, reason: x}\n", ["'2026-02-30' is not a date"]),
        ("cases:\n  - {case: 'a::b', until: 2026-12-31, reason: ' '}\n", ["gives no reason", "what the case waits for"]),
        ("cases:\n  - {case: 'a::b', untill: 2026-12-31, reason: x}\n", ["unknown key 'untill'", "did you mean 'until'?"]),
        ("cases:\n  - {case: 'a::b', until: 2026-12-31}\n", ["'reason' is missing"]),
        ("case: []\n", ["quarantine.yaml:1:1: unknown key 'case'", "did you mean 'cases'?"]),
        ("cases:\n" + 2 * "  - {case: 'a::b', until: 2026-12-31, reason: x}\n", ["quarantine.yaml:3:12: 'a::b' is written twice"]),
        ("", ["quarantine.yaml: the file is empty"]),
    ],
)
def test_what_is_wrong_is_told_with_its_place(file: Path, text: str, expected: list[str]) -> None:
    file.write_text(text)
    with pytest.raises(ConfigError) as raised:
        read_quarantine(file, today=DAY)
    assert [part for part in expected if part not in str(raised.value)] == []


def test_a_file_in_another_form_is_not_changed(file: Path) -> None:
    file.write_text("cases: [{case: 'a::b', until: 2026-12-31, reason: x}]\n")
    with pytest.raises(ConfigError, match="change the file by hand"):
        put_entry(file, entry("a::c"))
    with pytest.raises(ConfigError, match="change the file by hand"):
        take_entry(file, "a::b")
    assert file.read_text() == "cases: [{case: 'a::b', until: 2026-12-31, reason: x}]\n"
