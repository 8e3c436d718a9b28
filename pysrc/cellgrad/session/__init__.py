"""Open, compile, optimise, write back: the only place where hosts and the compiler meet."""

from cellgrad.program.devices import choose_device
from cellgrad.session.book import Book, Written, open_book
from cellgrad.session.model import AGREEMENT, Model

__all__ = ["AGREEMENT", "Book", "Model", "Written", "choose_device", "open_book"]
