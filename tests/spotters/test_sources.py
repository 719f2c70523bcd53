"""Where features lie, how they are asked for, and how long a half is by them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from matchcut.clock import HALF_S
from matchcut.datasets.games import game_list
from matchcut.encoders.series import Series
from matchcut.encoders.store import FeatureStore
from matchcut.errors import InputError, SettingsError
from matchcut.spotters.sentences import Sentences
from matchcut.spotters.sources import Matches, Wanted, length_of
from matchcut.spotters.stretches import Half, stack, stretch_of
from matchcut.transcript import Transcript, Utterance

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("video", Wanted("video")),
        (" sound = log-mel ", Wanted("sound", "log-mel")),
        ("video=mine@0.5", Wanted("video", "mine", 0.5)),
        ("video=encoder:a/b-c@2", Wanted("video", "encoder:a/b-c", 2.0)),
    ],
)
def test_what_is_asked_for(text: str, wanted: Wanted) -> None:
    assert Wanted.parse(text) == wanted


@pytest.mark.parametrize("text", ["", "=mine", "video=mine@x", "video=mine@0", "video=mine@nan"])
def test_what_asks_for_nothing(text: str) -> None:
    with pytest.raises(SettingsError, match="names no modality"):
        Wanted.parse(text)


def series(seconds: float, rate: float = 2.0, name: str = "a.npy") -> Series:
    return Series(np.zeros((int(seconds * rate), 3), np.float32), rate, 0.0, name)


def test_the_length_of_a_half() -> None:
    assert length_of("h", {}) == HALF_S
    assert length_of("h", {}, 2800.0) == 2801.0
    assert length_of("h", {"video": (series(2700),)}, 2650.0) == 2700.0
    # Words end where nobody speaks any more, and tell nothing of a wrong rate.
    spoken = {"words": (series(60, name="w"),), "video": (series(2800),)}
    assert length_of("h", spoken, 2700.0) == 2800.0
    assert length_of("h", {"words": (series(60, name="w"),)}) == HALF_S
    assert length_of("h", {"words": (series(60, name="w"),)}, film_s=300.0) == 300.0
    assert length_of("h", {}, 20.0, film_s=300.0) == 300.0
    assert length_of("h", {"words": (series(60, name="w"),), "video": (series(15),)}) == 60.0
    for wrong in (series(1300), series(5700)):
        with pytest.raises(InputError, match=r"a\.npy: lasts .* where h lasts about 45\.0"):
            length_of("h", {"video": (wrong,)}, 2700.0)
    with pytest.raises(InputError, match="Correct the rate"):
        length_of("h", {"video": (series(2700),), "sound": (series(1200, name="b.npy"),)})


def test_versions_count_alike_and_the_half_ends() -> None:
    ones, threes = (Series(np.full((9, 2), value, np.float32), 1.0) for value in (1.0, 3.0))
    half = Half("h", 2, 9.0, ((1, 4.0),), {"words": (ones, threes)})
    found = stretch_of(half, {"words": 2, "video": 4}, 1.0, -2, 14)
    assert found.features["words"][:, 0].tolist() == [0, 0, *[2.0] * 9, 0, 0, 0]
    assert found.there["words"].tolist() == found.inside.tolist() == [False] * 2 + [True] * 9 + [False] * 3
    assert not found.there["video"].any()
    assert found.truths == ((1, 6.0),)
    assert found.clock[:2].max() == 0
    assert found.clock[2, 0] == 1
    drawn = {
        float(stretch_of(half, {"words": 2}, 1.0, 0, 9, np.random.default_rng(seed)).features["words"][0, 0])
        for seed in range(30)
    }
    assert drawn == {1.0, 2.0, 3.0}
    joined = stack([found, stretch_of(half, {"words": 2, "video": 4}, 1.0, 0, 5)], {"words": 2, "video": 4})
    assert joined.features[1].shape == (2, 14, 4)
    assert not joined.inside[1, 5:].any()


def test_sentences_lie_where_they_are_said() -> None:
    said = Transcript(
        (Utterance(2.0, 4.5, "a corner"), Utterance(4.0, 6.0, "a foul"), Utterance(70.0, 71.0, " "))
    )
    found = Sentences("hashed").vectors(said)
    assert found.shape == (76, 128)
    corner, foul = found[2], found[5]
    assert not np.allclose(corner, foul)
    assert np.allclose(found[4], (corner + foul) / 2)
    assert not found[6:].any()
    assert not found[:2].any()


@pytest.mark.data
def test_words_of_real_matches(tmp_path: Path) -> None:
    labels, echoes = (DATA / f"soccernet-{name}-train-valid.zip" for name in ("v2-labels", "echoes"))
    if not labels.exists() or not echoes.exists():
        pytest.skip("the real data folder ../shared/data is absent")
    game = game_list("valid")[0]
    matches = Matches([labels, echoes], [Wanted("words")], FeatureStore(tmp_path))
    assert len(matches.labels([game])[game][1]) > 50
    found = matches.sources(game, 1)["words"]
    assert len(found) >= 3
    assert {one.width for one in found} == {388}
    assert all(2000 < one.end < 4000 for one in found)
    assert matches.has(game)
    assert not matches.has("nobody/2000/nothing")
