"""Text that stands on the picture for a while: line-ups, substitutions, bookings, names."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from matchcut.observe.ocr import TextReader
from matchcut.observe.readings import TextSeen

Image = NDArray[np.uint8]


class TextWatcher:
    def __init__(self, reader: TextReader) -> None:
        self.reader = reader

    def look(self, seconds: float, image: Image) -> None: ...

    def texts(self) -> tuple[TextSeen, ...]:
        return ()
