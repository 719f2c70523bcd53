"""Practice games of baseball: pitches seen from centre field, with a count board, commentary and truth."""
