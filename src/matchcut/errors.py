"""The errors that a person can cause or mend.

Each says what was wrong and where, and ends with what to do next. The command line prints the message and
leaves with exit code 2; a traceback is only ever a bug of ours.
"""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


class MatchcutError(Exception):
    """A problem with an input, an output, a setting or a question, and its remedy.

    Args:
        problem: what was wrong and where, without a full stop.
        remedy: what to do next, a sentence without its full stop.
    """

    exit_code = 2

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem = problem.rstrip(". ")
        self.remedy = remedy.rstrip(". ")
        super().__init__(f"{self.problem}. {self.remedy}{'' if self.remedy.endswith('?') else '.'}")


class InputError(MatchcutError):
    """A file that is missing, unreadable, or not what it was given as."""


class NewerError(InputError):
    """A file that a newer release wrote: not damaged, and not to be overwritten."""


class OutputError(MatchcutError):
    """A result that could not be written."""


class ValidationError(MatchcutError, ValueError):
    """A value that one of the types refuses: the message gives what was expected and what came."""


class SettingsError(MatchcutError):
    """A setting that does not exist or is out of its range."""


class LabelError(MatchcutError, ValueError):
    """An action that the sport does not have."""


class QuestionError(MatchcutError):
    """A question that could not be understood."""


class RequiresExtra(MatchcutError):
    """A feature whose optional packages are not installed.

    >>> print(RequiresExtra("training a spotter", "train"))
    training a spotter needs packages that are not installed. Install them with: pip install 'matchcut[train]'.
    """

    def __init__(self, feature: str, extra: str) -> None:
        super().__init__(
            f"{feature} needs packages that are not installed",
            f"Install them with: pip install 'matchcut[{extra}]'",
        )


def nearest(word: str, known: Iterable[str], count: int = 3) -> list[str]:
    """The known names that look most like ``word``, best first (may be empty).

    >>> nearest("Conrer", ["Corner", "Foul"])
    ['Corner']
    """
    names = list(known)
    by_folded = {name.casefold(): name for name in names}
    found = get_close_matches(word.casefold(), list(by_folded), n=count, cutoff=0.5)
    return [by_folded[name] for name in found]
