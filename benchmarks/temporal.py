"""How long a temporal spotter takes for a half, and what memory: 512 numbers at 2 a second, default network.

python benchmarks/temporal.py [--threads 2] [--backend torch|onnx]

The limit: 45 minutes in under 2 s on 2 cores, and memory flat in the length of the match. Weights are random:
time and memory do not depend on what they say. Each length runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

RATE, WIDTH = 2.0, 512


def one(folder: Path, minutes: float, threads: int, backend: str, preset: str) -> dict[str, float | str]:
    """Spots one array of noise, which lies on the disk."""
    import torch

    torch.set_num_threads(threads)
    from matchcut.encoders.series import read_array
    from matchcut.models.temporal_spotter import SpotterNet
    from matchcut.recording import Recording
    from matchcut.spotters.stretches import Half
    from matchcut.spotters.temporal import TemporalSpotter
    from matchcut.temporal_training import _settings
    from matchcut.training.spotting.run import settings_of
    from matchcut.training.spotting.ship import export, save

    how = {"network": {"rate": RATE}}
    network, spotting, _ = _settings(preset, how, ("video",))
    from dataclasses import replace

    network = replace(network, widths=(WIDTH,))
    save([SpotterNet(network)], settings_of([network], {"video": "noise@2"}, spotting.chunk_s), folder, {}, {})
    if backend == "onnx":
        export(folder)
    path = folder / "1_noise.npy"
    values = np.lib.format.open_memmap(path, "w+", np.float32, (int(minutes * 60 * RATE), WIDTH))
    for at in range(0, len(values), 1000):
        rows = min(1000, len(values) - at)
        values[at : at + rows] = np.random.default_rng(at).standard_normal((rows, WIDTH))
    del values
    spotter = TemporalSpotter.load(folder, backend)
    series = read_array(path, RATE)
    half = Half("noise", 1, minutes * 60, (), {"video": (series,)})
    recording = Recording("noise", duration=minutes * 60)
    spotter.track(Half("noise", 1, 60.0, (), {"video": (series,)}))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began, worked = time.perf_counter(), time.process_time()
    found = spotter.detections(spotter.track(half), recording)
    return {
        "preset": preset,
        "backend": backend,
        "minutes": minutes,
        "seconds": round(time.perf_counter() - began, 2),
        "processor_seconds": round(time.process_time() - worked, 2),
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "of_it_after_start_mb": round((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024),
        "detections": len(found),
    }


def main() -> None:
    """Prints a row for each length."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--preset", default="convolutions")
    parser.add_argument("--minutes", type=float)
    given = parser.parse_args()
    if given.minutes:
        with tempfile.TemporaryDirectory() as place:
            row = one(Path(place), given.minutes, given.threads, given.backend, given.preset)
            print(json.dumps(row))
        return
    for minutes in (45, 90, 180):
        options = ["--minutes", str(minutes), "--threads", str(given.threads), "--backend", given.backend]
        told = [sys.executable, __file__, *options, "--preset", given.preset]
        limit = {"OMP_NUM_THREADS": str(given.threads)}
        print(
            subprocess.run(told, check=True, capture_output=True, text=True, env=os.environ | limit).stdout,
            end="",
        )


if __name__ == "__main__":
    main()
