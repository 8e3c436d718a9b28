"""Libraries that take long to import and that most runs do not call."""

from __future__ import annotations

import importlib
from typing import Any


class Late:
    """The functions and classes of a module, to be called; it is imported when the first of them is.

    pd = Late("pandas"); ...; pd.DataFrame(columns)
    """

    def __init__(self, module: str) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # nobody's call: copying and inspecting ask for these
            raise AttributeError(name)

        def call(*arguments: Any, **named: Any) -> Any:
            return getattr(importlib.import_module(self._module), name)(*arguments, **named)

        return call
