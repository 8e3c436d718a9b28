Attribute VB_Name = "CellgradKeys"
Option Explicit

' Keys and interruptions: what no other program than Excel knows, kept in one place. While a run is on, Esc is Stop.
' A run goes on in a process of its own after the macro that began it has ended: so the key is bound until Python, or
' the Stop that it presses, gives it back. In the moment that the macro itself takes, Esc is an error that it handles.

Private Const ESCAPE As String = "{ESC}"
Private Const INTERRUPTED As Long = 18

Public Sub BeginRun()
    Application.EnableCancelKey = xlErrorHandler
    Application.OnKey ESCAPE, "CellgradRibbon.StopRun"
End Sub

Public Sub AllowInterrupts()
    Application.EnableCancelKey = xlInterrupt
End Sub

Public Sub ReleaseEscape()
    Application.OnKey ESCAPE
End Sub

' Whether an error is the user's Esc or Ctrl+Break.
Public Function IsInterruption(ByVal number As Long) As Boolean
    IsInterruption = (number = INTERRUPTED)
End Function
