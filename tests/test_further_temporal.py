"""A trained spotter in use: as a source of spot, over whole broadcasts, by onnxruntime, from the shell."""

from __future__ import annotations

import json
import shutil
import sys
import time
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")

sys.path.insert(0, str(Path(__file__).parent / "training"))

from click.testing import CliRunner  # noqa: E402
from matches import game_name, write_data  # noqa: E402

from matchcut import pipeline  # noqa: E402
from matchcut.cli.main import cli  # noqa: E402
from matchcut.clock import MatchClock, Period  # noqa: E402
from matchcut.encoders.series import Series  # noqa: E402
from matchcut.errors import InputError, SettingsError  # noqa: E402
from matchcut.intake import SpotSettings  # noqa: E402
from matchcut.models.temporal_settings import SpotterNetSettings  # noqa: E402
from matchcut.models.temporal_spotter import SpotterNet  # noqa: E402
from matchcut.recording import Recording  # noqa: E402
from matchcut.spotters.states import CommentaryStates  # noqa: E402
from matchcut.spotters.stretches import Half  # noqa: E402
from matchcut.spotters.temporal import TemporalSpotter  # noqa: E402
from matchcut.spotters.temporal_halves import look_through  # noqa: E402
from matchcut.temporal_training import train_spotter  # noqa: E402
from matchcut.training.spotting.run import settings_of  # noqa: E402
from matchcut.training.spotting.ship import export, save  # noqa: E402

torch.set_num_threads(1)

WORDS = SpotterNetSettings(width=16, layers=2, radii_s=(2.0, 8.0))
VIDEO = SpotterNetSettings(modalities=("video",), widths=(512,), rate=2.0)
BOTH = SpotterNetSettings(
    modalities=("video", "sound"),
    widths=(5, 3),
    fusion="late",
    trunk="transformer",
    width=16,
    layers=1,
    shift_s=3.0,
    context=True,
    rate=2.0,
)


def folder_of(how: SpotterNetSettings, place: Path, **encoders: str) -> Path:
    torch.manual_seed(3)
    net = SpotterNet(how).eval()
    with torch.no_grad():
        net.branches[0].near.weight.mul_(8)
    chunk = 64.0 if how.width == 16 else 512.0
    return save([net], settings_of([how], encoders, chunk), place, {}, {})


