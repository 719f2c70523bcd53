"""Trains temporal spotters on features of several modalities. Needs the extra "train" (torch)."""
