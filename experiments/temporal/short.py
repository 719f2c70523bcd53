"""Every architecture for the same 200 steps on real words, with whole schedules (README.md: short trainings).

python experiments/temporal/short.py LABELS.zip ECHOES.zip WORK
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import torch

from matchcut.datasets.games import game_list
from matchcut.encoders.store import FeatureStore
from matchcut.spotters.sources import Matches, Wanted
from matchcut.temporal_training import _settings, labelled_halves
from matchcut.training.spotting import tune
from matchcut.training.spotting.run import settings_of, tracks_of, train_member

WAYS = (
    ("convolutions", "convolutions", {}),
    ("convolutions with displacement", "convolutions", {"shift_s": 4.0}),
    ("context", "context", {}),
    ("gru", "gru", {}),
    ("transformer with displacement", "transformer", {}),
    ("vlad", "vlad", {}),
)
HOW = {
    "loop": {"epochs": 2, "learning_rate": 0.0015, "average": 0.99},
    "spotting": {"steps": 100, "measure_every": 100, "context_weight": 0.3},
}


def main() -> None:
    """Trains and prints loose and tight average-mAP on valid, nothing fitted."""
    labels, echoes, work = sys.argv[1:]
    torch.set_num_threads(1)
    matches = Matches([labels, echoes], [Wanted("words")], FeatureStore(Path(work) / "store"))
    training, validation = (
        labelled_halves(matches, game_list(split), split, []) for split in ("train", "valid")
    )
    truths = [half.truths for half in validation]
    for name, preset, more in WAYS:
        network, how, loop = _settings(preset, {"network": more, **HOW}, ("words",))
        began = time.process_time()
        folder = Path(work) / name.replace(" ", "-")
        done = train_member(training, [], network, how, loop, folder, matches.encoders(), device="cpu")
        spent = time.process_time() - began
        tracks = tracks_of(done.net, validation, settings_of([done.net.how], matches.encoders(), how.chunk_s))
        print(name, tune.quick(tracks, truths), f"{spent:.0f} s of the processor", flush=True)


if __name__ == "__main__":
    main()
