"""The commentary spotter's weights as fronts with a temporal spotter along time: made, loaded, measured."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path
from shutil import copytree

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")
onnx = pytest.importorskip("onnx", reason="needs the extra 'train'")

sys.path.insert(0, str(Path(__file__).parents[1] / "spotters"))

from tiny_weights import HIDDEN, whole_weights  # noqa: E402

from matchcut import pipeline  # noqa: E402
from matchcut.clock import HALF_S, MatchClock, Period  # noqa: E402
from matchcut.datasets.echoes import EchoesArchive  # noqa: E402
from matchcut.encoders.store import FeatureStore  # noqa: E402
from matchcut.errors import InputError, SettingsError  # noqa: E402
from matchcut.intake import SpotSettings  # noqa: E402
from matchcut.models.temporal_settings import SpotterNetSettings  # noqa: E402
from matchcut.models.temporal_spotter import SpotterNet, Stretches  # noqa: E402
from matchcut.recording import Recording  # noqa: E402
from matchcut.sport import soccer  # noqa: E402
from matchcut.spotters import commentary, states  # noqa: E402
from matchcut.spotters.commentary import CommentarySpotter  # noqa: E402
from matchcut.spotters.halves import hear  # noqa: E402
from matchcut.spotters.settings import ALONG, FrontSettings, SpotterSettings, read_settings  # noqa: E402
from matchcut.spotters.sources import Matches, Wanted, length_of  # noqa: E402
from matchcut.spotters.states import CommentaryStates  # noqa: E402
from matchcut.spotters.stretches import Half  # noqa: E402
from matchcut.spotters.temporal import TemporalSpotter  # noqa: E402
from matchcut.training.commentary.along import make_weights, precision  # noqa: E402
from matchcut.training.commentary.card import write_card  # noqa: E402
from matchcut.training.commentary.corpus import Half as Labelled  # noqa: E402
from matchcut.training.commentary.figures import difference, moments_of, table  # noqa: E402
from matchcut.training.commentary.measure import as_truth, summary  # noqa: E402
from matchcut.training.commentary.valid import ALL, UNKNOWN, Valid, spot_everything  # noqa: E402
from matchcut.training.spotting.run import settings_of  # noqa: E402
from matchcut.training.spotting.ship import save  # noqa: E402
from matchcut.transcript import Transcript, Utterance  # noqa: E402

torch.set_num_threads(1)

GAME = "england_epl/2015-2016/2015-08-08 - 19-30 A 1 - 0 B"
FIRST = Transcript((Utterance(1, 4, "and that is a goal"), Utterance(70, 73, "corner from the left")))
SECOND = Transcript((Utterance(2, 5, "goal"), Utterance(40, 43, "a foul a free kick")))
PLAIN = SpotterNetSettings(
    modalities=("words",), widths=(2 * HIDDEN + 4,), width=24, layers=1, radii_s=(2.0, 8.0)
)
DISPLACED = replace(PLAIN, trunk="gru", shift_s=3.0)


def folder_of(networks: list[SpotterNetSettings], place: Path, identity: str) -> Path:
    torch.manual_seed(5)
    nets = [SpotterNet(network).eval() for network in networks]
    nothing = torch.zeros(1, 200, PLAIN.widths[0]), torch.zeros(1, 200, dtype=torch.bool)
    for net in nets:
        branch = net.branches[0]
        with torch.no_grad():
            branch.clock.weight.mul_(0.05)
            branch.near.weight.mul_(12)
            heard = net(Stretches((nothing[0],), (nothing[1],), torch.zeros(1, 200, 6), ~nothing[1])).near
            branch.near.bias.sub_(heard[0, 100].flatten() + 9)  # silence says nothing
    settings = settings_of([net.how for net in nets], {"words": identity}, 512.0)
    decoding = {label: replace(how, apart_s=5.0, min_score=0.05) for label, how in settings.decoding.items()}
    return save(nets, replace(settings, decoding=decoding, suppression="hard"), place, {}, {})


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return whole_weights(tmp_path_factory.mktemp("whole"))


@pytest.fixture(scope="module")
def trained(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A temporal spotter of two kinds of networks, one of which moves its events."""
    networks = [replace(one, outputs=20) for one in (PLAIN, DISPLACED)]
    return folder_of(networks, tmp_path_factory.mktemp("trained"), CommentaryStates.load(whole).identity)


