"""A match without pictures, sound or words: masked in training, prediction and spot, not filled with zeros."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

for room in ("media", "training"):
    sys.path.insert(0, str(Path(__file__).parents[1] / room))

from make import Make, sound_only, video  # noqa: E402
from matches import game_name  # noqa: E402

from matchcut import pipeline  # noqa: E402
from matchcut.datasets.soccernet import read_predictions  # noqa: E402
from matchcut.encoders.series import Series  # noqa: E402
from matchcut.encoders.simple import hashed_words  # noqa: E402
from matchcut.encoders.sound import SoundSettings  # noqa: E402
from matchcut.encoders.store import FeatureStore  # noqa: E402
from matchcut.intake import SpotSettings  # noqa: E402
from matchcut.models.temporal_settings import SpotterNetSettings  # noqa: E402
from matchcut.models.temporal_spotter import SpotterNet  # noqa: E402
from matchcut.recording import Recording  # noqa: E402
from matchcut.spotters.sources import Matches, Wanted  # noqa: E402
from matchcut.spotters.stretches import Half  # noqa: E402
from matchcut.spotters.temporal import TemporalSpotter  # noqa: E402
from matchcut.temporal_prediction import predict_split  # noqa: E402
from matchcut.temporal_training import labelled_halves  # noqa: E402
from matchcut.training.loop import Share  # noqa: E402
from matchcut.training.spotting.run import settings_of  # noqa: E402
from matchcut.training.spotting.settings import SpotTraining  # noqa: E402
from matchcut.training.spotting.ship import save  # noqa: E402
from matchcut.training.spotting.task import SpotTask  # noqa: E402

torch.set_num_threads(1)

WIDTHS = {"video": 192, "sound": 65, "words": 128}
WANTED = [Wanted.parse(text) for text in ("video=encoder:pixels@2", "sound", "words=hashed")]
NET = SpotterNetSettings(
    tuple(WIDTHS),
    tuple(WIDTHS.values()),
    width=16,
    layers=2,
    rate=2.0,
    radii_s=(1.0, 3.0),
    modality_dropout=0.0,
)
LACKING = ("", "video", "sound", "words")
"""What each of the games lacks."""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four games of one half; the first has everything."""
    place = tmp_path_factory.mktemp("data")
    for number, lacking in enumerate(LACKING):
        folder = place / game_name(number)
        folder.mkdir(parents=True)
        if lacking == "video":
            sound_only(folder / "1.mkv", 30.0, beeps=(5.0,))
        else:
            how = Make(
                frames=150, rate=Fraction(5), width=64, height=32, sound=lacking != "sound", beeps=(5.0,)
            )
            video(folder / "1.mkv", how)
        if lacking != "words":
            said = {"segments": {"0": [3.0, 6.0, "what a goal"], "1": [15.0, 19.0, "a corner"]}}
            (place / "asr" / game_name(number)).mkdir(parents=True)
            (place / "asr" / game_name(number) / "1_asr.json").write_text(json.dumps(said))
        row = {"gameTime": "1 - 00:05", "label": "Goal", "position": "5000"}
        rows = [{**row, "team": "home", "visibility": "visible"}]
        (folder / "Labels-v2.json").write_text(json.dumps({"UrlLocal": game_name(number), "annotations": rows}))
    (place / "split.json").write_text(json.dumps([game_name(number) for number in range(len(LACKING))]))
    return place


@pytest.fixture(scope="module")
def halves(data: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Half]:
    matches = Matches([data], WANTED, FeatureStore(tmp_path_factory.mktemp("store")))
    return labelled_halves(matches, [game_name(number) for number in range(len(LACKING))], "train", [])


def net() -> SpotterNet:
    torch.manual_seed(2)
    made = SpotterNet(NET).eval()
    with torch.no_grad():
        made.branches[0].near.weight.mul_(8)
        for entry in made.branches[0].entries.values():
            entry.absent.normal_()  # as after a training: not nearly nothing
    return made


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    encoders = {
        "video": "encoder:pixels@2 pixels-8",
        "sound": SoundSettings().identity,
        "words": f"hashed {hashed_words(128, 400).identity}",
    }
    return save([net()], settings_of([NET], encoders, 32.0), tmp_path_factory.mktemp("model"), {}, {})


def filled(half: Half, lacking: str) -> Half:
    """The same with zeros in the place of what it lacks."""
    zeros = (Series(np.zeros((60, WIDTHS[lacking]), np.float32), 2.0),)
    return replace(half, sources={**half.sources, lacking: zeros})


@pytest.mark.parametrize("number", range(len(LACKING)))
def test_in_training(halves: list[Half], number: int) -> None:
    half, lacking = halves[number], LACKING[number]
    assert set(half.sources) == set(WIDTHS) - {lacking}
    how = SpotTraining(batch=2, steps=1, chunk_s=30.0, edge_s=0.0, jitter_s=0.0)
    task = SpotTask(net(), [half], [], how, 1, lambda *_: {})
    batch, size = task.batch(0, 0, Share(0, 1), torch.device("cpu"))
    there = dict(zip(WIDTHS, batch[0].there, strict=True))
    assert size == 2
    assert {name for name, mask in there.items() if mask.any()} == set(half.sources)
    task.loss(task.net, batch).backward()
    entries = task.net.branches[0].entries
    for name, entry in entries.items():
        learns = entry.project.weight.grad.abs().sum() > 0
        assert bool(learns) == (name != lacking)
    if lacking:
        assert entries[lacking].absent.grad.abs().sum() > 0  # what stands for it learns instead


@pytest.mark.parametrize("number", range(1, len(LACKING)))
def test_in_spotting(halves: list[Half], model: Path, number: int) -> None:
    spotter, half, lacking = TemporalSpotter.load(model), halves[number], LACKING[number]
    masked = spotter.track(half).scores
    assert np.isfinite(masked).all()
    assert np.abs(masked - spotter.track(filled(half, lacking)).scores).max() > 1e-3


def test_in_prediction_and_by_spot(halves: list[Half], data: Path, model: Path, tmp_path: Path) -> None:
    done = predict_split(model, [data], tmp_path / "out", str(data / "split.json"), store=tmp_path / "store")
    assert (done.games, done.missing) == (len(LACKING), ())
    found, spotter = read_predictions(tmp_path / "out"), TemporalSpotter.load(model)
    for half in halves:
        game = half.name.rsplit("/", 1)[0]
        wanted = spotter.detections(spotter.track(half), Recording(half.name, duration=half.duration))
        said = sorted(float(event.score or 0) for event in found[game][1])
        assert said == pytest.approx(sorted(float(event.score or 0) for event in wanted), abs=1e-4)
    for number, lacking in list(enumerate(LACKING))[1:3]:
        film = data / game_name(number) / "1.mkv"
        how = SpotSettings(sources=("temporal",), models={"temporal": str(model)}, half=1, min_score=0.0)
        analysis = pipeline.analyse(film, settings=how)
        told = " ".join(analysis.notes)
        # No transcript is given here: words are missing each time, and what else the film lacks.
        gone = [name for name in WIDTHS if name in (lacking, "words")]
        assert f"the trained spotter had no {' and no '.join(gone)} to go by" in told
        sources = {name: series for name, series in halves[number].sources.items() if name != "words"}
        length = analysis.log.recording.duration
        assert length is not None
        alone = spotter.track(replace(halves[number], sources=sources, duration=length))
        assert np.allclose(analysis.tracks[0].scores, alone.scores, atol=1e-5)
