"""The sheet shows the right frames in the right places, and only writes pictures."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image
from sights import match

from matchcut.analysis import Analysis
from matchcut.cli.main import main
from matchcut.clock import MatchClock
from matchcut.errors import InputError, OutputError
from matchcut.events import EventLog
from matchcut.export.contact_sheet import SheetSettings, write_contact_sheet
from matchcut.observe.readings import BoardTrack
from matchcut.recording import Recording

SETTINGS = SheetSettings(columns=3, rows=1, longest=320)


def film(path: Path, size: tuple[int, int] = (320, 180), seconds: int = 20) -> Path:
    """A frame a second whose blue says which second it is; the board of `sights` is red."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=4, options={"g": "8", "crf": "10"})
        stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
        for number in range(4 * seconds):
            image = np.zeros((size[1], size[0], 3), np.uint8)
            image[..., 2] = 10 * (number // 4)
            image[:40, :110, 0] = 255
            for packet in stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")):
                out.mux(packet)
        for packet in stream.encode():
            out.mux(packet)
    return path


def opened(path: Path) -> Image.Image:
    return Image.open(io.BytesIO(path.read_bytes()))


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("sheet") / "ein Spiel é.mp4")


def blue(sheet: Image.Image, place: int) -> float:
    """The second that a frame of the sheet shows."""
    s = SETTINGS
    return sheet.getpixel((s.gap + place * (320 + s.gap) + 200, 120))[2] / 10  # type: ignore[index]


def test_the_moment_is_in_the_middle(video: Path, tmp_path: Path) -> None:
    path = write_contact_sheet(tmp_path / "a.png", video, 10.5, 5.0, settings=SETTINGS)
    sheet = opened(path)
    assert sheet.format == "PNG"
    assert [blue(sheet, place) for place in range(3)] == pytest.approx([5, 10, 15], abs=0.6)
    frame = [sheet.getpixel((SETTINGS.gap + place * 328 - 2, 100)) for place in range(3)]
    assert frame[1] != frame[0] == frame[2], "only the moment is framed"


def test_the_board_is_shown_enlarged(video: Path, tmp_path: Path) -> None:
    board = match().board
    assert board is not None
    clock = MatchClock.starting_at(2160, 20)
    with_board = opened(
        write_contact_sheet(tmp_path / "a.png", video, 10.0, 5.0, clock=clock, board=board, settings=SETTINGS)
    )
    without = opened(
        write_contact_sheet(
            tmp_path / "b.png", video, 10.0, 5.0, clock=clock, board=BoardTrack(), settings=SETTINGS
        )
    )
    below = (SETTINGS.gap + 300, SETTINGS.gap + 180 + 20)
    assert with_board.getpixel(below)[0] > 200  # type: ignore[index]
    assert without.getpixel(below)[0] < 60  # type: ignore[index]


def test_the_edges_of_the_recording(video: Path, tmp_path: Path) -> None:
    start = opened(write_contact_sheet(tmp_path / "a.png", video, 0.0, 5.0, settings=SETTINGS))
    assert start.width < 3 * 320, "what lies before it is left out"
    opened(write_contact_sheet(tmp_path / "b.JPG", video, 19.9, 5.0, settings=SETTINGS)).load()
    with pytest.raises(InputError, match="shows no picture around 05:00"):
        write_contact_sheet(tmp_path / "c.png", video, 300.0, 5.0)
    assert not (tmp_path / "c.png").exists()


def test_upright_video_stays_upright(tmp_path: Path) -> None:
    tall = film(tmp_path / "tall.mp4", (90, 160), 4)
    sheet = opened(write_contact_sheet(tmp_path / "a.png", tall, 2.0, 1.0, settings=SETTINGS))
    assert sheet.height > 320
    assert sheet.width == 3 * (180 + SETTINGS.gap) + SETTINGS.gap


def test_only_pictures_are_written(video: Path, tmp_path: Path) -> None:
    before = video.read_bytes()
    with pytest.raises(OutputError, match="picture"):
        write_contact_sheet(video, video, 10.0)
    assert video.read_bytes() == before
    with pytest.raises(OutputError, match="cannot be written"):
        write_contact_sheet(video / "a.png", video, 10.0, settings=SETTINGS)


def test_the_verb_writes_it(video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "final.matchcut"
    log = EventLog([], Recording("final.mp4", duration=20.0), "test")
    Analysis(log, observed=match()).save(folder)
    out = tmp_path / "sheet.png"
    assert main(["inspect", str(folder), "10", "--frames", str(out), "--video", str(video)]) == 0
    assert opened(out).width > 1000
    assert "sheet.png" in capsys.readouterr().err
    assert main(["inspect", str(folder), "10", "--frames", str(video), "--video", str(video)]) == 2
    assert main(["inspect", str(folder), "10", "--frames", str(out)]) == 2
    assert "names no video" in capsys.readouterr().err
