"""The networks of an ensemble trained side by side: a process each, which tells the first how far it is.

Processes of one thread never wait for each other, on busy machines least of all. Each is told to stop by one
signal, keeps what it has learnt, and leaves: when Ctrl-C stops the first, when another one fails, or when
nobody listens to it any more.
"""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from matchcut.errors import MatchcutError
from matchcut.progress import Progress, silent
from matchcut.training.commentary.settings import TrainingSettings
from matchcut.training.commentary.task import NETWORK
from matchcut.training.loop import TrainingError

_GO_ON = "Run the same command again: it goes on from what was kept"


def side_by_side(out: Path, how: TrainingSettings, progress: Progress = silent) -> None:
    """Trains every network of the folder that is not trained yet.

    Raises:
        TrainingError: one of them stopped; it says why.
        KeyboardInterrupt: stopped; everything is kept.
    """
    told: queue.Queue[tuple[int, Any]] = queue.Queue()
    workers: list[subprocess.Popen[str]] = []
    listeners: list[threading.Thread] = []
    steps = how.epochs * how.steps
    done = [0] * how.members
    try:
        for number in range(how.members):
            workers.append(_start(out, how, number))
            listeners.append(threading.Thread(target=_listen, args=(number, workers[-1], told), daemon=True))
            listeners[-1].start()
        left = how.members
        while left:
            number, said = told.get()
            if isinstance(said, int):
                done[number] = said
            elif said is None and workers[number].wait() == 0:
                done[number], left = steps, left - 1
            else:
                raise _stopped(out, number, workers[number], said)
            progress(sum(done), steps * how.members)
    finally:
        for worker in workers:
            worker.terminate()
        for listener in listeners:
            listener.join()


def _start(out: Path, how: TrainingSettings, number: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", __name__, str(out.absolute()), str(number)]
    # In a session of its own: a terminal's Ctrl-C would come beside our signal, and two stop without keeping.
    return subprocess.Popen(
        command,
        env=os.environ | {"OMP_NUM_THREADS": str(how.threads)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
    )


def _listen(number: int, worker: subprocess.Popen[str], told: queue.Queue[tuple[int, Any]]) -> None:
    """Passes on steps as numbers, a refusal as its words, and the end as None or as the last line before it."""
    assert worker.stdout is not None
    last = None
    with worker.stdout as lines:
        for line in lines:
            try:
                said = json.loads(line)
            except ValueError:
                said = line.strip()
            if isinstance(said, int):
                told.put((number, said))
            else:
                last = said or last
    told.put((number, last if worker.wait() else None))


def _stopped(out: Path, number: int, worker: subprocess.Popen[str], said: Any) -> TrainingError:
    if isinstance(said, dict):
        return TrainingError(said["problem"], said["remedy"])
    place, code = out / NETWORK.format(number), worker.wait()
    return TrainingError(f"{place}: its process ended with {code} ({said or 'without a word'})", _GO_ON)


def main(given: list[str]) -> int:
    """One network, in a process of its own; writes JSON lines: how many steps are done, or why it stopped."""
    from matchcut.training.commentary.run import kept_settings, train_member

    def tell(done: float, total: float) -> None:
        try:
            print(int(done), flush=True)
        except BrokenPipeError:
            # Nobody listens: whoever started this is gone. Keep what there is, and leave.
            signal.raise_signal(signal.SIGTERM)

    out, number = Path(given[0]), int(given[1])
    try:
        train_member(out, kept_settings(out), number, tell)
    except MatchcutError as error:
        print(json.dumps({"problem": error.problem, "remedy": error.remedy}), flush=True)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
