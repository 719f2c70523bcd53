"""The approaches that `side_by_side.py` compares: what each needs trained, and how it is asked.

Everything is trained and asked by the product's own verbs, in this process; what is finished is not done again.
"""

from __future__ import annotations

import contextlib
import io
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import keywords
import numpy as np
import practice_matches
from moments import write_moments

from matchcut import files
from matchcut.cli.main import main as matchcut
from matchcut.datasets.chunks import ChunkSettings
from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.games import HALVES, game_list, half_video
from matchcut.datasets.soccernet import write_predictions
from matchcut.datasets.soccernet_chunks import VERSIONS
from matchcut.events import EventLog
from matchcut.further import FURTHER, Given
from matchcut.intake import SpotSettings, gather
from matchcut.language_setup import read_setup

LEAST = "0.01"
"""Nearly everything is kept: average precision is measured on it."""


@dataclass(frozen=True)
class Approach:
    """One row of the table: its file's name, what it goes by, its name for people."""

    key: str
    by: str
    name: str


APPROACHES = (
    Approach("keywords", "words", "keyword baseline"),
    Approach("language", "words", "token-based: fine-tuned language model"),
    Approach("vlm", "words, pictures", "token-based: fine-tuned video-language model"),
    Approach("clip", "pictures", "CLIP: frames compared with sentences, over time"),
    Approach("spotter", "pictures", "CLIP features in a temporal spotter"),
    Approach("commentary", "words", "commentary spotter (default)"),
    Approach("fused-clip", "words, pictures", "fused: commentary, language model, CLIP over time"),
    Approach("fused-spotter", "words, pictures", "fused: commentary, language model, CLIP's temporal spotter"),
)
UNTRAINED = ("keywords", "commentary")
"""What is the same whatever the seed."""


@dataclass
class Data:
    """Matches in SoccerNet's layout, the splits to use of them, and the models to begin with.

    Attributes:
        labels, echoes, videos: see `matchcut.language_training.Archives`.
        words, films, valid, test: splits: what is read and what is seen to learn from, and the rest.
        language, vlm, clip: bases; "" to leave a row out (``clip`` "": random weights).
        frames: SoccerNet-v3's images to fine-tune CLIP on; taken from the videos if None.
        settings: verb -> its settings, where not the usual.
    """

    labels: Path
    echoes: Path
    videos: Path
    words: str = "train"
    films: str = "train"
    valid: str = "valid"
    test: str = "test"
    language: str = ""
    vlm: str = ""
    clip: str = ""
    frames: Path | None = None
    settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)


