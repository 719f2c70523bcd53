"""Fine-tuning of language models as a whole job: chunks cut, pictures taken, an adapter trained and written."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from matchcut import files
from matchcut.datasets.chunks import Chunk, ChunkSettings, cut_chunks
from matchcut.datasets.games import game_list, half_video
from matchcut.datasets.soccernet_chunks import soccernet_chunks
from matchcut.datasets.tables import read_events
from matchcut.encoders.stills import Still, kept_stills
from matchcut.encoders.store import FeatureStore
from matchcut.errors import InputError, SettingsError
from matchcut.intake import SpotSettings, gather
from matchcut.models.hub import need_language
from matchcut.models.settings import from_json, to_json
from matchcut.progress import Progress, part, silent
from matchcut.sport import sport
from matchcut.training.language.run import FineTuning, Tuned, fine_tune
from matchcut.training.language.samples import ChunkSamples, JsonLines, Samples
from matchcut.transcript import Transcript

_LOOKED = 0.3


@dataclass(frozen=True)
class Sources:
    """Where the chunks of a part (training or validation) come from; one of the three.

    Attributes:
        examples: a file of conversations in the chat format.
        split: of SoccerNet's games; see `matchcut.datasets.games.game_list`.
        matches: videos or transcripts, each with the file of its labelled events.
    """

    examples: Path | None = None
    split: str = ""
    matches: tuple[tuple[Path, Path], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.examples or self.split or self.matches)


@dataclass(frozen=True)
class Archives:
    """SoccerNet's files.

    Attributes:
        labels, echoes: folders or zips of labels and of transcripts.
        videos: folder of ``GAME/1_224p.mkv``; None for words alone.
        games: so many games of each split at most; all if None.
    """

    labels: Path | None = None
    echoes: Path | None = None
    videos: Path | None = None
    games: int | None = None


def train_language(
    base: str,
    output: Path | str,
    train: Sources,
    valid: Sources | None = None,
    *,
    archives: Archives | None = None,
    see: bool = False,
    settings: Mapping[str, Any] | None = None,
    sport_name: str = "soccer",
    store: Path | str | None = None,
    download: bool = False,
    progress: Progress = silent,
) -> Tuned:
    """Trains an adapter for a language model on labelled matches; a second run goes on where it was stopped.

    Args:
        base: the model to start from: a folder, or a name on the hub.
        output: the adapter's folder.
        train, valid: what is learnt from, and what decides which epoch is kept.
        archives: SoccerNet's files, where a split is named.
        see: show the model pictures; the base must take them.
        settings: what is not as usual, by part: those of `FineTuning`, "chunks" (`ChunkSettings`) and "pairs"
            (``{"negatives": 1.0, "seed": 0, "silent": false}``).
        sport_name: of the matches that are given as files.
        store: the folder of pictures; in ``output`` if None.
        download: whether the base may be fetched.
        progress: told how far it is.

    Raises:
        InputError: a file or the base cannot be used, or a sample is longer than the context.
        SettingsError: settings are unknown, or do not fit each other or the base.
        RequiresExtra: a package is missing.
        TrainingError: the loss is no longer a number.
    """
    need_language("fine-tuning a language model", adapters=True)
    given = dict(settings or {})
    chunks = from_json(ChunkSettings, given.pop("chunks", {}), "chunks")
    pairs = from_json(_Pairs, given.pop("pairs", {}), "pairs")
    how = FineTuning.read(given)
    if see and "step" not in given.get("stills", {}):
        from matchcut.models.language import picture_step

        step = picture_step(base, download)
        how = FineTuning.read(given | {"stills": {"step": step, **given.get("stills", {})}})
    asked = {"prompts": to_json(how.prompt), "chunks": to_json(chunks)}
    if see:
        asked["pictures"] = to_json(how.stills)
    making = _Making(
        archives or Archives(),
        chunks,
        how,
        pairs,
        see,
        sport_name,
        FeatureStore(store or Path(output) / "stills"),
    )
    learnt = making.samples(train, part(progress, 0, 0.8 * _LOOKED if see else 0.1))
    tested = making.samples(valid, part(progress, 0.8 * _LOOKED, _LOOKED)) if valid else None
    begun = _LOOKED if see else 0.1
    done = fine_tune(
        base, output, learnt, tested, how, see=see, asked=asked, download=download,
        progress=part(progress, begun, 1),
    )  # fmt: skip
    return replace(done, notes=(*making.notes, *done.notes))


@dataclass(frozen=True)
class _Pairs:
    negatives: float = 0.0
    seed: int = 0
    silent: bool = False


class _Making:
    """Makes samples of sources, and notes what was left out."""

    def __init__(
        self,
        archives: Archives,
        cut: ChunkSettings,
        how: FineTuning,
        pairs: _Pairs,
        see: bool,
        sport_name: str,
        store: FeatureStore,
    ) -> None:
        self.archives, self.cut, self.how, self.pairs = archives, cut, how, pairs
        self.see, self.sport, self.store = see, sport(sport_name), store
        self.notes: list[str] = []

    def samples(self, of: Sources, progress: Progress) -> Samples:
        """The samples of a part.

        Raises:
            InputError: a file cannot be used.
            SettingsError: nothing was named, or two kinds of sources were.
        """
        if sum(bool(one) for one in (of.examples, of.split, of.matches)) != 1:
            raise SettingsError(
                "a model learns from conversations, from SoccerNet or from matches of your own, one of these",
                "Give --examples, or --labels and --echoes, or --match",
            )
        if of.examples is not None:
            return JsonLines(of.examples)
        chunks, media = self._soccernet(of.split) if of.split else self._own(of.matches)
        look: Callable[[Chunk], Sequence[Still]] | None = None
        if self.see:
            chunks, look = self._seen(chunks, media, progress)
        pairs = self.pairs
        return ChunkSamples(chunks, self.how.prompt, pairs.negatives, pairs.seed, pairs.silent, look)

    def _soccernet(self, split: str) -> tuple[list[Chunk], dict[str, Path]]:
        held = self.archives
        if held.labels is None or held.echoes is None:
            raise SettingsError("a split needs labels and transcripts", "Give --labels and --echoes")
        games = game_list(split)
        some = games if held.games is None else games[:: max(len(games) // held.games, 1)][: held.games]
        found = soccernet_chunks(held.labels, held.echoes, split, self.cut, games=some)
        if found.missing:
            self.notes.append(f"{len(found.missing)} games of {split} have no labels or no transcripts")
        names = {chunk.recording for chunk in found.chunks}
        media: dict[str, Path] = {}
        if held.videos is not None:
            media = {name: path for name in names if (path := half_video(held.videos, name)) is not None}
        if self.see and not media:
            raise InputError(
                f"{held.videos}: has no video of a game of {split!r}",
                "Name them as GAME/1_224p.mkv",
            )
        chunks = [chunk for chunk in found.chunks if not self.see or chunk.recording in media]
        if len(chunks) < len(found.chunks):
            self.notes.append(f"{len(names) - len(media)} of {len(names)} halves of {split} have no video")
        return chunks, media

    def _own(self, matches: Sequence[tuple[Path, Path]]) -> tuple[list[Chunk], dict[str, Path]]:
        chunks: list[Chunk] = []
        media: dict[str, Path] = {}
        for source, labelled in matches:
            recording, said, notes = gather(source, None, SpotSettings(sport=self.sport.name))
            self.notes += [f"{source.name}: {note}" for note in notes]
            if self.see and (recording.media is None or recording.frame_rate is None):
                raise InputError(f"{source}: has no pictures to show a model", "Give its video")
            log = read_events(labelled, sport=self.sport)
            name = str(source)
            if recording.media is not None:
                media[name] = recording.media
            chunks += cut_chunks(
                name, said or Transcript(()), log, recording.duration, self.cut, self.sport.name
            )
        return chunks, media

    def _seen(
        self, chunks: Sequence[Chunk], media: Mapping[str, Path], progress: Progress
    ) -> tuple[list[Chunk], Callable[[Chunk], Sequence[Still]]]:
        """The chunks that can be seen, their pictures kept; and where these are."""
        content = {path: files.content_key(path) for path in set(media.values())}

        def look(chunk: Chunk) -> Sequence[Still]:
            path = media[chunk.recording]
            return kept_stills(self.store, path, chunk.start, chunk.end, self.how.stills, content[path])

        def tried(chunk: Chunk) -> bool:
            try:
                return bool(look(chunk))
            except InputError:
                return False

        kept: list[Chunk] = []
        with ThreadPoolExecutor(2) as pool:
            for number, (chunk, seen) in enumerate(zip(chunks, pool.map(tried, chunks), strict=True), 1):
                if seen:
                    kept.append(chunk)
                progress(number, len(chunks))
        if len(kept) < len(chunks):
            self.notes.append(f"{len(chunks) - len(kept)} stretches could not be seen and are left out")
        return kept, look
