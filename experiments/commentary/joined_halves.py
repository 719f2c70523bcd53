"""Joined broadcasts of valid games: heard whole, heard by halves, and each half alone."""
import numpy as np
from pathlib import Path
from matchcut.clock import MatchClock, Period, HALF_S
from matchcut.datasets.echoes import EchoesArchive
from matchcut.datasets.soccernet import read_labels
from matchcut.recording import Recording
from matchcut.spotters.commentary import CommentarySpotter
from matchcut.spotters.halves import hear
from matchcut.transcript import Transcript
from matchcut.training.commentary.corpus import read_splits, Half, truths_of
from matchcut.training.commentary.measure import as_truth, average_precision, decode
D = Path(__file__).parents[3] / "shared" / "data"
games=read_splits(D/"soccernet-v2-splits.json")["valid"]
logs=read_labels(D/"soccernet-v2-labels-train-valid.zip",games=games)
sp=CommentarySpotter.load(threads=1)
PRE,GAP=420.0,960.0
rows={"whole":[], "by half":[], "alone":[]}; truths=[]
with EchoesArchive(D/"soccernet-echoes-train-valid.zip") as a:
    for g in games:
        said={h:a.transcripts(g,h) for h in (1,2)}
        dur={h:max(HALF_S,*(t.end for t in said[h].values()),0.0) for h in (1,2)}
        start={1:PRE,2:PRE+dur[1]+GAP}
        total=start[2]+dur[2]+120
        joined=[]
        for v in sorted(set(said[1])|set(said[2])):
            us=[u for h in (1,2) if v in said[h] for u in said[h][v].moved(start[h])]
            if us: joined.append(Transcript(us))
        clock=MatchClock([Period(1,start[1],start[1]+dur[1],0.0),Period(2,start[2],start[2]+dur[2],HALF_S)])
        whole=hear(sp,joined,Recording("x",duration=total))
        byhalf=hear(sp,joined,Recording("x",duration=total,clock=clock))
        for h in (1,2):
            n=int(np.ceil(dur[h]))
            truths.append(list(truths_of(logs[g][h])))
            i=int(start[h])  # dur may be fractional
            for name,t in (("whole",whole),("by half",byhalf)):
                at=np.arange(n)+0.5+start[h]
                rows[name].append(np.stack([np.interp(at,t.times,t.scores[:,c]) for c in range(17)],1).astype(np.float32))
            rows["alone"].append(sp.track_many([t for t in said[h].values() if len(t)],dur[h],h).scores)
T=as_truth(truths)
for name,r in rows.items():
    f=decode(r,sp.settings.decoding).scored(sp.settings.decoding)
    print(name,[round(float(average_precision(T,f,m).mean()),4) for m in ("loose","tight")],flush=True)
