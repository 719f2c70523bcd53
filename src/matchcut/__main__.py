"""``python -m matchcut``."""

from matchcut.cli.main import run

run()
