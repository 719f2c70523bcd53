"""One pass over a recording for everything that can be seen and heard in it without any training.

The recording is cut into stretches, which several threads work on; each is decoded once, for all who want to
see it. What a stretch gave is kept, so that an interrupted run goes on where it was.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import hashlib
import json
import os
import threading
from collections.abc import Callable, Collection, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path

from matchcut import files
from matchcut.errors import InputError, SettingsError
from matchcut.media.opening import Damage, open_media
from matchcut.media.probe import MediaInfo, probe
from matchcut.observe.observed import SENSES, Observed
from matchcut.observe.ocr import TextReader
from matchcut.observe.parts import Part, Parts
from matchcut.observe.readings import BoardTrack
from matchcut.observe.scoreboard import (
    BoardPart,
    BoardReader,
    BoardSettings,
    Learnt,
    board_of,
    keys_suffice,
    learn_boards,
)
from matchcut.observe.shots import ShotFinder, ShotPart, ShotTrack, shots_of
from matchcut.observe.sound import SoundPart, SoundTrack, no_sound, sound_of
from matchcut.observe.stretches import BoardQueue, Stretch, hear, look, sound_rate, stretches
from matchcut.progress import Progress, silent
from matchcut.sport import Sport, soccer

VERSION = 4
"""Raised whenever the same recording would be observed differently: what was kept is then made anew."""
KEYS = "observed.json"

_NEWS_S = 0.2  # how often progress is told
_WORK = {"shots": 1.0, "scoreboard": 0.3, "sound": 0.3}  # of a second of the recording, roughly
_LEARNING = 60.0
_AT_ONCE = 2  # networks on large pictures; each takes 100 MB


@dataclass(frozen=True, slots=True)
class WatchSettings:
    """How a recording is observed.

    Attributes:
        board: how hard to look for scoreboards.
        stretch_s: about how long the stretches are that are worked on, and kept, one by one.
        threads: how many of them are worked on at once; 0 for one on each processor that may be used.
    """

    board: BoardSettings = field(default_factory=BoardSettings)
    stretch_s: float = 300.0
    threads: int = 0

    def __post_init__(self) -> None:
        if self.stretch_s <= 0 or self.threads < 0:
            raise SettingsError(
                f"stretches need a positive length and threads cannot be negative, not {self.stretch_s} and"
                f" {self.threads}",
                "Give 300 and 0, for example",
            )


class _Stopped(Exception):
    """The work is to end at once."""


def observe_keys(content: str, of: Sport = soccer, settings: WatchSettings = WatchSettings()) -> dict[str, str]:
    """For each sense what its evidence depends on, hashed: equal keys, equal evidence.

    Args:
        content: says whether the recording is the same: a hash of it.
        of: the sport.
        settings: how it is observed.
    """
    common = [VERSION, content, settings.stretch_s]
    board = dataclasses.asdict(settings.board)
    del board["threads"]
    return {
        "scoreboard": _hash([*common, of.name, board]),
        "sound": _hash(common),
        "shots": _hash(common),
    }


def observe(
    path: Path | str,
    senses: Collection[str] = SENSES,
    *,
    of: Sport = soccer,
    settings: WatchSettings | None = None,
    keep: Path | None = None,
    content: str | None = None,
    progress: Progress = silent,
) -> Observed:
    """Watches and listens to a recording.

    What is missing (no picture, no sound, no board) and what was damaged is said in the notes, those of the
    tracks gathered in `Observed.notes`; the rest is given all the same.

    Args:
        path: a video or sound file.
        senses: which of `SENSES` to use.
        of: the sport: it decides what a board looks like.
        settings: how to observe.
        keep: a folder for what was observed: senses that it holds already, made from the same content with the
            same settings, are read, and an interrupted run goes on there.
        content: says whether the recording is the same as when ``keep`` was written; its size and time of
            change if None.
        progress: told the recording seconds that are done, and their whole, by the calling thread.

    Raises:
        InputError: the file cannot be read, or has neither picture nor sound.
        OutputError: nothing can be written to ``keep``.
        SettingsError: there is no such sense.
    """
    unknown = sorted(set(senses) - set(SENSES))
    if unknown:
        raise SettingsError(f"there is no sense {unknown[0]!r}", f"The senses are: {', '.join(SENSES)}")
    settings = settings or WatchSettings()
    info = probe(path)
    keys = observe_keys(_state(info.path) if content is None else content, of, settings)
    pieces = _hash(list(keys.values()))[:16]
    if "scoreboard" in senses:  # it tells of replays too
        keys["shots"] = _hash([keys["shots"], keys["scoreboard"]])
    kept = _load(keep, keys, senses)
    missing = [sense for sense in SENSES if sense in senses and sense not in kept.senses]
    fresh = Observed()
    if missing:
        folder = None if keep is None else keep / "parts" / pieces
        parts = Parts(folder)
        fresh = _Watch(info, missing, of, settings, parts, progress, kept.board).run()
        if keep is not None:
            _save(fresh, keep, {sense: keys[sense] for sense in missing})
            parts.clear()
    else:
        progress(info.duration, info.duration)
    both = Observed(
        kept.board if fresh.board is None else fresh.board,
        kept.sound if fresh.sound is None else fresh.sound,
        kept.shots if fresh.shots is None else fresh.shots,
    )
    tracks = (both.board, both.sound, both.shots)
    notes = [*info.notes, *(note for track in tracks if track is not None for note in track.notes)]
    return dataclasses.replace(both, notes=tuple(dict.fromkeys(notes)))


def _hash(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()


def _state(path: Path) -> str:
    state = path.stat()
    return f"{state.st_size} {state.st_mtime_ns}"


def _keys_in(folder: Path) -> dict[str, str]:
    """What the senses in a folder were made from; empty where that cannot be told."""
    try:
        value = files.read_json(folder / KEYS)
        return {str(sense): str(key) for sense, key in value["keys"].items()}
    except (InputError, TypeError, KeyError, AttributeError):
        return {}


def _load(folder: Path | None, keys: Mapping[str, str], senses: Collection[str]) -> Observed:
    """The senses that the folder holds of the same recording and settings; a damaged one is left out."""
    found = Observed()
    there = {} if folder is None else _keys_in(folder)
    for sense, name in zip(SENSES, ("board", "sound", "shots"), strict=True):
        if folder is None or sense not in senses or there.get(sense) != keys[sense]:
            continue
        try:
            one = Observed.load(folder, [sense])
        except InputError:
            continue
        found = dataclasses.replace(found, **{name: getattr(one, name)})
    return found


def _save(observed: Observed, folder: Path, keys: Mapping[str, str]) -> None:
    """Writes what was observed; its keys are taken away first and written last, so that they are true."""
    others = {sense: key for sense, key in _keys_in(folder).items() if sense not in keys}
    files.write_json(folder / KEYS, {"version": VERSION, "keys": others})
    observed.save(folder)
    files.write_json(folder / KEYS, {"version": VERSION, "keys": {**others, **keys}})


@dataclass
class _Job:
    """A piece of the work.

    Attributes:
        work: does it; told how to report the share that is done.
        weight: how long it takes, roughly.
        done: its share that is done.
    """

    work: Callable[[_Job], None]
    weight: float
    done: float = 0.0


@dataclass
class _Watch:
    """One run over a recording; ``board`` is what was read off it before, if anything was."""

    info: MediaInfo
    senses: Collection[str]
    sport: Sport
    settings: WatchSettings
    kept: Parts
    progress: Progress
    board: BoardTrack | None = None
    failed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._threads = self.settings.threads or processors()
        self._stop = threading.Event()
        self._parts: dict[tuple[str, int], Part] = {}
        self._errors: dict[tuple[str, int], InputError] = {}
        self._learnt: Future[Learnt] = Future()
        self._keys_suffice = False
        self._told = 0.0
        self._reader = TextReader(self.settings.board.threads, min(self._threads, _AT_ONCE), self._check)
        with open_media(self.info.path) as source:
            containers = source.container.format.name
        self._plan = stretches(self.info, containers, self.settings.stretch_s)
        self._seeing = [s for s in ("scoreboard", "shots") if s in self.senses and self.info.video is not None]
        self._hearing = "sound" in self.senses and self.info.audio is not None

    def run(self) -> Observed:
        """Does the work that is not done yet, and puts the parts together.

        Raises:
            InputError: nothing at all could be read.
        """
        jobs = self._jobs()
        self._tell(jobs)
        with ThreadPoolExecutor(self._threads, "observe") as pool:
            futures = [pool.submit(job.work, job) for job in jobs if not job.done]
            try:
                pending = set(futures)
                while pending:
                    ended, pending = wait(pending, _NEWS_S, FIRST_COMPLETED)
                    for future in ended:
                        future.result()
                    self._tell(jobs)
            except BaseException:
                self._stop.set()
                pool.shutdown(wait=False, cancel_futures=True)
                raise
        if self._errors and not self._parts:
            raise next(iter(self._errors.values()))
        board = self._board()
        return Observed(board, self._sound(), self._shots(self.board if board is None else board))

    def _jobs(self) -> list[_Job]:
        """All pieces of the work; those whose parts are kept are done already."""
        jobs: list[_Job] = []
        if "scoreboard" in self._seeing:
            self._keys_suffice = keys_suffice(self.info.path, self.info.duration, self.settings.board)
            learnt = self.kept.learnt()
            if learnt is None:
                jobs.append(_Job(self._learn, _LEARNING))
            else:
                self._learnt.set_result(learnt)
        for stretch in self._plan:
            if self._hearing:
                jobs.append(self._job(stretch, ["sound"]))
        for stretch in self._plan:
            if self._seeing:
                jobs.append(self._job(stretch, self._seeing))
        return jobs

    def _job(self, stretch: Stretch, senses: Collection[str]) -> _Job:
        length = min(stretch.end, self.info.duration) - stretch.start
        weight = max(length, 1.0) * sum(_WORK[sense] for sense in senses)
        for sense in senses:
            part = self.kept.get(sense, stretch.number)
            if part is not None:
                self._parts[sense, stretch.number] = part
        missing = [sense for sense in senses if (sense, stretch.number) not in self._parts]
        if not missing:
            return _Job(lambda job: None, weight, 1.0)

        def work(job: _Job) -> None:
            def tick(second: float) -> None:
                self._check()
                job.done = min(max((second - stretch.start) / max(length, 1.0), 0.0), 0.99)

            try:
                if "sound" in missing:
                    seen, damage = hear(self.info.path, stretch, tick)
                    self._put("sound", stretch, Part(seen, damage, 0.0))
                else:
                    self._look(stretch, missing, tick)
            except InputError as error:
                for sense in missing:
                    self._errors[sense, stretch.number] = error
            give_back_memory()
            job.done = 1.0

        return _Job(work, weight)

    def _look(self, stretch: Stretch, senses: Collection[str], tick: Callable[[float], None]) -> None:
        def reader(learnt: Learnt) -> BoardReader:
            return BoardReader(learnt, self._reader, stretch.start, self.settings.board)

        board: BoardQueue | None = None
        finder = ShotFinder(stretch.start, stretch.end) if "shots" in senses else None
        if "scoreboard" in senses:
            pace = self.settings.board.every_s
            board = BoardQueue(stretch, self._learnt, reader, pace, self._keys_suffice)
        keys_only = self._keys_suffice and finder is None
        threads = 1 if len(self._plan) > 1 else 0
        damage, last = look(
            self.info.path, stretch, finder, board, keys_only=keys_only, threads=threads, tick=tick
        )
        if board is not None:
            self._put("scoreboard", stretch, Part(board.part(), damage, last))
        if finder is not None:
            self._put("shots", stretch, Part(finder.part(), damage, last))

    def _learn(self, job: _Job) -> None:
        try:
            learnt = learn_boards(
                self.info.path,
                self.info.duration,
                self._reader,
                self.settings.board,
                self.sport,
                self._keys_suffice,
            )
            self.kept.put_learnt(learnt)
            self._learnt.set_result(learnt)
        except InputError:
            self._learnt.set_result(Learnt(notes=("no board could be looked for: the picture is damaged",)))
        except BaseException as error:
            self._learnt.set_exception(error)
            raise
        give_back_memory()
        job.done = 1.0

    def _put(self, sense: str, stretch: Stretch, part: Part) -> None:
        self.kept.put(sense, stretch.number, part)
        self._parts[sense, stretch.number] = part

    def _check(self) -> None:
        if self._stop.is_set():
            raise _Stopped

    def _tell(self, jobs: Collection[_Job]) -> None:
        whole = sum(job.weight for job in jobs) or 1.0
        share = sum(job.weight * job.done for job in jobs) / whole
        total = self.info.duration or 1.0
        self._told = total if all(job.done == 1 for job in jobs) else max(self._told, share * total)
        self.progress(self._told, total)

    def _of(self, sense: str) -> list[Part]:
        return [self._parts[sense, s.number] for s in self._plan if (sense, s.number) in self._parts]

    def _notes(self, sense: str) -> tuple[str, ...]:
        """What was wrong with the file for one sense."""
        damage = Damage()
        for part in self._of(sense):
            damage.packets += part.damage.packets
            damage.gaps |= part.damage.gaps
            damage.remark(*part.damage.remarks)
        what = "sound" if sense == "sound" else "picture"
        notes = damage.notes(self.info.path, what)
        lost = [error for (of, _), error in self._errors.items() if of == sense]
        if lost:
            notes += (f"{len(lost)} of {len(self._plan)} stretches of the {what} cannot be read: {lost[0]}",)
        return notes

    def _duration(self, sense: str) -> float:
        return max([self.info.duration, *(part.last for part in self._of(sense))])

    def _board(self) -> BoardTrack | None:
        if "scoreboard" not in self.senses:
            return None
        if "scoreboard" not in self._seeing:
            return BoardTrack(duration=self.info.duration, notes=(f"{self.info.path}: has no picture",))
        seen = [part.seen for part in self._of("scoreboard") if isinstance(part.seen, BoardPart)]
        track = board_of(seen, self._learnt.result(), self._duration("scoreboard"))
        return dataclasses.replace(track, notes=(*self._notes("scoreboard"), *track.notes))

    def _sound(self) -> SoundTrack | None:
        if "sound" not in self.senses:
            return None
        if not self._hearing or self.info.audio is None:
            return no_sound(f"{self.info.path}: has no sound")
        seen = [part.seen for part in self._of("sound") if isinstance(part.seen, SoundPart)]
        track = sound_of(seen, sound_rate(self.info.audio.rate))
        return dataclasses.replace(track, notes=(*self._notes("sound"), *track.notes))

    def _shots(self, board: BoardTrack | None) -> ShotTrack | None:
        if "shots" not in self.senses:
            return None
        if "shots" not in self._seeing:
            return ShotTrack((), (), (f"{self.info.path}: has no picture",))
        seen = [part.seen for part in self._of("shots") if isinstance(part.seen, ShotPart)]
        track = shots_of(seen, self._duration("shots"), board)
        return dataclasses.replace(track, notes=(*self._notes("shots"), *track.notes))


def give_back_memory() -> None:
    """Returns to the system what threads have freed: GNU's C library keeps it apart for each of them."""
    with contextlib.suppress(OSError, AttributeError, TypeError):  # elsewhere there is no such thing
        ctypes.CDLL(None).malloc_trim(0)


def processors() -> int:
    """How many processors this program may use."""
    allowed = getattr(os, "sched_getaffinity", None)
    return len(allowed(0)) if allowed is not None else os.cpu_count() or 1
