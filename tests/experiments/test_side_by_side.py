"""The script that puts token-based and CLIP-based spotting side by side: its scores, tables and matches."""

from __future__ import annotations

import csv
import json
import sys
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from matchcut.datasets.games import game_list
from matchcut.datasets.soccernet import read_labels, write_predictions
from matchcut.datasets.soccernet_chunks import soccernet_chunks
from matchcut.datasets.soccernet_frames import read_soccernet_frames
from matchcut.events import Event, EventLog
from matchcut.language.prompts import PromptSettings, messages, right_answer
from matchcut.sport import soccer
from media import make

FOLDER = Path(__file__).parents[2] / "experiments" / "sparse_spotting"


@pytest.fixture(scope="module")
def script() -> Any:
    sys.path.insert(0, str(FOLDER))
    try:
        import side_by_side
    finally:
        sys.path.remove(str(FOLDER))
    return side_by_side


@pytest.fixture
def data(script: Any, tmp_path: Path) -> Any:
    """Two games to choose by and two to measure on; of the films there are the names alone."""
    place = tmp_path / "data"
    amounts = script.practice_matches.Amounts(films=0, words=4, valid=0, test=0, half_s=120.0)
    script.practice_matches.write_matches(place, amounts)
    games = game_list(str(place / "words.json"))
    for part, some in (("films", games), ("valid", games[:2]), ("test", games[2:])):
        (place / f"{part}.json").write_text(json.dumps(some))
    for game in games:
        (place / "videos" / game).mkdir(parents=True)
        for half in (1, 2):
            (place / "videos" / game / f"{half}_224p.mkv").touch()
    held = {name: place / name for name in ("labels", "echoes", "videos")}
    splits = {name: str(place / f"{name}.json") for name in ("words", "films", "valid", "test")}
    return script.Data(**held, **splits, language="a base", settings={"language": {"loop": {"epochs": 2}}})


def predicted(data: Any, target: Path, right: float, wrong: float) -> Path:
    """Every truth where it is with one score, and every truth at a wrong place with another."""
    logs = read_labels(data.labels, [*game_list(data.valid), *game_list(data.test)])
    given: dict[str, dict[int, EventLog]] = {}
    for game, halves in logs.items():
        for half, log in halves.items():
            found = [replace(event, score=right) for event in log]
            off = [Event.around("Red card", event.time, soccer, score=wrong) for event in log]
            given.setdefault(game, {})[half] = EventLog([*found, *off], log.recording, "test")
    write_predictions(target, given)
    costs = {"wall_s": 16.0, "cpu_s": 8.0}
    weights = {"whole": 5_000_000, "learnt": 2000}
    told = {"training": {"wall_s": 120.0, "cpu_s": 60.0}, "asking": costs, "weights": weights}
    target.with_suffix(".json").write_text(json.dumps(told))
    return target


