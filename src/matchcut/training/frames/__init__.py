"""CLIP fine-tuned on labelled frames, and what is measured of it."""
