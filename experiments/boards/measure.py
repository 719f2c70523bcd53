"""How many drawn boards are found and read.

    python experiments/boards/measure.py [COUNT] [FIRST_SEED] [FOLDER_TO_KEEP_THE_VIDEOS_IN] [odd]

Synthetic: nothing here is a real broadcast. Each seed draws a board of random form, place, font and colours
over moving pictures, with goals, hidden boards and tickers; see matchcut.datasets.boards.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from matchcut.datasets.boards import frames, random_board, random_script, write_video
from matchcut.datasets.boards.odd import odd_board, odd_frames
from matchcut.observe.goals import goals_from
from matchcut.observe.match_clock import fit_clock
from matchcut.observe.scoreboard import read_board


def measure(seed: int, folder: Path, odd: bool = False) -> dict[str, object]:
    """Draws, encodes, reads and compares one board."""
    script = random_script(seed)
    if odd:
        unusual = odd_board(seed)
        form, clock, size, teams = unusual.form, unusual.clock, unusual.size, unusual.teams
        shown = odd_frames(unusual, script, seed)
    else:
        board = random_board(seed)
        form, clock, size, teams = board.form, board.clock_style, board.size, board.teams
        shown = frames(board, script, seed)
    video = folder / f"{'odd' if odd else 'board'}{seed:04d}.mp4"
    if not video.exists():
        write_video(video, shown)
    began = time.process_time()
    track = read_board(video)
    spent = time.process_time() - began
    fit = fit_clock(track)
    goals, notes = goals_from(track, fit.clock)
    errors = []
    for t in np.linspace(script.kick_off + 5, script.seconds - 5, 20):
        truth = script.clock_at(float(t))
        at = fit.clock.at(float(t)) if fit.clock else None
        if truth is not None and at is not None:
            errors.append(abs(at.seconds - truth))
    scored = [r for r in track.readings if r.home is not None]
    wrong = sum((r.home, r.away) != script.score_at(r.seconds) for r in scored)
    hits = 0
    open_goals = list(script.goals)
    names = {teams[0]: 0, teams[1]: 1, "home": 0, "away": 1}
    false = 0
    for goal in goals:
        near = [g for g in open_goals if abs(g[0] - goal.time) < 25 and names.get(goal.team or "", -1) == g[1]]
        if near:
            open_goals.remove(near[0])
            hits += 1
        else:
            false += 1
    return {
        "seed": seed, "form": form, "clock": clock, "size": size,
        "found": bool(track.readings), "score": len(scored), "wrong": wrong, "looks": len(track.looks),
        "fit": fit.clock is not None, "error": max(errors, default=-1.0),
        "hits": hits, "goals": len(script.goals),
        "false": false, "teams": track.teams == teams, "read": track.teams, "truth": teams,
        "cpu": spent, "notes": [*track.notes, *fit.notes, *notes],
    }  # fmt: skip


def main(count: int = 60, first: int = 0, keep: str | None = None, odd: str = "") -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(keep or temporary)
        rows = []
        for seed in range(first, first + count):
            row = measure(seed, folder, bool(odd))
            rows.append(row)
            print(*(f"{v:.2f}" if isinstance(v, float) else v for v in row.values()), flush=True)
    seconds = [r for r in rows if r["clock"] != "minutes"]
    right = [r for r in seconds if r["fit"]]

    def total(name: str) -> int:
        return sum(int(r[name]) for r in rows)

    print(f"boards {len(rows)}, found {total('found')}, clock fitted {total('fit')}")
    worst = max((r["error"] for r in right), default=-1)
    print(f"clocks with seconds: {len(seconds)}, fitted {len(right)}, largest error {worst:.2f} s")
    boards = sum(int(r["score"]) > 0 for r in rows)
    print(f"score read on {boards} boards; {total('score')} readings, {total('wrong')} wrong")
    print(f"teams right {total('teams')}; goals {total('hits')} of {total('goals')}, false {total('false')}")
    print(f"processor seconds a board: median {np.median([r['cpu'] for r in rows]):.1f}")


if __name__ == "__main__":
    main(*(int(x) for x in sys.argv[1:3]), *sys.argv[3:5])
