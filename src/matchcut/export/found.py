"""The page of a search: the moments whose pictures fit a sentence, each with its picture."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matchcut import files
from matchcut.clock import MatchClock, format_time, format_window
from matchcut.export.markup import Markup, element, joined, one_line
from matchcut.export.page import page, picture


@dataclass(frozen=True, slots=True)
class Card:
    """A moment on the page.

    Attributes:
        time: the second of the picture.
        start, end: what to show, in seconds.
        fit: how far it stands out; 0 is usual.
        jpeg: the picture; None where there is none.
    """

    time: float
    start: float
    end: float
    fit: float
    jpeg: bytes | None = None


def write_found(
    path: Path | str,
    name: str,
    sentence: str,
    cards: Sequence[Card],
    *,
    clock: MatchClock | None = None,
    facts: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> Path:
    """Writes `found_html` to a file, whole or not at all.

    Raises:
        OutputError: it cannot be written.
    """
    return files.write_text(path, found_html(name, sentence, cards, clock=clock, facts=facts, notes=notes))


def found_html(
    name: str,
    sentence: str,
    cards: Sequence[Card],
    *,
    clock: MatchClock | None = None,
    facts: Sequence[str] = (),
    notes: Sequence[str] = (),
) -> str:
    """The page: every text in it is data, never markup; it asks nothing of any network.

    Args:
        name: the recording's.
        sentence: what was looked for.
        cards: the moments, the best first.
        clock: names them by match time.
        facts: what stands under the title.
        notes: what the reader should know, a sentence each.
    """
    shown = one_line(name, 400) or "Recording"
    header = element(
        "header",
        None,
        element("h1", None, element("bdi", None, one_line(sentence, 400))),
        element("p", {"class": "facts"}, element("bdi", None, shown), "".join(f" · {fact}" for fact in facts)),
    )
    told = element("ul", {"class": "notes"}, *(element("li", {"dir": "auto"}, note) for note in notes))
    best = max((card.fit for card in cards), default=0.0)
    found = (_card(place, card, best, clock) for place, card in enumerate(cards, 1))
    return page(
        f"{one_line(sentence, 60)} – {one_line(name, 60)}",
        header,
        told if notes else Markup(""),
        element("main", None, element("ol", {"class": "found"}, *found)),
        element(
            "footer",
            None,
            "The best fit first. Fit: how far a moment stands out from what is usual in this recording; it"
            " orders moments, and does not say whether any of them shows what was looked for.",
        ),
    )


def _card(place: int, card: Card, best: float, clock: MatchClock | None) -> Markup:
    at = clock.at(card.time) if clock is not None else None
    when = format_time(card.time)
    shown = (
        picture(card.jpeg, "image/jpeg", f"Frame at {when}")
        if card.jpeg is not None
        else element("div", {"class": "none"}, "no picture")
    )
    share = max(card.fit, 0.0) / best if best > 0 else 0.0
    bar = element("rect", {"width": f"{share:.1%}", "height": 6, "rx": 3})
    named = element("b", None, when if clock is None else "–" if at is None else str(at))
    quiet = () if clock is None else (" ", element("span", {"class": "quiet"}, f"recording {when}"))
    return element(
        "li",
        {"id": f"m{place}", "data-time": f"{card.time:.3f}"},
        shown,
        element("p", {"class": "time"}, named, *quiet),
        element(
            "p",
            {"class": "time quiet"},
            f"{format_window(card.start, card.end)} · fit {card.fit:+.1f} ",
            joined([element("svg", {"class": "bar", "aria-hidden": "true"}, bar)]),
        ),
    )
