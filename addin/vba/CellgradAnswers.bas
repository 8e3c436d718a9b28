Attribute VB_Name = "CellgradAnswers"
Option Explicit

' What the worksheet functions of Python give to their cells: true errors in place of the names of errors, which SUM
' and its kin would skip as text.

Public Function CellgradAnswer(ByVal answer As Variant) As Variant
    Dim row As Long, column As Long
    If IsArray(answer) Then
        For row = LBound(answer, 1) To UBound(answer, 1)
            For column = LBound(answer, 2) To UBound(answer, 2)
                If VarType(answer(row, column)) = vbString Then
                    answer(row, column) = TrueError(answer(row, column))
                End If
            Next column
        Next row
    ElseIf VarType(answer) = vbString Then
        answer = TrueError(answer)
    End If
    CellgradAnswer = answer
End Function

' A fault in between (no interpreter, no Python): an error too, never its description as text.
Public Function CellgradFault() As Variant
    CellgradFault = CVErr(2015)
End Function

Private Function TrueError(ByVal text As String) As Variant
    Select Case text
        Case "#NULL!": TrueError = CVErr(2000)
        Case "#DIV/0!": TrueError = CVErr(2007)
        Case "#REF!": TrueError = CVErr(2023)
        Case "#NAME?": TrueError = CVErr(2029)
        Case "#NUM!": TrueError = CVErr(2036)
        Case "#N/A": TrueError = CVErr(2042)
        Case Else: TrueError = CVErr(2015)
    End Select
End Function
