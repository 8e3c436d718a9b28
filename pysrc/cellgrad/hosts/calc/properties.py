"""The custom properties of a document over UNO; every file format keeps them."""

from __future__ import annotations

from typing import Any

from cellgrad.hosts.calc.bridge import translated

_REMOVABLE = 128  # com.sun.star.beans.PropertyAttribute


@translated
class CustomProperties:
    """Those that are texts."""

    def __init__(self, document: Any) -> None:
        self._bag = document.DocumentProperties.UserDefinedProperties

    def read(self) -> dict[str, str]:
        """All of them by name, in one call."""
        return {one.Name: one.Value for one in self._bag.getPropertyValues() if isinstance(one.Value, str)}

    def add(self, name: str, text: str) -> None:
        """A new one."""
        self._bag.addProperty(name, _REMOVABLE, text)

    def remove(self, name: str) -> None:
        """Take one away."""
        self._bag.removeProperty(name)
