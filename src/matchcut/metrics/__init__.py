"""Scores of predictions: pure functions, arrays in, dataclasses out, one family a file."""
