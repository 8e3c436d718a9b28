"""The Titanic net at any number of rows, written straight into a zip by row templates: 100,000 rows in seconds.

    titanic_at_scale(path, rows, formulas="plain" | "shared" | "rowwise", sheet="nnet" | "mmult")

One sheet of 27 columns laid out as in workbooks/titanic.xlsx, with a table, cached values and a saved Solver model.
`nnet` has 13 formula columns (1.3 million formulas at 100,000 rows). `mmult` has 11 and one array formula over two
columns. "plain" writes each cell's formula in full, as Excel does for table columns; "shared" writes a column's
formula once and lets the other cells point to it, as Excel does for filled-down formulas; "rowwise" is plain, but
divides every age by a number instead of MAX(People[Age]), over which Calc's recalculation takes quadratic time. The
people are the 712 complete passengers or, at any other number of rows, a sample of them with replacement: the same rows
as in the hand-written models of tests/benchmarks.

Run it by hand: python scale.py PATH ROWS [plain|shared|rowwise] [nnet|mmult]
"""

from __future__ import annotations

import math
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from xml.sax.saxutils import escape

import numpy as np

from cellgrad.lessons.titanic.models import solver_model
from cellgrad.lessons.titanic.passengers import (
    FORMULAS,
    INPUTS,
    TABLE_COLUMNS,
    Columns,
    complete,
    computed,
    products,
    read_passengers,
    start,
)
from cellgrad.solver_models import solver_names

DATA = Path(__file__).parents[2] / "workbooks" / "data" / "titanic.csv"
LETTERS = [*"ABCDEFGHIJKLMNOPQRSTUVWXYZ", "AA"]
TABLE = "People"
TOP = 4
"""The first data row, as Excel counts."""

ROW = "\0"
"""Stands for the row's number in a template; no XML can hold it."""

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
CONTENT = "application/vnd.openxmlformats-officedocument.spreadsheetml"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'


STYLES = f"""<styleSheet xmlns="{MAIN}"><fonts count="1"><font/></fonts><fills count="2">
<fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border/></borders><cellStyleXfs count="1"><xf/></cellStyleXfs>
<cellXfs count="1"><xf xfId="0"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""


def titanic_at_scale(path: str | Path, rows: int, formulas: str = "plain", sheet: str = "nnet") -> Path:
    """Write the workbook and return its path; the same arguments give the same content. See the module's docstring.

    Raises ValueError for another word than plain, shared or rowwise, nnet or mmult.
    """
    if formulas not in ("plain", "shared", "rowwise") or sheet not in ("nnet", "mmult"):
        raise ValueError(f"formulas is plain, shared or rowwise, sheet is nnet or mmult, not {formulas!r}, {sheet!r}")
    people = sample(rows)
    own = {name: formula.format(t=TABLE) for name, formula in FORMULAS.items()}
    if formulas == "rowwise":
        own["Age_N"] = own["Age_N"].replace(f"MAX({TABLE}[Age])", _number(max(np.array(people["Age"], float))))
    parameters = start()[0]
    strings = sorted({*TABLE_COLUMNS, "male", "female", *"SCQ"})
    columns = _columns(people, parameters, strings, own, formulas == "shared", sheet)
    path = Path(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as package:
        for name, text in _small_parts(sheet, rows, strings, own).items():
            package.writestr(zipfile.ZipInfo(name), HEAD + text, zipfile.ZIP_DEFLATED)
        part = zipfile.ZipInfo("xl/worksheets/sheet1.xml")
        part.compress_type = zipfile.ZIP_DEFLATED
        with package.open(part, "w", force_zip64=rows > 1_000_000) as stream:  # some readers know no zip64
            for text in _sheet(columns, parameters, strings, sheet):
                stream.write(text.encode())
    return path


def sample(rows: int) -> Columns:
    """The 712 complete passengers or, at any other number, a sample of them with replacement, by a fixed seed."""
    people = complete(read_passengers(DATA))
    count = len(people["Survived"])
    if rows == count:
        return people
    chosen = np.random.default_rng(0).integers(0, count, rows).tolist()
    return {name: [values[i] for i in chosen] for name, values in people.items()}


@dataclass(frozen=True)
class Column:
    """One column of the data rows: the text of each value, and the XML of a cell around it.

    `top` is for the first data row, `below` for the others; in both, ROW stands for the row's number, %s for the value.
    """

    letters: str
    values: Sequence[str]
    top: str
    below: str

    @classmethod
    def make(cls, letters: str, values: Iterable[object], top: str = "", below: str = "", kind: str = "") -> Column:
        """top, below: the formula element that precedes the value, if any; kind: the attribute of a cell's type."""
        cells = (f'<c r="{letters}{ROW}"{kind}>{formula}<v>%s</v></c>' for formula in (top, below))
        return cls(letters, [value if isinstance(value, str) else _number(value) for value in values], *cells)