@pytest.fixture(scope="module")
def by_words(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return folder_of(WORDS, tmp_path_factory.mktemp("words"), words=CommentaryStates.load().identity)


@pytest.fixture
def said(tmp_path: Path) -> Path:
    path = tmp_path / "half.srt"
    lines = [
        f"{n + 1}\n00:{n // 6:02d}:{n % 6 * 10:02d},000 --> 00:{n // 6:02d}:{n % 6 * 10 + 6:02d},000\n{text}\n"
        for n, text in enumerate(["And that is a goal!", "Corner from the left.", "A foul, free kick."] * 8)
    ]
    path.write_text("\n".join(lines))
    return path


def test_spot_takes_it_as_one_source_more(by_words: Path, said: Path, tmp_path: Path) -> None:
    sources = ("commentary", "temporal")
    how = SpotSettings(sources=sources, models={"temporal": str(by_words)}, half=1)
    analysis = pipeline.analyse(said, settings=how)
    assert {track.source for track in analysis.tracks} == {"commentary", "temporal"}
    assert "temporal" in analysis.log.producer
    assert any(e.source == "temporal" for event in analysis.log for e in event.evidence)


def test_spot_from_the_shell(by_words: Path, said: Path, tmp_path: Path) -> None:
    out = str(tmp_path / "a.matchcut")
    done = CliRunner().invoke(cli, ["spot", str(said), "--model", str(by_words), "-o", out, "--json"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "a.matchcut" / "tracks" / "temporal.npz").is_file()
    with pytest.raises(InputError, match="holds no trained spotter"):
        pipeline.analyse(said, settings=SpotSettings(sources=("temporal",), models={"temporal": str(tmp_path)}))
    with pytest.raises(SettingsError, match="no trained spotter was named"):
        pipeline.analyse(said, settings=SpotSettings(sources=("temporal",)))


def test_features_of_other_weights_are_refused(said: Path, tmp_path: Path) -> None:
    other = folder_of(WORDS, tmp_path / "other", words="commentary-phrases 0123")
    how = SpotSettings(sources=("temporal", "commentary"), models={"temporal": str(other)})
    with pytest.raises(InputError, match="heard words by commentary-phrases 0123"):
        pipeline.analyse(said, settings=how)
    nothing = folder_of(VIDEO, tmp_path / "video", video="mine@2")
    with pytest.raises(InputError, match="none of what the trained spotter goes by"):
        pipeline.analyse(said, settings=replace(how, models={"temporal": str(nothing)}))


def test_arrays_lie_beside_the_film_and_are_as_long(tmp_path: Path) -> None:
    sys.path.insert(0, str(Path(__file__).parent / "media"))
    from make import Make, video

    film = video(tmp_path / "film.mp4", Make(frames=200, rate=Fraction(10)))
    model = folder_of(replace(VIDEO, widths=(5,), width=16, layers=2), tmp_path / "model", video="mine@2")
    how = SpotSettings(sources=("temporal",), models={"temporal": str(model)})
    with pytest.raises(InputError, match=r"video \(film_mine\.npy\)"):
        pipeline.analyse(film, settings=how)
    values = np.random.default_rng(0).standard_normal((200, 5)).astype(np.float32)
    for rows, told in (
        (200, "lasts 1.7 minutes at 2 rows a second, the recording 0.3"),
        (5, "lasts 0.0 minutes"),
    ):
        np.save(tmp_path / "film_mine.npy", values[:rows])
        with pytest.raises(InputError, match=told):
            pipeline.analyse(film, settings=how)
    np.save(tmp_path / "film_mine.npy", values[:40])
    assert [track.source for track in pipeline.analyse(film, settings=how).tracks] == ["temporal"]


def test_halves_of_a_broadcast_are_looked_at_from_their_kick_off(tmp_path: Path) -> None:
    how = replace(VIDEO, widths=(5,), width=16, layers=2)
    spotter = TemporalSpotter.load(folder_of(how, tmp_path, video="mine@2"))
    values = np.random.default_rng(0).standard_normal((2 * 1000, 5)).astype(np.float32)
    whole = {"video": (Series(values, 2.0),)}
    clock = MatchClock([Period(2, 150.0, 1000.0, 2700.0)])
    recording = Recording("broadcast", duration=1000.0, clock=clock)
    track = look_through(spotter, whole, recording)
    alone = {"video": (Series(values[300:], 2.0),)}
    own = spotter.track(Half("half", 2, 850.0, (), alone))
    # Away from the kick-off, where the broadcast has something before it.
    assert np.allclose(track.scores[400:1900], own.scores[100:1600], atol=1e-5)
    unknown = look_through(spotter, whole, replace(recording, clock=None))
    assert np.allclose(track.scores[:290], unknown.scores[:290])


def test_late_fusion_with_displacement_is_exported(tmp_path: Path) -> None:
    folder = folder_of(BOTH, tmp_path, video="mine@2", sound="mine@1")
    rng = np.random.default_rng(1)
    video = Series(rng.standard_normal((300, 5)).astype(np.float32), 2.0)
    sound = Series(rng.standard_normal((90, 3)).astype(np.float32), 1.0)
    half = Half("half", 2, 150.0, (), {"video": (video,), "sound": (sound,)})
    plain = TemporalSpotter.load(folder).track(half)
    export(folder)
    fast = TemporalSpotter.load(folder).track(half)
    assert plain.rate == 2.0
    assert len(plain) == 300
    # A displacement that lands on an edge of the grid may fall to either side.
    assert (np.abs(fast.scores - plain.scores) < 1e-4).mean() > 0.999


def test_a_half_is_spotted_in_less_than_two_seconds(tmp_path: Path) -> None:
    """45 minutes of 512 numbers at 2 a second, by the default network; processor time, not the clock's."""
    folder = folder_of(VIDEO, tmp_path, video="mine@2")
    values = np.random.default_rng(0).standard_normal((5400, 512)).astype(np.float32)
    half = Half("half", 1, 2700.0, (), {"video": (Series(values, 2.0),)})
    spotter = TemporalSpotter.load(folder)
    recording = Recording("half", duration=2700.0)
    began = time.process_time()
    log = spotter.detections(spotter.track(half), recording)
    assert time.process_time() - began < 4.0  # of two cores
    assert len(log) > 10


def test_train_predict_and_evaluate_from_the_shell(tmp_path: Path) -> None:
    data = write_data(tmp_path / "data", games=3, valid=1)
    (tmp_path / "settings.json").write_text(
        json.dumps(
            {
                "network": {"width": 8, "layers": 2, "rate": 2.0, "window_s": 4.0, "radii_s": [1.0, 3.0]},
                "loop": {"epochs": 1, "batch": 2, "precision": "float32"},
                "spotting": {"steps": 2, "chunk_s": 40.0},
            }
        )
    )
    options = ["--data", str(data), "--modalities", "video=mine@2", "--splits", str(data / "splits.json")]
    train = ["train", "spotter", *options, "-o", str(tmp_path / "model"), "--device", "cpu"]
    done = CliRunner().invoke(cli, [*train, "--settings", str(tmp_path / "settings.json")])
    assert done.exit_code == 0, done.output
    assert "cross-fitted" not in done.output  # one game cannot be cut in two
    model = str(tmp_path / "model")
    known = [options[0], options[1], *options[4:]]  # the features are the spotters' own
    join = ["train", "spotter", *known, "-o", str(tmp_path / "both"), "--join", model, "--join", model]
    done = CliRunner().invoke(cli, join)
    assert done.exit_code == 0, done.output
    assert "2 spotters joined, fitted on 2" in " ".join(done.output.split())
    (tmp_path / "split.json").write_text(json.dumps([game_name(2)]))
    out = str(tmp_path / "out.zip")
    predict = [
        "predict",
        "soccernet",
        "--model",
        model,
        "--data",
        str(data),
        "--split",
        str(tmp_path / "split.json"),
    ]
    done = CliRunner().invoke(cli, [*predict, "-o", out])
    assert done.exit_code == 0, done.output
    assert "1 games, 2 halves" in done.output
    evaluate = ["evaluate", "soccernet", "--labels", str(data), "--predictions", out]
    done = CliRunner().invoke(cli, [*evaluate, "--split", str(tmp_path / "split.json")])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(cli, ["predict", "soccernet", "-o", out])
    assert isinstance(done.exception, SettingsError)


def test_films_are_seen_and_heard(tmp_path: Path) -> None:
    """Pictures and sound of films, from training on a game to --with temporal and --with vision."""
    sys.path.insert(0, str(Path(__file__).parent / "media"))
    from make import Make, video

    place = tmp_path / "data" / game_name(0)
    place.mkdir(parents=True)
    beeps = (9.0, 21.0, 33.0)
    film = video(place / "1.mp4", Make(frames=400, rate=Fraction(10), beeps=beeps))
    shutil.copy(film, place / "2.mp4")
    told = [
        {"gameTime": f"{half} - 00:{int(at):02d}", "label": "Goal", "position": str(int(at * 1000))}
        for half in (1, 2)
        for at in beeps
    ]
    whole = [{**row, "team": "home", "visibility": "visible"} for row in told]
    (place / "Labels-v2.json").write_text(json.dumps({"UrlLocal": game_name(0), "annotations": whole}))
    splits = tmp_path / "splits.json"
    splits.write_text(json.dumps({"train": [game_name(0)], "valid": []}))
    settings = {
        "network": {"width": 16, "layers": 2, "rate": 2.0, "window_s": 4.0, "radii_s": [1.0, 3.0]},
        "loop": {"epochs": 1, "batch": 4, "precision": "float32", "learning_rate": 0.02, "average": 0.8},
        "spotting": {"steps": 30, "chunk_s": 40.0, "jitter_s": 0.0},
    }
    done = train_spotter(
        [tmp_path / "data"],
        tmp_path / "model",
        ["video=encoder:pixels@2", "sound"],
        preset="convolutions",  # displacement needs more steps than these thirty
        settings=settings,
        splits=splits,
        device="cpu",
    )
    assert done.training == 2
    assert (
        len(list((tmp_path / "model" / "features").rglob("*.safetensors"))) == 2
    )  # one content, two modalities
    model = str(done.folder)
    for source, sources in (("temporal", ("temporal",)), ("vision", ("vision",))):
        how = SpotSettings(sources=sources, models={source: model}, half=1, min_score=0.03)
        analysis = pipeline.analyse(film, settings=how)
        times = [event.time for event in analysis.log if event.label == "Goal"]
        assert [track.source for track in analysis.tracks] == [source]
        assert all(min(abs(at - wanted) for at in times) < 2 for wanted in beeps)
