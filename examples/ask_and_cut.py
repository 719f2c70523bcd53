"""From a video to an answer and a reel, in Python.

Run: python examples/ask_and_cut.py final.mp4 "every corner" corners.mp4
"""

import sys

import matchcut as mc


def main(video: str, question: str, out: str) -> None:
    log = mc.spot(video)  # the subtitles inside it, or final.srt beside it
    print(f"{len(log)} events:", log.counts())
    answer = mc.ask(log, question)
    print(answer)
    for event in answer.events:
        said = event.evidence[0]
        print(f"  {event.time:7.1f} s  {event.label}, {event.score:.0%}: “{said.detail}”")
    if answer.events:
        mc.reel(video, answer.events, out)


if __name__ == "__main__":
    main(*sys.argv[1:])
