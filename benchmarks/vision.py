"""Time and memory of encoding a whole match and of searching it, beside decoding alone; random weights.

    python benchmarks/vision.py VIDEO [--repeats 2] [--every 2] [--threads 4] [--device cuda]

The network is CLIP's ViT-B/32 at full size with random weights: speed does not depend on them. Each part
runs in a process of its own, one after another, all of them ``--repeats`` times in turns; medians are told, CPU
seconds beside wall seconds, and the greatest memory of the process.

- *decode all*: every frame by PyAV on one thread, beside which everything is told.
- *decode sampled*: the frames of the sampling alone, decoded and scaled to the network's size, on one thread.
- *encode*: `encode_match`, decoding included, on ``--threads`` threads; loading the network is told apart.
- *search*: a sentence's direction and the ranking of all frames, loading the text network told apart; once over
  this recording and once over features repeated to the length of a two-hour broadcast.

The shots that the sampling follows are found first and not counted: `benchmarks/observe.py` tells their time.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import Any

PARTS = ("decode all", "decode sampled", "encode", "search")
SENTENCES = ("goalkeeper on the ground", "the referee shows a yellow card", "a crowd of fans in the stands")
LONG_S = 7200.0


def arguments() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--every", type=float, default=2.0, help="seconds between frames inside a shot")
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="auto")
    parser.add_argument("--part", choices=PARTS, help="this part alone, in this process; prints JSON")
    parser.add_argument("--work", type=Path, help="folder with the network and the shots, for --part")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    if given.part:
        print(json.dumps(measured(given)))
        return
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        prepare(given.video, work)
        runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
        for _ in range(given.repeats):
            for name in PARTS:
                runs[name].append(in_a_process(given, name, work))
        size = given.repeats
        print(f"{given.video.name}, {size} rounds, medians; load {os.getloadavg()[0]:.1f} at the end")
        for name, found in runs.items():
            middle = {key: statistics.median(run[key] for run in found) for key in found[0]}
            told = ", ".join(f"{key} {value:,.4g}" for key, value in middle.items())
            print(f"{name:15} {told}")


def prepare(video: Path, work: Path) -> None:
    """The network, and the shots of the recording."""
    from matchcut.encoders.untrained import write_untrained_clip
    from matchcut.observe.watch import observe

    write_untrained_clip(work / "clip", "base")
    observed = observe(video, ("shots",))
    assert observed.shots is not None
    observed.shots.save(work / "shots.json")


def in_a_process(given: argparse.Namespace, part: str, work: Path) -> dict[str, Any]:
    """One part's figures."""
    call = [sys.executable, __file__, str(given.video), "--part", part, "--work", str(work)]
    call += ["--every", str(given.every), "--threads", str(given.threads)]
    call += ["--device", given.device, "--precision", given.precision]
    threads = "1" if part.startswith("decode") else str(given.threads)
    done = subprocess.run(call, env={**os.environ, "OMP_NUM_THREADS": threads}, capture_output=True, text=True)
    if done.returncode:
        sys.exit(done.stderr)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def measured(given: argparse.Namespace) -> dict[str, Any]:
    """One part, with its memory."""
    work = {"decode all": decode_all, "decode sampled": decode_sampled, "encode": encode, "search": searching}
    found = work[given.part](given)
    return {**found, "peak_mib": peak_mib()}


def peak_mib() -> float:
    """The greatest memory of this process; getrusage would count the parent's, from before it became this."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return next(int(line.split()[1]) for line in status.read_text().splitlines() if "VmHWM" in line) / 1024


def timed(began: tuple[float, float]) -> dict[str, float]:
    """Wall and CPU seconds since then."""
    return {"wall_s": time.perf_counter() - began[0], "cpu_s": time.process_time() - began[1]}


def decode_all(given: argparse.Namespace) -> dict[str, Any]:
    """Every frame by PyAV on one thread."""
    import av

    began = (time.perf_counter(), time.process_time())
    with av.open(str(given.video)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        frames = sum(1 for _ in container.decode(stream))
    return {"frames": frames, **timed(began)}


def moments(given: argparse.Namespace) -> tuple[list[float], float]:
    """The times of the sampling, and the recording's seconds."""
    from matchcut.encoders.match import Sampling, sampled
    from matchcut.media.probe import probe
    from matchcut.observe.shots import ShotTrack

    duration = probe(given.video).duration
    shots = ShotTrack.load(given.work / "shots.json")
    return sampled(duration, shots, Sampling(every_s=given.every)), duration


def decode_sampled(given: argparse.Namespace) -> dict[str, Any]:
    """The sampling's frames at the network's size, without a network."""
    from matchcut.encoders.match import PIECE
    from matchcut.encoders.pictures import PictureSettings, read_pictures

    times, _ = moments(given)
    began = (time.perf_counter(), time.process_time())
    for at in range(0, len(times), PIECE):
        read_pictures(given.video, times[at : at + PIECE], PictureSettings())
    return {"frames": len(times), **timed(began)}


def encode(given: argparse.Namespace) -> dict[str, Any]:
    """A whole match, kept in a folder."""
    from matchcut.encoders.match import encode_match
    from matchcut.encoders.vision import load_vision

    times, duration = moments(given)
    began = time.perf_counter()
    encoder = load_vision(
        str(given.work / "clip"), threads=given.threads, device=given.device, precision=given.precision
    )
    loaded = time.perf_counter() - began
    start = (time.perf_counter(), time.process_time())
    folder = given.work / "features"
    for kept in folder.glob("*.safetensors"):
        kept.unlink()
    features = encode_match(
        given.video, times, encoder, content="bench", weights="bench", duration=duration, folder=folder
    )
    took = timed(start)
    return {"frames": len(features), **took, "frames_per_s": len(features) / took["wall_s"], "load_s": loaded}


def searching(given: argparse.Namespace) -> dict[str, Any]:
    """Sentences against this recording, and against one of two hours."""
    from dataclasses import replace

    import numpy as np
    import torch

    from matchcut.encoders.features import kept_features, read_frames_features
    from matchcut.encoders.text import load_text, one_thread
    from matchcut.spotters.search import direction_of, search

    torch.set_num_threads(given.threads)
    began = time.perf_counter()
    features = read_frames_features(kept_features(given.work / "features")[0])
    read = time.perf_counter() - began
    began = time.perf_counter()
    text = load_text(str(given.work / "clip"), device=given.device)
    loaded = time.perf_counter() - began
    seconds, ranking = [], []
    for sentence in SENTENCES:
        began = time.perf_counter()
        with one_thread():
            direction = direction_of(text, sentence)
        asked = time.perf_counter()
        search(features, direction)
        seconds.append(time.perf_counter() - began)
        ranking.append(time.perf_counter() - asked)
    times = max(1, round(LONG_S / features.duration))
    long = replace(
        features,
        times=np.concatenate([features.times + features.duration * n for n in range(times)]),
        vectors=np.concatenate([features.vectors] * times),
        asked=np.concatenate([features.asked + features.duration * n for n in range(times)]),
        duration=features.duration * times,
    )
    began = time.perf_counter()
    with one_thread():
        direction = direction_of(text, SENTENCES[0])
    search(long, direction)
    return {
        "frames": len(features),
        "read_features_s": read,
        "load_text_s": loaded,
        "search_s": statistics.median(seconds),
        "first_search_s": seconds[0],
        "ranking_s": statistics.median(ranking),
        "two_hours_frames": len(long),
        "two_hours_search_s": time.perf_counter() - began,
    }


if __name__ == "__main__":
    main()
