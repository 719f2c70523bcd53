"""The report: one HTML page that shows what was found, to mail or to open offline."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from matchcut import files
from matchcut.clock import format_time
from matchcut.errors import ValidationError
from matchcut.events import Event, EventLog
from matchcut.export.axis import recording_span
from matchcut.export.markup import Markup, element, joined, one_line
from matchcut.export.page import page, picture
from matchcut.export.palette import ordered, style
from matchcut.export.table import window_text
from matchcut.export.timeline import mark, timeline_svg
from matchcut.export.words import speech, words
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript


def write_report(
    path: Path | str,
    log: EventLog,
    *,
    tracks: Sequence[ScoreTrack] = (),
    thumbnails: Mapping[int, bytes] | None = None,
    transcript: Transcript | None = None,
    answer: tuple[str, str] | None = None,
    notes: Sequence[str] = (),
) -> Path:
    """Writes `report_html` to a file, whole or not at all.

    Raises:
        OutputError: it cannot be written.
        ValidationError: see `report_html`.
    """
    html = report_html(
        log, tracks=tracks, thumbnails=thumbnails, transcript=transcript, answer=answer, notes=notes
    )
    return files.write_text(path, html)


def report_html(
    log: EventLog,
    *,
    tracks: Sequence[ScoreTrack] = (),
    thumbnails: Mapping[int, bytes] | None = None,
    transcript: Transcript | None = None,
    answer: tuple[str, str] | None = None,
    notes: Sequence[str] = (),
) -> str:
    """The page: what was found, on a timeline and in a table. Every text in it is data, never markup.

    It asks nothing of any network, and can be read without its script, which only filters and sorts.

    Args:
        log: the events.
        tracks: what spotters believed, for the curves of the timeline.
        thumbnails: JPEG, PNG or WebP bytes by the event's place in the log.
        transcript: what was said, quoted beside the events.
        answer: a question and its answer, shown on top.
        notes: what the reader should know, a sentence each.

    Raises:
        ValidationError: a thumbnail is no picture, or belongs to no event.
    """
    pictures = {place: _kind(place, data, len(log)) for place, data in (thumbnails or {}).items()}
    rows = _Rows(log, thumbnails or {}, pictures, speech(transcript))
    return page(
        f"{one_line(log.recording.name, 80)} – matchcut report",
        _header(log, tracks),
        _answer(answer),
        _notes(notes),
        element(
            "main",
            None,
            _counts(log),
            _tools(log),
            element("h2", {"id": "timeline"}, "Timeline"),
            element(
                "div",
                {"class": "scroll", "tabindex": 0, "role": "region", "aria-labelledby": "timeline"},
                Markup(timeline_svg(log, tracks, links=True)),
            ),
            element("h2", {"id": "events"}, "Events"),
            rows.table() if len(log) else element("p", {"class": "none"}, "No events were found."),
        ),
        element("footer", None, "Times are minutes and seconds. Scores are probabilities."),
    )


class _Rows:
    """The table of events; columns that nothing would stand in are left out."""

    def __init__(
        self,
        log: EventLog,
        thumbnails: Mapping[int, bytes],
        kinds: Mapping[int, str],
        said: Callable[[Event], str],
    ) -> None:
        self.log = log
        self.thumbnails = thumbnails
        self.kinds = kinds
        self.said = said
        self.places = {label: place for place, label in enumerate(ordered(log.sport, set(log.sport.names)))}

    def table(self) -> Markup:
        heads = [
            element("th", {"scope": "col"}, "Picture") if self.thumbnails else Markup(""),
            _sortable("time", "Match clock", "ascending") if self.log.recording.clock else Markup(""),
            _sortable("time", "Recording", "none" if self.log.recording.clock else "ascending"),
            _sortable("label", "Action"),
            element("th", {"scope": "col"}, "Window to show"),
            _sortable("score", "Score"),
            element("th", {"scope": "col"}, "Seen and heard"),
        ]
        body = (self.row(place, event) for place, event in enumerate(self.log))
        return element(
            "table",
            {"class": "rows", "aria-labelledby": "events"},
            element("thead", None, element("tr", None, *heads)),
            element("tbody", None, *body),
        )

    def row(self, place: int, event: Event) -> Markup:
        score = 1.0 if event.score is None else event.score
        row = {
            "id": f"e{place}",
            "data-time": f"{event.time:.3f}",
            "data-label": self.places[event.label],
            "data-score": f"{score:.4f}",
        }
        length = f" {event.end - event.start:.0f} s"
        return element(
            "tr",
            row,
            self.picture(place, event),
            self.match_time(event),
            element("td", {"class": "time"}, format_time(event.time)),
            element("td", None, self.label(event)),
            element("td", {"class": "time"}, window_text(event), element("span", {"class": "quiet"}, length)),
            element("td", {"class": f"score hue-{style(self.log.sport, event.label).hue}"}, _score(event)),
            element("td", {"class": "words"}, *words(event, self.said(event))),
        )

    def picture(self, place: int, event: Event) -> Markup:
        if not self.thumbnails:
            return Markup("")
        if place not in self.thumbnails:
            return element("td", {"class": "picture"})
        alt = f"Frame at {format_time(event.time)}: {event.label}"
        return element("td", {"class": "picture"}, picture(self.thumbnails[place], self.kinds[place], alt))

    def match_time(self, event: Event) -> Markup:
        clock = self.log.recording.clock
        if clock is None:
            return Markup("")
        return element("td", {"class": "time match"}, str(clock.at(event.time) or "–"))

    def label(self, event: Event) -> Markup:
        tags = [one_line(event.team, 40)] if event.team else []
        if event.visible is False:
            tags.append("not shown")
        name = element("span", {"class": "label"}, *_badge(self.log, event.label))
        if not tags:
            return name
        marked = (element("bdi", {"class": "tag"}, tag) for tag in tags)
        return joined([name, element("span", {"class": "tags"}, *marked)])


def _header(log: EventLog, tracks: Sequence[ScoreTrack]) -> Markup:
    recording = log.recording
    first, last = recording_span(log, tracks)
    known = "" if recording.duration else "at least "
    facts = [recording.sport.name.capitalize(), known + _length(last - first)]
    facts.append("1 event" if len(log) == 1 else f"{len(log)} events")
    facts.append(f"by {one_line(log.producer, 200)}")
    return element(
        "header",
        None,
        element("h1", None, element("bdi", None, one_line(recording.name, 400) or "Recording")),
        element("p", {"class": "facts"}, " · ".join(facts)),
    )


def _answer(answer: tuple[str, str] | None) -> Markup:
    if answer is None:
        return Markup("")
    question, told = answer
    return element(
        "section",
        {"class": "answer", "aria-label": "Answer"},
        element("p", {"class": "question", "dir": "auto"}, question),
        element("p", {"dir": "auto"}, told),
    )


def _notes(notes: Sequence[str]) -> Markup:
    items = (element("li", {"dir": "auto"}, note) for note in notes)
    return element("ul", {"class": "notes", "aria-label": "Notes"}, *items) if notes else Markup("")


def _counts(log: EventLog) -> Markup:
    """How many events each label has; the script makes filters of them."""
    counts = log.counts()
    places = {label: place for place, label in enumerate(ordered(log.sport, set(log.sport.names)))}
    items = []
    for label in ordered(log.sport, set(counts)):
        box = {"type": "checkbox", "value": places[label], "checked": True, "disabled": True}
        number = element("b", None, str(counts[label]))
        items.append(
            element("li", None, element("label", None, element("input", box), *_badge(log, label), number))
        )
    return element("ul", {"class": "counts", "aria-label": "Events by action"}, *items)


def _tools(log: EventLog) -> Markup:
    """What only the script can use; hidden without it."""
    if not len(log):
        return Markup("")
    floor = {"id": "floor", "type": "range", "min": 0, "max": 100, "value": 0}
    return element(
        "div",
        {"class": "tools"},
        element(
            "label", None, "Score at least", element("input", floor), element("output", {"for": "floor"}, "0 %")
        ),
        element("label", None, "Words", element("input", {"id": "words", "type": "search"})),
        element("button", {"id": "every", "type": "button"}, "Show all"),
        element("button", {"id": "none", "type": "button"}, "Hide all"),
        element("span", {"class": "shown", "aria-live": "polite"}),
    )


def _sortable(by: str, text: str, order: str = "none") -> Markup:
    return element("th", {"scope": "col", "data-by": by, "aria-sort": order}, text)


def _badge(log: EventLog, label: str) -> tuple[Markup, Markup]:
    hue = style(log.sport, label).hue
    icon = {"class": f"icon hue-{hue}", "viewBox": "-8 -8 16 16", "aria-hidden": "true"}
    return element("svg", icon, mark(log.sport, label)), element("span", {"class": "name"}, label)


def _score(event: Event) -> Markup:
    if event.score is None:
        return element("span", {"class": "quiet"}, "by a person")
    bar = element("rect", {"width": f"{event.score:.1%}", "height": 6, "rx": 3})
    text = element("span", {"class": "name"}, f"{event.score:.0%}")
    return joined([text, element("svg", {"class": "bar", "aria-hidden": "true"}, bar)])


def _kind(place: int, data: bytes, count: int) -> str:
    """The media type of a thumbnail."""
    if not 0 <= place < count:
        raise ValidationError(
            f"a thumbnail belongs to an event from 0 to {count - 1}, not {place}", "Number it so"
        )
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    raise ValidationError(
        f"thumbnail {place} is not a JPEG, PNG or WebP picture (it begins with {data[:4]!r})",
        "Encode it as JPEG",
    )


def _length(seconds: float) -> str:
    """A duration for people: ``1 h 52 min``, ``3 min 05 s``."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"
