"""Pictures through the real command line: find, spot --with vision, doctor; a tiny CLIP on a practice match."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import av
import pytest

torch = pytest.importorskip("torch", reason="needs the extra 'clip'")
pytest.importorskip("transformers", reason="needs the extra 'clip'")

from matchcut.analysis import Analysis  # noqa: E402
from matchcut.cli.main import main  # noqa: E402
from matchcut.datasets.practice import render_match  # noqa: E402
from matchcut.encoders.features import kept_features  # noqa: E402
from matchcut.encoders.untrained import write_untrained_clip  # noqa: E402
from matchcut.encoders.weights import licence_of, weights_ready  # noqa: E402

torch.set_num_threads(1)


@pytest.fixture(autouse=True)
def no_hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nothing is fetched, and no weights that may lie on this machine are found."""
    from huggingface_hub import constants

    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_untrained_clip(tmp_path_factory.mktemp("clip") / "tiny")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return render_match(tmp_path_factory.mktemp("match"), seed=3, duration_s=24.0).video


@pytest.fixture(scope="module")
def spotted(video: Path, tiny: Path) -> Path:
    """The analysis of `video` with what the tiny network sees."""
    options = ["--with", "vision", "--vision-model", str(tiny)]
    assert main(["spot", str(video), *options]) == 0
    return video.with_suffix(".matchcut")


def refused(capsys: pytest.CaptureFixture[str], *args: object) -> str:
    """What is said where nothing can be done."""
    capsys.readouterr()
    assert main([str(arg) for arg in args]) == 2
    told = capsys.readouterr().err
    assert "Traceback" not in told
    return told


