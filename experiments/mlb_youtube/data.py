"""What MLB-YouTube's files hold, and how captions meet clips: the counts that the rest is built on.

python experiments/mlb_youtube/data.py DATA
"""

from __future__ import annotations

import sys
from collections import Counter
from pathlib import Path

from matchcut.datasets.mlb_youtube import (
    PARTS,
    align,
    clean,
    leak,
    official_split,
    read_mlb_youtube,
    video_split,
    weighted_words,
)
from matchcut.datasets.mlb_youtube.language import guess_language
from matchcut.datasets.mlb_youtube.outcomes import AFTER_PITCH, outcome_counts, play_outcome


def main(folder: Path) -> None:
    data = read_mlb_youtube(folder)
    captions = {video: clean(said) for video, said in data.captions.items()}
    print(len(data.clips), "clips,", len(data.negatives), "negatives,", len(data.stretches), "stretches")
    print(*(note.split(": ", 1)[1] for note in data.notes), sep="\n")
    for labels, count in Counter(clip.labels for clip in data.clips).most_common():
        print(f"  {count:5} {' + '.join(labels)}")

    print("captions:", dict(Counter(c.kind for found in captions.values() for c in found)))
    foreign = {v for v, found in captions.items() if any(c.kind == "foreign" for c in found)}
    alone = Counter(
        (video in foreign, guess_language(c.text).is_english)
        for video, found in captions.items()
        for c in found
        if c.kind != "empty"
    )
    print("language by each caption's own words (video foreign?, guess):", dict(alone))

    for subset in ("training", "testing"):
        clips = [clip for clip in data.clips if clip.subset == subset]
        for name, usable in (("any", {"speech", "empty", "foreign"}), ("speech", {"speech"})):
            found = [align(c, captions.get(c.video, ()), usable=frozenset(usable)) for c in clips]
            print(
                f"{subset}, {name} captions: widened by (s):", Counter(m.widened_s for m in found).most_common()
            )

    for split in (official_split(data), video_split(data)):
        for part in PARTS:
            clips, negatives = split.clips(data.clips, part), split.clips(data.negatives, part)
            classes = dict(Counter(clip.paper_class for clip in clips).most_common())
            print(f"{split.name} {part}: {len(clips)} clips, {len(negatives)} negatives, {classes}")
    test, rest = ([c for c in data.clips if c.subset == s] for s in ("testing", "training"))
    stretched = [[s for s in data.stretches if s.subset == subset] for subset in ("testing", "training")]
    for name, found in (
        ("segmented test in segmented training", leak(test, rest)),
        ("continuous test in continuous training", leak(*stretched)),
        ("continuous test in any training", leak(stretched[0], [*stretched[1], *rest])),
        ("negatives in clips", leak(data.negatives, data.clips)),
    ):
        print(f"{name}: {found.share:.1%} of {found.test_s:.0f} s; {found.touched} of {found.entries} touch")

    print("finest classes:", dict(outcome_counts(data.clips, captions).most_common()))
    played = [c for c in data.clips if play_outcome(c, captions.get(c.video, ()))]
    for clip in played[:: max(len(played) // 24, 1)]:
        said = captions[clip.video]
        words = " ".join(word for word, _ in weighted_words(clip, said, AFTER_PITCH))
        print(f"  {play_outcome(clip, said)}: {words[:150]}")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
