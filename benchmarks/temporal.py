"""How long a temporal spotter takes for a half, and what memory: 512 numbers at 2 a second, default network.

    python benchmarks/temporal.py [--threads 2] [--backend torch|onnx]
    python benchmarks/temporal.py --epoch 300 [--device cuda] [--draw half] [--folder FOLDER] [-o FILE.json]
    python benchmarks/temporal.py --epoch 2 --minutes 3   # does it run?

The limit: 45 minutes in under 2 s on 2 cores, and memory flat in the length of the match. Weights are random:
time and memory do not depend on what they say. Each length runs in a process of its own.

With ``--epoch`` it is an epoch of training over so many matches' worth of arrays of noise (300 are 6.6 GB, each
on the disk by itself, in ``--folder`` or a temporary one), by the loop that ``train spotter`` runs: seconds,
and the share of them spent loading, that is drawing stretches, reading arrays and moving them to the device.
The first epoch reads from the disk, the second from the system's memory if that is large enough.
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
from typing import Any

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


def write_noise(path: Path, minutes: float, seed: int) -> None:
    """An array of a half's shape, unless it is there."""
    if path.exists():
        return
    values = np.lib.format.open_memmap(path, "w+", np.float32, (int(minutes * 60 * RATE), WIDTH))
    values[:] = np.random.default_rng(seed).standard_normal(values.shape, np.float32)


def forget(path: Path) -> None:
    """Has the system write a file and drop it from its memory, so that it is read from the disk."""
    handle = os.open(path, os.O_RDWR)
    os.fsync(handle)
    os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
    os.close(handle)


def epochs(folder: Path, given: argparse.Namespace, minutes: float) -> dict[str, object]:
    """Two epochs over noise; what of each went into loading."""
    import torch

    from matchcut.encoders.series import read_array
    from matchcut.models.temporal_spotter import SpotterNet
    from matchcut.spotters.stretches import Half
    from matchcut.temporal_training import _settings
    from matchcut.training.loop import Loop
    from matchcut.training.spotting.run import fitted_widths
    from matchcut.training.spotting.task import SpotTask

    torch.set_num_threads(given.threads)
    halves = []
    rng = np.random.default_rng(0)
    for number in range(2 * given.epoch):
        path = folder / f"{number}_noise.npy"
        write_noise(path, minutes, number)
        forget(path)
        truths = [(int(rng.integers(17)), float(at)) for at in rng.uniform(0, minutes * 60, round(minutes * 2))]
        series = read_array(path, RATE)
        halves.append(Half(str(number), 1, minutes * 60, tuple(truths), {"video": (series,)}))
    how = {"network": {"rate": RATE}, "spotting": {"draw": given.draw}, "loop": {"epochs": 2, "keep_every": 0}}
    network, spotting, loop = _settings(given.preset, how, ("video",))
    loading = 0.0

    class Timed(SpotTask):
        def batch(self, *place: Any) -> Any:
            nonlocal loading
            began = time.perf_counter()
            found = super().batch(*place)
            if torch.cuda.is_available():
                torch.cuda.synchronize()  # what is on its way to the device is still loading
            loading += time.perf_counter() - began
            return found

        def validate(self, *net: Any) -> dict[str, float]:
            rows.append(loading)
            return {}

    rows: list[float] = []
    torch.manual_seed(0)
    network = fitted_widths(halves, network)
    task = Timed(SpotterNet(network), halves, [], spotting, loop.epochs, lambda *_: {})
    with tempfile.TemporaryDirectory() as place:
        trained = Loop(task, loop, place, given.device)
        trained.run()
    seconds = [row["seconds"] for row in trained.place.rows]
    loads = [rows[0], rows[1] - rows[0]]
    where = trained.where.device
    name = torch.cuda.get_device_name(where) if where.type == "cuda" else f"cpu, {given.threads} threads"
    return {
        "preset": given.preset,
        "draw": given.draw,
        "matches": given.epoch,
        "minutes_a_half": minutes,
        "steps": task.steps(0),
        "stretches_a_step": spotting.batch,
        "device": name,
        "epoch_seconds": seconds,
        "share_loading": [round(load / whole, 3) for load, whole in zip(loads, seconds, strict=True)],
    }


def main() -> None:
    """Prints a row for each length, or one of the epochs."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--backend", default="torch")
    parser.add_argument("--preset", default="displacement")
    parser.add_argument("--minutes", type=float)
    parser.add_argument("--epoch", type=int, help="train over so many matches instead")
    parser.add_argument("--draw", default="half", choices=("half", "chunk"))
    parser.add_argument("--device", default="auto")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    if given.epoch:
        with tempfile.TemporaryDirectory() as place:
            folder = given.folder or Path(place)
            folder.mkdir(parents=True, exist_ok=True)
            row = epochs(folder, given, given.minutes or 45.0)
        print(json.dumps(row))
        if given.output:
            given.output.write_text(json.dumps(row, indent=2) + "\n")
        return
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
