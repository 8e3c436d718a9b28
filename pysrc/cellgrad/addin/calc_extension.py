"""The extension for LibreOffice Calc: building addin/cellgrad.oxt from addin/calc/, installing it, taking it away.

It is installed through a LibreOffice that runs with the user's profile, over UNO: `unopkg`, the usual way, refuses
root. The extension holds no engine; which Python does, this one, is written beside it into the profile.
"""

from __future__ import annotations

import io
import json
import os
import secrets
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from cellgrad.addin.install import Done
from cellgrad.errors import ArgumentError, WriteError
from cellgrad.hosts.calc import bridge
from cellgrad.hosts.calc.bridge import CalcError, Office

FILE_NAME = "cellgrad.oxt"
IDENTIFIER = "org.cellgrad.calc"
SETTINGS = "cellgrad.json"
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_MEMBERS = (
    "META-INF/manifest.xml", "description.xml", "description.txt", "Addons.xcu", "CalcWindowState.xcu",
    "Jobs.xcu", "cellgrad_calc.py",
)  # fmt: skip
_WHERE = "user"


def build(sources: Path) -> bytes:
    """The extension from the folder of its sources (addin/calc), the same bytes each time.

    Members are stored, not deflated: what deflate writes depends on the zlib at hand.
    """
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as target:
        for name in _MEMBERS:
            member = zipfile.ZipInfo(name, _FIXED_TIME)
            member.create_system = 3
            member.external_attr = 0o644 << 16
            target.writestr(member, (sources / name).read_bytes())
    return out.getvalue()


def install(profile: Path | None = None, extension: Path | None = None) -> Done:
    """Add the extension to LibreOffice, in place of an earlier one, and name this Python as the engine's.

    profile: the user installation, by default the user's own. Raises ArgumentError where there is no LibreOffice that
    this Python can talk to, WriteError where LibreOffice refuses.
    """
    extension = extension or built_extension()
    with _office(profile) as office:
        manager = _manager(office)
        _remove(office, manager)
        url = bridge.import_uno().systemPathToFileUrl(str(extension.resolve()))
        try:
            manager.addExtension(url, (), _WHERE, manager.createAbortChannel(), _Approving())
        except bridge.uno_exceptions() as error:
            raise WriteError(f"LibreOffice did not take the extension: {error}") from error
        settings = _settings(office)
        settings.write_text(json.dumps({"python": sys.executable}) + "\n", encoding="utf-8")
    return Done([extension, settings], ["Start LibreOffice Calc again: the menu Cellgrad stands in the menu bar."])


def uninstall(profile: Path | None = None) -> Done:
    """Take the extension out of LibreOffice. Raises as `install` does."""
    with _office(profile) as office:
        removed = _remove(office, _manager(office))
        settings = _settings(office)
        settings.unlink(missing_ok=True)
    return Done([settings] if removed else [], [] if removed else ["The extension was not installed."])


def built_extension() -> Path:
    """The extension as it is shipped: in the repository, or beside an installed package.

    Raises ArgumentError where it is in neither.
    """
    candidates = [Path(__file__).parents[3] / "addin" / FILE_NAME, Path(sys.prefix) / "share" / "cellgrad" / FILE_NAME]
    for path in candidates:
        if path.is_file():
            return path
    raise ArgumentError(
        f"the extension was not found: looked for {' and '.join(map(str, candidates))}",
        action="build it with `cellgrad addin build`, from a copy of the repository",
    )


def plain_environment() -> dict[str, str]:
    """This process's environment without its Python's.

    On Linux LibreOffice's own Python looks for its library beside the first `python3` of the PATH; in an activated
    virtual environment it finds another Python's, and crashes.
    """
    plain = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "VIRTUAL_ENV"))}
    if sys.platform == "linux":
        plain["PATH"] = os.defpath
    return plain


@contextmanager
def _office(profile: Path | None) -> Iterator[Office]:
    """A LibreOffice with the profile: where one runs already the call goes to that one, which is left running."""
    soffice = shutil.which("soffice") or shutil.which("libreoffice")
    if soffice is None:
        raise ArgumentError("LibreOffice is not installed, or its program 'soffice' is not on the PATH")
    pipe = "cellgrad" + secrets.token_hex(12)
    options = [f"-env:UserInstallation={profile.resolve().as_uri()}"] if profile is not None else []
    process = subprocess.Popen(
        [soffice, "--headless", "--norestore", "--nologo", "--nodefault", f"--accept=pipe,name={pipe};urp;", *options],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=plain_environment(),
    )  # fmt: skip
    try:
        office = bridge.attach(pipe, bridge.START_SECONDS)
    except CalcError as error:
        process.kill()
        raise ArgumentError(str(error), action="see that LibreOffice starts, and try again") from error
    try:
        yield office
    finally:
        ours = process.poll() is None  # else it has handed over to the one that runs, and ended
        if ours:
            office.desktop.terminate()
        office.quit()
        process.wait(60)


def _manager(office: Office) -> Any:
    """com.sun.star.deployment.ExtensionManager, a singleton."""
    return office.context.getValueByName("/singletons/com.sun.star.deployment.ExtensionManager")


def _remove(office: Office, manager: Any) -> bool:
    channel, silent = manager.createAbortChannel(), _Approving()
    known = [one.Identifier.Value for one in manager.getDeployedExtensions(_WHERE, channel, silent)]
    if IDENTIFIER not in known:
        return False
    manager.removeExtension(IDENTIFIER, FILE_NAME, _WHERE, channel, silent)
    return True


def _settings(office: Office) -> Path:
    url = office.service("com.sun.star.util.PathSubstitution").substituteVariables("$(user)", True)
    return Path(bridge.import_uno().fileUrlToSystemPath(url)) / SETTINGS


class _Approving:
    """A command environment (com.sun.star.ucb.XCommandEnvironment) that answers LibreOffice's question whether to
    install (com.sun.star.task.XInteractionHandler): the user has said so by the command."""

    def getInteractionHandler(self) -> _Approving:
        return self

    def getProgressHandler(self) -> None:
        return None

    def handle(self, request: Any) -> None:
        approve = bridge.import_uno().getTypeByName("com.sun.star.task.XInteractionApprove")
        for continuation in request.getContinuations():
            if continuation.queryInterface(approve) is not None:
                continuation.select()
                return

    def getTypes(self) -> tuple[Any, ...]:
        names = ("lang.XTypeProvider", "ucb.XCommandEnvironment", "task.XInteractionHandler")
        return tuple(bridge.import_uno().getTypeByName(f"com.sun.star.{name}") for name in names)

    def getImplementationId(self) -> Any:
        return bridge.import_uno().ByteSequence(b"")
