"""How long weights of the commentary spotter take for a half, and the memory: prints JSON.

python -m matchcut.training.commentary.speed WEIGHTS TRANSCRIPT
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from matchcut import files
from matchcut.clock import HALF_S
from matchcut.datasets.transcripts import read_transcript
from matchcut.recording import Recording
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.transcript import Transcript

_CORES, _RUNS = 2, 5


def speed(weights: Path, said: Transcript) -> dict[str, Any]:
    """Seconds to load, seconds and processor seconds for one transcript, peak megabytes; by a fresh process."""
    with TemporaryDirectory() as place:
        path = files.write_json(Path(place) / "said.json", said.to_json())
        command = [sys.executable, "-m", "matchcut.training.commentary.speed", str(weights), str(path)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main(weights: Path, transcript: Path) -> None:
    """Measures in this process, on two cores."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:_CORES])
    said = read_transcript(transcript)
    began = time.perf_counter()
    spotter = CommentarySpotter.load(weights, threads=_CORES)
    loading = time.perf_counter() - began
    recording = Recording("half", duration=max(said.end, HALF_S))
    seconds, processor = [], []
    for _ in range(_RUNS + 1):
        began, used = time.perf_counter(), time.process_time()
        spotter.events(spotter.track(said, recording.duration, 1), recording, said)
        seconds.append(time.perf_counter() - began)
        processor.append(time.process_time() - used)
    result = {
        "cores": _CORES,
        "load_s": round(loading, 2),
        "half_s": round(statistics.median(seconds[1:]), 3),
        "half_processor_s": round(statistics.median(processor[1:]), 3),
        "peak_mb": _peak_mb(),
    }
    print(json.dumps(result))


def _peak_mb() -> int:
    """Of this very program: what `resource` tells counts the process that started it, too."""
    status = Path("/proc/self/status")
    rows = status.read_text().splitlines() if status.exists() else []
    told = [row.split()[1] for row in rows if row.startswith("VmHWM")]
    kilobytes = int(told[0]) if told else resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return round(kilobytes / 1024)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
