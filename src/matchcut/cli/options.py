"""Options that several verbs share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from matchcut.clock import parse_time
from matchcut.errors import ValidationError

F = TypeVar("F", bound=Callable[..., Any])


if TYPE_CHECKING:
    from matchcut.intake import SpotSettings
    from matchcut.spreading import SpreadSettings

    _ParamType = click.ParamType[float]
else:
    _ParamType = click.ParamType  # older releases of click have no type arguments


class TimeType(_ParamType):
    """A time written as 36:09, 1:02:03.5 or 95.5; gives seconds."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds from the text.

        Raises:
            click.BadParameter: it is not written as a time.
        """
        if isinstance(value, float):
            return value
        text = str(value)
        sign = -1.0 if text.startswith("-") else 1.0
        try:
            return sign * parse_time(text.lstrip("+-"))
        except ValidationError as error:
            self.fail(str(error), param, ctx)


TIME = TimeType()
PATH = click.Path(path_type=Path)


_ASKING = (
    click.option(
        "--max-cost",
        type=click.FloatRange(0),
        help="The most that a language model may cost, in your currency.",
    ),
    click.option(
        "--prices",
        type=PATH,
        help='What models cost a million tokens: JSON such as {"MODEL": {"input": 1, "output": 4}}.',
    ),
    click.option("--llm-settings", type=PATH, help="JSON of server, prompts, chunks, pictures and share."),
)


def asking_options(command: F) -> F:
    """The options of every verb that may ask a language model."""
    for option in reversed(_ASKING):
        command = option(command)
    return command


def spotting_options(command: F) -> F:
    """The options of every verb that may have to analyse first: sport, clock, transcript mending."""
    for option in reversed(
        (
            click.option("--sport", default="soccer", show_default=True, help="soccer or baseball."),
            click.option(
                "--with",
                "sources",
                metavar="LIST",
                help="Rest on these alone: commentary, scoreboard, sound, shots, with commas between; vision"
                " (a CLIP network that looks at the pictures), named alone, is added to all of them, and so are"
                " language (a language model reads what is said) and vlm (it sees pictures as well).",
            ),
            click.option(
                "--language-model",
                metavar="MODEL",
                help="For --with language: its name on the server that OPENAI_BASE_URL names, or a folder.",
            ),
            click.option(
                "--vlm-model",
                metavar="MODEL",
                help="For --with vlm: a model there, or a folder, that sees pictures.",
            ),
            click.option(
                "--ask-all",
                is_flag=True,
                help="Put every stretch to the language model, not only the doubtful ones.",
            ),
            *_ASKING,
            click.option(
                "--model",
                "temporal_model",
                metavar="FOLDER",
                help="A spotter that train spotter made, as one source more (temporal, in --with).",
            ),
            click.option(
                "--vision-model",
                metavar="MODEL",
                help="CLIP or SigLIP model that looks, for --with vision: a folder or a name on the hub.",
            ),
            click.option(
                "--min-score", type=click.FloatRange(0, 1), help="Keep events at least this probable."
            ),
            click.option(
                "--offset", type=TIME, default=0.0, help="Shift the transcript by this much, e.g. 12.5."
            ),
            click.option(
                "--subtitles", help="Take this subtitle stream of the video: its number, or its language."
            ),
            click.option(
                "--speech",
                metavar="MODEL",
                default="auto",
                show_default=True,
                help="Whisper model that writes down what is said where there is no transcript: a size, a"
                " folder, auto (one that is on the disk) or off.",
            ),
            click.option("--language", help="Language that is spoken, such as de, for --speech."),
            click.option("--repair", is_flag=True, help="Mend broken subtitles instead of refusing them."),
            click.option(
                "--half", type=click.IntRange(1, 4), help="The recording is this half, from its kick-off."
            ),
            click.option(
                "--clock-at-start", type=TIME, help="What the match clock shows at the first instant."
            ),
            click.option("--kick-off", type=TIME, help="Recording time of the first half's kick-off."),
            click.option("--second-half", type=TIME, help="Recording time of the second half's kick-off."),
        )
    ):
        command = option(command)
    return command


def spot_settings(options: dict[str, Any]) -> SpotSettings:
    """`matchcut.intake.SpotSettings` from the values of `spotting_options`."""
    from matchcut.intake import SpotSettings

    return SpotSettings(
        **_sources(_named(options)),
        speech=options["speech"],
        language=options["language"],
        sport=options["sport"],
        min_score=options["min_score"],
        repair=options["repair"],
        subtitles=options["subtitles"],
        offset_s=options["offset"],
        half=options["half"],
        clock_at_start_s=options["clock_at_start"],
        kick_off_s=options["kick_off"],
        second_half_s=options["second_half"],
        models=_models(options),
        asking=asking(options),
    )


def asking(options: dict[str, Any]) -> dict[str, Any]:
    """What was said of how language models are asked: only what was given."""
    given = {
        "settings": None if options["llm_settings"] is None else str(options["llm_settings"]),
        "everything": options["ask_all"] or None,
        "prices": None if options["prices"] is None else str(options["prices"]),
        "max_cost": options["max_cost"],
    }
    return {name: value for name, value in given.items() if value is not None}


def _models(options: dict[str, Any]) -> dict[str, str]:
    """Which weights the further spotters are to take, where one was named."""
    from matchcut.intake import FURTHER

    named = {name: options.get(f"{name}_model") for name in FURTHER}
    return {name: model for name, model in named.items() if model}


def _named(options: dict[str, Any]) -> str | None:
    """What ``--with`` says; a folder given by ``--model`` is a source that need not be named there too."""
    names: str | None = options["sources"]
    if not options.get("temporal_model"):
        return names
    return ",".join([*(names.split(",") if names else []), "temporal"])


def _sources(names: str | None) -> dict[str, Any]:
    """What ``--with`` asks for; nothing where it was not given, so that the settings' own default holds.

    Further spotters alone are added to the usual sources: nobody who adds one wants to lose the others.
    """
    if names is None:
        return {}
    from matchcut.intake import FURTHER, SOURCES

    named = tuple(name.strip().casefold() for name in names.split(",") if name.strip())
    return {"sources": (*SOURCES, *named) if named and set(named) <= set(FURTHER) else named}


def encoder_options(command: F) -> F:
    """The options of every verb that encodes pictures."""
    for option in reversed(
        (
            click.option(
                "--encoder",
                default="openai/clip-vit-base-patch32",
                show_default=True,
                help="A CLIP or SigLIP model: a local folder or a name on the hub.",
            ),
            click.option(
                "--download", is_flag=True, help="Fetch the encoder's weights where they are not here."
            ),
            click.option(
                "--precision",
                type=click.Choice(["auto", "float32", "bfloat16"]),
                default="auto",
                show_default=True,
                help="What the encoder computes in; auto takes what the processor is fast in.",
            ),
            click.option(
                "--backend",
                type=click.Choice(["torch", "onnx"]),
                default="torch",
                show_default=True,
                help="What runs the encoder; onnx is onnxruntime, on a CPU.",
            ),
            click.option("--device", default="auto", help="auto, cpu, cuda …"),
        )
    ):
        command = option(command)
    return command


_SPREADING = (
    click.option("--ray", is_flag=True, help="Spread the recordings over processes and machines by Ray."),
    click.option(
        "--ray-address",
        metavar="ADDRESS",
        help="With --ray: a cluster that runs, such as auto; else this machine alone.",
    ),
    click.option(
        "--ray-workers",
        type=click.IntRange(0),
        default=0,
        help="With --ray: how many; else one a GPU, or as many as there are processors for.",
    ),
    click.option(
        "--ray-cpus",
        type=click.FloatRange(0.01),
        default=2.0,
        show_default=True,
        help="With --ray: processors of each worker.",
    ),
)


def spread_options(command: F) -> F:
    """The options of every verb whose work on many recordings can be spread."""
    for option in reversed(_SPREADING):
        command = option(command)
    return command


def spread_settings(options: dict[str, Any]) -> tuple[SpreadSettings | None, dict[str, Any]]:
    """How the work is to be spread, None for not at all; and the options of other kinds."""
    others = {name: value for name, value in options.items() if name != "ray" and not name.startswith("ray_")}
    if not (options["ray"] or options["ray_address"]):
        return None, others
    from matchcut.spreading import SpreadSettings

    address, workers, cpus = (options[f"ray_{name}"] for name in ("address", "workers", "cpus"))
    return SpreadSettings(address or "", workers, cpus), others
