"""Forty further questions, written once the parser passed the first sixty, and before it was run on these.

Each is the question and what it means, in the shorthand of `shorthand.py`.
"""

from matchcut.sport import baseball

QUESTIONS = [
    ("I'm after all the set pieces we had in the second half", "P C IFK DFK; periods=2"),
    ("Clips of every yellow card shown before the hour", "Y; -60:00"),
    ("Could you send over the goals and the big saves?", "G SON"),
    ("All the action from the final fifteen minutes", "*; last_s=900"),
    ("Corners we won in the first 20", "C; first_s=1200"),
    ("throw ins between the 15 and 25 minute marks", "TI; 15:00-25:00"),
    ("Which fouls led to a yellow?", "!QuestionError"),
    ("Give me the three latest substitutions", "SUB; last 3"),
    ("was anybody booked in the opening half hour?", "Y R YR; first_s=1800; whether"),
    ("How many times were they caught offside?", "OFF; count"),
    ("what's the total number of shots, on and off target", "SON SOFF; count"),
    ("Find the moment of the first penalty.", "P; first 1"),
    ("let's see the red card", "R"),
    ("pull up the 3rd and 4th corners", "C; first 2 skip 2"),
    ("all of the goals please, home and away", "G; team=home,away"),
    ("Any goals in the last five?", "G; last_s=300; whether"),
    ("stoppage-time winners", "G; stoppage"),
    ("free kicks in dangerous positions", "!QuestionError"),
    ("shots from outside the box", "!QuestionError"),
    ("Kane penalties", "!QuestionError"),
    ("dribbles", "!LabelError"),
    ("nutmegs and backheels", "!LabelError"),
    ("offsides only, whole game", "OFF"),
    ("every shot that missed the target in the second period", "SOFF; periods=2"),
    ("kickoff of the second half", "KO; periods=2"),
    ("Goals scored later than the 80th minute", "G; 80:00-"),
    ("fouls in the first ten and corners in the last ten", "!QuestionError"),
    ("clearances, goal kicks", "CL"),
    ("everything from 12:00 till 14:30", "*; 12:00-14:30"),
    ("first booking after half time", "Y R YR; periods=2,3,4; first 1"),
    ("number of corners for the home side", "C; count; team=home"),
    ("Show chances but leave out the penalties", "G SON SOFF"),
    ("penalties with at least 90% certainty", "P; min=0.9"),
    ("highlights, first half only, no yellow cards please", "H; periods=1"),
    ("yellows n reds", "Y R"),
    ("goals around the 30 min mark", "G; 29:00-31:00"),
    ("bookings from 75 mins to the final whistle", "Y R YR; 75:00-"),
    ("the dingers", "hit in-play", baseball),
    (
        "strikes and foul balls in the last 10 minutes of the video",
        "strike foul; last_s=600; recording",
        baseball,
    ),
    ("when did the batter get hit by a pitch?", "hbp", baseball),
]
