"""How long a reel takes, beside merely decoding the same windows with PyAV.

    python benchmarks/cut.py VIDEO [START-END ...]

Without windows: three of 15 seconds, at a tenth, a half and nine tenths of the recording. Each way is timed
three times in turn, and the best is shown, since other work on the machine can only slow it down.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import av

from matchcut.errors import MatchcutError
from matchcut.media.cut import CutSettings, cut
from matchcut.media.plan import Cue
from matchcut.media.probe import probe

Windows = Sequence[tuple[float, float]]


def decode(video: Path, windows: Windows) -> int:
    """Decodes the windows' pictures and sound and does nothing with them; how many frames lie in them."""
    frames = 0
    with av.open(str(video)) as container:
        for stream in container.streams.video:
            stream.thread_type = "AUTO"
        origin = (container.start_time or 0) / 1e6
        for start, end in windows:
            for kind in ("video", "audio"):
                streams = getattr(container.streams, kind)
                if not streams:
                    continue
                container.seek(round((start + origin) * 1_000_000))
                for frame in container.decode(streams[0]):
                    if frame.time is not None and frame.time - origin >= end:
                        break
                    frames += kind == "video" and frame.time is not None and frame.time - origin >= start
    return frames


def best(work: dict[str, Callable[[], object]], rounds: int = 3) -> dict[str, float]:
    """The shortest wall time of each, taken in turn."""
    times: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(rounds):
        for name, call in work.items():
            begun = time.perf_counter()
            call()
            times[name].append(time.perf_counter() - begun)
    return {name: min(found) for name, found in times.items()}


def main(arguments: Sequence[str]) -> int:
    """Prints the table; 2 if the video cannot be used."""
    if not arguments:
        print(__doc__)
        return 2
    video = Path(arguments[0])
    try:
        length = probe(video).duration
        windows = [tuple(float(t) for t in a.split("-")) for a in arguments[1:]] or [
            (length * share, min(length * share + 15, length)) for share in (0.1, 0.5, 0.9)
        ]
        seconds = sum(end - start for start, end in windows)
        captions = [Cue(start, end, "Corner 36:09") for start, end in windows]
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "reel.mp4"
            plain = CutSettings(copy=False)
            times = best(
                {
                    "decoding alone (PyAV)": lambda: decode(video, windows),
                    "reel": lambda: cut(video, windows, out, settings=plain),
                    "reel with captions": lambda: cut(video, windows, out, captions=captions, settings=plain),
                }
            )
    except MatchcutError as error:
        print(error, file=sys.stderr)
        return 2
    print(
        f"{video.name}: {len(windows)} windows, {seconds:.1f} s; "
        f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}"
    )
    for name, taken in times.items():
        print(f"{name:24} {taken:6.2f} s   {seconds / taken:6.1f} times as fast as the match")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
