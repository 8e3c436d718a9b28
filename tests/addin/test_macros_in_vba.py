"""The add-in's own VBA, run in an interpreter with an Excel in memory: RunPython and the settings file are stubs.

What Excel alone knows (OnKey, MacroOptions, the ribbon) is on the checklist in addin/README.md.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pyopenvba.apps.excel import ExcelApplication
from pyopenvba.interpreter import NOTHING, VBAErrorValue

from cellgrad.hosts.live.interrupting import RELEASE

VBA = Path(__file__).parents[2] / "addin" / "vba"

STUBS = """
Public Calls As String
Public Settings As Object

Public Breaks As Long

Public Function RunPython(PythonCommand As String)
    Calls = Calls & PythonCommand & "|"
    If Breaks <> 0 Then
        Dim number As Long
        number = Breaks
        Breaks = 0
        Err.Raise number, "Excel", "it broke"
    End If
End Function
Public Sub BreakNext(number As Long)
    Breaks = number
End Sub
Public Function GetConfigFilePath() As String
    GetConfigFilePath = "cellgrad.conf"
End Function
Public Function GetConfig(configKey As String, Optional default As String = "") As Variant
    GetConfig = default
    If Not Settings Is Nothing Then
        If Settings.Exists(configKey) Then GetConfig = Settings(configKey)
    End If
End Function
Public Function SaveConfigToFile(sFileName As String, sName As String, Optional sValue As String) As Boolean
    If Settings Is Nothing Then Set Settings = CreateObject("Scripting.Dictionary")
    Settings(sName) = sValue
End Function
Public Function CallsSoFar() As String
    CallsSoFar = Calls
End Function
Public Sub Pick(text As String)
    Range(text).Select
End Sub
Public Sub Fill()
    ActiveSheet.Name = "Tom's data"
    Range("A1").Value = 2
    Range("A2").Value = 3
    Range("B1").Value = 5
    Range("C1").Formula = "=A1^2+A2"
End Sub
"""

KEYS = """
Public Log As String

Public Sub BeginRun()
    Log = Log & "begin "
End Sub
Public Sub AllowInterrupts()
    Log = Log & "allow "
End Sub
Public Sub ReleaseEscape()
    Log = Log & "release "
End Sub
Public Function IsInterruption(number As Long) As Boolean
    IsInterruption = (number = 18)
End Function
Public Function KeysSoFar() As String
    KeysSoFar = Log
