"""Reading text that Pillow draws."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from matchcut.observe.boxes import Box, areas, around, median_box
from matchcut.observe.ocr import DIGITS, TextReader


@pytest.fixture(scope="module")
def reader() -> TextReader:
    return TextReader()


def drawn(text: str, size: int = 16, width: int = 200) -> NDArray[np.uint8]:
    picture = Image.new("RGB", (width, size * 2), (20, 30, 90))
    ImageDraw.Draw(picture).text((6, size * 0.4), text, (250, 250, 250), ImageFont.load_default(size))
    return np.asarray(picture)


@pytest.mark.parametrize("text", ["BRA 2-1 GER", "45:00 +2", "Ozil", "GOAL!"])
def test_reads_a_line(reader: TextReader, text: str) -> None:
    (read,) = reader.read([drawn(text)])
    assert read.text.replace(" ", "") == text.replace(" ", "")
    assert read.confidence > 0.8
    assert len(read.places) == len(read.text)


def test_only_allowed_characters(reader: TextReader) -> None:
    (read,) = reader.read([drawn("1O:O1", width=90)], DIGITS + ":")
    assert read.text == "10:01"
    (word,) = reader.read([drawn("HWY", width=60)], DIGITS)
    assert word.text == "" or word.confidence < 0.6


def test_several_at_once_are_as_one_by_one(reader: TextReader) -> None:
    crops = [drawn("12:34", width=80), drawn("LIVERPOOL", width=120), drawn("3", width=24)]
    assert [r.text for r in reader.read(crops)] == [reader.read([crop])[0].text for crop in crops]
    assert reader.read([]) == []


def test_finds_lines_where_they_stand(reader: TextReader) -> None:
    picture = Image.new("RGB", (640, 360), (40, 120, 50))
    draw = ImageDraw.Draw(picture)
    draw.text((50, 30), "SUBSTITUTION", (255, 255, 255), ImageFont.load_default(18))
    draw.text((400, 300), "12:34", (255, 255, 255), ImageFont.load_default(18))
    lines = reader.lines(np.asarray(picture))
    assert sorted(line.text for line in lines) == ["12:34", "SUBSTITUTION"]
    clock = next(line.box for line in lines if line.text == "12:34")
    assert clock.overlap(Box(400, 303, 445, 320)) > 0.4


def test_an_empty_picture_has_no_text(reader: TextReader) -> None:
    assert reader.lines(np.full((180, 320, 3), 90, np.uint8)) == []


def test_boxes() -> None:
    mask = np.zeros((20, 30), bool)
    mask[2:5, 3:9] = mask[5:7, 8:12] = True
    mask[15, 20:25] = True
    assert areas(mask) == [Box(3, 2, 12, 7), Box(20, 15, 25, 16)]
    assert areas(np.zeros((4, 4), bool)) == []
    box = Box(0, 0, 10, 4)
    assert box.overlap(box) == 1
    assert box.overlap(Box(20, 0, 30, 4)) == 0
    assert around([box, Box(5, 2, 20, 8)]) == Box(0, 0, 20, 8)
    assert median_box([box, box, Box(9, 9, 99, 99)]) == box
    assert Box(-5, -5, 3, 3).cut(np.zeros((8, 8, 3), np.uint8)).shape == (3, 3, 3)
    assert Box(50, 50, 60, 60).cut(np.zeros((8, 8, 3), np.uint8)).size > 0


def test_no_display_library_is_needed() -> None:
    code = (
        "import sys, numpy as np; from matchcut.observe.ocr import TextReader;"
        "TextReader().lines(np.zeros((64, 64, 3), np.uint8)); print('cv2' in sys.modules)"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "False"
