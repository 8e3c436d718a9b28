Attribute VB_Name = "CellgradButtons"
' What the buttons on the sheets run. The work is done elsewhere: in Excel by the add-in cellgrad.xlam, in LibreOffice
' Calc by the extension cellgrad.oxt. This module only finds out where it is and passes the press on.
'
' No Option Explicit here: StarDesktop is Calc's own object; in Excel it is a variable that nobody has set.

Public Sub CellgradOptimize()
    Press "optimize", "CellgradRibbon.Optimize"
End Sub

Public Sub CellgradStep()
    Press "step", "CellgradRibbon.StepOnce"
End Sub

Private Sub Press(ByVal command As String, ByVal macro As String)
    If IsObject(StarDesktop) Then
        PressInCalc command
    Else
        PressInExcel macro
    End If
End Sub

Private Sub PressInExcel(ByVal macro As String)
    On Error GoTo Missing
    Application.Run "'cellgrad.xlam'!" & macro
    Exit Sub
Missing:
    MsgBox "The add-in Cellgrad did not answer. Install it with: cellgrad addin install. Then start Excel again." & _
           vbLf & vbLf & Err.Description, vbExclamation, "Cellgrad"
End Sub

Private Sub PressInCalc(ByVal command As String)
    Dim address As Object, frame As Object, target As Object
    Set address = CreateObject("com.sun.star.util.URL")
    address.Complete = "service:org.cellgrad.Commands?" & command
    address.Main = "service:org.cellgrad.Commands"
    address.Protocol = "service:"
    Set frame = StarDesktop.getCurrentFrame()
    Set target = frame.queryDispatch(address, "_self", 0)
    If IsNull(target) Then
        MsgBox "The extension Cellgrad is not installed. Install it with: cellgrad addin install --calc", 48, "Cellgrad"
    Else
        target.dispatch address, Array()
    End If
End Sub