def test_the_rows_are_scored_alike_and_written(
    script: Any, data: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def predictions(runs: Any, approach: Any) -> Path | None:
        asked.append(f"{approach.key} {runs.seed}")
        target = tmp_path / "rows" / f"{approach.key}-{runs.seed}.zip"
        target.parent.mkdir(exist_ok=True)
        if approach.key == "vlm":
            return None
        return predicted(data, target, 0.6, 0.1) if runs.seed == 0 else predicted(data, target, 0.1, 0.6)

    monkeypatch.setattr(script.Runs, "predictions", predictions)
    out = tmp_path / "out"
    out.mkdir()
    (out / "side_by_side.md").write_text("# Ours\n\n<!-- tables -->\nold\n<!-- end -->\nWhat it says.\n")
    given = ["--work", str(tmp_path), "-o", str(out), "--seeds", "0,1", "--language", "a base"]
    for name in ("labels", "echoes", "videos", "words", "films", "valid", "test"):
        given += [f"--{name}", str(getattr(data, name))]
    monkeypatch.setattr(sys, "argv", ["side_by_side.py", *given])
    script.main()
    assert asked[:3] == ["keywords 0", "language 0", "language 1"], "what is not trained is asked once"
    with (out / "side_by_side.csv").open(newline="") as stream:
        rows = {(row["approach"], row["seed"]): row for row in csv.DictReader(stream)}
    assert len(rows) == 2 + 2 * 5
    perfect = rows["keyword baseline", "0"]
    # What is wrong is less sure on valid, and so it is not shown on test.
    assert (float(perfect["f1"]), 0.1 < float(perfect["level"]) <= 0.6) == (1.0, True)
    # SoccerNet's measure counts an action that never happens as 0, and takes the mean over all 17.
    happening = {one.label for chunk in chunks(data, data.test) for one in chunk.truth}
    assert float(perfect["tight"]) == pytest.approx(len(happening) / 17, abs=1e-4)
    minutes = sum(chunk.length for part in (data.valid, data.test) for chunk in chunks(data, part)) / 60
    assert float(perfect["cpu_s_a_minute"]) == pytest.approx(8 / minutes, rel=1e-4)
    worse = rows["CLIP features in a temporal spotter", "1"]
    assert 0.4 < float(worse["f1"]) < 0.8 < float(worse["recall"])
    page = (out / "side_by_side.md").read_text()
    assert page.startswith("# Ours")
    assert page.endswith("<!-- end -->\nWhat it says.\n")
    assert "old" not in page
    assert "SoccerNet: 4 held-out halves, 8 one-minute chunks" in page
    assert "| keyword baseline | words | 1.000 | 1.000 | 1.000 |" in page
    assert "2 / 5,000 |" in page
    middle = (1 + float(worse["f1"])) / 2
    assert f"| {middle:.3f} ± {1 - middle:.3f} |" in page
    assert "| Red card |" not in page, "it never happens"
    # Both are right about everything with the first seed, whichever games are drawn.
    spotter, language = "CLIP features in a temporal spotter", "token-based: fine-tuned language model"
    assert f"| {spotter} | {language} | 0.000 [0.000, 0.000] |" in page


def test_sums_of_games_give_the_same_f1(script: Any, data: Any, tmp_path: Path) -> None:
    (tmp_path / "rows").mkdir()
    script.files.write_json(tmp_path / "test.json", game_list(data.test))
    path = predicted(data, tmp_path / "rows" / "a.zip", 0.5, 0.5)
    parts = {"valid": chunks(data, data.valid), "test": chunks(data, data.test)}
    scored = script.score(script.APPROACHES[0], 0, path, data, parts)
    assert scored.sums.shape == (2, 4)
    assert scored.f1(np.arange(2)) == pytest.approx(scored.figures["f1"])
    again = script.rates_at(script.same_halves(path, parts["test"]), parts["test"][:4], 0.0).overall
    assert scored.f1(np.array([0, 0])) == pytest.approx(again.f1)


def chunks(data: Any, split: str) -> Any:
    return soccernet_chunks(data.labels, data.echoes, split).chunks


def test_others_chunks_are_refused(script: Any, data: Any, tmp_path: Path) -> None:
    path = predicted(replace(data, test=data.valid), tmp_path / "some.zip", 0.5, 0.5)
    assert len(script.same_halves(path, chunks(data, data.valid))) == 4
    with pytest.raises(
        SystemExit, match=r"was not asked about 4 halves, such as practice/.*not the same chunks"
    ):
        script.same_halves(path, chunks(data, data.test))


def test_settings_carry_the_seed_and_what_is_not_named_is_left_out(
    script: Any, data: Any, tmp_path: Path
) -> None:
    runs = script.Runs(data, tmp_path, 3)
    _, path = runs._settings("language")
    assert json.loads(Path(path).read_text()) == {"loop": {"epochs": 2, "seed": 3}}
    named = {one.key: one for one in script.APPROACHES}
    assert runs.predictions(named["vlm"]) is None
    assert script.Runs(replace(data, language=""), tmp_path, 3).predictions(named["fused-clip"]) is None
    target = runs.predictions(named["keywords"])
    told = json.loads(target.with_suffix(".json").read_text())
    assert told["asking"]["wall_s"] > 0
    assert told["weights"] == {"whole": 0, "learnt": 0}
    before = target.stat().st_mtime_ns
    assert runs.predictions(named["keywords"]).stat().st_mtime_ns == before, "what is finished stays"


def test_moments_are_taken_as_soccernet_has_them(script: Any, data: Any, tmp_path: Path) -> None:
    from moments import write_moments  # the script's folder was searched when it was loaded

    games = game_list(data.valid)
    for game in games:
        for half in (1, 2):
            how = make.Make(frames=125, rate=Fraction(1), sound=False)
            make.video(data.videos / game / f"{half}_224p.mkv", how)
    write_moments(tmp_path / "frames", data.labels, data.videos, games[:1], games[1:])
    found = read_soccernet_frames(tmp_path / "frames")
    assert not found.skipped
    logs = read_labels(data.labels, games)
    truth = {
        (game, half, event.label, event.time) for game in games for half in (1, 2) for event in logs[game][half]
    }
    shown = {(one.game, one.half, one.label, one.time) for one in found.images}
    assert shown == truth
    assert len(found.images) == 2 * sum(len(logs[game][half]) for game in games for half in (1, 2))
    assert {(one.game, one.split) for one in found.images} == {(games[0], "train"), (games[1], "valid")}


def test_words_of_practice_have_seconds_and_instructions_as_tokens(script: Any, data: Any) -> None:
    pytest.importorskip("tokenizers", reason="needs the extra 'tune'")
    words = script.practice_matches.tokenizer_of(data.labels, data.echoes, data.words)
    assert [len(words.encode(str(number)).ids) for number in range(61)] == [1] * 61
    chunk, how = chunks(data, data.valid)[0], PromptSettings(confidence=False)
    first, question = (one["content"] for one in messages(chunk, how))
    assert len(words.encode(first).ids) == len(first.splitlines()), "of 2,400 letters"
    answer = right_answer(chunk, how)
    for text in (first, question, answer):
        assert words.decode(words.encode(text).ids) == text
    assert len(words.encode(answer).ids) <= 4 + 8 * len(chunk.truth)
