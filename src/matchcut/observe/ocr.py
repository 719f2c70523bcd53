"""Reading text in pictures with PaddleOCR's small networks (PP-OCRv6), by onnxruntime alone.

Two networks of a few megabytes lie in ``weights/`` (Apache-2.0; docs/decisions/0070-ocr.md says how they were
made). What surrounds them is ours, in numpy and Pillow: boards are written horizontally, so areas of text are
upright rectangles, and neither OpenCV nor polygon libraries are needed.

- Finding: differentiable binarization (arXiv 1911.08947). The network gives each pixel's probability of lying
  in the shrunken core of a line; cores are areas above a threshold, grown back by area x ratio / perimeter.
- Reading: each line scaled to 48 pixels' height; one distribution over characters every 8 pixels; greedy
  connectionist temporal classification (repeats merged, blanks dropped).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from matchcut.observe.boxes import Box, areas

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

In = TypeVar("In")
Out = TypeVar("Out")

_WEIGHTS = Path(__file__).parent / "weights"
_HEIGHT = 48  # pixels of a line as the reader wants it
_STEP = 8  # pixels of that line for each of its answers

_LARGE = 3 * 20_000  # values of a picture for which a network takes much memory, about a kilobyte a pixel

DIGITS = "0123456789"
_ALIKE = {
    "0": "OoQDØÖÒÓÔÕ", "1": "Il|i!ÎÏÍÌ][", "2": "Zz", "3": "", "4": "", "5": "Ss", "6": "G", "7": "", "8": "B",
    "9": "gq", ":": ";·•", "-": "–—~_", "'": "’‘′`", "+": "", "(": "", ")": "", "/": "", ".": "", " ": "",
}  # fmt: skip
"""What is taken for a digit or a sign where only these can stand."""


@dataclass(frozen=True, slots=True)
class Text:
    """What stands in one line.

    Attributes:
        text: the characters, blanks between words.
        confidence: mean probability of its characters, 0 to 1; 0 for no text.
        places: the middle of each character, from 0 (left edge) to 1 (right edge).
    """

    text: str
    confidence: float
    places: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text found in a picture."""

    box: Box
    read: Text

    @property
    def text(self) -> str:
        return self.read.text


