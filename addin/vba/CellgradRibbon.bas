Attribute VB_Name = "CellgradRibbon"
Option Explicit

' The ribbon's callbacks and the keyboard shortcuts. The work itself is Python's (cellgrad/macros.py), except for the
' settings and the names of the model, which need no Python: they answer at once.

Private Const SHORTCUT_OPTIMIZE As String = "^+m"
Private Const SHORTCUT_STEP As String = "^+j"
Private Const SHORTCUT_UNDO As String = "^+y"

Public Sub Auto_Open()
    Application.OnKey SHORTCUT_OPTIMIZE, "CellgradRibbon.Optimize"
    Application.OnKey SHORTCUT_STEP, "CellgradRibbon.StepOnce"
    Application.OnKey SHORTCUT_UNDO, "CellgradRibbon.UndoRun"
    DescribeFunctions
End Sub

Public Sub Auto_Close()
    Application.OnKey SHORTCUT_OPTIMIZE
    Application.OnKey SHORTCUT_STEP
    Application.OnKey SHORTCUT_UNDO
End Sub

' ---- Learn

Public Sub OnOptimize(control As IRibbonControl)
    Optimize
End Sub

Public Sub OnStep(control As IRibbonControl)
    StepOnce
End Sub

Public Sub OnStop(control As IRibbonControl)
    StopRun
End Sub

Public Sub OnUndo(control As IRibbonControl)
    UndoRun
End Sub

Public Sub Optimize()
    On Error GoTo Broken
    BeginRun
    RunPython "from cellgrad import macros; macros.optimize()"
    AllowInterrupts
    Exit Sub
Broken:
    EndBroken Err.Number, Err.Description
End Sub

Public Sub StepOnce()
    On Error GoTo Broken
    BeginRun
    RunPython "from cellgrad import macros; macros.step()"
    AllowInterrupts
    Exit Sub
Broken:
    EndBroken Err.Number, Err.Description
End Sub

' Stop in the ribbon, and Esc during a run.
Public Sub StopRun()
    ReleaseEscape
    RunPython "from cellgrad import macros; macros.stop()"
End Sub

' The macro that begins a run has been interrupted: the run may have begun, so it is stopped.
Private Sub EndBroken(ByVal number As Long, ByVal description As String)
    AllowInterrupts
    If IsInterruption(number) Then
        StopRun
    Else
        ReleaseEscape
        Tell description
    End If
End Sub

Public Sub UndoRun()
    RunPython "from cellgrad import macros; macros.undo()"
End Sub

' ---- Model

Public Sub OnSetObjective(control As IRibbonControl)
    SetObjective
End Sub

Public Sub OnSetChanging(control As IRibbonControl)
    SetChanging
End Sub

Public Sub OnCheck(control As IRibbonControl)
    RunPython "from cellgrad import macros; macros.check()"
End Sub

Public Sub OnGradientMap(control As IRibbonControl)
    RunPython "from cellgrad import macros; macros.gradient_map()"
End Sub

Public Sub OnReport(control As IRibbonControl)
    RunPython "from cellgrad import macros; macros.report()"
End Sub

Public Sub SetObjective()
    If TypeName(Selection) <> "Range" Then
        Tell "Select the objective cell first: the one whose formula gives the number to minimise."
        Exit Sub
    End If
    If Selection.Cells.Count <> 1 Then
        Tell "The objective is one cell, and " & Selection.Cells.Count & " are selected. Select one."
        Exit Sub
    End If
    If Not Selection.HasFormula Then
        Tell Selection.Address(False, False) & " holds no formula, so it depends on nothing. " & _
             "Select the cell whose formula gives the number to minimise."
        Exit Sub
    End If
    NameForSolver "solver_opt", Reference(Selection)
    CompleteModel
    Application.StatusBar = "Cellgrad: the objective of this sheet is " & Selection.Address(False, False)
End Sub

Public Sub SetChanging()
    Dim formulas As Variant
    If TypeName(Selection) <> "Range" Then
        Tell "Select the cells first that Optimize may change: numbers, no formulas."
        Exit Sub
    End If
    formulas = Selection.HasFormula
    If IsNull(formulas) Then formulas = True
    If formulas Then
        Tell "Some of the selected cells hold formulas, and a changing cell must hold a number. " & _
             "Select the cells that the formulas read."
        Exit Sub
    End If
    NameForSolver "solver_adj", Reference(Selection)
    CompleteModel
    Application.StatusBar = "Cellgrad: the changing cells of this sheet are " & Selection.Address(False, False)
