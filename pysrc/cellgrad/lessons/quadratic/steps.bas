Attribute VB_Name = "QuadraticSteps"
' What Step and Start again on the sheet quadratic run. All arithmetic is in the cells: these copy numbers from one cell
' to another, in Excel and in LibreOffice Calc alike, and need nothing installed.

Public Sub QuadraticStep()
    Dim weight As Variant, place As Long, taken As Long, moved(2) As Double
    taken = Range("steps_taken").Value
    If taken = 0 Then QuadraticRecord 0
    place = 0
    For Each weight In Array("a", "b", "c")
        moved(place) = Range("next_" & weight).Value - Range("hand_" & weight).Value
        place = place + 1
    Next
    ' Only now: the three slopes belong to the point that all three weights leave together.
    place = 0
    For Each weight In Array("a", "b", "c")
        Range("moved_" & weight).Value = moved(place)
        place = place + 1
    Next
    Range("steps_taken").Value = taken + 1
    QuadraticRecord taken + 1
End Sub

Public Sub QuadraticStartAgain()
    Dim weight As Variant
    For Each weight In Array("a", "b", "c")
        Range("moved_" & weight).Value = 0
    Next
    Range("steps_taken").Value = 0
    Range("recorded").ClearContents
End Sub

Private Sub QuadraticRecord(ByVal step_number As Long)
    If step_number < Range("recorded").Rows.Count Then
        Range("recorded").Cells(step_number + 1, 1).Value = Range("loss").Value
    End If
End Sub
