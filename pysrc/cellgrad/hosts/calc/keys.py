"""Keys pressed in a workbook's window (com.sun.star.awt.XUserInputInterception), heard before Calc acts on them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from types import TracebackType
from typing import Any

from cellgrad.hosts.calc.bridge import import_uno, uno_exceptions

ESCAPE = 1281  # com.sun.star.awt.Key


class EscapeKey:
    """Calls `pressed` whenever Esc is pressed in a window of the document, inside the `with` block.

    Calc still does with the key what it always does, such as leaving a cell's edit mode. LibreOffice waits for
    `pressed`, which must therefore be quick and ask nothing of LibreOffice itself.
    """

    def __init__(self, document: Any, pressed: Callable[[], object]) -> None:
        self._pressed = pressed
        self._document = document
        self._controllers: list[Any] = []

    def __enter__(self) -> EscapeKey:
        windows = self._document.getControllers()
        while windows.hasMoreElements():
            controller = windows.nextElement()
            controller.addKeyHandler(self)
            self._controllers.append(controller)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for controller in self._controllers:
            with contextlib.suppress(*uno_exceptions()):  # the window has been closed meanwhile
                controller.removeKeyHandler(self)
        self._controllers.clear()

    def keyPressed(self, event: Any) -> bool:
        """com.sun.star.awt.XKeyHandler: whether the key ends here, which none does."""
        if event.KeyCode == ESCAPE and not event.Modifiers:
            self._pressed()
        return False

    def keyReleased(self, event: Any) -> bool:
        """com.sun.star.awt.XKeyHandler."""
        return False

    def disposing(self, source: Any) -> None:
        """com.sun.star.lang.XEventListener: the window closes."""

    def getTypes(self) -> tuple[Any, ...]:
        """com.sun.star.lang.XTypeProvider."""
        names = ("com.sun.star.lang.XTypeProvider", "com.sun.star.awt.XKeyHandler")
        return tuple(map(import_uno().getTypeByName, names))

    def getImplementationId(self) -> Any:
        """com.sun.star.lang.XTypeProvider."""
        return import_uno().ByteSequence(b"")