def _columns(
    people: Columns, parameters: np.ndarray, strings: list[str], own: Mapping[str, str], shared: bool, sheet: str
) -> list[Column]:
    """Every column that has cells in the data rows, from left to right; ten rows of S:T are added by _sheet."""
    inputs = {"SibSp": np.array(people["SibSp"]), "Parch": np.array(people["Parch"])} | computed(people)
    linear = products(np.stack([inputs[name] for name in INPUTS], axis=1).astype(float), parameters)
    relu = np.where(linear > 0, linear, 0.0)
    prediction = relu[:, 0] + relu[:, 1]
    error = (np.array(people["Survived"], float) - prediction) ** 2
    last = TOP + len(error) - 1
    shares = iter(range(len(LETTERS)))

    def filled(letters: str, formula: str, values: np.ndarray) -> Column:
        text = escape(formula)
        if not shared:
            return Column.make(letters, values.tolist(), f"<f>{text}</f>", f"<f>{text}</f>")
        index = next(shares)
        top = f'<f t="shared" ref="{letters}{TOP}:{letters}{last}" si="{index}">{text}</f>'
        return Column.make(letters, values.tolist(), top.replace(ROW, str(TOP)), f'<f t="shared" si="{index}"/>')

    columns = []
    for letters, name in zip(LETTERS, TABLE_COLUMNS, strict=False):
        if name in own:
            columns.append(filled(letters, own[name], inputs[name]))
        elif name in ("Sex", "Embarked"):
            index = {text: str(i) for i, text in enumerate(strings)}
            columns.append(Column.make(letters, [index[str(text)] for text in people[name]], kind=' t="s"'))
        else:
            columns.append(Column.make(letters, people[name] if name in people else inputs[name].tolist()))
    of_row = f"{TABLE}[[#This Row],[{INPUTS[0]}]:[{INPUTS[-1]}]]"
    if sheet == "nnet":
        columns += [filled(c, f"SUMPRODUCT({of_row},$G${i + 1}:$P${i + 1})", linear[:, i]) for i, c in enumerate("VW")]
    else:
        product = f"MMULT({TABLE}[[{INPUTS[0]}]:[{INPUTS[-1]}]],$S$4:$T$13)"
        columns.append(Column.make("V", linear[:, 0].tolist(), f'<f t="array" ref="V{TOP}:W{last}">{product}</f>'))
        columns.append(Column.make("W", linear[:, 1].tolist()))
    columns += [
        filled(c, f"IF({of}{ROW}>0,{of}{ROW},0)", relu[:, i]) for i, (c, of) in enumerate((("X", "V"), ("Y", "W")))
    ]
    columns.append(filled("Z", f"X{ROW}+Y{ROW}", prediction))
    columns.append(filled("AA", f"({TABLE}[[#This Row],[Survived]]-Z{ROW})^2", error))
    return columns


