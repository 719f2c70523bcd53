"""C3D, VideoMAE and an unfrozen tower learn from pictures by the one loop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'clip'")
transformers = pytest.importorskip("transformers", reason="needs the extra 'clip'")

from matchcut.encoders.pictures import PictureSettings  # noqa: E402
from matchcut.encoders.store import FeatureKey, FeatureStore  # noqa: E402
from matchcut.errors import InputError  # noqa: E402
from matchcut.models.c3d import C3D, C3DSettings  # noqa: E402
from matchcut.models.fusion import FusionNet, FusionSettings  # noqa: E402
from matchcut.models.pictures import TowerFusion, untrained_video_mae  # noqa: E402
from matchcut.training.clips.pictures import PictureTask, PictureTraining, stored_pictures  # noqa: E402
from matchcut.training.clips.samples import Sample  # noqa: E402
from matchcut.training.clips.task import ClipTraining  # noqa: E402
from matchcut.training.loop import Loop  # noqa: E402
from matchcut.training.settings import LoopSettings  # noqa: E402

torch.set_num_threads(1)

LOOK = PictureSettings(32, 32, None, 3, (0.5, 0.5, 0.5), (0.25, 0.25, 0.25))


@pytest.fixture
def kept(tmp_path: Path) -> tuple[FeatureStore, dict[str, FeatureKey], list[Sample]]:
    """Clips that get lighter or darker."""
    store, keys, samples = FeatureStore(tmp_path / "store"), {}, []
    rng = np.random.default_rng(0)
    nothing = np.empty((0, 4), np.float32)
    for number in range(32):
        ramp = np.linspace(40, 210, 8)[:: 1 if number % 2 else -1]
        pixels = ramp[:, None, None, None] + rng.normal(0, 8, (8, 32, 32, 3))
        name = f"clip {number}"
        keys[name] = FeatureKey("pictures:32", name, 0.0, 2.0, 4.0)
        store.put(keys[name], np.clip(pixels, 0, 255).astype(np.uint8))
        samples.append(
            Sample(name, np.empty((0, 12), np.float32), nothing, np.empty(0, np.float32), number % 2)
        )
    return store, keys, samples


def tower() -> TowerFusion:
    config = transformers.CLIPVisionConfig(
        hidden_size=16, intermediate_size=32, num_hidden_layers=2, num_attention_heads=2, image_size=32,
        patch_size=16, projection_dim=12,
    )  # fmt: skip
    fusion = FusionNet(FusionSettings(12, 4, (16, 16, 16), 2, "gru", dense=(16, 16), dropout=0.0, classes=2))
    return TowerFusion(transformers.CLIPVisionModelWithProjection(config), fusion, layers=1)


NETWORKS: dict[str, Any] = {
    "c3d": lambda: C3D(C3DSettings(frames=8, size=32, width=4, dense=32, dropout=0.0, classes=2)),
    "videomae": lambda: untrained_video_mae(2, tiny=True),
    "tower": tower,
}


@pytest.mark.parametrize("name", NETWORKS)
def test_order_in_time_is_learnt_from_pictures(kept: Any, name: str, tmp_path: Path) -> None:
    store, keys, samples = kept
    torch.manual_seed(0)
    task = PictureTask(
        NETWORKS[name](), samples[:24], samples[24:], stored_pictures(store, keys), LOOK,
        ClipTraining(batch=8), PictureTraining(frames=8, colour=0.1, crop=0.1), 2,
    )  # fmt: skip
    loop = Loop(task, LoopSettings(epochs=16, batch=8, learning_rate=3e-3, patience=0), tmp_path / "run", "cpu")
    net = loop.run()
    # CLIP's first norm takes most of a flat picture's brightness away: the tower has the hardest task here.
    assert min(row["validation_loss"] for row in loop.place.rows) < (0.6 if name == "tower" else 0.4)
    assert task.validate(net, torch.device("cpu"))["accuracy"] >= (0.75 if name == "tower" else 1.0)
    before, now = NETWORKS[name](), loop.bare
    if name == "tower":
        torch.manual_seed(0)
        before = tower()
        first, last = (before.tower.vision_model.encoder.layers[n].mlp.fc1.weight for n in (0, 1))
        layers = now.tower.vision_model.encoder.layers
        assert torch.equal(layers[0].mlp.fc1.weight, first)
        assert not torch.equal(layers[1].mlp.fc1.weight, last)


def test_pictures_that_are_not_whole_are_named(kept: Any) -> None:
    store, keys, _ = kept
    path = store.path(keys["clip 3"])
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(InputError, match="no whole pictures of clip clip 3"):
        stored_pictures(store, keys)("clip 3")
