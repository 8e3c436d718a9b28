"""Names that LET and LAMBDA give, and functions as values, for an evaluator that works one cell at a time."""

from __future__ import annotations

import dataclasses
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeAlias, TypeVar

from cellgrad.errors import UnsupportedError
from cellgrad.formula.tree import Apply, Call, FunctionName, Lambda, Let, Local, Missing, Node
from cellgrad.functions.operands import OMITTED, Areas, Argument, FunctionValue, Matrix, Operand
from cellgrad.functions.registry import find
from cellgrad.values import CellError

Host = TypeVar("Host", bound=Any)
"""What a formula is evaluated for: a frozen dataclass with a field `scope`, a mapping of local names."""

Answer = TypeVar("Answer")
Evaluate: TypeAlias = Callable[[Node, Any, bool], Operand]

MOST_DEEP = 1024
"""How deep a LAMBDA may call itself; Excel's own limit lies below."""
MOST_CALLS = 1_000_000
"""How many calls one call may lead to, all in all."""


_UNKNOWN = object()


class Deferred(Generic[Host]):
    """A formula that is evaluated when it is first asked for: once as one value is wanted, once as an array is."""

    def __init__(self, node: Node, host: Host, evaluate: Evaluate) -> None:
        self._node, self._host, self._evaluate = node, host, evaluate
        self._known: dict[bool, Operand] = {}

    def value(self, array: bool) -> Operand:
        if array not in self._known:
            self._known[array] = self._evaluate(self._node, self._host, array)
        return self._known[array]


class LocalNames:
    """Evaluates what binding makes of LET and LAMBDA.

    evaluate: the evaluator of any other node; read: reads the cells of a reference.
    """

    def __init__(self, evaluate: Evaluate, read: Callable[[Areas], Matrix]) -> None:
        self._evaluate = evaluate
        self._read = read
        self._depth = 0
        self._calls = 0

    def evaluate(self, node: Let | Local | Lambda | FunctionName | Apply, host: Any, array: bool) -> Argument:
        """The node's value; OMITTED for a parameter that was left out."""
        match node:
            case Let():
                for name, value in zip(node.names, node.values, strict=True):
                    host = _with(host, {name: Deferred(value, host, self._evaluate)})
                return self._evaluate(node.body, host, array)
            case Local():
                given = host.scope.get(node.name, _UNKNOWN)
                if given is _UNKNOWN:
                    raise UnsupportedError("a part of a formula that uses a local name is evaluated outside of it")
                return given.value(array) if isinstance(given, Deferred) else given
            case Lambda():
                return self._lambda(node, host, array)
            case FunctionName():
                return self._named(node, host, array)
            case Apply():
                return self._apply(node, host, array)

    def _apply(self, node: Apply, host: Any, array: bool) -> Operand:
        function = self._evaluate(node.function, host, array)
        if isinstance(function, CellError):
            return function
        if not isinstance(function, FunctionValue):
            raise UnsupportedError(
                "what is called here is no function", position=node.position, action="call a LAMBDA, or its name"
            )
        return function.apply(
            [
                OMITTED if isinstance(argument, Missing) else Deferred(argument, host, self._evaluate)  # type: ignore[misc]
                for argument in node.arguments
            ]
        )

    def _lambda(self, node: Lambda, host: Any, array: bool) -> FunctionValue:
        """Source: Microsoft, "LAMBDA function": #VALUE! for a number of arguments that does not fit."""

        def apply(arguments: Sequence[Argument]) -> Operand:
            if not node.required <= len(arguments) <= len(node.parameters):
                return CellError.VALUE
            left_out = [OMITTED] * (len(node.parameters) - len(arguments))
            scope: dict[str, Any] = dict(zip(node.parameters, [*arguments, *left_out], strict=True))
            if node.own is not None:
                scope[node.own] = function
            return self._entered(node, lambda: self._evaluate(node.body, _with(host, scope), array))

        function = FunctionValue(apply, self._read)
        return function

    def _named(self, node: FunctionName, host: Any, array: bool) -> FunctionValue:
        def apply(arguments: Sequence[Argument]) -> Operand:
            if find(node.function, position=node.position).arity_complaint(len(arguments)) is not None:
                return CellError.VALUE
            scope = {f"argument {at}": argument for at, argument in enumerate(arguments)}
            call = Call(node.function, tuple(map(Local, scope)), position=node.position)
            return self._evaluate(call, _with(host, scope), array)

        return FunctionValue(apply, self._read)

    def _entered(self, node: Lambda, run: Callable[[], Operand]) -> Operand:
        """One call of a LAMBDA, on a stack of its own where calls are many levels deep."""
        self._calls = self._calls + 1 if self._depth else 0
        if self._depth >= MOST_DEEP or self._calls > MOST_CALLS:
            raise UnsupportedError(
                f"this LAMBDA calls itself more than {MOST_DEEP:,} levels deep"
                if self._depth >= MOST_DEEP
                else f"this LAMBDA makes more than {MOST_CALLS:,} calls",
                position=node.position,
                action="check the condition that ends it",
            )
        self._depth += 1
        try:
            return on_a_fresh_stack(run) if is_deep() else run()
        finally:
            self._depth -= 1


def _with(host: Any, names: Mapping[str, Any]) -> Any:
    return dataclasses.replace(host, scope={**host.scope, **names})


def is_deep() -> bool:
    """Whether half of Python's stack is in use."""
    try:
        sys._getframe(sys.getrecursionlimit() // 2)
    except ValueError:
        return False
    return True


_STACK = 64 * 2**20
"""Bytes of a fresh stack: plenty for the frames that Python's own limit allows."""


def on_a_fresh_stack(run: Callable[[], Answer]) -> Answer:
    """What `run` gives or raises, run in a thread of its own: Python counts the depth of calls for each thread."""
    outcome: list[Answer] = []
    raised: list[BaseException] = []

    def target() -> None:
        try:
            outcome.append(run())
        except BaseException as error:  # handed over, as it is, to whoever waits
            raised.append(error)

    before = threading.stack_size(_STACK)
    thread = threading.Thread(target=target)
    thread.start()
    threading.stack_size(before)
    thread.join()
    if raised:
        raise raised[0]
    return outcome[0]
