"""Frames a second that CLIP's ViT-B/32 encodes, beside the obvious pipelines; all in one run, by turns.

    python benchmarks/encoding.py VIDEO [--height 720] [--seconds 56] [--rate 4] [--rounds 3] [-o FILE.json]

The network has its full size and random weights: speed does not depend on what they are. An *obvious* pipeline
is what one writes first: every frame is decoded in turn, those wanted become Pillow pictures, the processor
makes batches of them, and transformers' network runs on each, in 32 bits as it is loaded. There are three,
which differ in how frames are decoded: PyAV as it comes, PyAV with frame threads, and OpenCV (where it is
installed). *Ours* is what `matchcut train clips` and `encode` do, into a store. All work on the same clips of
seven seconds, each read out of the video by its time.

The same moments and threads for all. Every vector is compared with the first pipeline's (lowest
cosine). The best of the rounds counts for each, since other programs can only make a round slower; processor
time is told beside wall time, since it depends less on what else the machine does. "times_faster" compares
with the fastest of the obvious pipelines. ``--height`` scales the stretch first (H.264, as it was), to
measure on pictures of another size.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any


def arguments() -> argparse.Namespace:
    """What the user asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("video", type=Path)
    parser.add_argument("--start", type=float, default=60.0)
    parser.add_argument("--seconds", type=float, default=56.0)
    parser.add_argument("--rate", type=float, default=4.0, help="frames a second; matchcut encode's own is 4")
    parser.add_argument("--height", type=int, help="scale the stretch to so many rows first")
    parser.add_argument("--frame-rate", type=int, help="with --height: its frames a second, if others")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--batch", type=int, default=32, help="pictures a call, of the obvious pipelines")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--onnx", action="store_true", help="measure onnxruntime, too")
    parser.add_argument("-o", "--output", type=Path, help="write the figures here, too")
    return parser.parse_args()


def main() -> None:
    given = arguments()
    os.environ["OMP_NUM_THREADS"] = str(given.threads)
    with tempfile.TemporaryDirectory() as folder:
        video, start = given.video, given.start
        if given.height:
            video, start = Path(folder) / "scaled.mp4", 0.0
            scale(given.video, given.start, given.seconds + 1, given.height, given.frame_rate, video)
        result = measure(given, video, start, Path(folder))
    text = json.dumps(result, indent=2)
    print(text)
    if given.output:
        given.output.write_text(text + "\n", "utf-8")


def measure(given: argparse.Namespace, video: Path, start: float, folder: Path) -> dict[str, Any]:
    """All pipelines by turns."""
    import numpy as np
    import torch
    from transformers import CLIPImageProcessorPil

    from matchcut.encoders.pictures import grid, read_pictures
    from matchcut.encoders.pretrained import load_tower
    from matchcut.encoders.spans import Span, encode_spans
    from matchcut.encoders.store import FeatureStore
    from matchcut.encoders.untrained import write_untrained_clip
    from matchcut.encoders.vision import load_vision

    torch.set_num_threads(given.threads)
    times = grid(start, start + given.seconds, given.rate)
    name = str(write_untrained_clip(folder / "clip", "base"))
    tower, processor = load_tower(name, text=False), CLIPImageProcessorPil.from_pretrained(name)

    clips = [times[at : at + round(7 * given.rate)] for at in range(0, len(times), round(7 * given.rate))]

    def obvious(frames: Callable[[float], Iterator[tuple[float, Any]]]) -> Any:
        found = []
        with torch.inference_mode():
            pictures = [picture for moments in clips for picture in shown(frames(moments[0]), moments)]
            for at in range(0, len(pictures), given.batch):
                some = pictures[at : at + given.batch]
                pixels = processor(images=some, return_tensors="pt")["pixel_values"]
                found.append(tower(pixel_values=pixels).image_embeds)
        return torch.cat(found).numpy()

    def ours(encoder: Any) -> Any:
        with tempfile.TemporaryDirectory() as place:
            store = FeatureStore(place)
            spans = [Span(video, moments[0], moments[-1] + 1 / given.rate) for moments in clips]
            done = encode_spans(spans, encoder, store, given.rate)
            return np.concatenate([store.array(done.keys[each]) for each in spans])

    readers: dict[str, Callable[[float], Iterator[tuple[float, Any]]]] = {
        "PyAV": lambda first: by_pyav(video, first, "SLICE"),
        "PyAV, frame threads": lambda first: by_pyav(video, first, "AUTO"),
    }
    if importlib.util.find_spec("cv2"):
        readers["OpenCV"] = lambda first: by_opencv(video, first)
    ways = {f"obvious, {title}": (lambda frames=frames: obvious(frames)) for title, frames in readers.items()}
    plain = list(ways)
    precisions = {"as it comes": "auto", "float32": "float32"}
    for title, precision in precisions.items():
        encoder = load_vision(name, precision=precision, threads=given.threads)
        ways[f"ours, {title} ({encoder.precision})"] = lambda encoder=encoder: ours(encoder)
    if given.onnx:
        ort = load_vision(name, backend="onnx", threads=given.threads)
        ways["ours, onnxruntime (float32)"] = lambda: ours(ort)

    taken: dict[str, list[float]] = {way: [] for way in ways}
    worked: dict[str, list[float]] = {way: [] for way in ways}
    cosines: dict[str, float] = {}
    loads = []
    for _ in range(given.rounds):
        reference = None
        for way, work in ways.items():
            began, busy = time.perf_counter(), time.process_time()
            vectors = work()
            taken[way].append(time.perf_counter() - began)
            worked[way].append(time.process_time() - busy)
            reference = vectors if reference is None else reference
            cosines[way] = min(cosines.get(way, 1.0), lowest_cosine(reference, vectors))
            loads.append(os.getloadavg()[0])
    parts = {
        "obvious: decode and make pictures": lambda: [
            shown(by_pyav(video, moments[0], "SLICE"), moments) for moments in clips
        ],
        "ours: decode and make pictures": lambda: [
            read_pictures(video, moments, encoder.pictures) for moments in clips
        ],
    }
    part_s = {part: least(work, given.rounds) for part, work in parts.items()}
    wall, busy = ({way: len(times) / min(all_s[way]) for way in ways} for all_s in (taken, worked))
    best, least_busy = max(wall[way] for way in plain), max(busy[way] for way in plain)
    mine = [way for way in ways if way not in plain]
    return {
        "on": date.today().isoformat(), "processor": processor_name(), "threads": given.threads,
        "video": f"{given.video.name}, {picture_of(video)}", "frames": len(times), "rate": given.rate,
        "seconds_a_round": {way: [round(value, 2) for value in taken[way]] for way in ways},
        "frames_a_second": {way: round(value, 1) for way, value in wall.items()},
        "times_faster": {way: round(wall[way] / best, 2) for way in mine},
        "frames_a_processor_second": {way: round(value, 2) for way, value in busy.items()},
        "times_less_processor_time": {way: round(busy[way] / least_busy, 2) for way in mine},
        "lowest_cosine": {way: round(value, 6) for way, value in cosines.items()},
        "processor_seconds_of_parts": part_s,
        "load": [round(min(loads), 1), round(max(loads), 1)],
    }  # fmt: skip