@pytest.fixture(scope="module")
def weights(whole: Path, trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("weights")
    make_weights(trained, whole, folder)
    (folder / "MODEL_CARD.md").write_text("made in a test")
    return folder


@pytest.fixture(scope="module")
def echoes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("echoes")
    for version, said in (("whisper_v1", FIRST), ("whisper_v2", SECOND)):
        folder = place / version / GAME
        folder.mkdir(parents=True)
        for half, spoken in ((1, said), (2, Transcript(()))):
            rows = {str(n): [u.start, u.end, u.text] for n, u in enumerate(spoken)}
            (folder / f"{half}_asr.json").write_text(json.dumps({"segments": rows}))
    return place


@pytest.fixture
def shipped(weights: Path, monkeypatch: pytest.MonkeyPatch) -> CommentarySpotter:
    """The package as if it came with these weights."""
    for module in (commentary, states):
        monkeypatch.setattr(module, "WEIGHTS", weights)
    return CommentarySpotter.load()


def test_fronts_give_the_states_of_the_whole_networks(whole: Path, weights: Path, tmp_path: Path) -> None:
    assert isinstance(read_settings(whole), SpotterSettings)
    assert isinstance(read_settings(weights), FrontSettings)
    old, new = CommentaryStates.load(whole), CommentaryStates.load(weights, threads=2)
    assert old.identity == new.identity
    assert np.array_equal(old.encode(FIRST).vectors, new.encode(FIRST).vectors)
    with pytest.raises(InputError, match="has no layer 'context'"):
        CommentaryStates.load(weights, "context")
    # Fronts of other content give other states, and say so.
    changed = copytree(weights, tmp_path / "changed")
    front = changed / read_settings(changed).networks[0]
    front.write_bytes(front.read_bytes() + b"\x3a\x00")  # one empty graph more: it still is a network
    assert CommentaryStates.load(changed).identity != old.identity
    with pytest.raises(SettingsError, match="was trained on"):
        CommentarySpotter.load(changed)


def test_it_says_what_predict_says_with_the_same_model(
    shipped: CommentarySpotter, weights: Path, echoes: Path, trained: Path, tmp_path: Path
) -> None:
    matches = Matches([echoes], [Wanted("words")], FeatureStore(tmp_path))
    for half in (1, 2):
        sources = matches.sources(GAME, half)
        asked = Half("half", half, length_of("half", sources), (), sources)
        theirs = TemporalSpotter.load(weights / ALONG).track(asked)
        said = [FIRST, SECOND] if half == 1 else [Transcript(())]
        own = shipped.track_many(said, max(HALF_S, *(t.end for t in said)), half)
        assert (own.rate, own.start, own.source) == (2.0, 0.25, "commentary")
        assert own.scores.shape == theirs.scores.shape
        assert np.abs(own.scores - theirs.scores).max() < 1e-5
        assert own.scores.max() > 0.1
        log = shipped.detections(own, Recording("half", duration=HALF_S))
        same = TemporalSpotter.load(trained, "torch")
        assert {e.label for e in log} <= set(same.labels)
        assert len(log) == len(
            same.detections(replace(own, source="temporal"), Recording("half", duration=HALF_S))
        )


def test_silence_is_nothing_where_the_half_is_unknown(shipped: CommentarySpotter) -> None:
    nothing = shipped.track_many([Transcript(())], 120.5)
    assert nothing.scores.shape == (242, 17)
    assert not nothing.scores.any()
    assert shipped.track_many([], 120.0, half=1).scores.any()
    assert (shipped.track(FIRST).scores != shipped.track(FIRST, half=1).scores).any()


def test_halves_of_a_broadcast_keep_their_height(shipped: CommentarySpotter) -> None:
    """Displaced scores are lone rows: at a kick-off between two rows they must not be halved."""
    kick_off = 150.3
    clock = MatchClock([Period(2, kick_off, 1000.0, 2700.0)])
    moved = FIRST.moved(kick_off)
    track = hear(shipped, [moved], Recording("broadcast", duration=1000.0, clock=clock))
    own = shipped.track(FIRST, 1000.0 - kick_off, 2)
    inside = (track.times > kick_off + 20) & (track.times < kick_off + 600)
    assert np.isclose(track.scores[inside].max(), own.scores[42:1200].max(), atol=1e-3)


def test_an_analysis_and_its_report_take_it(shipped: CommentarySpotter, tmp_path: Path) -> None:
    path = tmp_path / "half.srt"
    rows = enumerate((*FIRST, *FIRST.moved(90)), 1)
    path.write_text(
        "\n".join(
            f"{n}\n00:{int(u.start) // 60:02d}:{int(u.start) % 60:02d},000 --> "
            f"00:{int(u.end) // 60:02d}:{int(u.end) % 60:02d},000\n{u.text}\n"
            for n, u in rows
        )
    )
    analysis = pipeline.analyse(path, settings=SpotSettings(sources=("commentary",), half=1, min_score=0.02))
    assert shipped.identity in analysis.log.producer
    assert analysis.tracks[0].rate == 2.0
    assert len(analysis.log) > 0
    assert pipeline.report(analysis, tmp_path / "report.html").stat().st_size > 1000


def test_every_file_counts_and_may_be_damaged(weights: Path, tmp_path: Path) -> None:
    before = CommentarySpotter.load(weights).identity
    folder = copytree(weights, tmp_path / "weights")
    (folder / ALONG / "settings.json").write_text((folder / ALONG / "settings.json").read_text() + "\n")
    assert CommentarySpotter.load(folder).identity != before
    network = folder / ALONG / "network-1.onnx"
    network.write_bytes(network.read_bytes()[:900])
    with pytest.raises(InputError, match="not a network"):
        CommentarySpotter.load(folder)
    network.unlink()
    with pytest.raises(InputError, match="no such file"):
        CommentarySpotter.load(folder)
    (folder / "settings.json").write_text('{"layer": "phrases"}')
    with pytest.raises(SettingsError, match="needs the keys"):
        CommentarySpotter.load(folder)


def test_spotters_of_other_features_are_refused(whole: Path, tmp_path: Path) -> None:
    other = folder_of([replace(PLAIN, outputs=20)], tmp_path / "other", "commentary-phrases 0123")
    with pytest.raises(SettingsError, match="was trained on"):
        make_weights(other, whole, tmp_path / "out")


def test_weights_are_measured_and_their_card_written(
    weights: Path, trained: Path, whole: Path, echoes: Path, tmp_path: Path
) -> None:
    spotter, before = CommentarySpotter.load(weights), CommentarySpotter.load(whole)
    events = [(soccer.index("Goal"), 2.0), (soccer.index("Corner"), 70.0)]
    halves = tuple(Labelled(GAME, half, "valid", events) for half in (1, 2))
    with EchoesArchive(echoes) as archive:
        valid = Valid(halves, ("English", "nothing"), archive)
        exact = precision(trained, weights, valid)
        tracks = spot_everything(spotter, valid)
        old = spot_everything(before, valid, [ALL])[ALL]
    assert set(tracks) == {ALL, UNKNOWN, "whisper_v1", "whisper_v2"}
    assert exact["halves"] == 1
    assert 0 < exact["largest"] < 0.01
    assert 0 < exact["largest_shift_s"] < 0.1
    stored = onnx.load(str(weights / ALONG / "network-1.onnx")).graph.initializer
    assert {t.data_type for t in stored if t.name.endswith("_small")} == {onnx.TensorProto.FLOAT16}
    assert any(t.name.endswith("into_0_small") for t in stored)  # recurrent layers', too
    found, other = (
        moments_of([those[0], those[1]], of) for those, of in ((tracks[ALL], spotter), (old, before))
    )
    nothing = difference(found, found, valid, rounds=3)
    assert nothing["loose"] == {"value": 0.0, "low": 0.0, "high": 0.0}
    truth = as_truth(valid.truths)
    whole_row = summary(truth, found, found)
    gain = difference(other, found, valid, rounds=3)
    expected = whole_row["loose"] - summary(truth, other, other)["loose"]
    assert abs(gain["loose"]["value"] - expected) < 2e-3
    figures = {
        "as_shipped": table(spotter, tracks, valid),
        "as_shipped_whole": whole_row,
        "cross_fitted": {"halves": 2} | whole_row,
        "difference": gain | {"to": before.identity},
        "reliability": {"ece": 0.01},
        "sixteen_bits": exact,
        "speed": {"cores": 2, "load_s": 0.1, "half_s": 0.2, "half_processor_s": 0.3, "peak_mb": 99},
    }
    folder = copytree(weights, tmp_path / "weights")
    card = write_card(folder, spotter.settings, figures).read_text()
    assert "gru (1 layers, width 24, displacement of at most 3 s)" in card
    assert "**1 of the 2 halves have no word" in card
    assert "$" not in card
