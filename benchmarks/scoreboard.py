"""Processor seconds of the scoreboard reader beside decoding: python benchmarks/scoreboard.py VIDEO [--all]

``--all`` also decodes every frame, for comparison. One OCR thread; decoding as the package does it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from matchcut.media.frames import decoded
from matchcut.media.opening import Damage, open_media
from matchcut.observe.scoreboard import BoardSettings, find_board, frames_to_read


def spent(began: float) -> float:
    """Processor seconds of all threads since ``began``."""
    return time.process_time() - began


def main(path: Path, everything: bool) -> None:
    settings = BoardSettings()
    began = time.process_time()
    with open_media(path) as source:
        keys = sum(1 for _ in decoded(source, 0.0, Damage(), skip="NONKEY"))
    print(f"decoding {keys} key frames: {spent(began):.1f} s")
    if everything:
        began = time.process_time()
        with open_media(path) as source:
            count = sum(1 for _ in decoded(source, 0.0, Damage()))
        print(f"decoding all {count} frames: {spent(began):.1f} s")
    began = time.process_time()
    board, _ = find_board(path, settings)
    print(f"finding the board: {spent(began):.1f} s")
    looking = 0.0
    whole = time.process_time()
    for seconds, image in frames_to_read(path, settings):
        began = time.process_time()
        board.look(seconds, image)
        looking += spent(began)
    print(f"following it and other text: {looking:.1f} s; decoding and scaling: {spent(whole) - looking:.1f} s")


if __name__ == "__main__":
    main(Path(sys.argv[1]), "--all" in sys.argv[2:])
