"""The program as a user runs it: a process, real files, exit codes, what it prints and leaves."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from typing import Any

import av
import pytest

from matchcut.datasets.practice import PracticeMatch, practice_truth, render_match
from matchcut.events import EventLog

ANSWER = re.compile(r"^An? [a-z -]+ occurs at \(\d\d:\d\d, \d\d:\d\d\)\.$")


def run(*args: object, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "matchcut", *map(str, args)],
        capture_output=True,
        text=True,
        cwd=cwd,
        timeout=120,
    )


def ok(*args: object, cwd: Path | None = None) -> str:
    done = run(*args, cwd=cwd)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def match(tmp_path_factory: pytest.TempPathFactory) -> PracticeMatch:
    return render_match(tmp_path_factory.mktemp("ein Spiel é"), seed=1, duration_s=30.0)


@pytest.fixture(scope="module")
def broadcast(tmp_path_factory: pytest.TempPathFactory) -> PracticeMatch:
    """A piece with a goal that the board shows before and after."""
    return render_match(tmp_path_factory.mktemp("broadcast"), seed=3, duration_s=45.0)


def remuxed(video: Path, to: Path, kinds: str = "video audio", **options: str) -> Path:
    """The same packets of some kinds of streams in another file."""
    with av.open(str(video)) as source, av.open(str(to), "w", options=options) as target:
        streams = {s.index: target.add_stream_from_template(s) for s in source.streams if s.type in kinds}
        for packet in source.demux([source.streams[index] for index in streams]):
            if packet.dts is not None:
                packet.stream = streams[packet.stream.index]
                target.mux(packet)
    return to


@pytest.fixture(scope="module")
def commentary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three minutes of commentary, without the picture."""
    from matchcut.datasets.subtitles import write_srt

    return write_srt(practice_truth(0)[1], tmp_path_factory.mktemp("words") / "final.srt")


def test_a_video_with_its_own_subtitles(match: PracticeMatch, tmp_path: Path) -> None:
    video = shutil.copy(match.video, tmp_path / "mein Spiel – ü.mp4")
    out = ok("spot", video, "--clock-at-start", "34:00", "--min-score", "0.05", cwd=tmp_path)
    folder = tmp_path / "mein Spiel – ü.matchcut"
    assert {p.name for p in folder.iterdir()} == {
        "analysis.json",
        "events.json",
        "observed",
        "report.html",
        "tracks",
        "transcript.json",
    }
    log = EventLog.load(folder / "events.json")
    assert f"{len(log)} events" in out
    assert len(log) > 0
    assert {e.source for event in log for e in event.evidence} >= {"commentary", "shots"}

    # The whole folder can move with its video, and nothing in it is made anew.
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    shutil.move(str(video), moved)
    shutil.move(str(folder), moved)
    stamp = (moved / folder.name / "events.json").stat().st_mtime_ns
    label = log[0].label
    answer = run("ask", moved / folder.name, f"every {log.sport.label(label).singular}")
    assert answer.returncode == 0
    assert label in answer.stderr, "how the question was understood"
    lines = answer.stdout.splitlines()
    assert ANSWER.match(lines[0]), lines
    reel = moved / "reel.mp4"
    ok("reel", moved / folder.name, f"every {log.sport.label(label).singular}", "-o", reel)
    with av.open(str(reel)) as film:
        windows = [(e.start, min(e.end, 30.0)) for e in log if e.label == label]
        assert film.duration is not None
        assert film.duration / av.time_base == pytest.approx(_covered(windows), abs=0.3)
        assert film.streams.audio
        assert film.chapters()
    assert (moved / folder.name / "events.json").stat().st_mtime_ns == stamp


def _covered(windows: list[tuple[float, float]]) -> float:
    total, reached = 0.0, 0.0
    for start, end in sorted(windows):
        total += max(0.0, end - max(start, reached))
        reached = max(reached, end)
    return total


