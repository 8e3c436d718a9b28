"""The shipped lesson workbooks looked over: are they what would be built now, does LibreOffice agree with every value,
and how do they look as pages."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cellgrad import lessons
from cellgrad.answers import error_answer
from cellgrad.audit.auditing import audit
from cellgrad.audit.buckets import Audit
from cellgrad.errors import CellgradError
from cellgrad.hosts.libreoffice import Converter
from cellgrad.hosts.rendering import DOTS, Page, render
from cellgrad.lessons import State

TOLERANCE = 1e-12
"""How far a value may be from LibreOffice's, relative."""


@dataclass(frozen=True)
class Checked:
    """What there is to say of one workbook.

    held, libreoffice: every formula cell as we compute it beside what the file holds, and beside what LibreOffice
    computes; None where that was not asked or could not be done. pages: as printed. error: what LibreOffice, or we,
    could not do with the file.
    """

    path: Path
    state: State
    held: Audit | None = None
    libreoffice: Audit | None = None
    pages: list[Page] = field(default_factory=list)
    error: CellgradError | None = None

    @property
    def good(self) -> bool:
        """Whether nothing is to be done: up to date, and all that was asked of LibreOffice agrees."""
        audits = [one for one in (self.held, self.libreoffice) if one is not None]
        return self.state is State.CURRENT and self.error is None and all(one.matched == one.formulas for one in audits)

    def answer(self, pictures: bool) -> dict[str, Any]:
        """As JSON. pictures: whether those of the pages are kept."""
        found: dict[str, Any] = {"file": str(self.path), "state": self.state.name.lower(), "good": self.good}
        if self.held is not None and self.libreoffice is not None:
            found |= {"formulas": self.held.formulas, "error_values": self.held.error_values}
            found |= {"held": self.held.answer(), "libreoffice": self.libreoffice.answer()}
        found["pages"] = len(self.pages)
        found["too_narrow"] = [at for at, page in enumerate(self.pages, start=1) if page.too_narrow]
        found["pictures"] = [str(page.picture) for page in self.pages] if pictures else []
        return found | ({} if self.error is None else {"error": error_answer(self.error)})


def checking(
    folder: str | Path,
    only: Iterable[str] | None = None,
    *,
    libreoffice: bool = True,
    rendering: bool = True,
    pictures: Path | None = None,
    tell: Callable[[str], None] = lambda doing: None,
) -> Iterator[Checked]:
    """Look over the lesson workbooks of `folder`, each when it is done.

    only: names, as `lessons.chosen` takes them. libreoffice: recalculate, in LibreOffice, a copy of each, and, where
    `rendering`, print it as pages, whose pictures are kept in the folder `pictures` if that is given. tell: is called
    with what is done next. Raises ArgumentError where a program that is asked for is missing, FileError where the data
    of a lesson is.
    """
    with ExitStack() as stack:
        office = stack.enter_context(Converter()) if libreoffice else None
        scratch = pictures or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        states = lessons.comparing(folder, only)
        for name in lessons.chosen(only):
            tell(f"{name}: building")
            path, state = next(states)
            if office is None or state is State.MISSING:
                yield Checked(path, state)
                continue
            try:
                tell(f"{name}: recalculating")
                held, theirs = audit(path, TOLERANCE), audit(path, TOLERANCE, "libreoffice")
                tell(f"{name}: printing")
                dots = DOTS if pictures else DOTS // 2  # pictures that nobody keeps need not be sharp
                yield Checked(path, state, held, theirs, render(path, office, scratch, dots) if rendering else [])
            except CellgradError as error:
                yield Checked(path, state, error=error)
