"""The same work over many recordings, spread by Ray over processes and machines. Needs the extra "scale".

Every job is one recording. A worker makes its network once and takes jobs one after another; what it finds it
writes to a place that all machines share, whole or not at all. So a worker or a machine that dies costs the
job that it was at, which another begins again, and a run that is stopped goes on with what is missing.
"""

from __future__ import annotations

import contextlib
import logging
import os
import traceback
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from matchcut.errors import InputError, MatchcutError, OutputError, RequiresExtra
from matchcut.models.settings import check
from matchcut.progress import Progress, silent

Job = TypeVar("Job")
Result = TypeVar("Result")

_OWN_STORE = 200 << 20
"""Bytes of shared memory for a cluster of our own: only names of files and figures go through it."""


_QUIET = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is told to anybody
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_DEDUP_LOGS_SKIP_REGEX": ".*",  # it tells of dead workers on standard output, where JSON may be
}
"""Ray writes much to the terminal; its own log files have it all."""


@dataclass(frozen=True)
class SpreadSettings:
    """How work is spread.

    Attributes:
        address: of a Ray cluster that runs, such as ``auto`` or ``HOST:6379``; empty for the one that the
            program is connected to or ``RAY_ADDRESS`` names, else one of its own on this machine.
        workers: how many; 0 for one a GPU, or as many as the processors allow where there is none.
        cpus: processors of each.
        gpus: of each; None for one where the cluster has any.
        retries: how often a job is begun again whose worker died.

    Raises:
        SettingsError: a value is out of its range.
    """

    address: str = ""
    workers: int = 0
    cpus: float = 2.0
    gpus: float | None = None
    retries: int = 2

    def __post_init__(self) -> None:
        check("workers", self.workers, 0)
        check("cpus", self.cpus, 0.01)
        check("gpus", self.gpus or 0.0, 0)
        check("retries", self.retries, 0, 100)


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
    with _cluster(settings) as machines:
        progress(0, max(1, len(jobs)))
        with contextlib.closing(_rows(jobs, make, settings)) as rows:
            for row in rows:
                answer = row["said"].value
                if row["kind"] == "stop":
                    raise _stopped(answer, len(found), len(jobs))
                if row["kind"] == "bug":
                    raise RuntimeError(f"a worker failed:\n{answer}")
                found[int(row["number"])] = _error(answer) if row["kind"] == "failed" else answer
                progress(len(found), len(jobs))
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
    jobs: Sequence[Any], make: Callable[[], Callable[[Any], Any]], how: SpreadSettings
) -> Generator[dict[str, Any], None, None]:
    """The workers' answers as they come; a job whose workers all died has none."""
    if not jobs:
        return
    import ray

    rows = [{"number": number, "job": _Held(job)} for number, job in enumerate(jobs)]
    context = ray.data.DataContext.get_current()
    quiet = {
        "enable_progress_bars": False,
        "print_on_execution_start": False,
        "max_errored_blocks": -1,  # a job that kills its workers must not take the others with it
    }
    before = {name: getattr(context, name) for name in quiet}
    workers, gpus = _workers(len(jobs), how)
    try:
        for name, value in quiet.items():
            setattr(context, name, value)
        # A block a job: a worker's death costs no more than the job that it was at.
        done = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
            _Worker,
            fn_constructor_args=(make,),
            compute=ray.data.ActorPoolStrategy(size=workers, max_tasks_in_flight_per_actor=1),
            num_cpus=how.cpus,
            num_gpus=gpus or None,
            max_restarts=-1,
            max_task_retries=how.retries,
        )
        yield from done.iter_rows()
    finally:
        for name, value in before.items():
            setattr(context, name, value)


def _workers(jobs: int, how: SpreadSettings) -> tuple[int, float]:
    """How many workers, and GPUs of each.

    Raises:
        InputError: the cluster has not enough for a single one.
    """
    import ray

    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    gpus = how.gpus
    if gpus is None:
        gpus = 1.0 if any(node.get("GPU", 0) >= 1 for node in nodes) else 0.0
    room = 0
    for node in nodes:
        by_cpu = int(node.get("CPU", 0) // how.cpus)
        room += min(by_cpu, int(node.get("GPU", 0) // gpus)) if gpus else by_cpu
    if not room:
        most = max((node.get("CPU", 0) for node in nodes), default=0)
        asked = f"{how.cpus:g} processors{f' and {gpus:g} GPUs' if gpus else ''}"
        raise InputError(
            f"no machine of the cluster has {asked} for a worker; the largest has {most:g} processors",
            "Ask for fewer a worker, or add machines",
        )
    return min(how.workers or room, room, jobs), gpus


class _Machines:
    """The cluster's machines, as they were at the beginning."""

    def __init__(self) -> None:
        self.before = self._alive()

    @staticmethod
    def _alive() -> dict[str, str]:
        import ray

        return {node["NodeID"]: node["NodeManagerHostname"] for node in ray.nodes() if node["Alive"]}

    def lost(self) -> tuple[str, ...]:
        """A note on those that are there no more."""
        now = self._alive()
        gone = [name for key, name in self.before.items() if key not in now]
        if not gone:
            return ()
        return (
            f"{len(gone)} of {len(self.before)} machines was lost on the way ({', '.join(gone)}); others did"
            " again what it was at",
        )


@contextlib.contextmanager
def _cluster(how: SpreadSettings) -> Iterator[_Machines]:
    """Connects to a cluster, or starts one on this machine for as long as the block lasts.

    Raises:
        RequiresExtra: Ray is not installed.
        InputError: the cluster cannot be reached, or goes away.
    """
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    try:
        with _without_warnings():
            import ray
            import ray.data
    except ImportError as error:
        raise RequiresExtra("spreading work over machines", "scale") from error
    logging.getLogger("ray.data").setLevel(logging.CRITICAL)
    ours = not ray.is_initialized()
    with _without_warnings():
        if ours:
            _connect(how)
        try:
            yield _Machines()
        except (ray.exceptions.RaySystemError, ray.exceptions.RpcError, ConnectionError) as error:
            raise InputError(
                f"the Ray cluster went away ({_first_line(error)})",
                "What was done is kept: start the cluster again and repeat the command",
            ) from error
        finally:
            if ours:
                ray.shutdown()


def _connect(how: SpreadSettings) -> None:
    import ray

    more: dict[str, Any] = {"address": how.address or None}
    if not how.address and "RAY_ADDRESS" not in os.environ:
        more = {"address": "local", "include_dashboard": False, "object_store_memory": _OWN_STORE}
    try:
        ray.init(log_to_driver=False, logging_level=logging.CRITICAL, configure_logging=True, **more)
    except (ConnectionError, ValueError, RuntimeError, TimeoutError) as error:
        place = how.address or os.environ.get("RAY_ADDRESS", "") or "this machine"
        raise InputError(
            f"no Ray cluster can be reached at {place} ({_first_line(error)})",
            "Start one with ray start --head, or leave the address out to use this machine alone",
        ) from error


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    """Ray warns of what it will change in itself; nobody who encodes a match can do anything about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


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


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:160]


__all__ = ["Spread", "SpreadSettings", "spread"]
