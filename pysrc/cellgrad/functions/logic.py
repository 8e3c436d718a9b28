"""Logical functions: branches, conditions and what to do about errors."""

from __future__ import annotations

from collections.abc import Iterator

from cellgrad.errors import UnsupportedError
from cellgrad.functions.operands import Fault, Lazy, Matrix, Operand, compare, to_logical
from cellgrad.functions.registry import Shape, Smoothness, function
from cellgrad.values import CellError, Value

_NO_SLOPE = "the condition has no slope; the branch that is taken gives it, and the other never enters"


@function(
    "IF(test: logical, then: lazy, [otherwise: lazy])", Shape.ELEMENTWISE, Smoothness.PIECEWISE,
    "One of two values by a condition; an omitted third argument is FALSE.", subgradient=_NO_SLOPE,
    cases=(("IF(TRUE,1,2)", 1), ("IF(0,1,2)", 2), ("IF(FALSE,1)", False), ("IF(FALSE,1,)", 0), ("IF(TRUE,,2)", 0),
           ('IF("TRUE",1,2)', 1), ('IF("abc",1,2)', CellError.VALUE), ("IF(1/0,1,2)", CellError.DIV0),
           ("IF(TRUE,1,1/0)", 1), ("SUM(IF({1,0,1},{1,2,3},10))", 14)),
)  # fmt: skip
def if_(test: bool, then: Lazy, otherwise: Lazy | None = None) -> Operand:
    if test:
        return then()
    return False if otherwise is None else otherwise()


@function(
    "IFERROR(value: value, alternative: lazy)", Shape.ELEMENTWISE, Smoothness.PIECEWISE,
    "The value, or the alternative where the value is an error.", subgradient=_NO_SLOPE,
    cases=(("IFERROR(1/0,5)", 5), ("IFERROR(3,1/0)", 3), ("IFERROR(#N/A,)", 0), ("SUM(IFERROR({1,#N/A,3},10))", 14)),
)  # fmt: skip
def if_error(value: Value, alternative: Lazy) -> Operand:
    return alternative() if isinstance(value, CellError) else value


@function(
    "IFNA(value: value, alternative: lazy)", Shape.ELEMENTWISE, Smoothness.PIECEWISE,
    "The value, or the alternative where the value is #N/A.", subgradient=_NO_SLOPE,
    cases=(("IFNA(#N/A,5)", 5), ("IFNA(1/0,5)", CellError.DIV0), ("IFNA(2,5)", 2)),
)  # fmt: skip
def if_na(value: Value, alternative: Lazy) -> Operand:
    return alternative() if value is CellError.NA else value


@function(
    "IFS(test: value..., then: lazy...)", Shape.ELEMENTWISE, Smoothness.PIECEWISE,
    "The value of the first condition that holds; #N/A where none does.", subgradient=_NO_SLOPE,
    cases=(("IFS(FALSE,1,TRUE,2)", 2), ("IFS(FALSE,1)", CellError.NA), ("IFS(TRUE,1,TRUE,1/0)", 1),
           ("IFS(1/0,1,TRUE,2)", CellError.DIV0), ("IFS(TRUE,1,1/0,2)", 1)),
)  # fmt: skip
def ifs(*pairs: Value | Lazy) -> Operand:
    for test, then in zip(pairs[::2], pairs[1::2], strict=True):
        if to_logical(test):  # type: ignore[arg-type]
            return then()  # type: ignore[operator, misc]
    raise Fault(CellError.NA)


@function(
    "CHOOSE(index: number, choice: lazy...)", Shape.ELEMENTWISE, Smoothness.PIECEWISE,
    "The choice of that number; #VALUE! where there is none.", subgradient=_NO_SLOPE,
    cases=(("CHOOSE(2,10,20,30)", 20), ("CHOOSE(2.9,10,20,30)", 20), ("CHOOSE(0,1)", CellError.VALUE),
           ("CHOOSE(4,1,2,3)", CellError.VALUE), ("CHOOSE(1,7,1/0)", 7)),
)  # fmt: skip
def choose(index: float, *choices: Lazy) -> Operand:
    if not 1 <= index < len(choices) + 1:
        raise Fault(CellError.VALUE)
    return choices[int(index) - 1]()


