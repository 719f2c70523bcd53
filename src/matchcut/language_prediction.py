"""Spotting a whole data set with a language model: every chunk of every half, in its leaderboard's format."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from matchcut.clock import HALF_S, MatchClock
from matchcut.datasets.chunks import Chunk
from matchcut.datasets.games import game_list, half_video
from matchcut.datasets.soccernet_chunks import VERSIONS, SoccerNetChunks, soccernet_chunks
from matchcut.datasets.soccernet_write import check_target, write_predictions
from matchcut.encoders.stills import kept_stills
from matchcut.encoders.store import FeatureStore
from matchcut.errors import InputError
from matchcut.events import EventLog
from matchcut.files import content_key
from matchcut.language.outcomes import Plan
from matchcut.language.prompts import picture_parts
from matchcut.language.settings import ServerError
from matchcut.language.shots import drawn
from matchcut.language_setup import Setup
from matchcut.progress import Progress, part, silent
from matchcut.recording import Recording
from matchcut.spotters.language import Heard, LanguageSpotter

_EXAMPLE_GAMES = 8


@dataclass(frozen=True)
class LanguagePredicted:
    """What `predict_language` did.

    Attributes:
        out: the zip or folder written.
        halves, chunks: how many there were; chunks without words were not sent.
        events: how many were found.
        hallucinated: what was left out, by kind.
        unusable: questions without a usable answer, by reason.
        requests, tokens_in, tokens_out: of this and earlier runs with these answers.
        cost: the same; None where nobody told the price.
    """

    out: Path
    halves: int
    chunks: int
    events: int
    hallucinated: Counter[str]
    unusable: Counter[str]
    requests: int
    tokens_in: int
    tokens_out: int
    cost: float | None


class LanguagePrediction:
    """A split, cut into chunks, ready to be put to a model.

    Args:
        echoes: folder or zip of transcripts.
        setup: the model and how it is asked.
        answers: the folder where its answers are kept.
        split: see `matchcut.datasets.games.game_list`.
        versions: transcript versions; the first that a half has is taken.
        games: so many games of the split at most, spread over it; all if None.
        labels: folder or zip of labels, for worked examples drawn from ``examples``; never for the questions.
        examples: the split that worked examples are drawn from; invented ones if None.
        videos: folder of ``GAME/1_224p.mkv``: the model is shown pictures, too, and asked about the halves that
            have a video, whether anybody speaks or not.

    Raises:
        InputError: a file cannot be used, or no half has a video.
        SettingsError: a setting is wrong, a cap has no price, or the model does not see and should.
    """

    def __init__(
        self,
        echoes: Path | str,
        setup: Setup,
        answers: Path,
        split: str = "valid",
        versions: Sequence[str] = (),
        games: int | None = None,
        labels: Path | str | None = None,
        examples: str | None = None,
        videos: Path | None = None,
    ) -> None:
        self._versions = tuple(versions) or VERSIONS
        listed = game_list(split)
        if games is not None:
            listed = listed[:: max(len(listed) // games, 1)][:games]
        cut = setup.spotting.chunks
        self.found: SoccerNetChunks = soccernet_chunks(None, echoes, split, cut, self._versions, games=listed)
        names = dict.fromkeys(chunk.recording for chunk in self.found.chunks)
        self._videos = (
            {} if videos is None else {n: v for n in names if (v := half_video(videos, n)) is not None}
        )
        if videos is not None and not self._videos:
            raise InputError(f"{videos}: has no video of a game of {split!r}", "Name them as GAME/1_224p.mkv")
        see = videos is not None
        self.chunks = [c for c in self.found.chunks if (c.recording in self._videos if see else c.lines)]
        shots = None
        if labels is not None and examples is not None and setup.spotting.prompts.shots:
            shots = self._drawn(echoes, setup, labels, examples)
        self.setup = setup
        if setup.local is not None:
            setup.local.check(see)
        self._stills = FeatureStore(answers / "stills")
        self._spotter = LanguageSpotter(setup.asker(answers, see), setup.spotting, shots)

    def _drawn(
        self, echoes: Path | str, setup: Setup, labels: Path | str, examples: str
    ) -> list[tuple[Chunk, str | None]]:
        listed = game_list(examples)
        some = listed[:: max(len(listed) // _EXAMPLE_GAMES, 1)][:_EXAMPLE_GAMES]
        found = soccernet_chunks(labels, echoes, examples, setup.spotting.chunks, self._versions, games=some)
        asked = {chunk.recording for chunk in self.chunks}
        others = [chunk for chunk in found.chunks if chunk.recording not in asked]
        return [(chunk, None) for chunk in drawn(others, setup.spotting.prompts.shots)]

    def plan(self) -> Plan:
        """What it would cost; sends nothing."""
        plans = [self._spotter.plan(chunks, pictures) for chunks, pictures in self._parts()]
        costs = [plan.cost for plan in plans if plan.cost is not None]
        return Plan(
            sum(plan.questions for plan in plans),
            sum(plan.kept for plan in plans),
            sum(plan.tokens_in for plan in plans),
            sum(plan.tokens_out for plan in plans),
            sum(costs) if len(costs) == len(plans) else None,
        )

    def _parts(self) -> Iterator[tuple[list[Chunk], dict[int, list[dict[str, Any]]]]]:
        """All chunks or, with their pictures, those of a half at a time: more would fill the memory."""
        if not self._videos:
            yield self.chunks, {}
            return
        for name, video in self._videos.items():
            content = content_key(video)
            seen: list[tuple[Chunk, list[dict[str, Any]]]] = []
            for chunk in (chunk for chunk in self.chunks if chunk.recording == name):
                how = self.setup.pictures
                with contextlib.suppress(InputError):  # the video ends before it
                    taken = kept_stills(self._stills, video, chunk.start, chunk.end, how, content)
                    seen.append((chunk, picture_parts(taken)))
            yield [chunk for chunk, _ in seen], {place: parts for place, (_, parts) in enumerate(seen)}

    def _heard(self, progress: Progress) -> Heard:
        parts = max(len(self._videos), 1)
        found = [
            self._spotter.hear(chunks, pictures, part(progress, place / parts, (place + 1) / parts))
            for place, (chunks, pictures) in enumerate(self._parts())
        ]
        return Heard(
            tuple(chunk for heard in found for chunk in heard.chunks),
            tuple(reading for heard in found for reading in heard.readings),
            tuple(outcome for heard in found for outcome in heard.outcomes),
            found[0].model,
        )

    def run(self, out: Path, progress: Progress = silent) -> LanguagePredicted:
        """Asks about every chunk and writes the predictions.

        Raises:
            ServerError: the server cannot be used, or left questions unanswered; the answers are kept.
            CostError: the cap is reached; the answers are kept.
            OutputError: the result cannot be written.
        """
        games = sorted({chunk.recording.rpartition("/")[0] for chunk in self.found.chunks})
        check_target(out, games)
        self.setup.check_key(see=bool(self._videos))
        heard = self._heard(progress)
        lacking = sum(outcome.lacking for outcome in heard.outcomes)
        if lacking:
            raise ServerError(
                f"{lacking} of {len(heard.outcomes)} questions were not answered",
                "Run it again: the others are kept and are not asked again",
            )
        logs = self._logs(heard)
        write_predictions(out, logs)
        asker = self._spotter.asker
        spent, price = asker.spent, asker.ledger.price
        return LanguagePredicted(
            out,
            self.found.halves,
            len(self.found.chunks),
            sum(len(log) for halves in logs.values() for log in halves.values()),
            heard.dropped,
            heard.unusable,
            spent.requests,
            spent.tokens_in,
            spent.tokens_out,
            None if price is None else spent.cost(price),
        )

    def _logs(self, heard: Heard) -> dict[str, dict[int, EventLog]]:
        """Game -> half -> log; halves in which nothing was found have an empty one."""
        logs: dict[str, dict[int, EventLog]] = {}
        for name in dict.fromkeys(chunk.recording for chunk in self.found.chunks):
            game, _, half = name.rpartition("/")
            places = [i for i, chunk in enumerate(heard.chunks) if chunk.recording == name]
            mine = Heard(
                tuple(heard.chunks[i] for i in places),
                tuple(heard.readings[i] for i in places),
                (),
                heard.model,
            )
            duration = max(HALF_S, *(chunk.end for chunk in self.found.chunks if chunk.recording == name))
            clock = MatchClock.of_half(int(half), duration)
            recording = Recording(name, duration=duration, clock=clock)
            log = EventLog(mine.detections(recording), recording, f"matchcut language {heard.model}")
            logs.setdefault(game, {})[int(half)] = log
        return logs
