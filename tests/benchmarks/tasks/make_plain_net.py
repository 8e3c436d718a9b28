"""Writes the Titanic net in formulas that every engine knows: A1 references, IF, LOG10, MAX, SUMPRODUCT, AVERAGE."""

from __future__ import annotations

import xlsxwriter
from tests.workbooks.scale import sample

from cellgrad.lessons.titanic.passengers import start

SHEET = "net"
CHANGING = [f"{column}{row}" for row in (1, 2) for column in "IJKLMNOPQR"]
"""Two rows of ten parameters."""
OBJECTIVE = "AA1"
TOP = 4
RAW = ("Survived", "Pclass", "Sex", "Age", "SibSp", "Parch", "Fare", "Embarked")
FORMULAS = {
    "I": "=E{r}", "J": "=F{r}", "K": "=D{r}/$AA$2", "L": "=LOG10(G{r}+1)", "M": "=IF(B{r}=1,1,0)",
    "N": "=IF(B{r}=2,1,0)",
    "O": '=IF(H{r}="S",1,0)', "P": '=IF(H{r}="C",1,0)', "Q": '=IF(C{r}="male",1,0)',
    "T": "=SUMPRODUCT(I{r}:R{r},$I$1:$R$1)", "U": "=SUMPRODUCT(I{r}:R{r},$I$2:$R$2)",
    "V": "=MAX(0,T{r})", "W": "=MAX(0,U{r})",
    "X": "=V{r}+W{r}", "Y": "=(X{r}-A{r})^2",
}  # fmt: skip


def run(path: str, rows: int) -> dict[str, object]:
    people, parameters = sample(rows), start()[0]
    last = TOP + rows - 1
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet(SHEET)
        for cell, value in zip(CHANGING, parameters.T.ravel().tolist(), strict=True):
            sheet.write(cell, value)
        sheet.write_formula(OBJECTIVE, f"=AVERAGE(Y{TOP}:Y{last})")
        sheet.write_formula("AA2", f"=MAX(D{TOP}:D{last})")
        for at in range(rows):
            r = TOP + at
            for column, name in enumerate(RAW):
                sheet.write(r - 1, column, people[name][at])
            sheet.write(f"R{r}", 1)
            for column, formula in FORMULAS.items():
                sheet.write_formula(f"{column}{r}", formula.format(r=r))
    return {}