End Sub

' A selection as Solver writes it: every area with its sheet, absolute.
Private Function Reference(ByVal cells As Object) As String
    Dim number As Long, sheet As String, text As String
    sheet = "'" & Replace(ActiveSheet.Name, "'", "''") & "'!"
    For number = 1 To cells.Areas.Count
        If number > 1 Then text = text & ","
        text = text & sheet & cells.Areas(number).Address
    Next number
    Reference = text
End Function

' Solver's own hidden names of the sheet, so that Solver opens with the same model.
Private Sub NameForSolver(ByVal item As String, ByVal refersTo As String)
    ActiveSheet.Names.Add Name:=item, RefersTo:="=" & refersTo, Visible:=False
End Sub

' What a model needs besides, where the sheet has none yet: minimise, no constraints, no sign condition.
Private Sub CompleteModel()
    NameUnlessThere "solver_typ", "2"
    NameUnlessThere "solver_val", "0"
    NameUnlessThere "solver_num", "0"
    NameUnlessThere "solver_neg", "2"
    NameUnlessThere "solver_eng", "1"
    NameUnlessThere "solver_ver", "3"
End Sub

Private Sub NameUnlessThere(ByVal item As String, ByVal refersTo As String)
    Dim known As Object, ending As String
    ending = "!" & item
    For Each known In ActiveSheet.Names
        If LCase$(Right$(known.Name, Len(ending))) = ending Then Exit Sub
    Next known
    NameForSolver item, refersTo
End Sub

' ---- Method: kept in the add-in's settings file, which Python reads

Public Sub GetMethod(control As IRibbonControl, ByRef index As Variant)
    index = Place(Methods(), Setting("METHOD"))
End Sub

Public Sub OnMethod(control As IRibbonControl, id As String, index As Integer)
    Keep "METHOD", CStr(Methods()(index))
End Sub

Public Sub GetDevice(control As IRibbonControl, ByRef index As Variant)
    index = Place(Devices(), Setting("DEVICE"))
End Sub

Public Sub OnDevice(control As IRibbonControl, id As String, index As Integer)
    Keep "DEVICE", CStr(Devices()(index))
End Sub

Public Sub GetSteps(control As IRibbonControl, ByRef text As Variant)
    text = Setting("STEPS")
End Sub

Public Sub OnSteps(control As IRibbonControl, text As String)
    KeepNumber "STEPS", text, "The number of steps"
End Sub

Public Sub GetRate(control As IRibbonControl, ByRef text As Variant)
    text = Setting("RATE")
End Sub

Public Sub OnRate(control As IRibbonControl, text As String)
    KeepNumber "RATE", text, "The learning rate"
End Sub

Private Function Methods() As Variant
    Methods = Array("auto", "gradient-descent", "momentum", "adam", "l-bfgs", "levenberg-marquardt", _
        "grg-nonlinear", "simplex-lp", "evolutionary")
End Function

Private Function Devices() As Variant
    Devices = Array("auto", "cpu", "cuda", "mps")
End Function

Private Function Place(ByVal choices As Variant, ByVal chosen As String) As Long
    Dim number As Long
    Place = 0
    For number = LBound(choices) To UBound(choices)
        If choices(number) = LCase$(chosen) Then Place = number
    Next number
End Function

Private Function Setting(ByVal item As String) As String
    Setting = GetConfig(item, "")
End Function

Private Sub Keep(ByVal item As String, ByVal text As String)
    SaveConfigToFile GetConfigFilePath(), item, text
End Sub

Private Sub KeepNumber(ByVal item As String, ByVal text As String, ByVal what As String)
    Dim number As String
    number = Replace(Trim$(text), ",", ".")
    If number <> "" And Not Val(number) > 0 Then
        Tell what & " is a number above 0, or empty; '" & text & "' is none. It stays as it was."
        Exit Sub
    End If
    Keep item, number
End Sub

' ---- Help

Public Sub OnHelp(control As IRibbonControl)
    Tell "1. Select the cell whose formula gives the number to minimise: Set objective." & vbLf & _
         "2. Select the cells it may change: Set changing cells." & vbLf & _
         "3. Optimize (Ctrl+Shift+M), or one Step (Ctrl+Shift+J). Undo (Ctrl+Shift+Y) takes a run back." & vbLf & _
         "Check model says what is in the way. In a terminal: cellgrad --help, cellgrad doctor."
End Sub

Private Sub Tell(ByVal message As String)
    MsgBox message, vbInformation, "Cellgrad"
End Sub
