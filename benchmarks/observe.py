"""Time, memory and hits of eyes and ears on a broadcast, beside plain decoding of every frame on one thread.

    python benchmarks/observe.py ../shared/data/broadcast-first-20-minutes.mp4 [--repeats 3] [--whole]

Each part runs in a process of its own, one after another, and all of them ``--repeats`` times in turns; medians
are told. Wall seconds depend on what else the machine does, CPU seconds less so (they too grow where two
threads share one core of the processor). ``--whole`` leaves the single senses out. ``--scenedetect`` names a
Python that has PySceneDetect, to be measured on the same file; ``--whistles`` adds the whistle detector on
synthetic crowd, voice and whistles.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
TOLERANCE_S = 0.3


def decode_all(path: str) -> dict[str, Any]:
    """Every frame by PyAV on one thread: what everything is compared with."""
    import av

    with av.open(path) as container:
        stream = container.streams.video[0]
        stream.thread_type = "NONE"
        stream.codec_context.thread_count = 1
        return {"frames": sum(1 for _ in container.decode(stream))}


def decode_rough(path: str) -> dict[str, Any]:
    """The frames that shots are found in, alone, on one thread."""
    from matchcut.media.rough import rough_frames

    return {"frames": sum(1 for _ in rough_frames(path))}


def shots(path: str) -> dict[str, Any]:
    """Decoding included."""
    from matchcut.observe.shots import find_shots

    track = find_shots(path)
    kinds = [shot.kind for shot in track.shots]
    return {
        "shots": len(kinds),
        **{kind: kinds.count(kind) for kind in ("long", "close", "off")},
        "replays": sum(shot.replay > 0.5 for shot in track.shots),
        "passages": [(p.start, p.end, p.kind) for p in track.passages],
    }


def sound(path: str) -> dict[str, Any]:
    """Decoding included."""
    from matchcut.observe.excitement import exciting_moments
    from matchcut.observe.sound import listen

    track = listen(path)
    return {
        "moments": [(m.time, m.rise_db, m.crowd_db) for m in exciting_moments(track, 6)],
        "whistles": [(w.start, w.end, w.frequency, w.confidence) for w in track.whistles],
    }


def scoreboard(path: str) -> dict[str, Any]:
    """Decoding of key frames included."""
    from matchcut.observe.scoreboard import read_board

    track = read_board(path)
    return {"readings": len(track.readings), "looks": len(track.looks), "texts": len(track.texts)}


def whole(path: str, processors: int) -> dict[str, Any]:
    """Scoreboard, sound and shots at once, on so many processors."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:processors])
    from matchcut.observe.goals import goals_from
    from matchcut.observe.watch import WatchSettings, observe

    seen = observe(path, settings=WatchSettings(threads=processors))
    if seen.board is None or seen.shots is None or seen.sound is None:
        raise SystemExit("a sense is missing")
    return {
        "goals": [(event.time, event.team) for event in goals_from(seen.board)[0]],
        "passages": [(p.start, p.end, p.kind) for p in seen.shots.passages],
        "whistles": len(seen.sound.whistles),
    }


def spent(path: str) -> dict[str, Any]:
    """Where the CPU seconds of the whole go, on one thread."""
    from matchcut.media import rough
    from matchcut.media.sound import SoundCursor
    from matchcut.observe import scoreboard, watch
    from matchcut.observe.ocr import TextReader
    from matchcut.observe.sound import Ears
    from matchcut.observe.transitions import TransitionFinder

    seconds: defaultdict[str, float] = defaultdict(float)
    stack: list[float] = []

    def timed_as(name: str, owner: Any, method: str) -> None:
        work = getattr(owner, method)

        def timed(*args: Any, **how: Any) -> Any:
            began = time.thread_time()
            stack.append(0.0)
            try:
                return work(*args, **how)
            finally:
                took, within = time.thread_time() - began, stack.pop()
                seconds[name] += took - within
                if stack:
                    stack[-1] += took

        setattr(owner, method, timed)

    timed_as("decoding pictures", rough, "decode")
    timed_as("small pictures", rough.Shrinker, "__call__")
    timed_as("pictures of the board", scoreboard._Pictures, "__call__")
    timed_as("transitions", TransitionFinder, "_tell")
    timed_as("networks (OCR)", TextReader, "_run")
    timed_as("learning the board, besides", watch, "learn_boards")
    timed_as("following board and texts, besides", scoreboard.BoardReader, "look")
    timed_as("decoding sound", SoundCursor, "available")
    timed_as("spectra", Ears, "add")
    timed_as("putting together", watch._Watch, "_shots")
    began = time.process_time()
    watch.observe(path, settings=watch.WatchSettings(threads=1))
    seconds["reading packets and everything else"] = time.process_time() - began - sum(seconds.values())
    return {"seconds": {name: round(value, 2) for name, value in seconds.items()}}


PARTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "every frame, one thread": decode_all,
    **{f"all senses, {n} processors": partial(whole, processors=n) for n in (1, 2, 4)},
    "rough frames, one thread": decode_rough,
    "shots": shots,
    "sound": sound,
    "scoreboard": scoreboard,
    "where the time goes": spent,
}
SINGLE = ("rough frames, one thread", "shots", "sound", "scoreboard")

SCENEDETECT = """
import json, sys, cv2
from scenedetect import AdaptiveDetector, ContentDetector, SceneManager, open_video
cv2.setNumThreads(1)
manager = SceneManager()
manager.add_detector({"content": ContentDetector, "adaptive": AdaptiveDetector}[sys.argv[2]]())
manager.detect_scenes(open_video(sys.argv[1], backend="opencv"))
starts = [start.seconds for start, _ in manager.get_scene_list()][1:]
print(json.dumps({"passages": [(s, s, "cut") for s in starts]}))
"""


def hits(passages: list[tuple[float, float, str]]) -> list[str]:
    """Passages found and false in each hand-labelled minute."""
    lines = []
    for minute in json.loads((HERE / "broadcast_cuts.json").read_text(encoding="utf-8"))["minutes"]:
        found = [(a + b) / 2 for a, b, _ in passages if minute["start"] <= (a + b) / 2 < minute["end"]]
        free = list(found)
        right = 0
        for start, end, _ in minute["passages"]:
            near = [t for t in free if start - TOLERANCE_S <= t <= end + TOLERANCE_S]
            if near:
                free.remove(near[0])
                right += 1
        lines.append(
            f"{minute['start']:>6}-{minute['end']} s ({minute['role']}): {right} of {len(minute['passages'])} "
            f"found, {len(free)} false of {len(found)}"
        )
    return lines


def whistle_table() -> None:
    """Precision and recall by the whistle's power over the crowd's, in dB, all of it synthetic."""
    sys.path[:1] = [str(HERE.parent / "tests"), str(HERE.parent / "tests" / "observe")]
    from test_whistle_voices import blown, hear
    from test_whistle_voices import hits as whistle_hits

    print("\nwhistles (synthetic crowd and voice): SNR dB, precision, recall")
    for snr in (6, 0, -6, -8, -10, -12):
        mixture, truth = blown(snr, 120.0)
        precision, recall = whistle_hits(hear(mixture).whistles, truth)
        print(f"  {snr:>4} {precision:9.2f} {recall:9.2f}")


def timed(command: list[str]) -> tuple[float, float, float, dict[str, Any]]:
    """Wall and CPU seconds, MB, and what the command printed last."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    result = json.loads(done.stdout.strip().splitlines()[-1])
    return wall, cpu, float(result.pop("mb", 0)), result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--whole", action="store_true")
    parser.add_argument("--scenedetect", metavar="PYTHON")
    parser.add_argument("--whistles", action="store_true")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        result = PARTS[options.part](str(options.video))
        mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**result, "mb": round(mb)}))
        return
    chosen = [part for part in PARTS if not (options.whole and part in SINGLE)]
    runs = {part: [sys.executable, __file__, str(options.video), "--part", part] for part in chosen}
    if options.scenedetect:
        for detector in ("content", "adaptive"):
            program = [options.scenedetect, "-c", SCENEDETECT, str(options.video), detector]
            runs[f"PySceneDetect, {detector}"] = program
    told: dict[str, list[tuple[float, float, float]]] = {part: [] for part in runs}
    results: dict[str, dict[str, Any]] = {}
    for _ in range(options.repeats):
        for part, command in runs.items():
            wall, cpu, mb, results[part] = timed(command)
            told[part].append((wall, cpu, mb))
            print(f"{part:<28}{wall:8.1f}{cpu:8.1f}{mb:6.0f}", file=sys.stderr, flush=True)
    print(f"{'median of ' + str(options.repeats):<28}{'wall s':>8}{'CPU s':>8}{'MB':>6}")
    for part, rows in told.items():
        wall, cpu, mb = (statistics.median(column) for column in zip(*rows, strict=True))
        print(f"{part:<28}{wall:8.1f}{cpu:8.1f}{mb:6.0f}")
    print("\nCPU seconds on one thread:")
    for name, seconds in sorted(results["where the time goes"]["seconds"].items(), key=lambda x: -x[1]):
        print(f"  {seconds:6.2f}  {name}")
    for part, result in results.items():
        if passages := result.pop("passages", None):
            print(f"\n{part}: {len(passages)} passages", *hits(passages), sep="\n")
    for part, result in results.items():
        print(f"\n{part}: {json.dumps(result)}")
    if options.whistles:
        whistle_table()


if __name__ == "__main__":
    main()
