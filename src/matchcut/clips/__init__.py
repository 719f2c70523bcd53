"""Clips as a whole job: encoded, trained on, classified, scored. What the command line calls."""

from matchcut.clips.encoding import PIXELS, SUFFIXES, encode_videos, feature_paths, load_encoders, looker
from matchcut.clips.prediction import PredictedClips, predict_clips
from matchcut.clips.scores import ClipScores, evaluate_clips
from matchcut.clips.training import MODELS, TrainedClips, train_clip_classifier
from matchcut.encoding import EncodedFiles

__all__ = [
    "MODELS",
    "PIXELS",
    "SUFFIXES",
    "ClipScores",
    "EncodedFiles",
    "PredictedClips",
    "TrainedClips",
    "encode_videos",
    "evaluate_clips",
    "feature_paths",
    "load_encoders",
    "looker",
    "predict_clips",
    "train_clip_classifier",
]
