"""Readers and writers, one format a file, and practice matches."""
