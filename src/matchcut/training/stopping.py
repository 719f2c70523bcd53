"""Ctrl-C and SIGTERM between two steps of a training, rather than in the midst of one."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def heeding(asked: Callable[[], bool], mark: Callable[[], None]) -> Iterator[None]:
    """While the block lasts, a first signal only sets a mark; a second one stops at once.

    Args:
        asked: whether the mark is set.
        mark: sets it; whoever trains looks at it between steps.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def heed(*_: object) -> None:
        if asked():
            raise KeyboardInterrupt
        mark()

    before = {number: signal.signal(number, heed) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
