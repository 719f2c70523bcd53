"""Trains the commentary spotter; see ``python -m matchcut.training.commentary --help``.

Needs the extra "train" (torch). Run time needs none of it.
"""