End Function
"""
"""What only Excel knows, said instead of done; `test_the_keys` holds it to the real module."""


@pytest.fixture
def excel() -> ExcelApplication:
    app = ExcelApplication()
    app.add_workbook()
    app.add_module(STUBS, name="xlwings")
    app.add_module(KEYS, name="CellgradKeys")
    for name in ("CellgradRibbon", "CellgradAnswers"):
        app.add_module((VBA / f"{name}.bas").read_text(), name=name)
    app.run("Fill")
    return app


def names(app: ExcelApplication) -> dict[str, str]:
    """The hidden names of the sheet: name -> what it refers to."""
    return {found.name.rpartition("!")[2]: found.refers_to for found in app.named_ranges()}


BUTTONS = [
    ("OnOptimize", "optimize"), ("OnStep", "step"), ("OnStop", "stop"), ("OnUndo", "undo"), ("OnCheck", "check"),
    ("OnGradientMap", "gradient_map"), ("OnReport", "report"),
    ("Optimize", "optimize"), ("StepOnce", "step"), ("UndoRun", "undo"),
]  # fmt: skip


@pytest.mark.parametrize(("macro", "function"), BUTTONS, ids=[row[0] for row in BUTTONS])
def test_a_button_runs_its_python(excel: ExcelApplication, macro: str, function: str) -> None:
    excel.run(macro, *([NOTHING] if macro.startswith("On") else []))
    assert excel.run("CallsSoFar") == f"from cellgrad import macros; macros.{function}()|"


# the error while Python is being started, what is done with the keys, what Python runs, what the user is told
BROKEN = [
    (0, "begin allow ", "optimize", 0),
    (18, "begin allow release ", "optimize stop", 0),
    (1004, "begin allow release ", "optimize", 1),
]


@pytest.mark.parametrize(("error", "keys", "functions", "dialogs"), BROKEN)
def test_esc_while_a_run_begins_is_stop(
    excel: ExcelApplication, error: int, keys: str, functions: str, dialogs: int
) -> None:
    excel.run("BreakNext", error)
    excel.run("Optimize")
    assert excel.run("KeysSoFar") == keys
    called = [f"from cellgrad import macros; macros.{name}()|" for name in functions.split()]
    assert excel.run("CallsSoFar") == "".join(called)
    assert len(excel.dialogs) == dialogs


def test_stop_gives_the_esc_key_back(excel: ExcelApplication) -> None:
    excel.run("StopRun")
    assert excel.run("KeysSoFar") == "release "


def test_the_keys() -> None:
    """Every procedure that the stand-in has is in the module itself, which binds Esc to the macro of Stop."""
    code = (VBA / "CellgradKeys.bas").read_text()
    pattern = re.compile(r"Public (?:Sub|Function) (\w+)\(")
    assert set(pattern.findall(code)) == set(pattern.findall(KEYS)) - {"KeysSoFar"}
    assert 'Application.OnKey ESCAPE, "CellgradRibbon.StopRun"' in code
    assert RELEASE == "cellgrad.xlam!CellgradKeys.ReleaseEscape"


def test_a_model_is_kept_as_solver_keeps_it(excel: ExcelApplication) -> None:
    excel.run("Pick", "C1")
    excel.run("OnSetObjective", NOTHING)
    excel.run("Pick", "A1:A2,B1")
    excel.run("OnSetChanging", NOTHING)
    assert names(excel) == {
        "solver_opt": "='Tom''s data'!$C$1",
        "solver_adj": "='Tom''s data'!$A$1:$A$2,'Tom''s data'!$B$1",
        "solver_typ": "=2", "solver_val": "=0", "solver_num": "=0", "solver_neg": "=2", "solver_eng": "=1",
        "solver_ver": "=3",
    }  # fmt: skip
    assert excel.dialogs == []
    assert excel.run("CallsSoFar") == "", "it needs no Python"


def test_what_a_model_already_says_stays(excel: ExcelApplication) -> None:
    excel.add_module(
        'Public Sub Maximise()\nActiveSheet.Names.Add Name:="solver_typ", RefersTo:="=1", Visible:=False\nEnd Sub\n',
        name="Before",
    )
    excel.run("Maximise")
    excel.run("Pick", "C1")
    excel.run("SetObjective")
    assert names(excel)["solver_typ"] == "=1"


REFUSED = [
    ("A1", "SetObjective", "A1 holds no formula"),
    ("C1:C2", "SetObjective", "2 are selected"),
    ("A1:C1", "SetChanging", "must hold a number"),
    ("C1", "SetChanging", "must hold a number"),
]


@pytest.mark.parametrize(("selected", "macro", "words"), REFUSED)
def test_a_selection_that_makes_no_model_is_refused_in_words(
    excel: ExcelApplication, selected: str, macro: str, words: str
) -> None:
    excel.run("Pick", selected)
    excel.run(macro)
    assert len(excel.dialogs) == 1
    assert words in str(excel.dialogs[0])
    assert names(excel) == {}


SETTINGS = [
    ("OnMethod", ("x", 3), "METHOD", "adam"), ("OnDevice", ("x", 2), "DEVICE", "cuda"),
    ("OnSteps", ("200",), "STEPS", "200"),
    ("OnRate", ("0,05",), "RATE", "0.05"), ("OnRate", ("",), "RATE", ""), ("OnSteps", (" 7 ",), "STEPS", "7"),
]  # fmt: skip


@pytest.mark.parametrize(("macro", "given", "setting", "kept"), SETTINGS)
def test_settings_are_kept(excel: ExcelApplication, macro: str, given: tuple, setting: str, kept: str) -> None:
    excel.run(macro, NOTHING, *given)
    assert excel.run("GetConfig", setting, "nothing kept") == kept


@pytest.mark.parametrize("text", ["many", "-1", "0", "e5"])
def test_a_setting_that_is_no_number_stays_as_it_was(excel: ExcelApplication, text: str) -> None:
    excel.run("OnRate", NOTHING, "0.5")
    excel.run("OnRate", NOTHING, text)
    assert excel.run("GetConfig", "RATE", "") == "0.5"
    assert len(excel.dialogs) == 1


def test_the_ribbon_shows_what_was_kept(excel: ExcelApplication) -> None:
    show = (
        "Public Function Shown(macro As String) As Variant\n"
        "Dim answer As Variant\n"
        'If macro = "GetMethod" Then GetMethod Nothing, answer\n'
        'If macro = "GetDevice" Then GetDevice Nothing, answer\n'
        'If macro = "GetSteps" Then GetSteps Nothing, answer\n'
        "Shown = answer\nEnd Function\n"
    )
    excel.add_module(show, name="Show")
    assert (excel.run("Shown", "GetMethod"), excel.run("Shown", "GetSteps")) == (0, "")
    excel.run("OnMethod", NOTHING, "x", 4)
    excel.run("OnDevice", NOTHING, "x", 1)
    excel.run("OnSteps", NOTHING, "40")
    shown = [excel.run("Shown", macro) for macro in ("GetMethod", "GetDevice", "GetSteps")]
    assert shown == [4, 1, "40"]


ERRORS = {
    "#NULL!": 2000, "#DIV/0!": 2007, "#VALUE!": 2015, "#REF!": 2023, "#NAME?": 2029, "#NUM!": 2036, "#N/A": 2042,
    "Traceback (most recent call last)": 2015,
}  # fmt: skip
"""Excel's codes of its errors (CVErr)."""


@pytest.mark.parametrize(("text", "code"), ERRORS.items())
def test_the_name_of_an_error_becomes_the_error(excel: ExcelApplication, text: str, code: int) -> None:
    answer = excel.run("CellgradAnswer", text)
    assert isinstance(answer, VBAErrorValue)
    assert answer == VBAErrorValue(code)


def test_errors_within_an_answer(excel: ExcelApplication) -> None:
    rows = (
        "Public Function Rows2() As Variant\n"
        "Dim answer(0 To 1, 0 To 1) As Variant\n"
        'answer(0, 0) = 1.5: answer(0, 1) = "#N/A": answer(1, 0) = True: answer(1, 1) = "#NUM!"\n'
        "Dim given As Variant\ngiven = CellgradAnswer(answer)\n"
        'Rows2 = given(0, 0) & "|" & IsError(given(0, 1)) & "|" & given(1, 0) & "|" & IsError(given(1, 1))\n'
        "End Function\n"
    )
    excel.add_module(rows, name="Rows")
    assert excel.run("Rows2") == "1.5|True|True|True"


def test_a_fault_in_between_is_an_error_too(excel: ExcelApplication) -> None:
    assert excel.run("CellgradFault") == VBAErrorValue(2015)


def test_help_says_what_to_do_first(excel: ExcelApplication) -> None:
    excel.run("OnHelp", NOTHING)
    assert "Set objective" in str(excel.dialogs[0])
