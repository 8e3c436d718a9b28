"""The menu's and the toolbar's commands, inside LibreOffice's own Python.

torch does not live here, so nothing is computed here. The first press, or opening a workbook that holds a saved model,
starts the user's Python (its path stands in cellgrad.json of the user profile, written by `cellgrad addin install
--calc`), which keeps running. It reads commands from its input, one JSON object a line, and works on the sheet, and
talks to the user, over a UNO pipe with a random name. It ends when LibreOffice does, because its input then does.
"""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import threading
from collections import deque

import uno
import unohelper
from com.sun.star.awt import XCallback
from com.sun.star.awt.MessageBoxType import ERRORBOX
from com.sun.star.task import XJob, XJobExecutor

SERVICE = "org.cellgrad.Commands"
OPENED = "org.cellgrad.Opened"
SPREADSHEET = "com.sun.star.sheet.SpreadsheetDocument"
MODEL = "solver_opt"  # the name of a saved model's objective, Excel Solver's own
NOT_INSTALLED = "Cellgrad does not know which Python to run. In a terminal: cellgrad addin install --calc"
ENDED = "Cellgrad's Python has ended. Press again to start a new one; if that does not help: cellgrad doctor"


class Commands(unohelper.Base, XJobExecutor):
    """service:org.cellgrad.Commands?COMMAND, from a menu, a toolbar or a button's macro."""

    def __init__(self, context):
        self.context = context

    def trigger(self, command):
        document = service(self.context, "com.sun.star.frame.Desktop").getCurrentComponent()
        if document is None or not document.supportsService(SPREADSHEET):
            return
        try:
            engine(self.context).press(command, document.RuntimeUID)
        except (OSError, ValueError) as error:  # the interpreter cannot be started, or its name not be read
            show(self.context, f"{NOT_INSTALLED}\n\n{error}")


class Opened(unohelper.Base, XJob):
    """A document has been opened: where it is a workbook with a model, Python is ready by the time of the first press.

    Others cost nothing. Whatever is in the way is told at the press.
    """

    def __init__(self, context):
        self.context = context

    def execute(self, arguments):
        given = {part.Name: part.Value for part in arguments}
        model = {part.Name: part.Value for part in given.get("Environment", ())}.get("Model")
        if model is not None and model.supportsService(SPREADSHEET) and has_model(model):
            try:
                engine(self.context)
            except (OSError, ValueError):
                return


def has_model(document):
    """Whether a sheet of a workbook holds a saved model."""
    sheets = document.Sheets
    return any(sheets.getByIndex(at).NamedRanges.hasByName(MODEL) for at in range(sheets.Count))


class Engine:
    """The user's Python."""

    def __init__(self, context):
        self.context = context
        settings = service(context, "com.sun.star.util.PathSubstitution").substituteVariables("$(user)", True)
        with open(os.path.join(uno.fileUrlToSystemPath(settings), "cellgrad.json"), encoding="utf-8") as file:  # noqa: PTH118, PTH123
            python = json.load(file)["python"]
        pipe = "cellgrad" + secrets.token_hex(16)
        self.acceptor = service(context, "com.sun.star.office.Acceptor")
        self.acceptor.initialize((f"pipe,name={pipe};urp;", True))  # True: accept from now on
        # LibreOffice sets these for its own Python; they would lead the user's astray.
        own = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "URE_BOOTSTRAP", "UNO_PATH")
        environment = {name: value for name, value in os.environ.items() if name not in own}
        self.process = subprocess.Popen(
            [python, "-m", "cellgrad.addin.calc_server", pipe],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )  # fmt: skip
        self.ready = False
        self.starting = None
        threading.Thread(target=self._watch, daemon=True).start()

    @property
    def alive(self):
        return self.process.poll() is None

    def press(self, command, document):
        line = json.dumps({"command": command, "document": document}) + "\n"
        self.process.stdin.write(line.encode("utf-8"))
        self.process.stdin.flush()
        frame = service(self.context, "com.sun.star.frame.Desktop").getCurrentFrame()
        if not self.ready and self.starting is None and frame is not None:
            self.starting = frame.createStatusIndicator()
            self.starting.start("Cellgrad: Python is starting", 0)
            if self.ready:  # since just now
                self.starting.end()

    def _watch(self):
        """Wait for the process to say that it is ready; tell the user when it ends by itself, with its last words."""
        self.process.stdout.readline()
        self.ready = True
        if self.starting is not None:
            self.starting.end()
        words = deque(self.process.stderr, maxlen=8)
        status = self.process.wait()
        if status:
            trace = b"".join(words).decode("utf-8", "replace")
            show(self.context, f"{ENDED}\n\nExit status {status}. {trace}")


_engine = None


def engine(context):
    """The engine, started if there is none that lives."""
    global _engine
    if _engine is None or not _engine.alive:
        _engine = Engine(context)
    return _engine


class Message(unohelper.Base, XCallback):
    """A message box, shown by LibreOffice's main thread, the only one that may."""

    def __init__(self, context, text):
        self.context, self.text = context, text

    def notify(self, data):
        frame = service(self.context, "com.sun.star.frame.Desktop").getCurrentFrame()
        parent = None if frame is None else frame.getContainerWindow()
        if parent is not None:
            box = parent.getToolkit().createMessageBox(parent, ERRORBOX, 1, "Cellgrad", self.text)
            box.execute()
            box.dispose()


def show(context, text):
    """Show a message as soon as the main thread has time."""
    service(context, "com.sun.star.awt.AsyncCallback").addCallback(Message(context, text), None)


def service(context, name):
    """A UNO service."""
    return context.ServiceManager.createInstanceWithContext(name, context)


g_ImplementationHelper = unohelper.ImplementationHelper()  # noqa: N816 - the loader looks for this name
g_ImplementationHelper.addImplementation(Commands, SERVICE, (SERVICE,))
g_ImplementationHelper.addImplementation(Opened, OPENED, (OPENED,))
