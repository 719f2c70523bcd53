"""The same work over many recordings, spread by Ray over processes and machines. Needs the extra "scale".

Every job is one recording. A worker makes its network once and takes jobs one after another; what it finds it
writes to a place that all machines share, whole or not at all. So a worker or a machine that dies costs the
job that it was at, which another begins again, and a run that is stopped goes on with what is missing.
"""

from __future__ import annotations

import contextlib
import traceback
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from matchcut.cluster import SpreadSettings, cluster, workers
from matchcut.errors import InputError, MatchcutError, OutputError
from matchcut.progress import Progress, silent

Job = TypeVar("Job")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Spread(Generic[Result]):
    """What became of the jobs.

    Attributes:
        results: one a job in the jobs' order, or why there is none.
        notes: for people: machines that were lost.
    """

    results: tuple[Result | MatchcutError, ...]
    notes: tuple[str, ...]


def spread(
    jobs: Sequence[Job],
    make: Callable[[], Callable[[Job], Result]],
    how: SpreadSettings | None = None,
    progress: Progress = silent,
) -> Spread[Result]:
    """Does every job on one of many workers.

    Args:
        jobs: what each is told; they are pickled.
        make: called once in each worker, gives what does a job; pickled. Jobs may be done twice, if a worker
            dies: what they write must be written whole or not at all.
        how: see `SpreadSettings`.
        progress: told of jobs.

    Raises:
        RequiresExtra: Ray is not installed.
        InputError: there is no such cluster, or the work cannot be made (its weights are not there).
        OutputError: a worker could not write; what was done is kept.
    """
    settings = how or SpreadSettings()
    found: dict[int, Result | MatchcutError] = {}
    with cluster(settings) as machines:
        progress(0, max(1, len(jobs)))

        def do(numbers: Sequence[int], how: SpreadSettings) -> None:
            with contextlib.closing(_rows(numbers, jobs, make, how)) as rows:
                for row in rows:
                    answer = row["said"].value
                    if row["kind"] == "stop":
                        raise _stopped(answer, len(found), len(jobs))
                    if row["kind"] == "bug":
                        raise RuntimeError(f"a worker failed:\n{answer}")
                    found[int(row["number"])] = _error(answer) if row["kind"] == "failed" else answer
                    progress(len(found), len(jobs))

        do(range(len(jobs)), settings)
        if machines.lost():
            # Ray counts calls to a machine that it does not know to be dead yet as tries of the job.
            left = [number for number in range(len(jobs)) if number not in found]
            do(left, replace(settings, retries=0))
        lost = machines.lost()
    whole = [found[number] if number in found else _died(job, settings) for number, job in enumerate(jobs)]
    return Spread(tuple(whole), lost)


@dataclass(frozen=True)
class _Held:
    """Something that goes through Ray as it is, and never as a column of a table."""

    value: Any


class _Worker:
    """What Ray starts on a machine: makes the work at its first job, and does one job a call."""

    def __init__(self, make: Callable[[], Callable[[Any], Any]]) -> None:
        self.make = make
        self.work: Callable[[Any], Any] | None = None

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        kind = "stop"  # whatever goes wrong before the work is there goes wrong for all
        try:
            self.work = self.work or self.make()
            kind = "failed"
            answer: Any = self.work(row["job"].value)
            kind = "done"
        except MatchcutError as error:
            kind = "stop" if isinstance(error, OutputError) else kind
            answer = (type(error), error.problem, error.remedy)
        except Exception:
            kind, answer = "bug", traceback.format_exc()
        return {"number": row["number"], "kind": kind, "said": _Held(answer)}


def _rows(
    numbers: Sequence[int], jobs: Sequence[Any], make: Callable[[], Callable[[Any], Any]], how: SpreadSettings
) -> Generator[dict[str, Any], None, None]:
    """The workers' answers to some of the jobs as they come; a job whose workers all died has none."""
    if not numbers:
        return
    import ray

    rows = [{"number": number, "job": _Held(jobs[number])} for number in numbers]
    context = ray.data.DataContext.get_current()
    quiet = {
        "enable_progress_bars": False,
        "print_on_execution_start": False,
        "max_errored_blocks": -1,  # a job that kills its workers must not take the others with it
    }
    before = {name: getattr(context, name) for name in quiet}
    size, gpus = workers(len(rows), how)
    try:
        for name, value in quiet.items():
            setattr(context, name, value)
        # A block a job: a worker's death costs no more than the job that it was at.
        done = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
            _Worker,
            fn_constructor_args=(make,),
            compute=ray.data.ActorPoolStrategy(size=size, max_tasks_in_flight_per_actor=1),
            num_cpus=how.cpus,
            num_gpus=gpus or None,
            max_restarts=-1,
            max_task_retries=how.retries,
        )
        yield from done.iter_rows()
    finally:
        for name, value in before.items():
            setattr(context, name, value)


def _died(job: object, how: SpreadSettings) -> InputError:
    return InputError(
        f"{job}: {how.retries + 1} workers died over it, perhaps for want of memory",
        "Repeat the command with fewer workers, or leave it out",
    )


def _error(said: tuple[type[MatchcutError], str, str]) -> MatchcutError:
    """An error that came from another process: some kinds are made of other words than their message's."""
    kind, problem, remedy = said
    error = kind.__new__(kind)
    MatchcutError.__init__(error, problem, remedy)
    return error


def _stopped(said: tuple[type[MatchcutError], str, str], done: int, jobs: int) -> MatchcutError:
    kind, problem, remedy = said
    kept = f"; {done} of {jobs} were done and are kept" if issubclass(kind, OutputError) else ""
    return _error((kind, f"{problem}{kept}", remedy))


__all__ = ["Spread", "SpreadSettings", "spread"]
