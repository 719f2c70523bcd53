"""Trains the commentary spotter: ``matchcut train commentary``.

``python -m matchcut.training.commentary.along`` puts a temporal spotter of words on top of its fronts, and
``….figures`` measures either. Needs the extra "train" (torch). Run time needs none of it.
"""