class TextReader:
    """Finds and reads text; the networks are loaded at first use. Several threads may use one reader.

    Args:
        threads: processor threads a network may use.
        at_once: how many pictures or batches of lines a call may work on at a time; the answers are the same.
        check: called before each run of a network, which takes up to a tenth of a second; it may raise.
    """

    def __init__(self, threads: int = 1, at_once: int = 1, check: Callable[[], None] = lambda: None) -> None:
        self.threads = threads
        self._at_once = at_once
        self._check = check
        self._sessions: dict[str, InferenceSession] = {}
        self._loading = Lock()
        # Each thread that ran a network on a large picture keeps the memory for the next: so few do it.
        self._large = ThreadPoolExecutor(2, "networks") if at_once > 1 else None
        self._alphabet: str = ""

    def _session(self, name: str) -> InferenceSession:
        with self._loading:
            if name not in self._sessions:
                import onnxruntime

                options = onnxruntime.SessionOptions()
                options.intra_op_num_threads = self.threads
                options.inter_op_num_threads = 1
                options.log_severity_level = 3
                options.enable_cpu_mem_arena = False  # sizes vary: the arena would keep the largest of each
                self._sessions[name] = onnxruntime.InferenceSession(
                    str(_WEIGHTS / name), options, providers=["CPUExecutionProvider"]
                )
            return self._sessions[name]

    def _run(self, name: str, pixels: NDArray[np.float32]) -> NDArray[np.float32]:
        """A network's answer to pictures of shape (n, H, W, 3), scaled as it wants them."""
        self._check()
        batch = np.ascontiguousarray(pixels.transpose(0, 3, 1, 2))
        session = self._session(name)

        def answer() -> NDArray[np.float32]:
            return np.asarray(session.run(None, {"x": batch})[0], dtype=np.float32)

        if self._large is None or batch.size < _LARGE:
            return answer()
        return self._large.submit(answer).result()

    def _each(self, work: Callable[[In], Out], items: Iterable[In]) -> list[Out]:
        """``work`` done on all items, several at once if that is allowed."""
        todo = list(items)
        if self._at_once < 2 or len(todo) < 2:
            return [work(item) for item in todo]
        with ThreadPoolExecutor(min(self._at_once, len(todo))) as pool:
            return list(pool.map(work, todo))

    @property
    def alphabet(self) -> str:
        """The characters that the reader knows; place ``i`` is its answer ``i + 1`` (0 is "nothing here")."""
        if not self._alphabet:
            meta = self._session("text_reader.onnx").get_modelmeta().custom_metadata_map
            self._alphabet = str(meta["character"]).replace("\n", "") + " "
        return self._alphabet

    def find(self, image: NDArray[np.uint8], scale: float = 1.0, threshold: float = 0.3) -> list[Box]:
        """Where text stands.

        Args:
            image: shape (H, W, 3), RGB.
            scale: looked at this many times as large; text should be 8 to 60 pixels high then.
            threshold: how sure a pixel must be.

        Returns:
            Boxes in the picture's own pixels, top to bottom.
        """
        height, width = image.shape[:2]
        wide, high = (max(32, round(side * scale / 32) * 32) for side in (width, height))
        pixels = _resized(image, wide, high)[None, ..., ::-1]  # the networks were trained on blue, green, red
        mean = np.array([0.406, 0.456, 0.485], np.float32)
        deviation = np.array([0.225, 0.224, 0.229], np.float32)
        batch = ((pixels.astype(np.float32) / 255 - mean) / deviation).astype(np.float32)
        sure = self._run("text_finder.onnx", batch)[0, 0]
        found = []
        for core in areas(sure > threshold):
            inside = core.cut(sure)
            if core.height < 2 or core.width < 2 or inside[inside > threshold].mean() < 0.5:
                continue
            grow = 1.5 * core.area / (2 * (core.width + core.height))
            box = core.grown(grow, grow)
            x, y = width / wide, height / high
            found.append(
                Box(
                    max(box.left * x, 0.0), max(box.top * y, 0.0),
                    min(box.right * x, float(width)), min(box.bottom * y, float(height)),
                )
            )  # fmt: skip
        return found

    def find_all(
        self, images: Sequence[NDArray[np.uint8]], scale: float = 1.0, threshold: float = 0.3
    ) -> list[list[Box]]:
        """Where text stands in each of several pictures; see `find`."""
        return self._each(lambda image: self.find(image, scale, threshold), images)

    def read(self, crops: Sequence[NDArray[np.uint8]], allowed: str | None = None) -> list[Text]:
        """What stands in each crop: one line of text, shape (h, w, 3), RGB.

        Args:
            crops: as many as one likes; those of like width are read together.
            allowed: the only characters that can stand there; look-alikes (O for 0) count as these.
        """
        answers: list[Text] = [Text("", 0.0)] * len(crops)
        widths = [max(_STEP * 2, round(c.shape[1] * _HEIGHT / c.shape[0] / _STEP) * _STEP) for c in crops]
        order = sorted(range(len(crops)), key=lambda i: widths[i])

        def read(chosen: list[int]) -> None:
            widest = max(max(widths[i] for i in chosen), 48)
            batch = np.zeros((len(chosen), _HEIGHT, widest, 3), np.float32)
            for row, i in enumerate(chosen):
                pixels = _resized(crops[i], widths[i], _HEIGHT)[..., ::-1]
                batch[row, :, : widths[i]] = pixels.astype(np.float32) / 127.5 - 1
            out = self._run("text_reader.onnx", batch)
            for row, i in enumerate(chosen):
                answers[i] = self._decode(out[row], widths[i], allowed)

        self._each(read, [order[first : first + 8] for first in range(0, len(order), 8)])
        return answers

    def _decode(self, answer: NDArray[np.float32], width: int, allowed: str | None) -> Text:
        characters = self.alphabet
        if allowed is not None:
            answer = answer @ _folding(characters, allowed)
            characters = allowed
        best = answer.argmax(1)
        fresh = (best > 0) & (best != np.concatenate(([0], best[:-1])))
        steps = np.nonzero(fresh)[0]
        if not len(steps):
            return Text("", 0.0)
        text = "".join(characters[best[s] - 1] for s in steps)
        sure = float(np.mean([answer[s : s + 2, best[s]].max() for s in steps]))
        places = tuple(min((s + 0.5) * _STEP / width, 1.0) for s in steps.tolist())
        return _stripped(Text(text, min(sure, 1.0), places))

    def lines(self, image: NDArray[np.uint8], scale: float = 1.0) -> list[Line]:
        """All text of a picture, found and read; empty and hopeless lines left out."""
        boxes = self.find(image, scale)
        reads = self.read([box.cut(image) for box in boxes])
        return [Line(b, r) for b, r in zip(boxes, reads, strict=True) if r.text and r.confidence >= 0.4]


def _stripped(read: Text) -> Text:
    text = read.text.strip()
    lead = len(read.text) - len(read.text.lstrip())
    return Text(text, read.confidence, read.places[lead : lead + len(text)])


def _resized(image: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    from PIL import Image

    if image.shape[:2] == (height, width):
        return image
    picture = Image.fromarray(np.ascontiguousarray(image))
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR), dtype=np.uint8)


@cache
def _folding(alphabet: str, allowed: str) -> NDArray[np.float32]:
    """A matrix that adds look-alikes' probabilities to the allowed characters'; all else is dropped."""
    matrix = np.zeros((len(alphabet) + 1, len(allowed) + 1), np.float32)
    matrix[0, 0] = 1
    for place, character in enumerate(allowed, 1):
        for alike in character + "".join(a for a in _ALIKE.get(character, "") if a not in allowed):
            if alike in alphabet:
                matrix[alphabet.index(alike) + 1, place] = 1
    return matrix
