"""Trains encoders of sound on labelled matches and on what is heard in recordings. Needs the extra "train"."""
