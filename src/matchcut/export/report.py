"""The report: one HTML page that shows what was found, to mail or to open offline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from matchcut import files
from matchcut.events import EventLog
from matchcut.export.axis import recording_span
from matchcut.export.markup import Markup, element, one_line
from matchcut.export.page import page
from matchcut.export.palette import ordered
from matchcut.export.readout import observed_notes, readout, with_clock
from matchcut.export.rows import Rows, badge
from matchcut.export.timeline import timeline_svg
from matchcut.export.words import speech
from matchcut.observe.observed import Observed
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript


def write_report(
    path: Path | str,
    log: EventLog,
    *,
    tracks: Sequence[ScoreTrack] = (),
    thumbnails: Mapping[int, bytes] | None = None,
    transcript: Transcript | None = None,
    observed: Observed | None = None,
    answer: tuple[str, str] | None = None,
    notes: Sequence[str] = (),
) -> Path:
    """Writes `report_html` to a file, whole or not at all.

    Raises:
        OutputError: it cannot be written.
        ValidationError: see `report_html`.
    """
    html = report_html(
        log,
        tracks=tracks,
        thumbnails=thumbnails,
        transcript=transcript,
        observed=observed,
        answer=answer,
        notes=notes,
    )
    return files.write_text(path, html)


def report_html(
    log: EventLog,
    *,
    tracks: Sequence[ScoreTrack] = (),
    thumbnails: Mapping[int, bytes] | None = None,
    transcript: Transcript | None = None,
    observed: Observed | None = None,
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
        observed: what was read, heard and seen: lanes of the timeline, and a section of its own. Its clock
            serves where the recording has none.
        answer: a question and its answer, shown on top.
        notes: what the reader should know, a sentence each.

    Raises:
        ValidationError: a thumbnail is no picture, or belongs to no event.
    """
    log = with_clock(log, observed)
    rows = Rows(log, thumbnails or {}, speech(transcript))
    return page(
        f"{one_line(log.recording.name, 80)} – matchcut report",
        _header(log, tracks),
        _answer(answer),
        _notes([*dict.fromkeys((*notes, *observed_notes(observed)))]),
        element(
            "main",
            None,
            _counts(log),
            _tools(log),
            element("h2", {"id": "timeline"}, "Timeline"),
            element(
                "div",
                {"class": "scroll", "tabindex": 0, "role": "region", "aria-labelledby": "timeline"},
                Markup(timeline_svg(log, tracks, observed=observed, links=True)),
            ),
            element("h2", {"id": "events"}, "Events"),
            rows.table() if len(log) else element("p", {"class": "none"}, "No events were found."),
            readout(log, observed),
        ),
        element("footer", None, "Times are minutes and seconds. Percentages are probabilities."),
    )


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
    places = {label: place for place, label in enumerate(ordered(log.sport, set(log.sport.all_names)))}
    items = []
    for label in ordered(log.sport, set(counts)):
        box = {"type": "checkbox", "value": places[label], "checked": True, "disabled": True}
        number = element("b", None, str(counts[label]))
        items.append(
            element("li", None, element("label", None, element("input", box), *badge(log, label), number))
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


def _length(seconds: float) -> str:
    """A duration for people: ``1 h 52 min``, ``3 min 05 s``."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 60} min {whole % 60:02d} s" if whole >= 60 else f"{whole} s"
