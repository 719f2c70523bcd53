"""The words of a question that nothing explains: which error they are."""

from __future__ import annotations

from collections.abc import Sequence

from matchcut.errors import QuestionError
from matchcut.questions import grammar
from matchcut.questions.findings import EXAMPLES, Findings
from matchcut.questions.words import Token


def refuse_unknown(
    tokens: Sequence[Token],
    unknown: Sequence[tuple[int, int]],
    found: Findings,
    teams: Sequence[str],
    shouting: bool,
) -> None:
    """Raises the error for the first words that were not understood, if there are any.

    Args:
        tokens: the question.
        unknown: the stretches of it that were not understood, first token and the one after the last.
        found: what was understood.
        teams: the teams that may be asked for.
        shouting: whether all of it is in capitals, so that they tell no names.

    Raises:
        LabelError: they stand where an action would.
        QuestionError: they are something else: a name, a time, anything.
    """
    lost = [token.raw for start, end in unknown for token in tokens[start:end]]
    if len(lost) > 3:
        raise QuestionError(f'"{_shortened(" ".join(lost))}" is not understood', EXAMPLES)
    for start, end in unknown:
        run = tokens[start:end]
        said = _shortened(" ".join(token.raw for token in run))
        if run[0].text in grammar.TIME_LEADS and not (run[0].text == "by" and len(run) > 1):
            following = tokens[end : end + 4] if end - start == 1 else []
            said = _shortened(" ".join(t.raw for t in (*run, *following) if t.raw))
            raise QuestionError(
                f'"{said}" is not understood as a time',
                'Write for example "after 20:00", "between 20:00 and 30:00", "in the second half"',
            )
        if _is_name(tokens, start, end, shouting):
            raise QuestionError(
                f'"{said}" is not understood; the log does not know names',
                _name_remedy(teams),
            )
        if _is_asked_for(tokens, start, end, found):
            raise found.sport.unknown(said)
        raise QuestionError(f'"{said}" is not understood', f"Leave it out. {EXAMPLES}")


def _is_name(tokens: Sequence[Token], start: int, end: int, shouting: bool) -> bool:
    run = tokens[start:end]
    capitals = sum(token.is_capital for token in tokens)
    titled = shouting or capitals > max(3, 0.6 * len(tokens))
    return (
        any(
            token.possessive or (token.is_capital and at > 0 and not titled)
            for at, token in enumerate(run, start)
        )
        or run[0].text == "by"
        or (start > 0 and tokens[start - 1].text in ("by", "against"))
    )


def _name_remedy(teams: Sequence[str]) -> str:
    known = [*teams, *(side for side in ("home", "away") if side not in teams)]
    return f"Ask without it, or for a team: {', '.join(known)}"


def _is_asked_for(tokens: Sequence[Token], start: int, end: int, found: Findings) -> bool:
    """Whether these words stand where an action would."""
    around = {token.text for token in (*tokens[max(start - 1, 0) : start], *tokens[end : end + 1])}
    return not (found.terms or found.without) or bool(around & {"and", "or", ",", "plus"})


def _shortened(text: str, length: int = 40) -> str:
    return text if len(text) <= length else text[: length - 1].rstrip() + "…"
