"""Time, memory and hits of eyes and ears on a broadcast, beside plain decoding of every frame on one thread.

    python benchmarks/observe.py ../shared/data/broadcast-first-20-minutes.mp4 [--scenedetect PYTHON]

Each part runs in a process of its own, one after another. Wall seconds depend on what else the machine does,
CPU seconds less so. ``--scenedetect`` names a Python that has PySceneDetect, to be measured on the same file;
``--whistles`` adds the whistle detector on synthetic crowd, voice and whistles.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
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
    """The frames that shots are found in, alone."""
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


def together(path: str) -> dict[str, Any]:
    """Shots and sound at once, in two threads."""
    from concurrent.futures import ThreadPoolExecutor

    from matchcut.observe.shots import find_shots
    from matchcut.observe.sound import listen

    with ThreadPoolExecutor(2) as pool:
        heard, seen = pool.submit(listen, path), pool.submit(find_shots, path)
        return {"shots": len(seen.result().shots), "seconds": heard.result().duration}


PARTS: dict[str, Callable[[str], dict[str, Any]]] = {
    "every frame, one thread": decode_all,
    "rough frames": decode_rough,
    "shots": shots,
    "sound": sound,
    "shots and sound at once": together,
}

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
    parser.add_argument("--scenedetect", metavar="PYTHON")
    parser.add_argument("--whistles", action="store_true")
    parser.add_argument("--part", choices=PARTS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.part:
        result = PARTS[options.part](str(options.video))
        mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({**result, "mb": round(mb)}))
        return
    runs = {part: [sys.executable, __file__, str(options.video), "--part", part] for part in PARTS}
    if options.scenedetect:
        for detector in ("content", "adaptive"):
            program = [options.scenedetect, "-c", SCENEDETECT, str(options.video), detector]
            runs[f"PySceneDetect, {detector}"] = program
    results = {}
    print(f"{'part':<26}{'wall s':>8}{'CPU s':>8}{'MB':>6}")
    for part, command in runs.items():
        wall, cpu, mb, results[part] = timed(command)
        print(f"{part:<26}{wall:8.1f}{cpu:8.1f}{mb:6.0f}", flush=True)
    for part, result in results.items():
        if passages := result.pop("passages", None):
            print(f"\n{part}: {len(passages)} passages", *hits(passages), sep="\n")
    for part in ("shots", "sound"):
        print(f"\n{part}: {json.dumps(results[part])}")
    if options.whistles:
        whistle_table()


if __name__ == "__main__":
    main()