class Runs:
    """Trains and asks every approach with one seed; what is finished is not done again.

    Args:
        data: see `Data`.
        work: the folder of everything.
        seed: of the trainings.
    """

    def __init__(self, data: Data, work: Path, seed: int) -> None:
        self.data, self.work, self.seed = data, work, seed
        self.games = [*game_list(data.valid), *game_list(data.test)]
        self.asked = work / "asked.json"
        files.write_json(self.asked, self.games)

    def predictions(self, approach: Approach) -> Path | None:
        """The file of an approach's predictions, made if need be; None if its model was not named."""
        if (approach.key == "vlm" and not self.data.vlm) or (
            approach.key in ("language", "fused-clip", "fused-spotter") and not self.data.language
        ):
            return None
        seed = "" if approach.key in UNTRAINED else f"-{self.seed}"
        target = self.work / "rows" / f"{approach.key}{seed}.zip"
        make: Callable[[Path], None] = getattr(self, approach.key.replace("-", "_"))
        if not target.exists():
            learnt, asked = self._learnt(approach.key), Costs()
            with asked.counted():
                make(target)
            told = {"training": asdict(learnt), "asking": asdict(asked), "weights": self._weights(approach.key)}
            files.write_json(target.with_suffix(".json"), told)
        return target

    # --- the rows ------------------------------------------------------------

    def keywords(self, target: Path) -> None:
        keywords.write(self.data.echoes, target, str(self.asked))

    def language(self, target: Path) -> None:
        self._ask(self.model("language"), target)

    def vlm(self, target: Path) -> None:
        self._ask(self.model("vlm"), target, "--videos", str(self.data.videos))

    def commentary(self, target: Path) -> None:
        self._spot(target, "commentary", "--with", "commentary")

    def clip(self, target: Path) -> None:
        model = str(self.model("clip"))
        logs: dict[str, dict[int, EventLog]] = {}
        for game, half, video, _ in self._halves():
            how = SpotSettings(half=half, sources=("vision",), models={"vision": model}, speech="off")
            recording = gather(video, None, how)[0]
            kept = self._folder("clip", game, half)
            given = Given(recording, how, folder=kept, content=files.content_key(video))
            scored, _ = FURTHER["vision"].look(given)
            logs.setdefault(game, {})[half] = EventLog(scored.detections, recording, scored.identity)
        write_predictions(target, logs)

    def spotter(self, target: Path) -> None:
        store = ["--store", str(self.work / "features")]
        given = ["--model", str(self.model("spotter")), "--data", str(self.data.videos), *store]
        run("predict", "soccernet", *given, "--split", str(self.asked), "-o", str(target))

    def fused_clip(self, target: Path) -> None:
        self._fused(target, self.model("clip"))

    def fused_spotter(self, target: Path) -> None:
        self._fused(target, self.model("spotter"))

    def _fused(self, target: Path, eyes: Path) -> None:
        models = ["--language-model", str(self.model("language")), "--vision-model", str(eyes), "--ask-all"]
        # One folder for both: what the language model answered is not asked again.
        self._spot(target, "fused", "--with", "commentary,language,vision", *models)

    def _ask(self, model: Path, target: Path, *more: str) -> None:
        # The very chunks that are scored: what it was trained on is cut alike.
        assert read_setup(str(model)).spotting.chunks == ChunkSettings(), (
            f"{model}: was trained on other chunks"
        )
        given = ["--echoes", str(self.data.echoes), "--split", str(self.asked), "--model", str(model), *more]
        run("predict", "language", *given, "-o", str(target))

    def _spot(self, target: Path, name: str, *options: str) -> None:
        logs: dict[str, dict[int, EventLog]] = {}
        for game, half, video, said in self._halves():
            folder = self._folder(name, game, half)
            given = ["--transcript", str(said), "-o", str(folder), "--half", str(half), "--speech", "off"]
            run("spot", str(video), *given, "--min-score", LEAST, *options)
            logs.setdefault(game, {})[half] = EventLog.load(folder / "events.json")
        write_predictions(target, logs)

    def _folder(self, name: str, game: str, half: int) -> Path:
        return self.work / "analyses" / f"{name}-{self.seed}" / game / f"{half}.matchcut"

    def _halves(self) -> Iterator[tuple[str, int, Path, Path]]:
        """Each half that is asked about: game, half, its video, and its transcript as a file."""
        with EchoesArchive(self.data.echoes) as archive:
            for game in self.games:
                for half in HALVES:
                    video = half_video(self.data.videos, f"{game}/{half}")
                    had = archive.versions_of(game, half)
                    version = next((name for name in VERSIONS if name in had), None)
                    if video is None or version is None:
                        continue
                    said = self.work / "transcripts" / game / f"{half}_asr.json"
                    if not said.exists():
                        spoken = archive.transcript(game, half, version)
                        files.write_json(said, practice_matches.echo(spoken), indent=None)
                    yield game, half, video, said

    # --- what is trained ------------------------------------------------------------

    def model(self, key: str) -> Path:
        """The folder of a trained model, trained if need be."""
        place = self.work / f"{key}-{self.seed}"
        done = {"clip": "frames.json", "spotter": "figures.json"}.get(key, "matchcut.json")
        if not (place / done).exists():
            cost = Costs()
            with cost.counted():
                getattr(self, f"_train_{'language' if key == 'vlm' else key}")(place, key)
            files.write_json(self.work / f"{place.name}.cost.json", asdict(cost))
        return place

    def _train_language(self, place: Path, key: str) -> None:
        held, see = self.data, key == "vlm"
        base = (held.vlm if see else held.language).replace("SEED", str(self.seed))
        given = ["--labels", str(held.labels), "--echoes", str(held.echoes), "--valid-split", held.valid]
        if see:
            given += ["--split", held.films, "--vision", "--videos", str(held.videos)]
        else:
            given += ["--split", held.words]
        again = f"{key}-again"
        if again in held.settings:
            # A second round on the model that the first made: adapters of random bases learn slowly.
            first, whole = (place.with_name(f"{place.name}-{name}") for name in ("first", "whole"))
            if not (first / "matchcut.json").exists():
                run("train", "language", base, "-o", str(first), *given, *self._settings(key))
            if not (whole / "config.json").exists():
                run("train", "merge", str(first), str(whole))
            key, base = again, str(whole)
        run("train", "language", base, "-o", str(place), *given, *self._settings(key))

    def _train_clip(self, place: Path, _: str) -> None:
        held = self.data
        frames = held.frames or self.work / "frames"
        if held.frames is None and not (frames / "splits.json").exists():
            write_moments(frames, held.labels, held.videos, game_list(held.films), game_list(held.valid))
        begin = ["--encoder", held.clip] if held.clip else ["--scratch", "small"]
        run(
            "train",
            "frames",
            str(frames),
            "-o",
            str(place),
            *begin,
            "--seed",
            str(self.seed),
            *self._settings("clip"),
        )

    def _train_spotter(self, place: Path, key: str) -> None:
        held, splits = self.data, self.work / "splits.json"
        files.write_json(splits, {"train": game_list(held.films), "valid": game_list(held.valid)})
        given = ["--data", str(held.labels), "--data", str(held.videos), "--splits", str(splits)]
        given += ["--modalities", f"video=encoder:{self.model('clip').resolve()}@2"]
        run(
            "train",
            "spotter",
            *given,
            "--store",
            str(self.work / "features"),
            "-o",
            str(place),
            *self._settings(key),
        )

    def _settings(self, key: str) -> list[str]:
        """The options that give a verb its settings, with this seed."""
        given = {part: dict(values) for part, values in self.data.settings.get(key, {}).items()}
        given.setdefault("loop", {})["seed"] = self.seed
        path = self.work / "settings" / f"{key}-{self.seed}.json"
        files.write_json(path, given)
        return ["--settings", str(path)]

    def _learnt(self, key: str) -> Costs:
        """Trains what an approach needs; what that did cost, in earlier runs too where they were whole."""
        total = Costs()
        for name in NEEDS.get(key, ()):
            place = self.model(name)
            path = self.work / f"{place.name}.cost.json"
            if path.exists():
                total.add(Costs(**files.read_json(path)))
        return total

    def _weights(self, key: str) -> dict[str, int]:
        """How many numbers an approach computes with, and how many of them were trained here."""
        whole = learnt = 0
        if key == "commentary" or key.startswith("fused"):
            whole += _commentary_numbers()
        for name in NEEDS.get(key, ()):
            place = self.model(name)
            own = numbers_of(place)
            whole, learnt = whole + own, learnt + own
            if (place / "adapter_config.json").is_file():
                base = Path(str(files.read_json(place / "matchcut.json")["base"]))
                whole += numbers_of(base) if base.is_dir() else 0
        return {"whole": whole, "learnt": learnt}


