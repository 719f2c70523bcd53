"""How long the commentary spotter takes for a half of 45 minutes on two cores, and the memory it needs.

Run: python benchmarks/commentary.py [N_asr.json …]

Without a file a made-up half is spotted: about 800 utterances of the practice matches' commentary, as dense as
SoccerNet-Echoes' halves. The limit beside it is what merely reading and tokenizing the same words costs.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import time
from collections.abc import Callable
from pathlib import Path

from matchcut.datasets.practice import practice_truth
from matchcut.datasets.transcripts import read_transcript
from matchcut.recording import Recording
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.transcript import Transcript, Utterance

HALF_S = 2700.0


def made_up() -> Transcript:
    """Fifteen practice matches after each other: 45 minutes of synthetic commentary."""
    said: list[Utterance] = []
    for seed in range(15):
        start = seed * 180.0
        said += [Utterance(u.start + start, u.end + start, u.text) for u in practice_truth(seed)[1]]
    return Transcript(said, "en", "fifteen practice matches")


def seconds(work: Callable[[], object], repeat: int) -> float:
    """The median time of some runs after one that is not counted."""
    work()
    taken = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("transcripts", nargs="*", type=Path)
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--weights", type=Path, help="those of the package by default")
    given = parser.parse_args()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:2])

    start = time.perf_counter()
    spotter = CommentarySpotter.load(given.weights, threads=2)
    print(f"loading: {time.perf_counter() - start:.2f} s")
    for said in [read_transcript(path) for path in given.transcripts] or [made_up()]:
        duration = max(said.end, HALF_S)
        recording = Recording(said.source, duration=duration)

        def whole(said: Transcript = said, of: Recording = recording) -> object:
            return spotter.events(spotter.track(said, of.duration, 1), of, said)

        words = sum(len(u.text.split()) for u in said)
        print(f"{said.source}: {len(said)} utterances, {words} words, {duration:.0f} s")
        alone = seconds(lambda said=said: [u.text.split() for u in said], given.repeat)
        print(f"  words alone      {alone:.4f} s")
        print(f"  spotted          {seconds(whole, given.repeat):.3f} s")
    print(f"peak memory: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
