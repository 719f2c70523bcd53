"""Work spread by Ray over two nodes on this machine: the same results, dead workers, lost nodes, full disks."""

from __future__ import annotations

import errno
import json
import os
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from matchcut import files
from matchcut.cli.main import main
from matchcut.datasets.soccernet import read_predictions
from matchcut.encoders.sound import SoundSettings
from matchcut.errors import InputError, OutputError, RequiresExtra, SettingsError
from matchcut.spreading import SpreadSettings, spread

for room in ("media", "training"):
    sys.path.insert(0, str(Path(__file__).parent / room))

from make import Make, video  # noqa: E402
from matches import game_name  # noqa: E402

ONE = SpreadSettings(cpus=1)


@pytest.fixture(scope="module")
def nodes() -> Iterator[Any]:
    """A cluster of two nodes with a processor each; this program is connected to it."""
    os.environ |= {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DEDUP_LOGS_SKIP_REGEX": ".*"}
    pytest.importorskip("ray", reason="needs the extra 'scale'")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray
        from ray.cluster_utils import Cluster

        own: dict[str, Any] = {"num_cpus": 1, "object_store_memory": 100 << 20}
        quick = {"health_check_initial_delay_ms": 0, "health_check_period_ms": 300}
        head = {**own, "include_dashboard": False, "_system_config": quick}
        found = Cluster(initialize_head=True, head_node_args=head)
        found.add_node(**own)
        ray.init(address=found.address, log_to_driver=False, configure_logging=False)
        ray.cloudpickle.register_pickle_by_value(sys.modules[__name__])
        yield found
        ray.shutdown()
        found.shutdown()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Five practice games of two short films each, and one file that is no film."""
    place = tmp_path_factory.mktemp("data")
    for number in range(5):
        for half in (1, 2):
            path = place / game_name(number) / f"{half}.mp4"
            path.parent.mkdir(parents=True, exist_ok=True)
            frames = 90 + 7 * number + 3 * half
            video(path, Make(frames=frames, rate=Fraction(5), beeps=(3.0 + number, 9.0 + half)))
    (place / "split.json").write_text(json.dumps([game_name(number) for number in range(5)]))
    return place


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A spotter of pictures and sound that nobody has trained: it finds anything, but always the same."""
    torch = pytest.importorskip("torch", reason="needs the extra 'train'")
    from matchcut.models.temporal_settings import SpotterNetSettings
    from matchcut.models.temporal_spotter import SpotterNet
    from matchcut.training.spotting.run import settings_of
    from matchcut.training.spotting.ship import save

    torch.set_num_threads(1)
    torch.manual_seed(1)
    how = SpotterNetSettings(("video", "sound"), (192, 65), width=16, layers=2, rate=2.0, radii_s=(1.0, 3.0))
    net = SpotterNet(how).eval()
    with torch.no_grad():
        net.branches[0].near.weight.mul_(8)
    encoders = {"video": "encoder:pixels@2 pixels-8", "sound": SoundSettings().identity}
    return save([net], settings_of([how], encoders, 64.0), tmp_path_factory.mktemp("model"), {}, {})


@pytest.fixture(scope="module")
def alone(data: Path, model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one process makes of the recordings: features in ``store``, detections in ``out``."""
    from matchcut.temporal_prediction import predict_split

    place = tmp_path_factory.mktemp("alone")
    done = predict_split(model, [data], place / "out", str(data / "split.json"), store=place / "store")
    assert done.halves == 10
    assert done.detections > 100
    return place


def stored(place: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in place.rglob("*.safetensors")}


def test_a_cluster_that_is_not_there_is_told_at_once(tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="needs the extra 'scale'")
    for address in ("127.0.0.1:9", "nonsense"):
        with pytest.raises(InputError, match="no Ray cluster can be reached at"):
            spread([1], partial(full, tmp_path), SpreadSettings(address))


def test_two_nodes_encode_and_spot_ten_recordings_as_one_process_does(
    nodes: Any, data: Path, model: Path, alone: Path, tmp_path: Path
) -> None:
    from matchcut.temporal_prediction import predict_split

    assert len(nodes.list_all_nodes()) == 2  # of one processor each, so two workers are on two nodes
    seen: list[float] = []
    how = {"spread": ONE, "progress": lambda done, whole: seen.append(done)}
    split = str(data / "split.json")
    done = predict_split(model, [data], tmp_path / "out", split, store=tmp_path / "store", **how)
    assert done.halves == 10
    assert len(stored(alone / "store")) == 20  # pictures and sound of each
    assert stored(tmp_path / "store") == stored(alone / "store")
    expected, found = (read_predictions(place / "out") for place in (alone, tmp_path))
    assert found.keys() == expected.keys()
    for game, halves in expected.items():
        for half, log in halves.items():
            mine = [(event.label, event.time, event.score) for event in found[game][half]]
            assert mine == [(event.label, event.time, event.score) for event in log]
    assert seen[-1] == 5


def test_encode_ray_goes_on_where_it_was_and_skips_what_is_no_film(
    nodes: Any, data: Path, alone: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "broken.mp4").write_bytes(b"nothing")
    films = sorted(data.rglob("*.mp4"))
    how = ["--encoder", "pixels", "--rate", "2", "--sound"]
    store = tmp_path / "store"
    assert main(["encode", *map(str, films[:4]), "-o", str(store), *how]) == 0
    capsys.readouterr()
    wanted = [str(data), str(tmp_path / "broken.mp4"), "-o", str(store)]
    assert main(["encode", *wanted, *how, "--ray", "--ray-cpus", "1", "--json"]) == 0
    said = capsys.readouterr()
    assert len(json.loads(said.out)) == 10
    assert "left out: " in said.err
    assert "broken.mp4" in said.err
    assert stored(store) == stored(alone / "store")  # what spotting asks for is what encode makes


def full(place: Path) -> Callable[[int], Path]:
    """Work for which the disk is full from job 2 on."""

    def work(job: int) -> Path:
        if job >= 2:
            raise files.write_error(place / f"{job}", OSError(errno.ENOSPC, "No space left on device"))
        return files.write_text(place / f"{job}", "whole")

    return work


def test_a_full_disk_stops_the_run_and_loses_nothing(nodes: Any, tmp_path: Path) -> None:
    with pytest.raises(
        OutputError, match=r"the disk is full; \d of 4 were done and are kept\. Free some space"
    ):
        spread(list(range(4)), partial(full, tmp_path), SpreadSettings(cpus=1, workers=1))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0", "1"]
    with pytest.raises(InputError, match=r"no machine of the cluster has 99 processors for a worker"):
        spread([1], partial(full, tmp_path), SpreadSettings(cpus=99))


def deadly(place: Path) -> Callable[[int], int]:
    """Work that kills its worker: once over job 3, always over job 5. Job 0 tells that it was begun."""

    def work(job: int) -> int:
        with (place / f"tried-{job}").open("a") as stream:
            stream.write("x")
        if job == 5 or (job == 3 and len((place / "tried-3").read_text()) == 1):
            os._exit(1)
        time.sleep(0.2)
        return job * job

    return work


def test_a_dead_worker_and_a_lost_node_cost_retries(nodes: Any, tmp_path: Path) -> None:
    # The last of those with two nodes.
    left: list[Any] = [node for node in nodes.list_all_nodes() if node is not nodes.head_node]
    assert len(left) == 1

    def lose_a_node(done: float, whole: float) -> None:
        if done == 2 and left:
            nodes.remove_node(left.pop(), allow_graceful=False)

    done = spread(list(range(12)), partial(deadly, tmp_path), ONE, lose_a_node)
    assert isinstance(done.results[5], InputError)
    assert "3 workers died over it" in str(done.results[5])
    others = [job for job in range(12) if job != 5]
    assert [done.results[job] for job in others] == [job * job for job in others]
    assert len((tmp_path / "tried-3").read_text()) >= 2
    assert not left
    assert done.notes
    assert "machines lost on the way: 1 of 2" in done.notes[0]


def test_without_ray_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RequiresExtra, match=r"matchcut\[scale\]"):
        spread([1], partial(full, tmp_path))


def test_settings_are_checked() -> None:
    for bad in ({"cpus": 0.0}, {"workers": -1}, {"retries": -1}, {"gpus": -1.0}):
        with pytest.raises(SettingsError):
            SpreadSettings(**bad)