def test_spot_with_vision_adds_to_the_usual_sources(
    spotted: Path, video: Path, tiny: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    analysis = Analysis.load(spotted)
    assert [t.source for t in analysis.tracks] == ["commentary", "scoreboard", "sound", "shots", "vision"]
    assert "vision" in analysis.log.producer
    assert len(kept_features(spotted / "features")) == 1
    assert "vision" in (spotted / "report.html").read_text("utf-8")
    before = (spotted / "analysis.json").stat().st_mtime_ns
    assert main(["spot", str(video), "--with", "vision", "--vision-model", str(tiny)]) == 0
    assert (spotted / "analysis.json").stat().st_mtime_ns == before, "nothing is made again"
    assert "--with vision would" not in capsys.readouterr().err


def test_find_searches_what_is_kept_and_shows_it(
    spotted: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    sentence = "goalkeeper <script>alert(1)</script> on the ground"
    page = tmp_path / "page.html"
    assert main(["find", str(spotted), sentence, "--top", "3", "--json", "-o", str(page)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["sentence"] == sentence
    assert 1 <= len(told["moments"]) <= 3
    assert told["search_s"] < 5
    for moment in told["moments"]:
        assert 0 <= moment["start"] <= moment["time"] <= moment["end"] <= 25
    html = page.read_text("utf-8")
    assert html.count("data:image/jpeg;base64,") == len(told["moments"])
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert" in html
    film = tmp_path / "film.mp4"
    assert main(["find", str(spotted), "the crowd roaring", "--top", "2", "--reel", str(film)]) == 0
    assert "frames searched in" in capsys.readouterr().out
    assert (spotted / "found.html").is_file()
    with av.open(str(film)) as container:
        assert container.duration
    assert main(["spot", str(spotted.with_suffix(".mp4")), "--with", "sound,shots"]) == 0, (
        "found.html is no stranger"
    )


def test_a_folder_moved_without_its_video_is_still_searched(
    spotted: Path, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    alone = tmp_path / "alone.matchcut"
    shutil.copytree(spotted, alone)
    capsys.readouterr()
    assert main(["find", str(alone), "a whistle", "--top", "1"]) == 0
    assert "no pictures" in (alone / "found.html").read_text("utf-8")
    assert "is not at hand" in refused(capsys, "find", alone, "a goal", "--reel", tmp_path / "x.mp4")
    other = write_untrained_clip(tmp_path / "other", seed=1)
    told = refused(capsys, "find", alone, "a goal", "--vision-model", other)
    assert "holds features of" in told
    assert "and its video is not at hand" in told
    shutil.copytree(tiny, tmp_path / "moved")
    assert main(["find", str(alone), "a goal", "--vision-model", str(tmp_path / "moved")]) == 0
    for kept in kept_features(alone / "features"):
        kept.unlink()
    told = refused(capsys, "find", alone, "a goal", "--vision-model", tiny)
    assert "holds no features of its pictures" in told


def test_a_search_that_is_stopped_goes_on(video: Path, tiny: Path, tmp_path: Path) -> None:
    film = tmp_path / "match.mp4"
    shutil.copy(video, film)
    script = (
        "import sys, time; from matchcut.encoders import match; match.PIECE = 4\n"
        # It waits after the first piece, so that it is stopped within the pieces and not after them.
        "put = match.FeatureStore.put\n"
        "match.FeatureStore.put = lambda *given, **told: (put(*given, **told), time.sleep(30))\n"
        "from matchcut.cli import main; sys.argv = ['matchcut', *sys.argv[1:]]; main.run()"
    )
    call = [sys.executable, "-c", script, "find", str(film), "a goal", "--vision-model", str(tiny)]
    parts = film.with_suffix(".matchcut") / "features" / "parts"
    with subprocess.Popen(call, stderr=subprocess.PIPE, text=True) as running:
        until = time.monotonic() + 60
        while (
            not list(parts.rglob("[0-9a-f]*.safetensors"))
            and running.poll() is None
            and time.monotonic() < until
        ):
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        told = running.communicate(timeout=60)[1]
    assert running.returncode == 130, told
    assert "the same command goes on from there" in told
    kept = {path: path.stat().st_mtime_ns for path in parts.rglob("*.safetensors")}
    assert kept
    assert main(["find", str(film), "a goal", "--vision-model", str(tiny), "--json"]) == 0
    assert not parts.exists()
    folder = film.with_suffix(".matchcut")
    assert main(["find", str(folder), "a goal", "--top", "1"]) == 0, "a folder that only a search made"
    assert "data:image/jpeg" in (folder / "found.html").read_text("utf-8"), "its video stands beside it"
    assert main(["spot", str(film), "--with", "shots,vision", "--vision-model", str(tiny)]) == 0


def test_without_weights_it_is_said_how_to_get_them(
    video: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    film = tmp_path / "match.mp4"
    shutil.copy(video, film)
    for args in (["find", film, "a goal"], ["spot", film, "--with", "vision"]):
        told = refused(capsys, *args)
        assert "openai/clip-vit-base-patch32 are not on this machine" in told
        assert "doctor --fetch-clip" in told
    assert "could not be fetched" in refused(capsys, "find", film, "a goal", "--download")
    assert "could not be fetched" in refused(capsys, "doctor", "--fetch-clip", "openai/clip-vit-base-patch32")
    assert "is a folder" in refused(capsys, "doctor", "--fetch-clip", tmp_path)
    assert main(["spot", str(film), "--with", "shots"]) == 0
    assert "--with vision would also look for the actions in the pictures" in capsys.readouterr().err
    assert main(["doctor", "--json"]) == 0
    (line,) = [f for f in json.loads(capsys.readouterr().out) if f["what"].startswith("vision")]
    assert not line["ok"]
    assert "MIT licence" in line["remedy"]


def test_bad_input(
    spotted: Path, video: Path, tiny: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "no sentence" in refused(capsys, "find", spotted, "   ")
    assert "ends with .html" in refused(capsys, "find", spotted, "a goal", "-o", video)
    other = tmp_path / "bert"
    shutil.copytree(tiny, other)
    config = json.loads((other / "config.json").read_text("utf-8"))
    (other / "config.json").write_text(json.dumps({**config, "model_type": "bert"}))
    assert "'bert' model, not CLIP" in refused(capsys, "find", video, "a goal", "--vision-model", other)
    (other / "config.json").unlink()
    assert "has no config.json" in refused(capsys, "find", video, "a goal", "--vision-model", other)
    nowhere = tmp_path / "nowhere"
    assert "no such folder" in refused(capsys, "spot", video, "--with", "vision", "--vision-model", nowhere)
    sound = tmp_path / "sound.m4a"
    with av.open(str(video)) as source, av.open(str(sound), "w") as target:
        stream = target.add_stream_from_template(source.streams.audio[0])
        for packet in source.demux(source.streams.audio[0]):
            if packet.dts is not None:
                packet.stream = stream
                target.mux(packet)
    for args in (["find", sound, "a goal"], ["spot", sound, "--with", "vision"]):
        assert "has no picture" in refused(capsys, *args, "--vision-model", tiny)
    words = tmp_path / "words.srt"
    words.write_text("1\n00:00:01,000 --> 00:00:02,000\nA goal!\n")
    assert "neither a video" in refused(capsys, "find", words, "a goal")
    assert "no pictures" in refused(capsys, "spot", words, "--with", "vision", "--vision-model", tiny)
    told = refused(capsys, "spot", video, "--vision-model", tiny)
    assert "--with vision" in told
    assert "'smell'" in refused(capsys, "spot", video, "--with", "vision,smell")


def test_where_weights_are(tiny: Path, tmp_path: Path) -> None:
    found = weights_ready(str(tiny))
    assert found.ok
    assert found.path == tiny
    other = weights_ready(str(write_untrained_clip(tmp_path / "other", seed=1)))
    assert other.key != found.key
    assert licence_of("openai/clip-vit-large-patch14") == "MIT licence"
    assert licence_of("somebody/some-model") == "see its own card"
    missing = weights_ready("nobody/nothing")
    assert not missing.ok
    assert "doctor --fetch-clip nobody/nothing" in missing.remedy