def test_a_transcript_alone(commentary: Path, tmp_path: Path) -> None:
    folder = tmp_path / "a.matchcut"
    out = ok("spot", commentary, "-o", folder, "--clock-at-start", "34:00")
    assert "34:" in out or "35:" in out or "36:" in out, "answers by the match clock"
    again = ok("spot", commentary, "-o", folder, "--clock-at-start", "34:00", "--json")
    assert json.loads(again)["sport"] == "soccer"
    asked = json.loads(ok("ask", folder, "how many substitutions?", "--json"))
    assert asked["query"]["asks"] == "count"
    none = ok("ask", folder, "every red card")
    assert none.startswith("No red card was found")


def test_windows_by_hand(match: PracticeMatch, tmp_path: Path) -> None:
    out = tmp_path / "two.mp4"
    said = ok("reel", match.video, "--window", "0:05", "0:08", "--window", "12.5", "14", "-o", out)
    assert "2 windows, 4.5 s" in said
    with av.open(str(out)) as film:
        assert film.duration is not None
        assert film.duration / av.time_base == pytest.approx(4.5, abs=0.1)


def test_everything_converts(commentary: Path, match: PracticeMatch, tmp_path: Path) -> None:
    ok("convert", commentary, tmp_path / "a.vtt")
    ok("convert", tmp_path / "a.vtt", tmp_path / "a.json")
    ok("convert", tmp_path / "a.json", tmp_path / "b.srt")
    assert (tmp_path / "b.srt").read_text("utf-8") == commentary.read_text("utf-8")
    ok("convert", match.truth, tmp_path / "truth.csv")
    ok("convert", tmp_path / "truth.csv", tmp_path / "truth.json")
    truth = EventLog.load(match.truth)
    kept = EventLog.load(tmp_path / "truth.json")
    assert [(e.label, e.time, e.start, e.end) for e in kept] == [
        (e.label, e.time, e.start, e.end) for e in truth
    ]


def test_a_report_with_an_answer(commentary: Path, tmp_path: Path) -> None:
    page = tmp_path / "r.html"
    ok("report", commentary, "-o", page, "--question", "How many goals?")
    assert "How many goals?" in page.read_text("utf-8")
    shutil.rmtree(commentary.with_suffix(".matchcut"))


