"""Installing as on Windows and macOS, into folders that stand in for theirs; in words where there is no Excel."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from cellgrad.addin.install import install, uninstall
from cellgrad.cli import main
from cellgrad.errors import ArgumentError, WriteError
from cellgrad.hosts.excel_places import places
from cellgrad.hosts.settings import Settings, read_lines, read_settings, write_lines

SYSTEMS = [
    ("win32", "Roaming/Microsoft/Excel/XLSTART/cellgrad.xlam", ".cellgrad/cellgrad.conf", "INTERPRETER_WIN"),
    ("darwin",
     "Library/Group Containers/UBF8T346G9.Office/User Content.localized/Startup.localized/Excel/cellgrad.xlam",
     "Library/Containers/com.microsoft.Excel/Data/cellgrad.conf", "INTERPRETER_MAC"),
]  # fmt: skip


@pytest.mark.parametrize(("platform", "addin", "configuration", "interpreter"), SYSTEMS, ids=["Windows", "macOS"])
def test_install_and_uninstall(
    platform: str, addin: str, configuration: str, interpreter: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "home", lambda: tmp_path)
    at = places(platform, tmp_path, roaming=str(tmp_path / "Roaming"))
    assert (at.addin, at.configuration) == (tmp_path / addin, tmp_path / configuration)
    write_lines(at.configuration, {"METHOD": "adam"})
    done = install(platform, at)
    assert at.addin in done.files
    assert at.addin.read_bytes() == (Path(__file__).parents[2] / "addin" / "cellgrad.xlam").read_bytes()
    lines = read_lines(at.configuration)
    assert lines[interpreter] == sys.executable
    assert lines["METHOD"] == "adam", "settings stay"
    scripts = list((tmp_path / "Library" / "Application Scripts").rglob("*.applescript"))
    assert len(scripts) == (1 if platform == "darwin" else 0)
    assert install(platform, at).files == done.files, "a second time is an update"
    removed = uninstall(platform, at)
    assert set(removed.files) == {at.addin, at.configuration}
    assert not at.addin.exists()
    assert not at.configuration.exists()
    assert uninstall(platform, at).notes == ["The add-in was not installed."]


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="Excel may be here")
@pytest.mark.parametrize("command", ["install", "uninstall"])
def test_where_there_is_no_excel(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["addin", command]) == 2
    assert "there is no Excel on this system" in capsys.readouterr().err


def test_a_file_that_cannot_be_written(tmp_path: Path) -> None:
    at = places("win32", tmp_path, roaming=str(tmp_path / "Roaming"))
    at.addin.mkdir(parents=True)  # a folder where the file should go, as good as one that Excel holds open
    with pytest.raises(WriteError, match="close Excel"):
        install("win32", at)


# lines of the file, what they mean
FILES = [
    ("", Settings()),
    ('"METHOD","adam"\r\n"DEVICE","cuda"\r\n"STEPS","200"\r\n"RATE","0.05"\r\n', Settings("adam", "cuda", 200, 0.05)),
    ('"method","Adam"\n"RATE","0,05"\n', Settings(method="adam", rate=0.05)),
    ('"METHOD","guess"\n"DEVICE","tpu"\n"STEPS","many"\n"RATE","-1"\n', Settings()),
    ('"STEPS","0.5"\n"RATE","inf"\n', Settings(steps=1)),
    ('no line of ours\n"STEPS","7","8"\n', Settings()),
]


@pytest.mark.parametrize(("text", "expected"), FILES)
def test_settings(text: str, expected: Settings, tmp_path: Path) -> None:
    file = tmp_path / "cellgrad.conf"
    file.write_text(text, encoding="utf-8", newline="")
    assert read_settings(file) == expected


def test_settings_without_a_file(tmp_path: Path) -> None:
    assert read_settings(tmp_path / "none.conf") == Settings()


def test_settings_that_vba_could_not_read_back_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match="INTERPRETER_WIN"):
        write_lines(tmp_path / "cellgrad.conf", {"INTERPRETER_WIN": 'C:\\"odd"\\python.exe'})
