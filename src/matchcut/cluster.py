"""A Ray cluster for as long as it is needed: one that runs, or one of our own on this machine."""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from matchcut.errors import InputError, RequiresExtra
from matchcut.models.settings import check

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


class Machines:
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
        told = f"machines lost on the way: {len(gone)} of {len(self.before)} ({', '.join(gone)})"
        return (f"{told}; others began again what was under way there",)


@contextlib.contextmanager
def cluster(how: SpreadSettings) -> Iterator[Machines]:
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
            yield Machines()
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
    place = how.address or os.environ.get("RAY_ADDRESS", "")
    if not place:
        more = {"address": "local", "include_dashboard": False, "object_store_memory": _OWN_STORE}
    try:
        _answers(place)
        ray.init(log_to_driver=False, logging_level=logging.CRITICAL, configure_logging=True, **more)
    except (OSError, ValueError, RuntimeError) as error:
        raise InputError(
            f"no Ray cluster can be reached at {place or 'this machine'} ({_first_line(error)})",
            "Start one with ray start --head, or leave the address out to use this machine alone",
        ) from error


def _answers(place: str) -> None:
    """Ray itself tries for minutes; raises OSError where nobody listens."""
    host, _, port = place.rpartition(":")
    if host and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=10).close()


@contextlib.contextmanager
def _without_warnings() -> Iterator[None]:
    """Ray warns of what it will change in itself; nobody who encodes a match can do anything about it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def workers(jobs: int, how: SpreadSettings) -> tuple[int, float]:
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


def _first_line(error: BaseException) -> str:
    return next(iter(str(error).strip().splitlines()), type(error).__name__)[:160]


__all__ = ["Machines", "SpreadSettings", "cluster", "workers"]
