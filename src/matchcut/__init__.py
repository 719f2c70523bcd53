"""matchcut finds the moments that matter in a sports broadcast, says when they happened, and cuts them out."""

__version__ = "0.1.0"
