"""The settings dialog of Calc, built in a LibreOffice without windows; in a window it is clicked by tests/window."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import xlwings as xw
from tests.calc.hosts import running

from cellgrad.errors import ArgumentError
from cellgrad.hosts.dialogs import settings_asked, settings_form, settings_in
from cellgrad.hosts.settings import Settings, read_settings, write_lines, write_settings

pytestmark = pytest.mark.libreoffice


@pytest.fixture(scope="module")
def app() -> Iterator[xw.App]:
    with running("calc") as started:
        yield started


SETTINGS = [
    Settings(),
    Settings("adam", "cuda", 200, 0.05),
    Settings("levenberg-marquardt", "mps", 1, 1e-12),
    Settings("l-bfgs", "cpu", 10**9, 0.3),
]


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_the_form_holds_what_it_is_given(app: xw.App, settings: Settings) -> None:
    assert settings_in(settings_form(app.impl.office, settings)) == settings


# method and device by their place in the lists, steps and rate as typed, what comes of it
ENTERED = [
    ((1, 1, "", ""), Settings("gradient-descent", "cpu")),
    ((5, 0, " 7 ", "0,05"), Settings("levenberg-marquardt", "auto", 7, 0.05)),
    ((0, 2, "2.9", "1e-3"), Settings("auto", "cuda", 2, 0.001)),
]


@pytest.mark.parametrize(("entries", "expected"), ENTERED)
def test_what_is_entered_is_taken(app: xw.App, entries: tuple[int, int, str, str], expected: Settings) -> None:
    form = settings_form(app.impl.office, Settings("adam", "mps", 5, 0.5))
    method, device, steps, rate = entries
    form.pick(0, method)
    form.pick(1, device)
    form.type(2, steps)
    form.type(3, rate)
    assert settings_in(form) == expected


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        (2, "many", "The number of steps is a number above 0, or empty; 'many' is none"),
        (2, "0", "The number of steps"),
        (3, "-1", "The learning rate is a number above 0"),
        (3, "inf", "The learning rate"),
    ],
)
def test_an_entry_that_makes_no_sense_is_refused_in_words(app: xw.App, field: int, text: str, words: str) -> None:
    form = settings_form(app.impl.office, Settings())
    form.type(field, text)
    with pytest.raises(ArgumentError, match=words):
        settings_in(form)


def test_without_a_window_nobody_is_asked(app: xw.App) -> None:
    book = app.books.add()
    with pytest.raises(ArgumentError, match="no windows"):
        settings_asked(book, Settings())
    book.close()


def test_settings_are_kept_beside_what_else_the_file_says(tmp_path: Path) -> None:
    file = tmp_path / "folder" / "cellgrad.conf"
    file.parent.mkdir()
    write_lines(file, {"INTERPRETER_WIN": "C:\\python.exe", "METHOD": "adam", "STEPS": "3"})
    write_settings(Settings("l-bfgs", rate=0.25), file)
    assert read_settings(file) == Settings("l-bfgs", rate=0.25)
    assert '"INTERPRETER_WIN","C:\\python.exe"' in file.read_text()
