"""The report's table of events."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from matchcut.clock import format_time
from matchcut.errors import ValidationError
from matchcut.events import Event, EventLog
from matchcut.export.markup import Markup, element, joined, one_line
from matchcut.export.page import picture
from matchcut.export.palette import ordered, style
from matchcut.export.table import window_text
from matchcut.export.timeline import mark
from matchcut.export.words import disputed, words


class Rows:
    """The table of events; columns that nothing would stand in are left out.

    Args:
        log: the events.
        thumbnails: pictures by the event's place in the log.
        said: quotes what was said around an event.

    Raises:
        ValidationError: a thumbnail is no picture, or belongs to no event.
    """

    def __init__(
        self,
        log: EventLog,
        thumbnails: Mapping[int, bytes],
        said: Callable[[Event], str],
    ) -> None:
        self.log = log
        self.thumbnails = thumbnails
        self.kinds = {place: _kind(place, data, len(log)) for place, data in thumbnails.items()}
        self.said = said
        self.places = {label: place for place, label in enumerate(ordered(log.sport, set(log.sport.all_names)))}

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
        if disputed(event):
            tags.append("✗ disputed")
        name = element("span", {"class": "label"}, *badge(self.log, event.label))
        if not tags:
            return name
        marked = (element("bdi", {"class": "tag"}, tag) for tag in tags)
        return joined([name, element("span", {"class": "tags"}, *marked)])


def _sortable(by: str, text: str, order: str = "none") -> Markup:
    return element("th", {"scope": "col", "data-by": by, "aria-sort": order}, text)


def badge(log: EventLog, label: str) -> tuple[Markup, Markup]:
    """A label's mark and its name."""
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
