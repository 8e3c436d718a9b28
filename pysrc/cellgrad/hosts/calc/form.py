"""A small dialog: labelled lists and boxes, OK and Cancel (com.sun.star.awt.UnoControlDialog)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from cellgrad.hosts.calc.bridge import Office, import_uno, translated
from cellgrad.hosts.calc.main_thread import on_main_thread

_MARGIN, _ROW, _LABEL, _INPUT, _BUTTON, _HEIGHT = 6, 18, 52, 96, 42, 13  # in units of the dialog's font
_OK, _CANCEL = 1, 2  # com.sun.star.awt.PushButtonType
_PLACE = 3  # com.sun.star.awt.PosSize


@dataclass(frozen=True)
class Field:
    """One line of a form: a list of choices to pick from, or, where there are none, a box to type into."""

    label: str
    value: str
    help: str
    choices: tuple[str, ...] = ()


@translated
class Form:
    """A dialog of some fields. `show` it, and read `values`; both as often as needed."""

    def __init__(self, office: Office, title: str, fields: Sequence[Field]) -> None:
        self._office = office
        self._fields = tuple(fields)
        self.model = office.service("com.sun.star.awt.UnoControlDialogModel")
        self.model.Title = title
        self.model.Width = 3 * _MARGIN + _LABEL + _INPUT
        self.model.Height = (len(fields) + 1) * _ROW + 2 * _MARGIN
        for number, field in enumerate(fields):
            top = _MARGIN + number * _ROW
            self._add("FixedText", f"label{number}", (_MARGIN, top + 2, _LABEL, _HEIGHT), Label=field.label)
            place = (2 * _MARGIN + _LABEL, top, _INPUT, _HEIGHT)
            if field.choices:
                self._add("ListBox", f"field{number}", place, Dropdown=True, StringItemList=field.choices)
                chosen = field.choices.index(field.value) if field.value in field.choices else 0
                self.pick(number, chosen)
            else:
                self._add("Edit", f"field{number}", place, Text=field.value)
            self._part(number).HelpText = field.help
        top = _MARGIN + len(fields) * _ROW + 4
        right = self.model.Width - _MARGIN - _BUTTON
        self._add("Button", "cancel", (right, top, _BUTTON, _HEIGHT + 1), Label="Cancel", PushButtonType=_CANCEL)
        right -= _BUTTON + _MARGIN
        self._add(
            "Button", "ok", (right, top, _BUTTON, _HEIGHT + 1), Label="OK", PushButtonType=_OK, DefaultButton=True
        )

    def _add(self, kind: str, name: str, place: tuple[int, int, int, int], **properties: Any) -> None:
        made = self.model.createInstance(f"com.sun.star.awt.UnoControl{kind}Model")
        made.PositionX, made.PositionY, made.Width, made.Height = place
        for key, value in properties.items():
            setattr(made, key, value)
        self.model.insertByName(name, made)

    def _part(self, number: int) -> Any:
        return self.model.getByName(f"field{number}")

    @property
    def values(self) -> list[str]:
        """What the fields hold now, in order: the chosen text, or the typed one."""
        found = []
        for number, field in enumerate(self._fields):
            part = self._part(number)
            if field.choices:
                found.append(field.choices[part.SelectedItems[0]] if part.SelectedItems else field.value)
            else:
                found.append(str(part.Text))
        return found

    def pick(self, number: int, choice: int) -> None:
        """Choose in the list of a field, both counted from zero."""
        uno = import_uno()
        chosen = uno.Any("[]short", (choice,))
        uno.invoke(self._part(number), "setPropertyValue", ("SelectedItems", chosen))

    def type(self, number: int, text: str) -> None:
        """Put a text into the box of a field, counted from zero."""
        self._part(number).Text = text

    def show(self, frame: Any) -> bool:
        """Whether the user ends it by OK. frame: of the window that it stands before."""
        return bool(on_main_thread(self._office, lambda: self._execute(frame)))

    def _execute(self, frame: Any) -> bool:
        window = frame.getContainerWindow()
        dialog = self._office.service("com.sun.star.awt.UnoControlDialog")
        dialog.setModel(self.model)
        dialog.createPeer(window.getToolkit(), window)
        around, own = window.getPosSize(), dialog.getPosSize()
        dialog.setPosSize((around.Width - own.Width) // 2, (around.Height - own.Height) // 3, 0, 0, _PLACE)
        try:
            return bool(dialog.execute())
        finally:
            dialog.dispose()
