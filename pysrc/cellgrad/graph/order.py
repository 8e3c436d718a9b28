"""Ordering a dependency graph: precedents first, circles found; iterative, so a long chain overflows nothing."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

T = TypeVar("T", bound=Hashable)


def components(roots: Iterable[T], precedents: Callable[[T], Iterable[T]]) -> list[list[T]]:
    """Strongly connected components of all that the roots depend on, precedents before dependents.

    A component of one element is no circle unless the element is its own precedent. Source: Tarjan, "Depth-first
    search and linear graph algorithms", SIAM J. Comput. 1 (1972), with an explicit stack.
    """
    index: dict[T, int] = {}
    low: dict[T, int] = {}
    on_stack: set[T] = set()
    stack: list[T] = []
    result: list[list[T]] = []
    for root in roots:
        if root in index:
            continue
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        work = [(root, iter(precedents(root)))]
        while work:
            node, rest = work[-1]
            for child in rest:
                if child not in index:
                    index[child] = low[child] = len(index)
                    stack.append(child)
                    on_stack.add(child)
                    work.append((child, iter(precedents(child))))
                    break
                if child in on_stack:
                    low[node] = min(low[node], index[child])
            else:
                work.pop()
                if work:
                    parent = work[-1][0]
                    low[parent] = min(low[parent], low[node])
                if low[node] == index[node]:
                    component = []
                    while True:
                        member = stack.pop()
                        on_stack.discard(member)
                        component.append(member)
                        if member == node:
                            break
                    result.append(component[::-1])
    return result
