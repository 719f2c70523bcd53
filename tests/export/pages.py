"""What the tests of pages and pictures share: a parser that insists on balance, and any event log."""

from __future__ import annotations

from html.parser import HTMLParser

import numpy as np
from hypothesis import strategies as st

from matchcut.clock import MatchClock, Period
from matchcut.events import Event, EventLog, Evidence
from matchcut.recording import Recording
from matchcut.sport import baseball, soccer
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript, Utterance

HOSTILE = (
    "<script>alert(1)</script>",
    "\"'><img src=x onerror=alert(1)>",
    "]]> <!-- --> </style></title></script>",
    "\x00\x1b[31m\ud800\ufffe",
    "مرحبا بالعالم \u202e",
    "⚽🏆 gól! &amp; &lt;",
    "{{7*7}} ${x} %s \\u003c",
    "long " * 3000,
)
VOID = {"br", "img", "input", "link", "meta"}


class Page(HTMLParser):
    """Parses a page; every element must be closed in order. Keeps tags, attributes and texts."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open, f"left open: {self.open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"{tag}: an attribute stands twice"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open[-1] == tag, f"</{tag}> closes {self.open[-1]}"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("script", "style"):
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def hostile_log(text: str) -> EventLog:
    """A log in which every text that can come from outside is this one."""
    event = Event("Goal", 10, 5, 20, 0.9, (Evidence(text, text, 0.5),), team=text)
    return EventLog([event], Recording(text, duration=60.0), text)


def season_track(hours: float, rate: float = 1.0, source: str = "commentary") -> ScoreTrack:
    """Noisy scores of all soccer labels over many hours."""
    rng = np.random.default_rng(5)
    scores = rng.beta(0.3, 3.0, (int(hours * 3600 * rate), len(soccer.names)))
    return ScoreTrack(soccer.names, scores.astype(np.float32), rate, source)


texts = st.one_of(st.sampled_from(HOSTILE[:-1]), st.text(max_size=30))
times = st.floats(-1e4, 1e6) | st.sampled_from([0.0, -1e300, 1e300])
scores = st.none() | st.floats(0, 1)


@st.composite
def events(draw: st.DrawFn, labels: tuple[str, ...]) -> Event:
    start, time, end = sorted(draw(st.tuples(times, times, times)))
    evidence = st.builds(Evidence, texts, texts, scores)
    return Event(
        draw(st.sampled_from(labels)),
        time,
        start,
        end,
        draw(scores),
        tuple(draw(st.lists(evidence, max_size=2))),
        team=draw(st.none() | texts),
        visible=draw(st.none() | st.booleans()),
    )


@st.composite
def logs(draw: st.DrawFn) -> EventLog:
    of = draw(st.sampled_from([soccer, baseball]))
    clocks = [None, MatchClock([]), MatchClock([Period(1, 60, 2900, 0), Period(2, 3700, 6500, 2700)])]
    recording = Recording(
        draw(texts),
        of,
        draw(st.none() | st.floats(0, 1e6)),
        clock=draw(st.sampled_from([*clocks, MatchClock([Period(7, -5, 1e9, -30)])])),
    )
    return EventLog(draw(st.lists(events(of.names), max_size=6)), recording, draw(texts))


@st.composite
def tracks(draw: st.DrawFn) -> ScoreTrack:
    rows = draw(st.integers(0, 40))
    values = np.random.default_rng(rows).random((rows, 2)).astype(np.float32)
    start, rate = draw(st.floats(-1e5, 1e5)), draw(st.floats(1e-3, 1e3))
    return ScoreTrack(("Goal", draw(st.text(min_size=5, max_size=9))), values, rate, draw(texts), start)


utterances = st.builds(
    lambda start, length, text: Utterance(start, start + length, text),
    st.floats(0, 1e4),
    st.floats(0, 30),
    texts,
)
transcripts = st.none() | st.builds(Transcript, st.lists(utterances, max_size=5))
