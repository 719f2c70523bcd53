"""Further spotters by name: what ``--with`` can add to the usual sources.

A new one is an entry of `FURTHER` here and a name in `matchcut.intake.FURTHER`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from matchcut import further_language, further_temporal
from matchcut.analysis import FEATURES
from matchcut.encoders.pretrained import DEFAULT
from matchcut.errors import InputError
from matchcut.intake import SpotSettings
from matchcut.observe.observed import Observed
from matchcut.progress import Progress, part, silent
from matchcut.recording import Recording
from matchcut.spotters.others import Scored
from matchcut.tracks import ScoreTrack
from matchcut.transcript import Transcript


@dataclass(frozen=True)
class Given:
    """What a further spotter has to go by.

    Attributes:
        recording: what is analysed, on its match clock.
        settings: all of them; `SpotSettings.models` says which weights.
        observed: what was read, heard and seen, if anybody looked.
        transcript: what was said, if anybody wrote it down.
        commentary: what the commentary spotter believes over time, if it listened.
        folder: the analysis folder, where work that takes long is kept; None if nothing is.
        content: changes with the recording's content.
        progress: told how far it is.
    """

    recording: Recording
    settings: SpotSettings
    observed: Observed | None = None
    transcript: Transcript | None = None
    commentary: ScoreTrack | None = None
    folder: Path | None = None
    content: str = ""
    progress: Progress = silent


@dataclass(frozen=True)
class Further:
    """One further spotter.

    Attributes:
        identity: names the weights that the settings ask for, quickly: they are found, not loaded. Raises
            `MatchcutError` where they are not there.
        look: what it makes of a recording, and notes for the user.
    """

    identity: Callable[[SpotSettings], str]
    look: Callable[[Given], tuple[Scored, tuple[str, ...]]]


def _vision_identity(settings: SpotSettings) -> str:
    from matchcut.encoders.weights import need_weights

    if further_temporal.is_trained(settings.models.get("vision", "")):
        return further_temporal.identity(settings, "vision")
    return need_weights(settings.models.get("vision", DEFAULT)).key


def _look_by_vision(given: Given) -> tuple[Scored, tuple[str, ...]]:
    from matchcut.finding import match_features
    from matchcut.spotters.vision import load_vision_spotter

    recording, model = given.recording, given.settings.models.get("vision", DEFAULT)
    if further_temporal.is_trained(model):
        return further_temporal.look(given, "vision")
    if recording.media is None:
        raise InputError(f"{recording.name}: has no pictures to look at", "Leave vision out of --with")
    shots = given.observed.shots if given.observed is not None else None
    features = match_features(
        recording.media,
        content=given.content,
        model=model,
        shots=shots,
        duration=recording.duration,
        folder=None if given.folder is None else given.folder / FEATURES,
        progress=given.progress,
    )
    notes = () if shots is not None else ("the pictures were looked at in regular steps: no shots are known",)
    spotter = load_vision_spotter(model, recording.sport)
    return spotter.look(features, recording, given.observed), notes


FURTHER: Mapping[str, Further] = {
    "vision": Further(_vision_identity, _look_by_vision),
    **{
        name: Further(partial(further_language.identity, name), partial(further_language.look, name))
        for name in further_language.NAMES
    },
    further_temporal.NAME: Further(further_temporal.identity, further_temporal.look),
}
"""Name -> spotter; the names are those of `matchcut.intake.FURTHER`."""


def identities(settings: SpotSettings) -> dict[str, str]:
    """Which weights the further sources of the settings rest on.

    Raises:
        MatchcutError: some are not there.
    """
    return {name: FURTHER[name].identity(settings) for name in settings.further}


def look_further(given: Given) -> tuple[tuple[Scored, ...], tuple[str, ...]]:
    """What the further sources of the settings make of a recording, and notes for the user.

    Raises:
        MatchcutError: one of them cannot do its work.
    """
    found: list[Scored] = []
    notes: list[str] = []
    names = given.settings.further
    for place, name in enumerate(names):
        share = part(given.progress, place / len(names), (place + 1) / len(names))
        scored, more = FURTHER[name].look(replace(given, progress=share))
        found.append(scored)
        notes += more
    return tuple(found), tuple(notes)
