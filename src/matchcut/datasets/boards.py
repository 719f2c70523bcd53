"""Practice broadcasts for the scoreboard reader: random boards over moving pictures, and the truth.

Everything here is drawn, nothing is real: what is measured on it says how many layouts the reader copes with,
not how well it reads real broadcasts.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from PIL import Image as Pil
    from PIL import ImageFont

FORMS = ("inline", "clock first", "boxes", "each beside", "stacked", "stacked under", "wide")
"""How clock, teams and score follow each other; see `_parts`."""

_TEAMS = (
    *("BRA", "GER", "ARG", "FRA", "ENG", "ESP", "POR", "NED", "ITA", "USA", "MEX", "JPN", "LIV", "MCI"),
    *("ARS", "CHE", "BAY", "BVB", "PSG", "JUV", "RMA", "FCB", "AJA", "POR", "CEL", "BEN"),
)
_LONG = ("BRAZIL", "GERMANY", "ARSENAL", "CHELSEA", "VALENCIA", "SEVILLA", "PORTO", "BENFICA")
_FOLDERS = ("/usr/share/fonts/truetype", "/usr/share/fonts", "/Library/Fonts", "C:/Windows/Fonts")
_FACES = (
    *("LiberationSans-Bold", "LiberationSans-Regular", "LiberationSansNarrow-Bold", "DejaVuSans-Bold"),
    *("DejaVuSansCondensed-Bold", "LiberationMono-Bold", "DejaVuSans", "LiberationSerif-Bold"),
)


@dataclass(frozen=True)
class Board:
    """One way to draw a scoreboard.

    Attributes:
        form: one of `FORMS`.
        place: where it stands: 0 to 1 of the free width and height.
        size: height of its text in pixels of a picture 360 pixels high.
        face: font file; "" for Pillow's own.
        ink, paper, score_ink, score_paper: colours of text and background.
        opacity: 0 to 1.
        separator: between the numbers of the score.
        clock_style: "mm:ss", "m:ss", "1st mm:ss" or "minutes".
        teams: home and away.
        ticker: a line of other results at the foot of the picture.
        counts_down: whether the clock runs backwards.
        shadow: a dark line under the letters.
    """

    form: str
    place: tuple[float, float]
    size: int
    face: str
    ink: tuple[int, int, int]
    paper: tuple[int, int, int]
    score_ink: tuple[int, int, int]
    score_paper: tuple[int, int, int]
    opacity: float
    separator: str
    clock_style: str
    teams: tuple[str, str]
    ticker: bool = False
    counts_down: bool = False
    shadow: bool = False


@dataclass(frozen=True)
class Script:
    """What happens: recording seconds throughout.

    Attributes:
        seconds: length.
        kick_off: when the clock shows ``clock_start``.
        clock_start: what it shows then.
        goals: (moment, side 0 or 1), in time order.
        delay_s: from a goal to the board's update.
        hidden: stretches without a board (replays, full-screen graphics).
        taken_back: (moment, side): a goal given at this moment and taken back 40 s later.
        opening: the score before the recording begins.
    """

    seconds: float
    kick_off: float = 0.0
    clock_start: float = 0.0
    goals: tuple[tuple[float, int], ...] = ()
    delay_s: float = 6.0
    hidden: tuple[tuple[float, float], ...] = ()
    taken_back: tuple[tuple[float, int], ...] = ()
    opening: tuple[int, int] = (0, 0)

    def score_at(self, seconds: float) -> tuple[int, int]:
        """What the board says."""
        score = list(self.opening)
        for moment, side in self.goals:
            score[side] += moment + self.delay_s <= seconds
        for moment, side in self.taken_back:
            score[side] += moment + self.delay_s <= seconds < moment + self.delay_s + 40
        return score[0], score[1]

    def clock_at(self, seconds: float) -> float | None:
        """The match clock; None before kick-off."""
        return None if seconds < self.kick_off else self.clock_start + seconds - self.kick_off


def random_board(seed: int) -> Board:
    """A board of random form, place and colours."""
    rng = random.Random(seed)
    dark = (rng.randrange(0, 70), rng.randrange(0, 70), rng.randrange(0, 70))
    light = (rng.randrange(200, 256), rng.randrange(200, 256), rng.randrange(200, 256))
    strong = rng.choice(
        [(200, 20, 30), (20, 60, 170), (240, 200, 20), (20, 120, 60), (0, 0, 0), (255, 255, 255)]
    )
    ink, paper = (light, dark) if rng.random() < 0.7 else (dark, light)
    boxed = rng.random() < 0.5
    bright = sum(strong) > 380
    form = rng.choice(FORMS)
    places = [(0.04, 0.05), (0.96, 0.05), (0.5, 0.05), (0.05, 0.93), (0.5, 0.94), (0.95, 0.92)]
    place = (0.5, rng.choice((0.05, 0.93))) if form == "wide" else rng.choice(places)
    faces = ["", *_found_faces()]
    home, away = rng.sample(_LONG if rng.random() < 0.2 else _TEAMS, 2)
    return Board(
        form=form,
        place=place,
        size=rng.choice((11, 12, 13, 14, 16, 18, 20)),
        face=rng.choice(faces),
        ink=ink,
        paper=paper,
        score_ink=((0, 0, 0) if bright else (255, 255, 255)) if boxed else ink,
        score_paper=strong if boxed else paper,
        opacity=rng.choice((1.0, 1.0, 0.9, 0.8)),
        separator=rng.choice(("-", " - ", ":", " : ", "–")),
        clock_style=rng.choices(("mm:ss", "m:ss", "1st mm:ss", "minutes"), (6, 2, 2, 1))[0],
        teams=(home, away),
        ticker=rng.random() < 0.2 and place[1] < 0.5,
        shadow=rng.random() < 0.2,
    )


def random_script(seed: int, seconds: float = 180.0) -> Script:
    """A stretch of a match with goals, hidden boards, sometimes a kick-off and a goal that is taken back."""
    rng = random.Random(seed + 10_000)
    kick_off = rng.choice((0.0, 0.0, rng.uniform(20, 50)))
    start = 0.0 if kick_off else rng.choice((0.0, rng.uniform(60, 1500), rng.uniform(2760, 5000)))
    delay = rng.uniform(3, 12)
    goals: list[tuple[float, int]] = []
    for _ in range(rng.choice((0, 1, 1, 2))):
        moment = rng.uniform(kick_off + 25, seconds - 45)
        if all(abs(moment - other) > 40 for other, _ in goals):
            goals.append((moment, rng.randrange(2)))
    hidden = [(m + rng.uniform(2, 6), m + rng.uniform(10, 22)) for m, _ in goals if rng.random() < 0.6]
    for _ in range(rng.randrange(3)):
        at = rng.uniform(kick_off, seconds - 20)
        hidden.append((at, at + rng.uniform(4, 12)))
    back: tuple[tuple[float, int], ...] = ()
    if rng.random() < 0.15 and not goals:
        back = ((rng.uniform(kick_off + 20, seconds - 90), rng.randrange(2)),)
    opening = (0, 0) if start < 60 else (rng.randrange(3), rng.randrange(3))
    return Script(
        seconds, kick_off, float(round(start)), tuple(sorted(goals)), delay, tuple(hidden), back, opening
    )


def _found_faces() -> list[str]:
    found = []
    for name in _FACES:
        for folder in _FOLDERS:
            path = next(Path(folder).rglob(f"{name}.ttf"), None) if Path(folder).is_dir() else None
            if path is not None:
                found.append(str(path))
                break
    return found


def frames(
    board: Board, script: Script, seed: int, rate: float = 1.0, size: tuple[int, int] = (640, 360)
) -> Iterator[NDArray[np.uint8]]:
    """The pictures, shape (H, W, 3), ``rate`` of them a second."""
    from PIL import Image

    rng = np.random.default_rng(seed)
    shot = _Shot(rng, size)
    for number in range(round(script.seconds * rate)):
        t = number / rate
        if number and rng.random() < 0.12 / rate:
            shot = _Shot(rng, size)
        picture = Image.fromarray(shot.picture(number / rate, rng))
        if t >= script.kick_off and not any(a <= t < b for a, b in script.hidden):
            draw_board(picture, board, script, t)
        if board.ticker:
            _draw_ticker(picture, t)
        yield np.asarray(picture)


class _Shot:
    """A moving picture: pitch, crowd or close-up with blobs."""

    def __init__(self, rng: np.random.Generator, size: tuple[int, int]) -> None:
        width, height = size
        self.size = size
        self.kind = rng.choice(3, p=(0.6, 0.2, 0.2))
        colours = {0: (60, 130, 50), 1: (120, 100, 90), 2: rng.integers(20, 200, 3)}
        base = np.ones((height, width * 2, 3)) * np.array(colours[int(self.kind)])
        stripes = (np.arange(width * 2) // 60 % 2 * 14)[None, :, None]
        blocks = (
            rng.normal(0, (6, 45, 15)[self.kind], (height // 6 + 1, width // 3 + 1, 3))
            .repeat(6, 0)
            .repeat(6, 1)
        )
        base = base + stripes + blocks[:height, : width * 2]
        for _ in range((24, 5, 4)[self.kind]):
            w, h = (int(x) for x in rng.integers((5, 9), ((12, 26), (60, 90), (200, 260))[self.kind]))
            x, y = int(rng.integers(0, width * 2 - w)), int(rng.integers(0, max(height - h, 1)))
            base[y : y + h, x : x + w] = rng.integers(0, 255, 3)
        self.base = np.clip(base, 0, 255)
        self.speed = float(rng.uniform(-25, 25))
        self.start = float(rng.uniform(0, width))

    def picture(self, seconds: float, rng: np.random.Generator) -> NDArray[np.uint8]:
        width = self.size[0]
        x = int(self.start + self.speed * seconds) % width
        noisy = self.base[:, x : x + width] + rng.normal(0, 3, (self.size[1], width, 1))
        return np.asarray(np.clip(noisy, 0, 255), dtype=np.uint8)


def draw_board(picture: Pil.Image, board: Board, script: Script, seconds: float) -> None:
    """Draws the board as it stands at a moment."""
    from PIL import Image, ImageDraw

    scale = picture.height / 360
    font = _font(board.face, round(board.size * scale))
    pad = round(board.size * scale * 0.45)
    cells = _parts(board, script, seconds)
    high = round(board.size * scale * 1.25) + pad
    widths = [
        [round(font.getlength(widest)) + 2 * pad if widest else pad for _, widest, _ in row] for row in cells
    ]
    wide = max(sum(row) for row in widths)
    layer = Image.new("RGB", (wide, high * len(cells)), board.paper)
    draw = ImageDraw.Draw(layer)
    for r, row in enumerate(cells):
        x = 0
        for (text, _, is_score), width in zip(row, widths[r], strict=True):
            if is_score:
                draw.rectangle((x, r * high, x + width - 1, (r + 1) * high - 1), fill=board.score_paper)
            middle = (x + width / 2, (r + 0.5) * high)
            if board.shadow:
                draw.text((middle[0] + 1, middle[1] + 1), text, fill=(40, 40, 40), font=font, anchor="mm")
            draw.text(middle, text, fill=board.score_ink if is_score else board.ink, font=font, anchor="mm")
            x += width
    left = round((picture.width - wide) * board.place[0])
    top = round((picture.height - layer.height) * board.place[1])
    under = picture.crop((left, top, left + wide, top + layer.height))
    picture.paste(Image.blend(under, layer, board.opacity), (left, top))


Cell = tuple[str, str, bool]


def _parts(board: Board, script: Script, seconds: float) -> list[list[Cell]]:
    """Rows of cells: text, the widest text that can stand there, whether it is the score."""
    clock = script.clock_at(seconds) or 0.0
    if board.counts_down:
        clock = max(2700.0 - clock, 0.0)
    minutes, rest = divmod(int(clock), 60)
    faces = {
        "mm:ss": f"{minutes:02d}:{rest:02d}",
        "m:ss": f"{minutes}:{rest:02d}",
        "1st mm:ss": f"{'1st' if clock < 2700 else '2nd'} {minutes:02d}:{rest:02d}",
        "minutes": f"{minutes + 1}'",
    }
    now = faces[board.clock_style]
    time: Cell = (now, "0" * len(now) if len(now) > 4 else "00:00", False)
    home, away = (str(x) for x in script.score_at(seconds))
    first, second = board.teams
    team1, team2 = (first, first, False), (second, second, False)
    both: Cell = (f"{home}{board.separator}{away}", f"0{board.separator}0", True)
    one, two = (home, "0", True), (away, "0", True)
    air: Cell = ("", "", False)
    return {
        "inline": [[team1, both, team2, air, time]],
        "clock first": [[time, air, team1, both, team2]],
        "boxes": [[team1, one, two, team2, air, time]],
        "each beside": [[time, air, team1, one, team2, two]],
        "stacked": [[time, team1, one], [(" ", time[1], False), team2, two]],
        "stacked under": [[team1, one], [team2, two], [time]],
        "wide": [[team1, one, air, time, air, two, team2]],
    }[board.form]


def _draw_ticker(picture: Pil.Image, seconds: float) -> None:
    from PIL import ImageDraw

    draw = ImageDraw.Draw(picture)
    top = picture.height - 24
    draw.rectangle((0, top, picture.width, picture.height), fill=(10, 10, 30))
    minute = 20 + int(seconds // 60)
    text = (
        f"EVE 1-0 WHU {minute}'     TOT 2-2 AVL {minute}'     NEW 0-3 WOL FT     LEI 1-1 SOU {minute + 1}'     "
        * 2
    )
    draw.text((20 - (seconds * 24) % 500, top + 5), text, fill=(240, 240, 240), font=_font("", 13))


def _font(face: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    return ImageFont.truetype(face, size) if face else ImageFont.load_default(size)


def write_video(
    path: Path | str, pictures: Iterator[NDArray[np.uint8]], rate: int = 1, key_every: int = 4, crf: int = 27
) -> Path:
    """Encodes pictures as H.264 in an MP4 file, a key frame each ``key_every`` frames."""
    import av

    with av.open(str(path), "w") as container:
        stream = None
        for image in pictures:
            if stream is None:
                stream = container.add_stream(
                    "libx264", rate=rate, options={"crf": str(crf), "preset": "veryfast", "bf": "0"}
                )
                stream.width, stream.height = image.shape[1], image.shape[0]
                stream.pix_fmt = "yuv420p"
                stream.gop_size = key_every
                stream.thread_count = 1
            frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
            container.mux(stream.encode(frame))
        if stream is not None:
            container.mux(stream.encode(None))
    return Path(path)
