"""Frames a second that CLIP's ViT-B/32 encodes, beside the obvious pipeline; both in one run, by turns.

    python benchmarks/encoding.py VIDEO [--seconds 40] [--rate 2] [--threads 2] [--rounds 3]

The network has its full size and random weights: speed does not depend on what they are. *Obvious* is what one
writes first: PyAV decodes every frame, those wanted become Pillow pictures, the processor makes batches, and
transformers' network runs on each. *Ours* samples the very same frames. All have the same threads, and every
vector of ours is compared with the obvious pipeline's (lowest cosine). Parts are timed on their own, too.
The best of the rounds counts for each, since other programs can only make a round slower; processor time
is told beside wall time, since it depends less on what else the machine does.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any


def arguments() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--start", type=float, default=60.0)
    parser.add_argument("--seconds", type=float, default=40.0)
    parser.add_argument("--rate", type=float, default=2.0)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--batch", type=int, default=32, help="pictures a call")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--onnx", action="store_true", help="measure onnxruntime, too")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    os.environ["OMP_NUM_THREADS"] = str(given.threads)
    import numpy as np
    import torch
    from av.video.reformatter import VideoReformatter
    from transformers import CLIPImageProcessorPil

    from matchcut.encoders.pictures import grid
    from matchcut.encoders.pretrained import load_tower
    from matchcut.encoders.spans import Span, encode_spans
    from matchcut.encoders.store import FeatureStore
    from matchcut.encoders.untrained import write_untrained_clip
    from matchcut.encoders.vision import load_vision
    from matchcut.media.sample import frames_at

    torch.set_num_threads(given.threads)
    times = grid(given.start, given.start + given.seconds, given.rate)
    with tempfile.TemporaryDirectory() as folder:
        name = str(write_untrained_clip(Path(folder) / "clip", "base"))
        tower, processor = load_tower(name, text=False), CLIPImageProcessorPil.from_pretrained(name)

        def seconds_of(work: Callable[[], Any]) -> tuple[float, float, Any]:
            began, worked = time.perf_counter(), time.process_time()
            found = work()
            return time.perf_counter() - began, time.process_time() - worked, found

        def obvious() -> Any:
            pictures = obvious_pictures(given.video, times)
            found = []
            with torch.inference_mode():
                for at in range(0, len(pictures), given.batch):
                    pixels = processor(images=pictures[at : at + given.batch], return_tensors="pt")[
                        "pixel_values"
                    ]
                    found.append(tower(pixel_values=pixels).image_embeds)
            return torch.cat(found).numpy()

        span = Span(given.video, given.start, given.start + given.seconds)

        def ours(encoder: Any) -> Any:
            with tempfile.TemporaryDirectory() as place:
                store = FeatureStore(place)
                # In stretches of clips, as a data set has them: one is decoded while another is encoded.
                edges = np.linspace(span.start, span.end or 0.0, max(2, round(given.seconds / 7)) + 1)
                edges = np.round(edges * given.rate) / given.rate
                spans = [Span(span.path, float(a), float(b)) for a, b in pairwise(edges)]
                done = encode_spans(spans, encoder, store, given.rate)
                return np.concatenate([store.array(done.keys[each]) for each in spans])

        ways: dict[str, Callable[[], Any]] = {"obvious": obvious}
        for precision in ("float32", "bfloat16"):
            encoder = load_vision(name, precision=precision, threads=given.threads, batch=given.batch)
            ways[f"ours, torch {precision}"] = lambda encoder=encoder: ours(encoder)
        if given.onnx:
            ort = load_vision(name, backend="onnx", threads=given.threads, batch=given.batch)
            ways["ours, onnxruntime float32"] = lambda: ours(ort)

        taken: dict[str, list[float]] = {way: [] for way in ways}
        worked: dict[str, list[float]] = {way: [] for way in ways}
        cosines: dict[str, float] = {}
        for _ in range(given.rounds):
            reference = None
            for way, work in ways.items():
                duration, busy, vectors = seconds_of(work)
                taken[way].append(duration)
                worked[way].append(busy)
                reference = vectors if reference is None else reference
                cosines[way] = lowest_cosine(reference, vectors)
        parts = {
            "obvious: decode and make pictures": lambda: obvious_pictures(given.video, times),
            "ours: decode and make pictures": lambda: [
                encoder.pictures.picture(frame, VideoReformatter())
                for _, frame in frames_at(given.video, times)
            ],
        }
        busy_for = {way: len(times) / min(each) for way, each in worked.items()}
        told = {way: round(len(times) / min(each), 2) for way, each in taken.items()}
        result = {
            "processor": processor_name(), "threads": given.threads, "frames": len(times),
            "frames_a_second": told,
            "times_faster": {way: round(told[way] / told["obvious"], 2) for way in ways if way != "obvious"},
            "frames_a_processor_second": {way: round(value, 2) for way, value in busy_for.items()},
            "times_less_processor_time": {
                way: round(busy_for[way] / busy_for["obvious"], 2) for way in ways if way != "obvious"
            },
            "lowest_cosine": {way: round(value, 6) for way, value in cosines.items()},
            "processor_seconds_of_parts": {
                part: round(min(seconds_of(work)[1] for _ in range(given.rounds)), 3)
                for part, work in parts.items()
            },
            "load": round(os.getloadavg()[0], 1),
        }  # fmt: skip
        print(json.dumps(result, indent=2))


def obvious_pictures(path: Path, times: list[float]) -> list[Any]:
    """Every frame decoded in order; at each moment the last one shown becomes a Pillow picture."""
    import av

    pictures: list[Any] = []
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        start = (container.start_time or 0) / 1_000_000
        container.seek(int((times[0] + start) * 1_000_000))
        before = None
        for frame in container.decode(stream):
            while len(pictures) < len(times) and frame.time - start > times[len(pictures)] + 0.0005:
                pictures.append((before or frame).to_image())
            if len(pictures) == len(times):
                break
            before = frame
        while len(pictures) < len(times) and before is not None:
            pictures.append(before.to_image())
    return pictures


def lowest_cosine(one: Any, other: Any) -> float:
    """Of vectors row by row."""
    import numpy as np

    norms = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return float(((one * other).sum(1) / norms).min())


def processor_name() -> str:
    """As Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")


if __name__ == "__main__":
    main()
