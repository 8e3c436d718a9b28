"""NIST's Statistical Reference Datasets for nonlinear regression as workbooks, each from both certified starts.

https://www.itl.nist.gov/div898/strd/nls/nls_main.shtml: 27 problems whose parameters, standard deviations and residual
sums of squares NIST computed to 11 digits in 128-bit arithmetic; they are in tests/data/nist_strd.json. A workbook
holds the data, the model as one formula filled down, and the sum of squared differences as the objective.

``python -m tests.problems.nist`` solves all of them and writes the table in tests/problems/README.md.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tests.problems.known import Known

import cellgrad

DATA = Path(__file__).parent.parent / "data" / "nist_strd.json"
README = Path(__file__).parent / "README.md"
BEGIN, END = "<!-- nist -->", "<!-- /nist -->"
STARTS = ("start1", "start2")
MOST_DIGITS = 11.0
"""The certified values have 11 digits."""

DATASETS: dict[str, dict[str, Any]] = {entry["name"]: entry for entry in json.loads(DATA.read_text())}
"""By name: start1, start2, certified, certified_sd, residual_sum_of_squares, data and more."""


@dataclass(frozen=True)
class Fitted:
    """A problem solved from one of its starts. digits: see `digits`."""

    name: str
    start: str
    digits: float
    status: str
    steps: int


def problem(name: str, start: str) -> Known:
    """One of them from ``start1`` or ``start2``."""
    return workbook(name, DATASETS[name], start)


def workbook(name: str, entry: Mapping[str, Any], start: str) -> Known:
    """A regression as the file describes it: y in column A, its predictors from B on, the model in D, the residuals in
    E, the parameters in G, the objective in I1."""
    last, count = len(entry["data"]) + 1, len(entry["certified"])
    columns = "ABC"[: len(entry["columns"])]
    cells: dict[str, float | str] = {}
    for column, heading, values in zip(columns, entry["columns"], zip(*entry["data"], strict=True), strict=True):
        cells[f"{column}1"] = heading
        cells |= {f"{column}{row}": value for row, value in enumerate(values, 2)}
    cells |= {"D1": "model", "E1": "residual", "F1": "parameter"}
    cells[f"D2:D{last}"] = "=" + _formula(entry)
    response = {"y": "A2", "LN(y)": "LN(A2)"}[entry["response"]]
    cells[f"E2:E{last}"] = f"={response}-D2"
    for place, value in enumerate(entry[start], 1):
        cells |= {f"F{place + 1}": f"b{place}", f"G{place + 1}": value}
    squares = f"SUMXMY2(A2:A{last},D2:D{last})" if response == "A2" else f"SUMSQ(E2:E{last})"
    return Known(
        cells={"I1": "=" + squares} | cells,
        objective="I1",
        changing=f"G2:G{count + 1}",
        optimum=entry["residual_sum_of_squares"],
        x=tuple(entry["certified"]),
        source=f"NIST StRD, nonlinear regression, {name}",
    )


def _formula(entry: Mapping[str, Any]) -> str:
    """NIST's model with cells for its names, as it stands in row 2."""
    text = re.sub(r"\bb(\d)\b", lambda found: f"$G${int(found[1]) + 1}", entry["model"])
    return re.sub(r"\bx(\d?)\b", lambda found: "$C2" if found[1] == "2" else "$B2", text)


def digits(x: NDArray[np.float64], certified: Iterable[float]) -> float:
    """Correct digits of the worst parameter, at most 11: NIST's log relative error."""
    error = float(np.max(np.abs(x / np.array(certified) - 1)))
    return MOST_DIGITS if error == 0 else min(MOST_DIGITS, -float(np.log10(error)))


def solve(name: str, start: str, folder: Path) -> Fitted:
    """Open the workbook and optimise the model saved in it, with no options."""
    book = cellgrad.open(problem(name, start).write(folder / f"{name}-{start}.xlsx"))
    solution = book.model("model").optimize()
    return Fitted(
        name, start, digits(solution.x, DATASETS[name]["certified"]), solution.status.word, solution.iterations
    )


def table(fits: Iterable[Fitted]) -> str:
    """The table of the README, in markdown."""
    by_name: dict[str, dict[str, Fitted]] = {}
    for fit in fits:
        by_name.setdefault(fit.name, {})[fit.start] = fit
    lines = [
        "| problem | difficulty | digits from start 1 | steps | digits from start 2 | steps |",
        "|---|---|---|---|---|---|",
    ]
    for name, pair in sorted(by_name.items()):
        cells = [name, DATASETS[name]["difficulty"]]
        for start in STARTS:
            cells += [f"{pair[start].digits:.1f}", str(pair[start].steps)]
        lines.append("| " + " | ".join(cells) + " |")
    found = [fit for pair in by_name.values() for fit in pair.values()]
    worst, median = min(found, key=lambda fit: fit.digits), np.median([fit.digits for fit in found])
    least = f"minimum {worst.digits:.1f} digits ({worst.name} from {worst.start}), median {median:.1f}"
    lines += ["", f"Over {len(found)} runs: {least}."]
    return "\n".join(lines)


def written_minimum() -> tuple[float, str, str]:
    """The minimum that the README tells, and the problem and start it is of."""
    found = re.search(r"minimum ([\d.]+) digits \((\w+) from (\w+)\)", README.read_text(encoding="utf-8"))
    assert found is not None, "tests/problems/README.md has no table: run python -m tests.problems.nist"
    return float(found[1]), found[2], found[3]


def main() -> None:
    """Solve all, print the table and write it into the README."""
    with tempfile.TemporaryDirectory() as folder:
        text = table(solve(name, start, Path(folder)) for name in DATASETS for start in STARTS)
    print(text)
    before, rest = README.read_text(encoding="utf-8").split(BEGIN)
    after = rest.split(END)[1]
    README.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