@pytest.fixture(scope="module")
def data_set(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Labels and transcripts of two practice games, in the shape of SoccerNet's, and their game list."""
    root = tmp_path_factory.mktemp("set")
    games = ["league/2020-2021/2020-08-01 - 20-00 A 1 - 0 B", "league/2020-2021/2020-08-08 - 20-00 C 2 - 2 D"]
    for number, game in enumerate(games):
        labels = []
        for half in (1, 2):
            _, said, truth = practice_truth(10 * number + half)
            segments = {str(i): [u.start, u.end, u.text] for i, u in enumerate(said)}
            for version in ("whisper_v1", "whisper_v2"):
                path = root / "echoes" / version / game / f"{half}_asr.json"
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(json.dumps({"segments": segments}), "utf-8")
            labels += [
                {
                    "gameTime": f"{half} - {int(e.time) // 60:02d}:{int(e.time) % 60:02d}",
                    "label": e.label,
                    "position": str(round(e.time * 1000)),
                    "team": "home",
                    "visibility": "visible",
                }
                for e in truth
            ]
        path = root / "labels" / game / "Labels-v2.json"
        path.parent.mkdir(parents=True)
        path.write_text(json.dumps({"UrlLocal": game, "annotations": labels}), "utf-8")
    (root / "games.json").write_text(json.dumps(games), "utf-8")
    return root / "labels", root / "echoes", root / "games.json"


def test_a_data_set_is_spotted_and_scored(data_set: tuple[Path, Path, Path], tmp_path: Path) -> None:
    labels, echoes, games = data_set
    out = tmp_path / "results.zip"
    said = ok("predict", "soccernet", "--echoes", echoes, "--labels", labels, "--split", games, "-o", out)
    assert "2 games, 4 halves" in said
    assert "whisper_v1, whisper_v2" in said
    with zipfile.ZipFile(out) as archive:
        assert len(archive.namelist()) == 2
    assert [p.name for p in tmp_path.iterdir()] == ["results.zip"], "no leftovers"
    scored = ok(
        "evaluate", "soccernet", "--labels", labels, "--predictions", out, "--split", games,
        "--metric", "loose", "--json",
    )  # fmt: skip
    result = json.loads(scored)
    assert 0 < result["a_mAP"] < 1
    assert len(result["a_mAP_per_class"]) == 17
    assert {"a_mAP_visible", "a_mAP_unshown"} <= result.keys()


def test_an_interrupted_prediction_goes_on(
    data_set: tuple[Path, Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from matchcut import prediction

    _, echoes, games = data_set
    whole = prediction.predict_soccernet(echoes, tmp_path / "whole.zip", str(games))

    def stop_after_one(done: float, total: float) -> None:
        if done == 1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        prediction.predict_soccernet(echoes, tmp_path / "cut.zip", str(games), progress=stop_after_one)
    assert not (tmp_path / "cut.zip").exists()

    spotted: list[int] = []
    original = prediction.CommentarySpotter.track_many

    def counting(self: Any, said: Any, **more: Any) -> Any:
        spotted.append(len(said))
        return original(self, said, **more)

    monkeypatch.setattr(prediction.CommentarySpotter, "track_many", counting)
    prediction.predict_soccernet(echoes, tmp_path / "cut.zip", str(games))
    assert 0 < len(spotted) < whole.halves, "the finished game is not spotted again"
    assert (tmp_path / "cut.zip").read_bytes() == (tmp_path / "whole.zip").read_bytes()
    assert whole.games == 2


def test_what_is_kept_is_of_the_same_words(data_set: tuple[Path, Path, Path], tmp_path: Path) -> None:
    from matchcut import prediction

    _, echoes, games = data_set
    out, other = tmp_path / "out.zip", tmp_path / "other"

    def stop_at_the_end(done: float, total: float) -> None:
        if done == total - 1:
            raise KeyboardInterrupt

    shutil.copytree(echoes, other)
    for path in other.rglob("*_asr.json"):
        path.write_text(json.dumps({"segments": {"0": [600.0, 603.0, "What a goal! He scores!"]}}))
    with pytest.raises(KeyboardInterrupt):
        prediction.predict_soccernet(other, out, str(games), progress=stop_at_the_end)
    prediction.predict_soccernet(echoes, out, str(games))
    alone = prediction.predict_soccernet(echoes, tmp_path / "alone.zip", str(games)).out
    assert out.read_bytes() == alone.read_bytes()


@pytest.mark.parametrize("name", ["folder.zip", "a file", "thesis"])
def test_a_target_in_use_is_refused_before_the_work(
    data_set: tuple[Path, Path, Path], tmp_path: Path, name: str
) -> None:
    from matchcut.errors import OutputError
    from matchcut.prediction import predict_soccernet

    _, echoes, games = data_set
    (tmp_path / "folder.zip").mkdir()
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "mine.txt").write_text("x")
    (tmp_path / "a file").write_text("x")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError, match="with -o"):
        predict_soccernet(echoes, tmp_path / name, str(games))
    assert sorted(tmp_path.rglob("*")) == before


def test_a_video_without_a_word(broadcast: PracticeMatch, tmp_path: Path) -> None:
    video = remuxed(broadcast.video, tmp_path / "silent film.mp4")
    done = run("spot", video, "--json")
    assert done.returncode == 0, done.stderr
    log = EventLog.from_json(json.loads(done.stdout))
    truth = EventLog.load(broadcast.truth)
    goals, true = log.where(labels="Goal"), truth.where(labels="Goal")
    assert len(goals) == len(true) == 1
    assert abs(goals[0].time - true[0].time) < 5
    assert goals[0].team == log.recording.teams[0] != ""
    assert "score 0-0 → 1-0" in goals[0].evidence[0].detail
    clock = log.recording.clock
    assert clock is not None
    assert "speech" in done.stderr, "what hearing the commentators would add"
    answer = run("ask", video, "goals")
    assert f"{log.recording.teams[0]}" in answer.stdout
    shown = clock.at(goals[0].time)
    assert shown is not None
    assert f"({clock.at(goals[0].start)}, {clock.at(goals[0].end)})" in answer.stdout

    # Nothing is observed twice; other sources are another analysis of the same observations.
    observed = tmp_path / "silent film.matchcut" / "observed"
    before = {p.name: p.stat().st_mtime_ns for p in observed.iterdir() if p.name != "observed.json"}
    ok("spot", video, "--with", "sound, shots")
    heard = EventLog.load(tmp_path / "silent film.matchcut" / "events.json")
    assert not heard.where(labels="Goal")
    assert before.keys() == {"board.json", "sound.npz", "shots.json"}


def test_sources_are_chosen_among_those_there_are(match: PracticeMatch, tmp_path: Path) -> None:
    done = run("spot", match.video, "--with", "scoreboard,smell", "-o", tmp_path / "x")
    assert (done.returncode, "'smell'" in done.stderr) == (2, True)
    silent = remuxed(match.video, tmp_path / "picture.mp4", "video")
    done = run("spot", silent, "--with", "commentary")
    assert (done.returncode, "--transcript" in done.stderr) == (2, True)
    sound = remuxed(match.video, tmp_path / "radio.m4a", "audio")
    done = run("spot", sound)
    assert done.returncode == 0, done.stderr
    assert "no picture" in done.stderr


def test_what_is_there_of_a_cut_off_video_is_spotted(broadcast: PracticeMatch, tmp_path: Path) -> None:
    whole = remuxed(broadcast.video, tmp_path / "whole.ts")
    cut = tmp_path / "cut.ts"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size * 3 // 4])
    done = run("spot", cut, "--json")
    assert done.returncode == 0, done.stderr
    assert len(EventLog.from_json(json.loads(done.stdout)).where(labels="Goal")) == 1


def bad_inputs(tmp: Path, match: PracticeMatch) -> dict[str, list[object]]:
    def put(name: str, data: bytes) -> Path:
        path = tmp / name
        path.write_bytes(data)
        return path

    srt = b"1\n00:00:01,000 --> 00:00:02,000\nCorner.\n\n"
    whole = remuxed(match.video, tmp / "whole.mp4")  # its index stands at the end
    cut_off = put("cut off.mp4", whole.read_bytes()[:-100_000])
    whole.unlink()
    events = {"events": [{"label": "Goal", "time": 3}]}
    good = put("good.json", json.dumps(events).encode())
    busy = tmp / "busy"
    busy.mkdir()
    (busy / "thesis.txt").write_text("mine")
    (tmp / "a file").write_text("x")
    return {
        "no such file": ["spot", tmp / "none.mp4"],
        "empty": ["spot", put("empty.mp4", b"")],
        "empty subtitles": ["spot", put("empty.srt", b"")],
        "no cue": ["spot", put("blank.srt", b"\n\n\n")],
        "not a video": ["spot", put("noise.mp4", bytes(range(256)) * 40)],
        "cut off": ["spot", cut_off],
        "Latin-1": ["spot", put("latin.srt", srt + b"2\n00:00:03,000 --> 00:00:04,000\nM\xfcller\n")],
        "out of order": ["spot", put("order.srt", b"1\n00:01:00,000 --> 00:01:01,000\nx\n\n" + srt)],
        "negative": ["spot", put("negative.srt", b"1\n-00:00:01,000 --> 00:00:02,000\nCorner.\n")],
        "beyond the video": [
            "spot",
            match.video,
            "--transcript",
            put("long.srt", srt + b"2\n02:00:00,000 --> 02:00:02,000\nx\n"),
        ],
        "other JSON": ["spot", put("other.json", b'{"hello": 1}')],
        "cut-off JSON": ["spot", put("cut.json", b'{"segments": [')],
        "NaN score": [
            "ask", put("nan.json", b'{"events": [{"label": "Goal", "time": 1, "score": NaN}]}'), "goals",
        ],
        "unknown label": [
            "ask", put("label.json", b'{"events": [{"label": "Touchdown", "time": 1}]}'), "goals",
        ],
        "unknown action": ["ask", good, "touchdowns"],
        "empty question": ["ask", good, ""],
        "unknown sport": ["spot", put("fine.srt", srt), "--sport", "cricket"],
        "nonsense time": ["spot", put("fine2.srt", srt), "--kick-off", "soon"],
        "two clocks": ["spot", put("fine3.srt", srt), "--kick-off", "1:00", "--half", "2"],
        "busy folder": ["spot", put("fine4.srt", srt), "-o", busy],
        "folder is a file": ["spot", put("fine5.srt", srt), "-o", tmp / "a file"],
        "unwritable": ["report", good, "-o", "/proc/nowhere/report.html"],
        "no video to cut": ["reel", good, "goals", "-o", tmp / "r.mp4"],
        "nothing to cut": ["reel", good, "corners", "-o", tmp / "r.mp4", "--video", match.video],
        "window beyond": ["reel", match.video, "--window", "1:00:00", "1:00:10", "-o", tmp / "r.mp4"],
        "window backwards": ["reel", match.video, "--window", "10", "5", "-o", tmp / "r.mp4"],
        "onto itself": ["reel", match.video, "--window", "1", "5", "-o", match.video],
        "unknown ending": ["convert", good, tmp / "x.docx"],
        "no transcripts": ["predict", "soccernet", "--echoes", busy, "-o", tmp / "r.zip"],
        "broken zip": ["predict", "soccernet", "--echoes", put("b.zip", b"PK\x03\x04xx"), "-o", tmp / "r.zip"],
        "unknown split": [
            "evaluate", "soccernet", "--labels", busy, "--predictions", busy, "--split", "nonsense",
        ],
        "unknown option": ["spot", good, "--frobnicate"],
        "unknown verb": ["frobnicate"],
    }  # fmt: skip


def test_bad_input_gets_one_message_and_exit_code_2(match: PracticeMatch, tmp_path: Path) -> None:
    from matchcut.cli.main import main

    cases = bad_inputs(tmp_path, match)
    before = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    video = match.video.read_bytes()
    wrong = []
    for name, args in cases.items():
        done = subprocess.CompletedProcess(args, main([str(a) for a in args]))
        if done.returncode != 2:
            wrong.append((name, done.returncode))
    assert not wrong
    after = {p: p.read_bytes() for p in tmp_path.rglob("*") if p.is_file()}
    assert after == before, "nothing lost, nothing half-written"
    assert match.video.read_bytes() == video


@pytest.mark.parametrize("name", ["no such file", "cut off", "Latin-1", "unknown action", "unknown verb"])
def test_messages_have_no_traceback(name: str, match: PracticeMatch, tmp_path: Path) -> None:
    done = run(*bad_inputs(tmp_path, match)[name])
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 4
    assert done.stdout == ""


def test_repair_mends_what_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "order.srt"
    path.write_text(
        "1\n00:01:00,000 --> 00:01:01,000\nAnd that is a corner.\n\n"
        "2\n00:00:01,000 --> 00:00:02,000\nKick-off.\n"
    )
    refused = run("spot", path)
    assert refused.returncode == 2
    assert "--repair" in refused.stderr
    mended = run("spot", path, "--repair")
    assert mended.returncode == 0
    assert "note:" in mended.stderr


def test_ctrl_c_leaves_what_was_there(match: PracticeMatch, tmp_path: Path) -> None:
    out = tmp_path / "reel.mp4"
    out.write_bytes(b"the old reel")
    process = subprocess.Popen(
        [sys.executable, "-m", "matchcut", "reel", str(match.video), "--window", "0", "29", "-o", str(out)],
        stderr=subprocess.PIPE,
        stdout=subprocess.PIPE,
        # Started in the background, a shell has its children ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".writing-*")) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert b"Traceback" not in said
    assert out.read_bytes() == b"the old reel"
    assert [p.name for p in tmp_path.iterdir()] == ["reel.mp4"]


def test_doctor_finds_all_that_is_needed() -> None:
    assert all(finding["ok"] for finding in json.loads(ok("doctor", "--json")) if finding["needed"])


def test_a_reader_that_leaves_early_is_no_error(commentary: Path, tmp_path: Path) -> None:
    line = f"{sys.executable} -m matchcut spot '{commentary}' -o '{tmp_path / 'x.matchcut'}' --json | head -1"
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60)
    assert done.stdout == "{\n"
    assert done.stderr == ""


def test_help_tells_of_every_verb() -> None:
    from matchcut.cli.main import VERBS, cli

    context = cli.make_context("matchcut", ["doctor"], resilient_parsing=True)
    for verb, line in VERBS.items():
        command = cli.get_command(context, verb)
        assert command is not None
        assert command.get_short_help_str(200).rstrip(".") == line.rstrip("."), verb
