"""Trains the commentary spotter: ``matchcut train commentary``.

Needs the extra "train" (torch). Run time needs none of it.
"""