def by_pyav(path: Path, start: float, threads: str) -> Iterator[tuple[float, Any]]:
    """Every frame from the key frame before ``start`` on: its second, and what makes a picture of it."""
    import av

    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        stream.thread_type = threads
        origin = (container.start_time or 0) / 1_000_000
        container.seek(int((start + origin) * 1_000_000))
        for frame in container.decode(stream):
            yield frame.time - origin, frame.to_image


def by_opencv(path: Path, start: float) -> Iterator[tuple[float, Any]]:
    """The same by OpenCV."""
    import cv2
    from PIL import Image

    capture = cv2.VideoCapture(str(path))
    capture.set(cv2.CAP_PROP_POS_MSEC, start * 1000)
    while True:
        good, frame = capture.read()
        if not good:
            return
        yield capture.get(cv2.CAP_PROP_POS_MSEC) / 1000, lambda frame=frame: Image.fromarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))


def shown(frames: Iterator[tuple[float, Any]], times: list[float]) -> list[Any]:
    """At each moment, the last frame shown until then as a Pillow picture."""
    pictures: list[Any] = []
    before = None
    for second, picture in frames:
        while len(pictures) < len(times) and second > times[len(pictures)] + 0.0005:
            pictures.append((before or picture)())
        if len(pictures) == len(times):
            return pictures
        before = picture
    while len(pictures) < len(times) and before is not None:
        pictures.append(before())
    return pictures


def scale(path: Path, start: float, seconds: float, height: int, frame_rate: int | None, target: Path) -> None:
    """A stretch of a video in another size, as H.264 with x264's own settings."""
    import av
    from av.filter import Graph

    with av.open(str(path)) as source, av.open(str(target), "w") as sink:
        stream = source.streams.video[0]
        stream.thread_type = "AUTO"
        rate = Fraction(frame_rate) if frame_rate else stream.average_rate
        wide = round(stream.width * height / stream.height / 2) * 2
        made = sink.add_stream("libx264", rate=rate, options={"crf": "23"})
        made.width, made.height, made.pix_fmt = wide, height, "yuv420p"
        made.codec_context.thread_type = "FRAME"
        graph = Graph()
        graph.link_nodes(
            graph.add_buffer(template=stream), graph.add("scale", f"{wide}:{height}"),
            graph.add("fps", str(rate)), graph.add("buffersink"),
        ).configure()  # fmt: skip
        origin = (source.start_time or 0) / 1_000_000
        source.seek(int((start + origin) * 1_000_000))
        for frame in source.decode(stream):
            if frame.time - origin < start:
                continue
            if frame.time - origin > start + seconds:
                break
            graph.push(frame)
            drain(graph, made, sink)
        sink.mux(made.encode(None))


def drain(graph: Any, made: Any, sink: Any) -> None:
    """What the filters have ready goes into the file."""
    import av

    while True:
        try:
            frame = graph.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return
        frame.pict_type = 0
        sink.mux(made.encode(frame))


def picture_of(path: Path) -> str:
    """Its size and frames a second."""
    from matchcut.media.probe import probe

    video = probe(path).video
    assert video is not None
    return f"{video.width}x{video.height}, {float(video.rate):g} frames a second"


def least(work: Callable[[], Any], rounds: int) -> float:
    """Processor seconds, the least of some rounds."""
    found = []
    for _ in range(rounds):
        busy = time.process_time()
        work()
        found.append(time.process_time() - busy)
    return round(min(found), 3)


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