def _sheet(columns: list[Column], parameters: np.ndarray, strings: list[str], sheet: str) -> Iterator[str]:
    """The sheet's XML, in pieces of some thousand rows."""
    rows = list(zip(*(column.values for column in columns), strict=True))
    last = TOP + len(rows) - 1
    yield f'<worksheet xmlns="{MAIN}" xmlns:r="{OFFICE}"><dimension ref="A1:AA{last}"/><sheetData>'
    loss = math.fsum(map(float, columns[-1].values)) / len(rows)
    above = [_parameter_cells(LETTERS[6:16], parameters[:, unit]) if sheet == "nnet" else "" for unit in (0, 1)]
    headers = [
        f'<c r="{c}3" t="s"><v>{strings.index(name)}</v></c>' for c, name in zip(LETTERS, TABLE_COLUMNS, strict=False)
    ]
    yield f'<row r="1">{above[0]}<c r="AA1"><f>AVERAGE(AA{TOP}:AA{last})</f><v>{loss!r}</v></c></row>'.replace(ROW, "1")
    yield f'<row r="2">{above[1]}</row><row r="3">{"".join(headers)}</row>'.replace(ROW, "2")

    start_of_model = next(i for i, column in enumerate(columns) if column.letters == "V")

    def template(top: bool, beside: str = "") -> str:
        cells = [column.top if top else column.below for column in columns]
        return f'<row r="{ROW}">{"".join(cells[:start_of_model])}{beside}{"".join(cells[start_of_model:])}</row>'

    done = len(parameters) if sheet == "mmult" else 1
    first = rows[:done]
    for at, values in enumerate(first):
        beside = _parameter_cells("ST", parameters[at]) if sheet == "mmult" else ""
        yield (template(at == 0, beside) % values).replace(ROW, str(TOP + at))
    below = template(False)
    for begin in range(done, len(rows), 4096):
        piece = enumerate(rows[begin : begin + 4096], start=TOP + begin)
        yield "".join([(below % values).replace(ROW, str(row)) for row, values in piece])
    yield '</sheetData><tableParts count="1"><tablePart r:id="rId1"/></tableParts></worksheet>'


def _parameter_cells(letters: Iterable[str], values: np.ndarray) -> str:
    return "".join(f'<c r="{c}{ROW}"><v>{v!r}</v></c>' for c, v in zip(letters, values.tolist(), strict=True))


@lru_cache(maxsize=100_000)  # sampled rows repeat: one text for each number saves most of the memory
def _number(value: object) -> str:
    """As Excel writes it: whole numbers without a point, others with all their digits."""
    number = float(value)  # type: ignore[arg-type]
    return str(int(number)) if number.is_integer() else repr(number)


def _small_parts(sheet: str, rows: int, strings: list[str], own: Mapping[str, str]) -> dict[str, str]:
    """Every part but the sheet, by its name in the package."""
    changing = "$G$1:$P$2" if sheet == "nnet" else "$S$4:$T$13"
    names = "".join(
        f'<definedName name="{name}" localSheetId="0" hidden="1">{text}</definedName>'
        for name, text in sorted(solver_names(solver_model(sheet, changing)))
    )
    columns = "".join(
        f'<tableColumn id="{i}" name="{name}">'
        + (f"<calculatedColumnFormula>{escape(own[name])}</calculatedColumnFormula>" if name in own else "")
        + "</tableColumn>"
        for i, name in enumerate(TABLE_COLUMNS, start=1)
    )  # fmt: skip
    kinds = {"workbook": "sheet.main", "worksheets/sheet1": "worksheet", "tables/table1": "table",
             "sharedStrings": "sharedStrings", "styles": "styles"}  # fmt: skip
    overrides = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{CONTENT}.{kind}+xml"/>' for part, kind in kinds.items()
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>',
        "_rels/.rels": _relationships(officeDocument="xl/workbook.xml"),
        "xl/_rels/workbook.xml.rels": _relationships(
            worksheet="worksheets/sheet1.xml", sharedStrings="sharedStrings.xml", styles="styles.xml"
        ),
        "xl/worksheets/_rels/sheet1.xml.rels": _relationships(table="../tables/table1.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>'
        f'<sheet name="{sheet}" sheetId="1" r:id="rId1"/></sheets><definedNames>{names}</definedNames></workbook>',
        "xl/tables/table1.xml": f'<table xmlns="{MAIN}" id="1" name="{TABLE}" displayName="{TABLE}" '
        f'ref="A3:P{TOP + rows - 1}" totalsRowShown="0">'
        f'<tableColumns count="{len(TABLE_COLUMNS)}">{columns}</tableColumns></table>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}" uniqueCount="{len(strings)}">'
        + "".join(f"<si><t>{escape(text)}</t></si>" for text in strings)
        + "</sst>",
        "xl/styles.xml": STYLES,
    }


def _relationships(**targets: str) -> str:
    """A relationships part; rId1, rId2, ... in the order given."""
    lines = "".join(
        f'<Relationship Id="rId{i}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for i, (kind, target) in enumerate(targets.items(), start=1)
    )
    return f'<Relationships xmlns="{PACKAGE}/relationships">{lines}</Relationships>'


if __name__ == "__main__":
    print(titanic_at_scale(sys.argv[1], int(sys.argv[2]), *sys.argv[3:]))
