"""Two processes by accelerate train to the same weights as one: the loop by itself, and a temporal spotter."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'train'")
pytest.importorskip("accelerate", reason="needs the extra 'clip'")

sys.path.insert(0, str(Path(__file__).parent))

from matches import write_data  # noqa: E402
from processes import together  # noqa: E402
from safetensors.torch import load_file  # noqa: E402
from test_loop import HOW, Line  # noqa: E402

from matchcut.temporal_training import SpotterTrained, train_spotter  # noqa: E402
from matchcut.training.loop import Loop  # noqa: E402

torch.set_num_threads(1)


def train_line(folder: Path) -> None:
    Loop(Line(dropout=0.0), HOW, folder, "cpu").run()


def train_small(data: Path, folder: Path) -> SpotterTrained:
    """No dropout, whose places are each process's own; but stretches beyond the ends, and displacement."""
    nothing = {"dropout": 0.0, "entry_dropout": 0.0, "modality_dropout": 0.0}
    settings = {
        "network": {
            "width": 16,
            "layers": 2,
            "rate": 2.0,
            "window_s": 4.0,
            "radii_s": (1.0, 3.0),
            "shift_s": 3.0,
        }
        | nothing,
        "loop": {"epochs": 2, "batch": 5, "learning_rate": 0.02, "average": 0.9, "precision": "float32"},
        "spotting": {"steps": 6, "chunk_s": 60.0, "edge_s": 50.0},
    }
    names, splits = ["video=mine@2"], data / "train.json"
    return train_spotter([data], folder, names, settings=settings, splits=splits, device="cpu")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what two processes trained, and the data; started once, for that takes longest."""
    folder = tmp_path_factory.mktemp("both")
    write_data(folder / "data", games=3, valid=1)
    code = (
        "import pathlib, test_two_processes as t\n"
        "folder = pathlib.Path(sys.argv[1])\n"
        "t.train_line(folder / 'line')\n"
        "done = t.train_small(folder / 'data', folder / 'spotter')\n"
        "assert done.training == 4\n"
    )
    together(code, folder)
    return folder


def test_the_loop(both: Path, tmp_path: Path) -> None:
    one = Loop(Line(dropout=0.0), HOW, tmp_path, "cpu").run()
    two = Loop(Line(dropout=0.0), HOW, both / "line", "cpu")
    assert two.place.done
    for a, b in zip(one.parameters(), two.run().parameters(), strict=True):
        assert torch.allclose(a, b, atol=1e-5)


def test_a_spotter(both: Path, tmp_path: Path) -> None:
    train_small(both / "data", tmp_path)
    one, two = (load_file(folder / "weights-0.safetensors") for folder in (tmp_path, both / "spotter"))
    assert one.keys() == two.keys()
    for name, value in one.items():
        assert torch.allclose(value, two[name], atol=2e-5), name
