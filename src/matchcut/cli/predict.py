"""``matchcut predict``: a whole data set, for its leaderboard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH, asking_options, encoder_options, spread_options, spread_settings
from matchcut.errors import SettingsError


@click.group()
def predict() -> None:
    """Spot a whole data set, for its leaderboard."""


@predict.command()
@click.option("--echoes", type=PATH, help="SoccerNet-Echoes transcripts, a folder or a zip.")
@click.option(
    "--labels", type=PATH, help="SoccerNet-v2 labels; if given, only games that have them are spotted."
)
@click.option(
    "--model", type=PATH, help="A spotter's folder, from train spotter, instead of the commentary spotter."
)
@click.option(
    "--data", type=PATH, multiple=True, help="With --model: folder or zip of its features; repeatable."
)
@click.option("--store", type=PATH, help="With --model: folder of features made on the way.")
@click.option("--modalities", help="With --model: only these of its features, such as video,words.")
@click.option(
    "--split",
    default="valid",
    show_default=True,
    help="train, valid, test, challenge, all, or a JSON file of game lists.",
)
@click.option("--version", "versions", multiple=True, help="Use only this transcript version; may be repeated.")
@click.option("-o", "--output", type=PATH, required=True, help="The leaderboard file: a .zip or a folder.")
@spread_options
def soccernet(
    echoes: Path | None,
    labels: Path | None,
    model: Path | None,
    data: tuple[Path, ...],
    store: Path | None,
    modalities: str | None,
    split: str,
    versions: tuple[str, ...],
    output: Path,
    **options: Any,
) -> None:
    """Spot a SoccerNet split from its SoccerNet-Echoes transcripts, or from features with a trained spotter.

    An interrupted run goes on where it was. With --model and --ray each worker encodes and spots one game
    after another; data, model and store then lie in folders that all machines share.
    """
    spread, _ = spread_settings(options)
    with ui.progress_bar(f"Spotting {split}") as progress:
        if model is not None:
            from matchcut.temporal_prediction import predict_split

            places = [place for place in (labels, echoes, *data) if place is not None]
            done = predict_split(
                model,
                places,
                output,
                split,
                modalities=modalities.split(",") if modalities else (),
                versions=versions,
                store=store,
                spread=spread,
                progress=progress,
            )
        elif echoes is None or spread is not None:
            raise SettingsError(
                "there is nothing to spot" if echoes is None else "--ray is for trained spotters",
                "Give --echoes, or --model with --data",
            )
        else:
            from matchcut.prediction import predict_soccernet

            done = predict_soccernet(echoes, output, split, labels, versions, progress)
    ui.notes(done.notes)
    if done.missing:
        what = "transcript" if model is None else "features"
        ui.note(f"{len(done.missing)} games of the split have no {what} and are left out")
    ui.say(
        f"{done.out}: {done.games} games, {done.halves} halves, {done.detections} detections, "
        f"from {', '.join(done.versions)}"
    )


@predict.command()
@click.option("--echoes", type=PATH, required=True, help="SoccerNet-Echoes transcripts, a folder or a zip.")
@click.option("--split", default="valid", show_default=True, help="train, valid, all, or a JSON file.")
@click.option("--games", type=click.IntRange(1), help="So many games at most, spread over the split.")
@click.option("--version", "versions", multiple=True, help="Take this transcript; of several the first.")
@click.option("--model", help="Its name on the server.  [default: MATCHCUT_MODEL of the environment]")
@click.option(
    "--style", type=click.Choice(["chunk", "pair"]), help="All actions in one question, or each its own."
)
@click.option("--times/--no-times", default=None, help="Say when each line was said.")
@click.option("--shots", type=click.IntRange(0, 32), help="Worked examples before each question.")
@click.option("--labels", type=PATH, help="SoccerNet-v2 labels to draw the worked examples from.")
@click.option(
    "--examples", default="train", show_default=True, help="With --labels: the split to draw them from."
)
@click.option("--videos", type=PATH, help="Folder of GAME/1_224p.mkv: show the model pictures, too.")
@click.option("--answers", type=PATH, help="Folder where answers are kept.  [default: OUTPUT.answers]")
@click.option("--dry-run", is_flag=True, help="Only say what would be asked, and what it would cost.")
@asking_options
@click.option("-o", "--output", type=PATH, required=True, help="The leaderboard file: a .zip or a folder.")
def language(
    echoes: Path,
    split: str,
    games: int | None,
    versions: tuple[str, ...],
    model: str | None,
    labels: Path | None,
    examples: str,
    videos: Path | None,
    answers: Path | None,
    dry_run: bool,
    output: Path,
    **options: Any,
) -> None:
    """Spot a SoccerNet split with a language model behind any server that speaks OpenAI's protocol.

    The environment names the server (OPENAI_BASE_URL) and holds its key (OPENAI_API_KEY). Every chunk with
    words is sent; what was answered is kept and is never asked or paid for again.
    """
    from matchcut.language_prediction import LanguagePrediction
    from matchcut.language_setup import read_setup

    put = {name: options[name] for name in ("style", "times", "shots") if options[name] is not None}
    setup = read_setup(
        model,
        options["llm_settings"],
        everything=True,
        prices=options["prices"],
        max_cost=options["max_cost"],
        prompts=put,
    )
    folder = answers or output.with_name(f"{output.name}.answers")
    job = LanguagePrediction(echoes, setup, folder, split, versions, games, labels, examples, videos)
    if dry_run:
        ui.say(job.plan().describe(setup.server.model))
        return
    with ui.progress_bar(f"Asking {setup.server.model}") as progress:
        done = job.run(output, progress)
    cost = "at a cost that nobody told" if done.cost is None else f"for {done.cost:.4g}"
    for what, counts in (("invented events left out", done.hallucinated), ("no usable answer", done.unusable)):
        ui.notes(f"{what}: {count} ({kind})" for kind, count in sorted(counts.items()))
    ui.say(
        f"{done.out}: {done.halves} halves, {done.chunks} chunks, {done.events} events;"
        f" {done.requests} requests, {done.tokens_in:,} tokens in and {done.tokens_out:,} out, {cost}"
    )


@predict.command()
@click.argument("model", type=PATH)
@click.argument("videos", nargs=-1, type=PATH)
@click.option("--manifests", type=PATH, help="A data set instead of files: MLB-YouTube's JSON files.")
@click.option("--videos", "folder", type=PATH, help="With --manifests: the folder of its videos.")
@click.option("--part", default="test", show_default=True, help="With --manifests: train, valid, test or all.")
@click.option("--split", type=click.Choice(["official", "video"]), help="The model's own if not given.")
@click.option("--caption", default="", help="What is said of the clips that are files.")
@click.option("--store", type=PATH, help="Folder of features; in the model's if not given.")
@click.option("-o", "--output", type=PATH, help="Write the predictions here as JSON.")
@encoder_options
@click.pass_context
def clips(
    context: click.Context,
    /,
    model: Path,
    videos: tuple[Path, ...],
    manifests: Path | None,
    folder: Path | None,
    output: Path | None,
    **how: Any,
) -> None:
    """Say what clips show: files that hold one clip each, or the clips of a data set.

    The encoder is the one that the model was trained with, unless another place of it is named.
    """
    from matchcut.clips import predict_clips

    if context.get_parameter_source("encoder") is not click.core.ParameterSource.COMMANDLINE:
        how["encoder"] = None
    with ui.going_on("What was encoded so far is kept"), ui.progress_bar("Encoding") as progress:
        done = predict_clips(model, videos, manifests=manifests, videos=folder, progress=progress, **how)
    ui.notes(why for clip, why in done.failed if not clip)
    ui.left_out([(clip, why) for clip, why in done.failed if clip], len(done.rows))
    if output is not None:
        ui.say(f"{done.save(output, model)}: {len(done.rows)} clips")
        return
    for row in done.rows:
        ui.say(f"{row['clip']}: {row['kind']} ({100 * row['kinds'][row['kind']]:.0f} %)")


@predict.command()
@click.argument("model")
@click.argument("pictures", nargs=-1, required=True, type=PATH)
@click.option("--prompts", "prompts_file", type=PATH, help="JSON of templates and phrases, where not our own.")
@click.option("-o", "--output", type=PATH, help="Write the predictions here as JSON.")
@click.option("--download", is_flag=True, help="Fetch the model's weights where they are not here.")
@click.option("--device", default="auto", help="auto, cpu, cuda …")
def frames(
    model: str, pictures: tuple[Path, ...], prompts_file: Path | None, output: Path | None, **how: Any
) -> None:
    """Say what pictures show: files, or folders of them; by a model trained here, or any CLIP."""
    from matchcut import files
    from matchcut.frames import predict_frames
    from matchcut.sport import soccer
    from matchcut.sport.prompts import read_prompts

    prompts = None if prompts_file is None else read_prompts(prompts_file, soccer)
    with ui.progress_bar("Encoding") as progress:
        done = predict_frames(model, pictures, prompts=prompts, progress=progress, **how)
    ui.notes(f"{name} is left out: {why}" for name, why in done.failed)
    if output is not None:
        files.write_json(output, {"version": 1, "model": model, "pictures": done.rows})
        ui.say(f"{output}: {ui.count(len(done.rows), 'picture')}")
        return
    for row in done.rows:
        ui.say(f"{row['picture']}: {row['label']} ({100 * row['labels'][row['label']]:.0f} %)")
