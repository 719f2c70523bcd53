"""Thirty more, written after the third set's failures were mended, and before the parser was run on these.

Each is the question and what it means, in the shorthand of `shorthand.py`.
"""

QUESTIONS = [
    ("Where in the video can I find the second half's corners?", "C; periods=2"),
    ("I want to watch each shot on target from the 30th minute till half time", "SON; periods=1; 30:00-"),
    ("all throw-ins, second half, after 70'", "TI; periods=2; 70:00-"),
    ("please make a highlights reel of the goals and penalties", "G P"),
    ("did the home team score?", "G; team=home; whether"),
    ("How many yellow cards did the away team pick up?", "Y; team=away; count"),
    ("red card incidents", "R"),
    ("the very first foul of the game", "F; first 1"),
    ("offside decisions in the opening 25 minutes", "OFF; first_s=1500"),
    ("who scored the last goal?", "G; last 1"),
    ("any corner or free kick in the dying minutes", "C DFK IFK; last_s=600; whether"),
    ("fouls & bookings, 1st half", "F Y R YR; periods=1"),
    ("Substitutions made at half time", "!QuestionError"),
    ("goals from open play", "!QuestionError"),
    ("show the goals with replays", "!QuestionError"),
    ("saves by the goalkeeper", "!QuestionError"),
    ("goals, but not penalties, between 10:00 and 80:00", "G; 10:00-80:00"),
    ("shots in the 10 minutes after the break", "SON SOFF; periods=2; first_s=600"),
    ("count all free kicks in both halves", "DFK IFK; count"),
    ("everything you've got on corners", "C"),
    ("list goals chronologically", "G"),
    ("the last foul before the 30th minute", "F; -30:00; last 1"),
    ("Show only highly confident corners", "C; min=0.8"),
    ("free kick highlights from 15:00 to 45:00", "DFK IFK; 15:00-45:00"),
    ("what are the big chances in this half", "!QuestionError"),
    ("when do the teams kick off", "KO"),
    ("a list of fouls with times", "F"),
    ("cautions and dismissals", "Y R YR"),
    ("Was there stoppage time drama?", "!LabelError"),
    ("ball out of play in the first 5 min", "OUT; first_s=300"),
]