@function(
    "SWITCH(value: value, case: lazy, then: lazy, [more: lazy...])", Shape.ELEMENTWISE, Smoothness.PIECEWISE,
    "The result of the first case equal to the value, else the default; #N/A where there is none.",
    subgradient=_NO_SLOPE,
    cases=(('SWITCH(2,1,"a",2,"b")', "b"), ('SWITCH(3,1,"a","none")', "none"), ("SWITCH(3,1,2)", CellError.NA),
           ('SWITCH("X","x",1,2)', 1)),
)  # fmt: skip
def switch(value: Value, *rest: Lazy) -> Operand:
    for case, then in zip(rest[::2], rest[1::2], strict=False):
        candidate = case()
        if isinstance(candidate, Matrix):
            if candidate.shape != (1, 1):
                raise UnsupportedError(
                    "a case of SWITCH that is an array", action="write its values as cases of their own"
                )
            candidate = candidate.rows[0][0]
        if not isinstance(candidate, float | bool | str | CellError | None):
            raise Fault(CellError.VALUE)
        if compare(value, candidate) == 0:
            return then()
    if len(rest) % 2:
        return rest[-1]()
    raise Fault(CellError.NA)


def _conditions(arguments: tuple[Value | Matrix, ...]) -> Iterator[bool]:
    """What AND, OR and XOR look at: in ranges booleans and numbers alone, direct arguments coerced but for ""."""
    for argument in arguments:
        if isinstance(argument, Matrix):
            for value in argument:
                if isinstance(value, CellError):
                    raise Fault(value)
                if value is not None and not isinstance(value, str):
                    yield bool(value)
        elif argument != "":
            yield to_logical(argument)


def _settled(arguments: tuple[Value | Matrix, ...]) -> list[bool]:
    found = list(_conditions(arguments))
    if not found:
        raise Fault(CellError.VALUE)
    return found


@function(
    "AND(condition: range...)", Shape.REDUCE, Smoothness.STEP,
    "Whether all conditions hold; text and blanks in ranges are skipped, #VALUE! where nothing is left.",
    cases=(("AND(TRUE,1)", True), ("AND(TRUE,FALSE)", False), ("AND(FALSE,1/0)", CellError.DIV0),
           ('AND("abc")', CellError.VALUE), ('AND("TRUE")', True), ('AND({TRUE,"x"})', True),
           ('AND({"x"})', CellError.VALUE), ('AND("",TRUE)', True), ('AND("","")', CellError.VALUE),
           ("AND(TRUE,)", False)),
)  # fmt: skip
def and_(*conditions: Value | Matrix) -> bool:
    return all(_settled(conditions))


@function(
    "OR(condition: range...)", Shape.REDUCE, Smoothness.STEP,
    "Whether any condition holds; text and blanks in ranges are skipped, #VALUE! where nothing is left.",
    cases=(("OR(FALSE,2)", True), ("OR(FALSE,0)", False), ("OR(TRUE,#N/A)", CellError.NA)),
)  # fmt: skip
def or_(*conditions: Value | Matrix) -> bool:
    return any(_settled(conditions))


@function(
    "XOR(condition: range...)", Shape.REDUCE, Smoothness.STEP, "Whether an odd number of conditions hold.",
    cases=(("XOR(TRUE,TRUE)", False), ("XOR(TRUE,FALSE,FALSE)", True)),
)  # fmt: skip
def xor(*conditions: Value | Matrix) -> bool:
    return sum(_settled(conditions)) % 2 == 1


@function(
    "NOT(condition: logical)", Shape.ELEMENTWISE, Smoothness.STEP, "The opposite.",
    cases=(("NOT(TRUE)", False), ("NOT(0)", True), ('NOT("FALSE")', True), ('NOT("a")', CellError.VALUE)),
)  # fmt: skip
def not_(condition: bool) -> bool:
    return not condition


@function("TRUE()", Shape.REDUCE, Smoothness.NONE, "TRUE.", cases=(("TRUE()", True),))
def true() -> bool:
    return True


@function("FALSE()", Shape.REDUCE, Smoothness.NONE, "FALSE.", cases=(("FALSE()", False),))
def false() -> bool:
    return False
