"""Several processes that train together on this machine's processors, as ``accelerate launch`` starts them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path


def together(code: str, *given: object, count: int = 2) -> None:
    """Runs Python code in several processes of one group; tests' modules can be imported in it.

    Args:
        code: finds ``given`` in ``sys.argv[1:]``.
        given: its arguments.
        count: of processes.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = os.environ | {
        "WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
        "ACCELERATE_USE_CPU": "true", "OMP_NUM_THREADS": "1",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]),
    }  # fmt: skip
    whole = f"import sys, torch; torch.set_num_threads(1)\n{code}"
    command = [sys.executable, "-W", "ignore", "-c", whole, *map(str, given)]
    started = [
        subprocess.Popen(command, env=common | {"RANK": str(n), "LOCAL_RANK": str(n)}, stderr=subprocess.PIPE)
        for n in range(count)
    ]
    for process in started:
        _, error = process.communicate(timeout=150)
        assert process.returncode == 0, error.decode()
