"""Words on a time grid: any text, any times, the same on every machine."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matchcut.encoders.fusion import GAP, fuse
from matchcut.encoders.words import (
    LONGEST_ROWS,
    REPEAT,
    UNKNOWN,
    Vocabulary,
    grid_rows,
    place_features,
    speak,
    speech_features,
    stem,
    tokenize,
)
from matchcut.errors import InputError
from matchcut.transcript import Transcript, Utterance, Word

WORDS = Vocabulary(["corner", "goal", "угловои", REPEAT])

utterances = st.builds(
    lambda start, length, text: Utterance(start, start + length, text),
    st.floats(0, 90_000),
    st.floats(0, 400),
    st.text(max_size=60),
)


def said(*rows: tuple[float, float, str]) -> Transcript:
    return Transcript([Utterance(*row) for row in rows])


def test_case_and_accents_do_not_tell_words_apart() -> None:
    assert [word for word, _, _ in tokenize("CÓRNER corner Córner")] == ["corner"] * 3


def test_scripts_without_blanks_go_letter_by_letter() -> None:
    assert len(tokenize("コーナー")) == 4
    assert [word for word, _, _ in tokenize("Угловой 45+2!")] == ["угловои", "45", "2", "!"]


def test_marks_say_capital_first_and_last() -> None:
    assert speak(said((0, 4, "Corner for Chelsea"))).marks.tolist() == [3, 0, 5]


def test_times_follow_the_letters_or_the_words_own_times() -> None:
    assert speak(said((10, 20, "ab cd"))).times.tolist() == [10, 16]
    timed = Utterance(10, 20, "ab cd", (Word(11, 12, "ab"), Word(19, 20, "cd")))
    assert speak(Transcript([timed])).times.tolist() == [11, 19]


def test_a_recognizers_loop_becomes_repeat_marks() -> None:
    looped = said(*[(float(second), second + 1.0, "goal goal") for second in range(5)])
    assert speak(looped).words == ("goal",) * 4 + (REPEAT,) * 3


def test_stems_are_the_same_on_every_machine() -> None:
    assert stem("corner") == stem("corners") != stem("goal")
    assert 1 <= stem("") < 8192
    assert stem("offside") == 5269


@given(
    st.lists(utterances, max_size=12), st.one_of(st.none(), st.floats(0, 1e5)), st.sampled_from([None, 1, 2])
)
def test_any_transcript_becomes_a_sound_input(
    rows: list[Utterance], duration: float | None, half: int | None
) -> None:
    given_ = fuse([Transcript(rows), Transcript(rows[:3])], WORDS, duration, half)
    _, length, width = given_.features.shape
    assert 60 <= length <= LONGEST_ROWS
    assert width == 10
    assert np.isfinite(given_.features).all()
    assert len({len(getattr(given_, name)) for name in ("words", "stems", "marks", "cells", "shares")}) == 1
    assert ((given_.cells >= 0) & (given_.cells < length)).all()
    assert ((given_.words >= 0) & (given_.words < len(WORDS))).all()
    assert ((given_.marks >= 0) & (given_.marks < 8)).all()
    assert (given_.shares[given_.words == 0] == 0).all()


def test_an_empty_transcript_is_gaps_alone() -> None:
    given_ = fuse([Transcript([])], WORDS)
    assert len(given_.words) == 2 * GAP
    assert not given_.words.any()


def test_several_transcripts_weigh_as_one() -> None:
    once = fuse([said((5, 8, "corner"))], WORDS)
    twice = fuse([said((5, 8, "corner"))] * 2, WORDS)
    assert once.shares.sum() == pytest.approx(twice.shares.sum())
    np.testing.assert_allclose(once.features, twice.features)


def test_words_beyond_the_longest_grid_are_left_out() -> None:
    late = said((5, 8, "corner"), (LONGEST_ROWS + 50.0, LONGEST_ROWS + 60.0, "goal"))
    assert grid_rows(late) == LONGEST_ROWS
    assert (fuse([late], WORDS).words == WORDS.encode(speak(late))[0][0]).sum() == 1


def test_features_know_silence_and_the_place_in_the_match() -> None:
    speech = speech_features(said((10, 12, "a"), (30, 31, "b")), 60)
    assert speech[10:12, 0].tolist() == [1, 1]
    assert speech[15, 2] == pytest.approx(np.log1p(4))
    assert speech[28, 3] == pytest.approx(np.log1p(2))
    assert not place_features(0, 60, None).any()
    assert place_features(0, 60, 1)[0, 5] == -place_features(0, 60, 2)[0, 5] == 0.5


def test_a_vocabulary_survives_its_file(tmp_path: Path) -> None:
    path = WORDS.save(tmp_path / "vocabulary.txt")
    assert Vocabulary.load(path).words == WORDS.words
    path.write_text("goal\ngoal\n", encoding="utf-8")
    with pytest.raises(InputError, match="different words"):
        Vocabulary.load(path)


def test_words_it_does_not_know_are_unknown() -> None:
    ids, _ = WORDS.encode(speak(said((0, 1, "corner zebra"))))
    assert ids.tolist() == [2, UNKNOWN]
