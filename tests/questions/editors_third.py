"""Thirty more, written after the second set's failures were mended, and before the parser was run on these.

Each is the question and what it means, in the shorthand of `shorthand.py`.
"""

from matchcut.sport import baseball

QUESTIONS = [
    ("I'd love to see the corners from the first quarter of an hour", "C; first_s=900"),
    ("Reel of our best chances for the website", "!QuestionError"),
    ("chances 60-90", "G SON SOFF P; 60:00-90:00"),
    ("need a compilation of yellow cards and the red", "Y R"),
    ("how many subs did the visitors make", "SUB; count; team=away"),
    ("any penalties given?", "P; whether"),
    ("shots from minute 5 through minute 12", "SON SOFF; 05:00-12:00"),
    ("the 4th goal", "G; first 1 skip 3"),
    ("last three bookings before the final whistle", "Y R YR; last 3"),
    ("What went on between the 50th and 55th?", "*; 50:00-55:00"),
    ("goals in the 2nd 45", "!QuestionError"),
    ("tackles", "!LabelError"),
    ("crosses into the box", "!LabelError"),
    ("Show us everything apart from clearances and balls out of play", "*; without CL OUT"),
    ("first corner of each half", "!QuestionError"),
    ("were any of the goals offside?", "!QuestionError"),
    (
        "Throw-ins, corners and goal kicks during the last 3 minutes of normal time",
        "TI C CL; periods=1,2; last_s=180",
    ),
    ("what time was the second goal", "G; first 1 skip 1"),
    ("fouls in the minute before half time", "F; periods=1; last_s=60"),
    ("Goal highlights from the second 45 minutes", "!QuestionError"),
    ("list every caution after the interval", "Y; periods=2,3,4"),
    ("on target efforts in the first half with confidence over 75%", "SON; periods=1; min=0.75"),
    ("the two most likely penalties", "P; surest 2"),
    ("indirects and directs", "IFK DFK"),
    ("has there been a sending off yet?", "R YR; whether"),
    ("can i get the kick-offs pls", "KO"),
    ("spot kick(s)", "P"),
    ("first half: corners. second half: goals", "!QuestionError"),
    ("swings in the opening minute", "swing; first_s=60", baseball),
    ("were there more balls than strikes?", "!QuestionError", baseball),
]
