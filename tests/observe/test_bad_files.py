"""Whole recordings that are broken in one way or another, observed with all senses."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from matchcut.datasets.boards import Board, Script, draw_board
from matchcut.observe.goals import goals_from
from matchcut.observe.observed import Observed
from matchcut.observe.scoreboard import BoardSettings
from matchcut.observe.watch import WatchSettings, observe
from observe import stage

SECONDS, RATE = 48, 5
INK, PAPER = (250, 250, 250), (20, 30, 90)
BOARD = Board("inline", (0.05, 0.05), 22, "", INK, PAPER, INK, PAPER, 1.0, "-", "mm:ss", ("BRA", "GER"))
SCRIPT = Script(SECONDS, clock_start=600.0, goals=((10.0, 1),), delay_s=4.0)
CUTS = (12.0, 24.0, 36.0)
WHISTLE_S = 6.0
FAST = WatchSettings(board=BoardSettings(places=4), threads=2)


@dataclass(frozen=True)
class Kind:
    """A way to write the film: the container's options, the picture's, its frames a second."""

    name: str
    options: dict[str, str]
    picture: dict[str, str]
    rate: int = RATE


PLAIN = {"crf": "24", "preset": "ultrafast", "bf": "0", "sc_threshold": "0"}
TS = Kind("a.ts", {}, PLAIN)
MKV = Kind("a.mkv", {}, PLAIN)
FRAGMENTS = Kind("a.mp4", {"movflags": "frag_keyframe+empty_moov+default_base_moof"}, PLAIN)
LIST = Kind("a.m3u8", {"hls_time": "6", "hls_list_size": "0"}, PLAIN)
FIELDS = Kind("b.ts", {}, {**PLAIN, "flags": "+ildct+ilme", "x264-params": "tff=1"}, 25)


def film(folder: Path, kind: Kind) -> Path:
    """Some seconds of play and close-ups with a board, a crowd and a whistle, sound beside the picture."""
    path = folder / kind.name
    form = "hls" if kind.name.endswith("m3u8") else None
    with av.open(str(path), "w", format=form, options=kind.options) as out:
        picture = out.add_stream("libx264", rate=kind.rate, options=kind.picture)
        picture.width, picture.height, picture.pix_fmt = 512, 288, "yuv420p"
        picture.gop_size, picture.codec_context.thread_count = 2 * kind.rate, 1
        sound = out.add_stream("aac", rate=22050)
        sound.layout = "mono"
        heard = stage.crowd(SECONDS, 22050, level=0.04)
        blow = stage.whistle(0.7, 22050, level=0.08)
        heard[round(WHISTLE_S * 22050) :][: len(blow)] += blow
        place = 0
        for number in range(SECONDS * kind.rate):
            t = number / kind.rate
            scene = sum(t >= cut for cut in CUTS)
            view = (stage.long_shot, stage.close_up)[scene % 2]
            image = Image.fromarray(view(t % 12, seed=scene)).resize((512, 288))
            draw_board(image, BOARD, SCRIPT.says(t))
            out.mux(picture.encode(av.VideoFrame.from_image(image)))
            while place < (t + 1 / kind.rate) * 22050:
                frame = av.AudioFrame.from_ndarray(heard[None, place : place + 1024].copy(), "fltp", "mono")
                frame.sample_rate, frame.time_base, frame.pts = 22050, Fraction(1, 22050), place
                out.mux(sound.encode(frame))
                place += 1024
        out.mux(picture.encode(None))
        out.mux(sound.encode(None))
    return path


def teams_that_scored(seen: Observed) -> list[str | None]:
    assert seen.board is not None
    assert seen.clock is not None
    return [goal.team for goal in goals_from(seen.board, seen.clock.clock)[0]]


def check(seen: Observed, until: float) -> None:
    """All senses gave what the film holds up to a second."""
    assert seen.board is not None
    assert seen.shots is not None
    assert seen.sound is not None
    assert seen.clock is not None
    assert seen.clock.clock is not None
    at = seen.clock.clock.at(12.0)
    assert at is not None
    assert at.seconds == pytest.approx(612, abs=1)
    assert teams_that_scored(seen) == ["GER"]
    assert [w.start for w in seen.sound.whistles] == [pytest.approx(WHISTLE_S, abs=0.3)]
    told = [p.end for p in seen.shots.passages]
    assert told == [pytest.approx(cut, abs=0.3) for cut in CUTS if cut < until]


@pytest.mark.parametrize("kind", [MKV, FRAGMENTS], ids=["mkv", "fragments"])
def test_a_recording_that_was_cut_off(tmp_path: Path, kind: Kind) -> None:
    path = film(tmp_path, kind)
    data = path.read_bytes()
    path.write_bytes(data[: int(0.75 * len(data))])
    seen = observe(path, settings=FAST)
    assert seen.board is not None
    assert 24 < seen.board.duration < 44
    check(seen, seen.board.duration)
    assert any("cut off" in note for note in seen.notes)


def test_a_recording_with_a_hole(tmp_path: Path) -> None:
    path = film(tmp_path, TS)
    data = bytearray(path.read_bytes())
    first, count = int(0.55 * len(data)), int(0.15 * len(data))
    data[first : first + count] = np.random.default_rng(1).bytes(count)
    path.write_bytes(data)
    seen = observe(path, settings=FAST)
    assert seen.board is not None
    assert seen.board.looks[-1] > 44
    assert teams_that_scored(seen) == ["GER"]
    assert any("holds nothing" in note for note in seen.notes)


def test_a_live_streams_list(tmp_path: Path) -> None:
    path = film(tmp_path, LIST)
    path.write_text(path.read_text().replace("#EXT-X-ENDLIST\n", ""))
    seen = observe(path, settings=FAST)
    check(seen, SECONDS)
    assert any("no end" in note for note in seen.notes)


def test_interlaced_fields(tmp_path: Path) -> None:
    check(observe(film(tmp_path, FIELDS), settings=FAST), SECONDS)