NEEDS = {
    "language": ("language",),
    "vlm": ("vlm",),
    "clip": ("clip",),
    "spotter": ("clip", "spotter"),
    "fused-clip": ("language", "clip"),
    "fused-spotter": ("language", "clip", "spotter"),
}
"""Approach -> what is trained for it."""


@dataclass
class Costs:
    """Seconds by the clock, and of all processors together."""

    wall_s: float = 0.0
    cpu_s: float = 0.0

    @contextlib.contextmanager
    def counted(self) -> Iterator[None]:
        """Adds what happens inside."""
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.add(Costs(time.perf_counter() - wall, time.process_time() - cpu))

    def add(self, other: Costs) -> None:
        self.wall_s += other.wall_s
        self.cpu_s += other.cpu_s


def run(*words: str) -> None:
    """One verb of the product, its tables left out.

    Raises:
        SystemExit: it ended otherwise than well; it has said why.
    """
    with contextlib.redirect_stdout(io.StringIO()):
        code = matchcut(list(words))
    if code:
        raise SystemExit(code)


def numbers_of(folder: Path) -> int:
    """How many numbers the safetensors of a folder hold."""
    from safetensors import safe_open

    total = 0
    for path in sorted(folder.glob("*.safetensors")):
        with safe_open(path, framework="np") as held:
            total += sum(int(np.prod(held.get_slice(key).get_shape())) for key in held.keys())  # noqa: SIM118
    return total


def _commentary_numbers() -> int:
    """The same of the commentary spotter that ships."""
    import onnx

    from matchcut.spotters.commentary import WEIGHTS

    models = [onnx.load(path) for path in sorted(WEIGHTS.rglob("*.onnx"))]
    return sum(int(np.prod(one.dims)) for model in models for one in model.graph.initializer)
