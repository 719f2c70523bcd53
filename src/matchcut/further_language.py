"""Language models among the further spotters: ``--with language`` reads what is said, ``--with vlm`` looks too.

Only the stretches of which the commentary spotter is least sure are sent, unless the user wants all. Answers
are kept beside what was observed: another run of the same recording pays for nothing again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from matchcut.analysis import OBSERVED
from matchcut.datasets.chunks import Chunk, ChunkSettings, cut_chunks
from matchcut.encoders.stills import stills
from matchcut.errors import SettingsError
from matchcut.intake import SpotSettings, gather
from matchcut.language.budget import Price
from matchcut.language.prompts import picture_parts
from matchcut.language_setup import Setup, answers_folder, read_setup
from matchcut.recording import Recording
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.spotters.doubt import worth_asking
from matchcut.spotters.halves import hear
from matchcut.spotters.language import LanguageSpotter
from matchcut.spotters.others import Scored, Trust
from matchcut.text import counted
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript

if TYPE_CHECKING:
    from matchcut.further import Given

NAMES = ("language", "vlm")
TRUST = Trust(least=0.3, most=0.8)
"""Modest: what a model says of its own sureness was measured on nothing, and it goes by the same words as the
commentary spotter."""
APART_S = 10.0
_CHUNKS = ChunkSettings(overlap_s=10.0)
ANSWERS = "answers"


def setup_of(name: str, settings: SpotSettings) -> Setup:
    """How the model of a source is asked.

    Raises:
        SettingsError: no model is named, or a setting is wrong.
    """
    asking = settings.asking
    return read_setup(
        settings.models.get(name),
        asking.get("settings"),
        everything=bool(asking.get("everything", False)),
        prices=asking.get("prices"),
        max_cost=asking.get("max_cost"),
        chunks=_CHUNKS,
    )


def identity(name: str, settings: SpotSettings) -> str:
    """Names the model and how it is asked.

    Raises:
        SettingsError: no model is named, or the environment holds no key for its server.
    """
    setup = setup_of(name, settings)
    setup.check_key(see=name == "vlm")
    told = [setup.server.identity, asdict(setup.spotting), asdict(setup.pictures) if name == "vlm" else None]
    digest = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]
    return f"{setup.server.model} {digest}"


def look(name: str, given: Given) -> tuple[Scored, tuple[str, ...]]:
    """What the model makes of the doubtful stretches, and what it did cost.

    Raises:
        MatchcutError: the server cannot be used, or the cap is reached; what was answered is kept.
    """
    setup = setup_of(name, given.settings)
    chunks = _chunks(given.recording, given.transcript, setup, given.commentary, pictures=name == "vlm")
    asker = _left(name, setup, given.settings, given.folder).asker(_folder(given.folder), see=name == "vlm")
    pictures = _pictures(given.recording, chunks, setup) if name == "vlm" else {}
    heard = LanguageSpotter(asker, setup.spotting, source=name).hear(chunks, pictures, given.progress)
    duration = given.recording.duration or max((chunk.end for chunk in chunks), default=0.0)
    scored = Scored(
        heard.track(given.recording.sport, duration),
        heard.detections(given.recording, given.transcript, APART_S),
        TRUST,
        identity(name, given.settings),
        looked=heard.looked,
    )
    spent, price = asker.spent, asker.ledger.price
    cost = "at a cost that nobody told" if price is None else f"for {spent.cost(price):.4g}"
    told = (
        f"{name}: {setup.server.model} was asked about {counted(len(chunks), 'stretch', 'stretches')},"
        f" {counted(asker.asked.requests, 'request')} now;"
        f" {counted(spent.tokens_in + spent.tokens_out, 'token')} so far, {cost}"
    )
    return scored, (told, *heard.notes())


def plan(source: Path, transcript: Path | None, settings: SpotSettings, folder: Path | None) -> list[str]:
    """What the language models among the sources would be asked and cost; nothing is sent.

    Args:
        source, transcript, settings: as for `matchcut.pipeline.analyse`.
        folder: the analysis folder, which may hold answers.

    Raises:
        SettingsError: none of the sources is a language model, or there are no words to count.
    """
    names = [name for name in settings.further if name in NAMES]
    if not names:
        raise SettingsError("a dry run is for language models, and none is to be used", "Add --with language")
    recording, said, _ = gather(source, transcript, settings)
    track = _believed(recording, said) if said is not None and settings.reads else None
    found = []
    for name in names:
        setup = setup_of(name, settings)
        chunks = _chunks(recording, said, setup, track, pictures=name == "vlm")
        pictures = _pictures(recording, chunks, setup) if name == "vlm" else {}
        spotter = LanguageSpotter(setup.asker(_folder(folder), see=name == "vlm"), setup.spotting, source=name)
        found.append(f"{name}: {spotter.plan(chunks, pictures).describe(setup.server.model)}")
    return found


def _believed(recording: Recording, said: Transcript) -> ScoreTrack | None:
    spotter = CommentarySpotter.load()
    known = any(label in recording.sport for label in spotter.labels)
    return hear(spotter, [said], recording) if known else None


def _chunks(
    recording: Recording, said: Transcript | None, setup: Setup, track: ScoreTrack | None, pictures: bool
) -> list[Chunk]:
    """The stretches to ask about.

    Raises:
        SettingsError: there is nothing to ask about.
    """
    if pictures and (recording.media is None or recording.frame_rate is None):
        raise SettingsError(f"{recording.name}: has no pictures to show a model", "Use --with language")
    if said is None and not pictures:
        raise SettingsError(
            f"{recording.name}: has no words to put to a language model",
            "Give them with --transcript FILE, or leave language out of --with",
        )
    how = setup.spotting
    name = recording.sport.name
    chunks = cut_chunks(recording.name, said or Transcript(()), None, recording.duration, how.chunks, name)
    if said is None or (pictures and track is None):
        return chunks
    return [chunks[place] for place in worth_asking(chunks, track, how.share)]


def _pictures(recording: Recording, chunks: Sequence[Chunk], setup: Setup) -> dict[int, list[dict[str, Any]]]:
    assert recording.media is not None
    return {
        place: picture_parts(stills(recording.media, chunk.start, chunk.end, setup.pictures))
        for place, chunk in enumerate(chunks)
    }


def _left(name: str, setup: Setup, settings: SpotSettings, folder: Path | None) -> Setup:
    """The same under what the other model of the run has left of the cap: they share it."""
    if setup.max_cost is None or setup.local is not None:
        return setup
    others = (setup_of(other, settings) for other in settings.further if other in NAMES and other != name)
    spent = 0.0
    for other in others:
        # With one model for both there is one ledger, which counts both already.
        if other.local is None and other.server.model != setup.server.model:
            asker = other.asker(_folder(folder))
            spent += asker.spent.cost(asker.ledger.price or Price(0.0, 0.0))
    return replace(setup, max_cost=max(setup.max_cost - spent, 0.0))


def _folder(analysis: Path | None) -> Path:
    return answers_folder() if analysis is None else analysis / OBSERVED / ANSWERS
