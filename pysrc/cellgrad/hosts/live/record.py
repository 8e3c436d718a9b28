"""What runs have changed, kept in the workbook itself so that it can be undone tomorrow.

A transaction writes once what its cells hold, before it changes any, and once what it has put there, when it has ended:
one without the second was cut off.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import xlwings as xw

from cellgrad.hosts.live.held import Held
from cellgrad.hosts.live.packing import pack, unpack
from cellgrad.hosts.live.stores import Store, stores

MAX_STEPS = 20
"""How many transactions can be undone, the latest first; older ones are dropped."""
MAX_CHARACTERS = 1_000_000
"""Of all transactions but the latest, in the workbook; older ones are dropped."""


@dataclass(frozen=True)
class Entry:
    """One transaction: what its areas held before, and after; None for one that was cut off."""

    number: int
    before: list[Held]
    after: list[Held] | None


def last(book: xw.Book) -> Entry | None:
    """The latest transaction; one that somebody has damaged is left out."""
    texts = {key: text for store in reversed(stores(book)) for key, text in store.texts().items()}
    for number in _numbers(texts):
        try:
            before = unpack(texts[_before(number)])
        except (KeyError, ValueError):
            continue
        try:
            after = unpack(texts[_after(number)])
        except (KeyError, ValueError):
            return Entry(number, before, None)
        same = [one.area for one in before] == [one.area for one in after]
        return Entry(number, before, after if same else None)
    return None


def begin(book: xw.Book, before: Sequence[Held]) -> int:
    """Keep what areas hold; the number of the new transaction.

    Transactions beyond `MAX_STEPS` and `MAX_CHARACTERS` are dropped.
    """
    found = stores(book)
    texts = {key: text for store in found for key, text in store.texts().items()}
    numbers = _numbers(texts)
    number = max(numbers, default=0) + 1
    found[0].put(_before(number), pack(before))
    room, kept = MAX_CHARACTERS, 1
    for at in numbers:
        room -= sum(len(texts.get(key, "")) for key in (_before(at), _after(at)))
        if room < 0 or kept == MAX_STEPS:
            break
        kept += 1
    if old := numbers[kept - 1 :]:
        _drop(found, old)
    return number


def end(book: xw.Book, number: int, after: Sequence[Held]) -> None:
    """Keep what a transaction has put into its areas: it is complete."""
    stores(book)[0].put(_after(number), pack(after))


def drop(book: xw.Book, number: int) -> None:
    """Forget a transaction."""
    _drop(stores(book), [number])


def _drop(found: Sequence[Store], numbers: Sequence[int]) -> None:
    keys = {key for number in numbers for key in (_before(number), _after(number))}
    for store in found:
        store.drop(keys)


def _numbers(texts: Iterable[str]) -> list[int]:
    """The numbers in the texts' keys, the latest first."""
    return sorted({int(key.split()[1]) for key in texts}, reverse=True)


def _before(number: int) -> str:
    return f"before {number}"


def _after(number: int) -> str:
    return f"after {number}"
