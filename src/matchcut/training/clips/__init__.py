"""Training networks that say what a clip shows."""
