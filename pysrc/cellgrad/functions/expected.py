"""What a sample case expects where a page shows a rounded number."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Shown:
    """A number as a page prints it, such as "0.9087888" or "1.5E-06": right in every digit written."""

    text: str

    @property
    def number(self) -> float:
        return float(self.text)

    @property
    def half_unit(self) -> float:
        """Half of the last digit written."""
        mantissa, _, power = self.text.lower().partition("e")
        return 0.5 * 10.0 ** (int(power or 0) - len(mantissa.partition(".")[2]))

    def agrees(self, value: object) -> bool:
        """Whether a value rounds to what is shown."""
        return type(value) is float and abs(value - self.number) <= self.half_unit * (1 + 1e-9)
