"""Questions become queries, or errors that a person can act on."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchcut.errors import LabelError, MatchcutError, QuestionError
from matchcut.questions import EventQuery, TimeRange, parse
from matchcut.questions.words import MAX_CHARACTERS
from matchcut.sport import SPORTS, Label, Sport, baseball, plurals, soccer
from questions import editors_first, editors_fourth, editors_second, editors_third, table
from questions.shorthand import normal, understood

TABLES = {
    "table": table.QUESTIONS,
    "first": editors_first.QUESTIONS,
    "second": editors_second.QUESTIONS,
    "third": editors_third.QUESTIONS,
    "fourth": editors_fourth.QUESTIONS,
}
CASES = [
    (row[0], row[1], row[2] if len(row) > 2 else soccer) for questions in TABLES.values() for row in questions
]
UNDERSTOOD = [(question, sport) for question, expected, sport in CASES if not expected.startswith("!")]
WORDS = [(word, sport) for sport in SPORTS.values() for word in sport.words]


@pytest.mark.parametrize(("question", "expected", "sport"), CASES)
def test_a_question_means(question: str, expected: str, sport: Sport) -> None:
    assert understood(question, sport) == normal(expected)


def test_the_description_shows_how_it_was_read() -> None:
    assert parse("free kicks", soccer).describe() == (
        "free-kicks (Direct free-kick, Indirect free-kick), whole recording, in time order"
    )
    assert parse("how many goals after 70:00 with score > 0.5?", soccer).describe() == (
        "goals (Goal), after 70:00, in time order, score 0.50 or more, how many"
    )
    assert parse("the third conrer of the 2nd half", soccer).describe() == (
        'corners (Corner), the second half, the third only; note: "conrer" is read as "corner"'
    )
    assert parse("everything but throw-ins", soccer).describe() == (
        "all actions but throw-ins (Throw-in), whole recording, in time order"
    )
    assert "do not tell home runs from other hits" in parse("home runs", baseball).describe()
    assert 'which are "great" is not judged' in parse("great saves", soccer).describe()


def test_every_word_for_an_action_means_that_action() -> None:
    templates = ("{}", "show me the {} please", "how many {} in the second half?", "{} after 20:00")
    for word, sport in WORDS:
        kind = sport.words[word]
        labels = {kind.name} if isinstance(kind, Label) else set(kind.labels)
        for template in templates:
            query = parse(template.format(word), sport)
            assert {label for term in query.terms for label in term.labels} == labels, (word, template)


def test_no_word_means_two_things() -> None:
    def folded(word: str) -> str:
        return re.sub(r"[^a-z>]", "", word.casefold())

    for sport in SPORTS.values():
        owner: dict[str, str] = {}
        for kind in (*sport.labels, *sport.groups):
            said = (kind.singular, kind.plural, *kind.words)
            for word in {folded(w) for s in said for w in (s, *plurals(s))}:
                assert owner.setdefault(word, kind.singular) == kind.singular, word
            if not isinstance(kind, Label):
                assert set(kind.labels) <= set(sport.all_names)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("touchdowns", "soccer has no action 'touchdowns'"),
        ("cornrz kix", "Corner"),
        ("", "the question is empty"),
        ("x" * (MAX_CHARACTERS + 1), "characters, more than"),
        ("Messi's goals", "does not know names"),
        ("goals by Salah", "home, away"),
        ("goals from corners", '"goals" and "corners" belong together'),
        ("corners after the second goal", '"after the second goal" is not understood as a time'),
        ("goals in the first half before the 70th minute of the second half", "two time ranges"),
        ("what was the score?", "does not hold the score"),
        ("left-footed goals", '"left footed" is not understood'),
        ("goals with confidence of 500%", "from 0% to 100%"),
    ],
)
def test_what_is_not_understood_is_said(question: str, says: str) -> None:
    with pytest.raises((LabelError, QuestionError), match=says):
        parse(question, soccer)


def test_teams_that_the_log_names_can_be_asked_for() -> None:
    assert understood("corners for Manchester United", teams=["Manchester United", "Leeds"]) == (
        "C; team=Manchester United"
    )
    assert understood("Leeds's corners", teams=["Leeds"]) == "C; team=Leeds"
    assert understood("Leeds's corners") == "!QuestionError"


@given(st.text(max_size=120))
@settings(deadline=None, max_examples=200)
def test_any_text_gives_a_query_or_a_message(text: str) -> None:
    _parse_or_refuse(text)


PIECES = sorted(
    {word for question, _, _ in CASES for word in question.split()}
    | {"first", "last", "2", "99999999999999999999", "0.5", "%", "-", "+", "45+", "20:99", "half", "between"}
)


@given(st.lists(st.sampled_from(PIECES), max_size=12).map(" ".join), st.sampled_from([soccer, baseball]))
@settings(deadline=None, max_examples=400)
def test_any_words_of_questions_give_a_query_or_a_message(text: str, sport: Sport) -> None:
    _parse_or_refuse(text, sport)


def _parse_or_refuse(text: str, sport: Sport = soccer) -> None:
    try:
        query = parse(text, sport)
    except MatchcutError as error:
        assert len(str(error)) < 700
        assert "\n" not in str(error)
    else:
        assert "\n" not in query.describe()
        assert EventQuery.from_json(query.to_json()) == query


def _spelled(question: str, case: int, blank: str, joint: str, end: str) -> str:
    text = (question.lower(), question.upper(), question)[case]
    return blank + text.replace(" ", blank).replace("-", joint) + end


@given(
    st.sampled_from(UNDERSTOOD),
    st.integers(0, 2),
    st.sampled_from([" ", "  ", "\t", "\n", "\u00a0"]),
    st.sampled_from(["-", "‐", "–"]),
    st.sampled_from(["", ".", "!", " ?", "…", " please"]),
)
@settings(deadline=None, max_examples=300)
def test_case_blanks_and_dashes_do_not_matter(
    case: tuple[str, Sport], letters: int, blank: str, joint: str, end: str
) -> None:
    question, sport = case
    assert understood(_spelled(question, letters, blank, joint, end), sport) == understood(question, sport)


@given(st.sampled_from([word for word, _ in WORDS if "-" in word and ">" not in word]))
@settings(deadline=None, max_examples=60)
def test_a_hyphen_may_be_a_blank_or_nothing(word: str) -> None:
    sport = soccer if word in soccer.words else baseball
    assert understood(word.replace("-", " "), sport) == understood(word, sport)
    assert understood(word.replace("-", ""), sport) == understood(word, sport)


@given(st.integers(1, 130), st.integers(0, 59))
@settings(deadline=None, max_examples=60)
def test_every_time_is_read(minute: int, second: int) -> None:
    clock = f"{minute:02d}:{second:02d}"
    assert understood(f"goals after {clock}") == f"G; {clock}-"
    assert understood(f"goals before {clock}") == f"G; -{clock}"
    assert understood(f"goals after the {_ordinal(minute)} minute") == f"G; {minute:02d}:00-"
    assert understood(f"goals in minute {minute}") == f"G; {minute - 1:02d}:00-{minute:02d}:00"
    later = f"{minute + 3:02d}:{second:02d}"
    assert understood(f"goals between {clock} and {later}") == f"G; {clock}-{later}"


def _ordinal(number: int) -> str:
    tail = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{tail}"


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"term": []},
        {"terms": [{"singular": "x"}]},
        {"terms": "goals"},
        {"count": "3", "order": "first"},
        {"count": 3},
        {"order": "best", "count": 1},
        {"min_score": 2},
        {"min_score": float("nan")},
        {"min_score": "high"},
        {"times": {"after": "soon"}},
        {"times": {"periods": [9]}},
        {"times": {"periods": 1}},
        {"times": {"stoppage": "yes"}},
        {"times": {"after": 20, "before": 10}},
        {"times": {"on": "tv"}},
        {"teams": "home"},
    ],
)
def test_a_query_of_another_shape_is_refused(value: object) -> None:
    with pytest.raises(MatchcutError):
        EventQuery.from_json(value)


def test_an_empty_object_asks_for_everything() -> None:
    assert EventQuery.from_json({}) == EventQuery(times=TimeRange())
