"""The report of a model's structure: what kind of functions it is made of, which cells make it so, and what follows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cellgrad.gradients.structure import Form, Structure
from cellgrad.late import Late
from cellgrad.reports.contents import Run
from cellgrad.reports.page import Column, Page
from cellgrad.reports.style import BLUES, REDS

if TYPE_CHECKING:
    import pandas as pd
else:
    pd = Late("pandas")

WIDTHS = (22, 30, 15, 60)
LAST = 3
LONGEST_FORMULA = 200
REASONS = (Column("cell"), Column("formula", "words"), Column("makes it"), Column("why", "words"))
FORMS = (Column("kind"), Column("which parts", "words"), Column("how many", "count"), Column("which means", "words"))

MEANING = {
    Form.CONSTANT: "the changing cells do not matter to it",
    Form.LINEAR: "a sum of changing cells times numbers: the best answer is found exactly, and proven",
    Form.QUADRATIC: "products of two changing cells at most: curved, with an exact second derivative",
    Form.SMOOTH: "a slope everywhere, which tells the way",
    Form.PIECEWISE: "a slope nearly everywhere, with kinks (ABS, MAX, an IF whose branches meet)",
    Form.DISCONTINUOUS: "jumps (INT, a lookup, an IF whose branches do not meet): the slope may mislead",
}
FILLS = {Form.PIECEWISE: REDS[0], Form.DISCONTINUOUS: REDS[1], Form.SMOOTH: BLUES[0]}


def why_not(run: Run) -> str:
    """Why there is no report of a model's structure; '' where there is one."""
    return "" if run.structure is not None else "nobody has looked into the model's structure"


@dataclass(frozen=True)
class StructureReport:
    """What a model is made of."""

    run: Run
    structure: Structure

    @staticmethod
    def of(run: Run) -> StructureReport:
        """The report on a model that `why_not` has nothing against."""
        assert run.structure is not None
        return StructureReport(run, run.structure)

    def frame(self) -> pd.DataFrame:
        """The cells that make the model what it is, the hardest first: formula, form and why."""
        reasons = self.structure.reasons
        return pd.DataFrame(
            {
                "formula": [reason.formula for reason in reasons],
                "makes it": [reason.form.name.lower() for reason in reasons],
                "why": [reason.why for reason in reasons],
            },
            index=pd.Index([str(reason.cell) for reason in reasons], name="cell"),
        )

    def answer(self) -> dict[str, Any]:
        """The report for JSON."""
        structure, solution = self.structure, self.run.solution
        return {
            "report": "structure",
            "sheet": self.run.sheet,
            "objective": {"cell": self.run.objective, "form": structure.objective.name.lower()},
            "form": structure.form.name.lower(),
            "convex": structure.convex,
            "changing_cells": len(self.run.cells),
            "whole": 0 if self.run.conditions is None else int(self.run.conditions.whole.sum()),
            "rows": len(structure.rows),
            "residuals": structure.squares,
            "row_forms": {form.name.lower(): structure.rows.count(form) for form in sorted(set(structure.rows))},
            "reasons": self.frame().reset_index().to_dict("records"),
            "method": None if solution is None else solution.method,
            "reason": None if solution is None else solution.reason,
            "warnings": [] if solution is None else list(solution.warnings),
        }

    def write(self, page: Page) -> None:
        """The sheet: the verdict and the sizes, the kinds of functions, the cells to blame."""
        page.facts(self._facts(), LAST)
        page.heading("What the model is made of")
        table = page.table(FORMS, self._forms())
        for row, form in enumerate(self._present(), start=table.first):
            fill = {"bg_color": FILLS[form]} if form in FILLS else {}
            page.sheet.write_string(row, 0, form.name.lower(), page.book.look("@", valign="vcenter", **fill))
        if self.structure.reasons:
            page.heading("The cells that make it so, the hardest first")
            page.table(REASONS, (
                (str(one.cell), _cut(one.formula), one.form.name.lower(), one.why)
                for one in self.structure.reasons
            ))  # fmt: skip
        page.prints(page.row, LAST)
        page.sheet.freeze_panes(2, 0)

    def _facts(self) -> Iterator[tuple[str, str]]:
        structure, run = self.structure, self.run
        yield "the model is", f"{structure.form.name.lower()}: {MEANING[structure.form]}"
        if structure.convex is not None:
            yield "convex", (
                "yes: there is one best place, and every way down leads there" if structure.convex
                else "no: there may be several valleys, and a search may end in a poor one"
            )  # fmt: skip
        if structure.squares:
            yield "sum of squares", f"of {structure.squares:,} residuals"
        whole = 0 if run.conditions is None else int(run.conditions.whole.sum())
        cells = f"{len(run.cells):,} changing cell{'' if len(run.cells) == 1 else 's'}"
        numbers = f", {whole:,} of them whole numbers" if whole else ""
        rows = f", {len(structure.rows):,} constrained cells" if structure.rows else ", no constraints on formulas"
        yield "size", cells + numbers + rows
        if run.solution is not None:
            yield "method", f"{run.solution.method} ({run.solution.reason})"
            for warning in run.solution.warnings:
                yield "warning", warning

    def _present(self) -> list[Form]:
        return sorted({self.structure.objective, *self.structure.rows})

    def _forms(self) -> Iterator[tuple[str, str, int, str]]:
        """Of each form there is: which parts have it, how many, and what it means."""
        for form in self._present():
            count, objective = self.structure.rows.count(form), self.structure.objective is form
            parts = ["the objective"] if objective else []
            parts += [f"{count:,} constrained cell{'' if count == 1 else 's'}"] if count else []
            yield form.name.lower(), " and ".join(parts), count + objective, MEANING[form]


def _cut(formula: str) -> str:
    """A formula that is not longer than people read."""
    return formula if len(formula) <= LONGEST_FORMULA else f"{formula[: LONGEST_FORMULA - 3]}..."
