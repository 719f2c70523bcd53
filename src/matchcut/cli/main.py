"""The command line: one verb a file, loaded when it is called, so that ``--help`` answers at once."""

from __future__ import annotations

import importlib
import io
import signal
import sys
from collections.abc import Sequence

import click

from matchcut import __version__
from matchcut.cli import ui
from matchcut.errors import MatchcutError

VERBS: dict[str, str] = {
    "spot": "Find the moments of a match and write them down.",
    "ask": "Ask for moments in everyday English.",
    "find": "Find the moments whose pictures fit a sentence.",
    "reel": "Cut the moments that you ask for into one film.",
    "report": "Write a web page that shows what was found.",
    "inspect": "Print what was observed around a time, and what was made of it.",
    "encode": "Encode videos and GIFs with a CLIP or SigLIP network, once.",
    "predict": "Spot a whole data set, for its leaderboard.",
    "evaluate": "Score predictions as a data set's authors do.",
    "train": "Train a network on your own data.",
    "convert": "Turn events or subtitles into another format.",
    "practice": "Render a labelled practice broadcast.",
    "clips": "Baseball clips: MLB-YouTube's, or generated ones in its shape.",
    "chunks": "Labelled matches in one-minute stretches, for language models.",
    "frames": "Soccer images: SoccerNet-v3's, or generated ones in its layout.",
    "demo": "Show everything on a practice match.",
    "doctor": "Tell what is installed and what is missing.",
}
"""Each verb and its one-line help; the verb's command stands in the module of the same name."""


class LazyGroup(click.Group):
    """Imports a verb's module only when that verb runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order in which one meets them."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb's command, imported now; None if there is no such verb."""
        if cmd_name not in VERBS:
            return None
        command = getattr(importlib.import_module(f"matchcut.cli.{cmd_name}"), cmd_name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs, without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, "-V", "--version", message="matchcut %(version)s")
def cli() -> None:
    """Find the moments that matter in a sports broadcast, say when they happened, and cut them out.

    \b
    Start here:
      matchcut demo                                   see it work on a practice match
      matchcut spot final.mp4 --transcript final.srt  find the moments of your own match
      matchcut ask final.matchcut "goals in the second half"
      matchcut reel final.matchcut "every corner" -o corners.mp4
    """


def main(argv: Sequence[str] | None = None) -> int:
    """Runs the command line.

    Returns:
        The exit code: 0 done, 2 something that the message says how to mend, 130 stopped by Ctrl-C.
    """
    output = sys.stdout
    try:
        result = cli.main(args=None if argv is None else list(argv), standalone_mode=False)
        if sys.stdout is not None:
            sys.stdout.flush()
        return result if isinstance(result, int) else 0
    except MatchcutError as error:
        ui.say(f"matchcut: {error}", err=True)
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return 2
    except (KeyboardInterrupt, click.Abort):
        return _stopped()
    except SystemExit as left:
        # Where whoever reads our output (head, less) has enough, click muffles it and leaves: no failure.
        return 0 if sys.stdout is not output else _code(left)
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except OSError as error:
        ui.say(f"matchcut: {_refused(error)}", err=True)
        return MatchcutError.exit_code
    except Exception as error:
        # A package that is stopped while it loads may tell so by an error of its own.
        if not _from_a_stop(error):
            raise
        return _stopped()


def _stopped() -> int:
    click.echo(
        "\nmatchcut: stopped. What was being written was left out; what was there before stays.", err=True
    )
    return 130


def _from_a_stop(error: BaseException | None) -> bool:
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None


def _stop(*_: object) -> None:
    raise KeyboardInterrupt


def _refused(error: OSError) -> MatchcutError:
    """What the system would not do, where no verb had an answer to it."""
    from matchcut.files import read_error

    if error.filename is not None:
        # Even asking whether a file is there can be refused: no permission, a name that is too long.
        return read_error(str(error.filename), error)
    sys.stdout = None  # what it still holds would be refused again on leaving
    return MatchcutError(
        f"the system refused to read or write: {error.strerror or error}",
        "Check the disk, and where the output goes",
    )


def _code(left: SystemExit) -> int:
    return left.code if isinstance(left.code, int) else 0 if left.code is None else 1


def run() -> None:
    """The installed ``matchcut`` program."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        # A terminal of another encoding shows what it can.
        sys.stdout.reconfigure(errors="replace")
    for name in ("SIGTERM", "SIGHUP"):
        # A kill and a closed terminal clean up as Ctrl-C does; what nohup ignores stays ignored.
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) is signal.SIG_DFL:
            signal.signal(number, _stop)
    sys.exit(main())


if __name__ == "__main__":
    run()
