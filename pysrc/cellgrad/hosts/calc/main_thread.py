"""Calls that LibreOffice's main thread makes: a dialog of any other thread hears no clicks."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from cellgrad.hosts.calc.bridge import Office, import_uno


def on_main_thread(office: Office, call: Callable[[], Any]) -> Any:
    """What a call gives, or raises, that LibreOffice's main thread makes as soon as it has time.

    The thread calls this process and waits; what is called back meanwhile, over the same connection, runs in it.
    """
    made = _OnMainThread(call)
    office.service("com.sun.star.awt.AsyncCallback").addCallback(made, None)
    return made.answer()


class _OnMainThread:
    """The call, as LibreOffice wants it: com.sun.star.awt.XCallback."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._call = call
        self._answer: Future[Any] = Future()

    def answer(self) -> Any:
        """What the call has given, or what it has raised, once it has been made."""
        return self._answer.result()

    def notify(self, data: Any) -> None:
        """The main thread is here."""
        try:
            self._answer.set_result(self._call())
        except Exception as error:  # raised again where the answer is waited for
            self._answer.set_exception(error)

    def getTypes(self) -> tuple[Any, ...]:
        """com.sun.star.lang.XTypeProvider."""
        names = ("com.sun.star.lang.XTypeProvider", "com.sun.star.awt.XCallback")
        return tuple(map(import_uno().getTypeByName, names))

    def getImplementationId(self) -> Any:
        """com.sun.star.lang.XTypeProvider."""
        return import_uno().ByteSequence(b"")
