"""LibreOffice processes: started, attached to, told to end, and swept up after a killed Python."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.calc.hosts import running
from tests.libreoffice import require

from cellgrad.hosts import calc
from cellgrad.hosts.calc import bridge

pytestmark = pytest.mark.libreoffice


def ended(pid: int, seconds: float = 10.0) -> bool:
    """Whether a process has ended (a zombie, whose parent has not asked yet, has)."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


def test_no_soffice_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(calc.CalcError, match="LibreOffice is not installed"):
        bridge.start()


def test_an_office_that_does_not_start_is_told_and_leaves_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    bridge.import_uno()
    broken = tmp_path / "soffice"
    broken.write_text("#!/bin/sh\nexit 77\n")
    broken.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(bridge.tempfile, "tempdir", str(tmp_path))
    with pytest.raises(calc.CalcError, match=r"ended while starting \(exit status 77\)"):
        bridge.start()
    assert list(tmp_path.glob("cellgrad-calc-*")) == []


def test_one_that_does_not_answer_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    bridge.import_uno()
    silent = tmp_path / "soffice"
    silent.write_text("#!/bin/sh\nexec sleep 60\n")
    silent.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(bridge.tempfile, "tempdir", str(tmp_path))
    with pytest.raises(calc.CalcError, match="does not answer"):
        bridge.start(seconds=0.3)
    assert list(tmp_path.glob("cellgrad-calc-*")) == []


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_a_killed_python_leaves_nothing_behind_for_long(tmp_path: Path) -> None:
    """The next start ends the orphan and removes its profile."""
    require()
    script = (
        "from cellgrad.hosts import calc\n"
        "app = calc.start()\n"
        "print(app.pid, app.impl.office.profile, flush=True)\n"
        "import time; time.sleep(100)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    pid, profile = child.stdout.readline().split()
    os.kill(child.pid, signal.SIGKILL)
    child.wait()
    assert Path(profile).exists()
    with running("calc") as app:
        assert ended(int(pid))
        assert not Path(profile).exists()
        assert app.books.add().sheets[0]["A1"].value is None


def test_attaching_to_a_running_one(tmp_path: Path) -> None:
    pipe = "cellgradtest" + secrets.token_hex(8)
    process = subprocess.Popen(
        [
            require(), "--headless", "--norestore", "--nologo", "--nodefault",
            f"-env:UserInstallation={(tmp_path / 'profile').as_uri()}", f"--accept=pipe,name={pipe};urp;",
        ],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        app = None
        deadline = time.monotonic() + 60
        while app is None:
            try:
                app = calc.attach(pipe)
            except calc.CalcError:
                assert time.monotonic() < deadline
        sheet = app.books.add().sheets[0]
        sheet["A1"].value = "=1+1"
        assert sheet["A1"].value == 2.0
        app.quit()
        again = calc.attach(pipe)  # somebody else's is left running, its books open
        assert again.books[0].sheets[0]["A1"].value == 2.0
        again.quit()
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_an_office_that_died_is_told() -> None:
    with running("calc") as app:
        book = app.books.add()
        os.killpg(app.pid, signal.SIGKILL)
        with pytest.raises(calc.CalcError, match="refused"):
            _ = book.sheets[0]["A1"].value
        assert app.pid not in [office.pid for office in bridge.offices()]
