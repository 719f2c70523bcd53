"""``matchcut train``: networks on your own data."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from typing import Any

import click

from matchcut.cli import ui
from matchcut.cli.options import PATH, encoder_options
from matchcut.cli.train_language import language, merge
from matchcut.cli.train_sound import sound
from matchcut.errors import RequiresExtra


@click.group()
def train() -> None:
    """Train a network on your own data."""


train.add_command(language)
train.add_command(merge)
train.add_command(sound)


@train.command()
@click.option("--labels", type=PATH, required=True, help="SoccerNet-v2 labels, a folder or a zip.")
@click.option("--echoes", type=PATH, required=True, help="SoccerNet-Echoes transcripts, a folder or a zip.")
@click.option("--splits", type=PATH, required=True, help="JSON with the game lists of train and valid.")
@click.option("-o", "--output", type=PATH, required=True, help="Folder for everything; a second run goes on.")
@click.option("--settings", type=PATH, help="JSON of training settings, where not the defaults.")
def commentary(labels: Path, echoes: Path, splits: Path, output: Path, settings: Path | None) -> None:
    """Train a commentary spotter; the word fronts of the one that comes with matchcut were made so.

    Its networks are trained side by side, a process each. Ctrl-C loses nothing.
    """
    if importlib.util.find_spec("torch") is None or importlib.util.find_spec("onnxscript") is None:
        raise RequiresExtra("training a spotter", "train")
    from matchcut.files import read_json
    from matchcut.models.settings import from_json
    from matchcut.training.commentary.run import train_commentary
    from matchcut.training.commentary.settings import TrainingSettings

    how = from_json(TrainingSettings, read_json(settings)) if settings is not None else None
    with ui.going_on("What was learnt so far is kept"), ui.progress_bar("Training") as progress:
        done = train_commentary(labels, echoes, splits, output, how, progress=progress)
    figures = done.figures
    ui.say(f"{done.folder}: trained on {done.training} halves, fitted on {done.validation}")
    ui.say(
        f"valid, cross-fitted: loose {figures['loose']:.3f}, tight {figures['tight']:.3f} average-mAP, "
        f"F1 by best IoU {figures['f1_best_iou']:.3f}"
    )


@train.command()
@click.option("--manifests", type=PATH, required=True, help="Folder of MLB-YouTube's JSON files.")
@click.option("--videos", type=PATH, help="Folder of its videos or cut clips; without it words alone are used.")
@click.option("-o", "--output", type=PATH, required=True, help="The model's folder; a second run goes on.")
@click.option(
    "--model",
    type=click.Choice(["fusion", "video", "words", "majority", "c3d", "videomae"]),
    default="fusion",
    show_default=True,
    help="What is trained; see above.",
)
@click.option(
    "--unfreeze",
    "unfrozen",
    type=click.IntRange(min=0),
    default=0,
    help="So many of the vision encoder's last layers learn, too.",
)
@click.option(
    "--classes", type=click.Choice(["paper", "fine"]), help="Six classes, or seven: swings told apart."
)
@click.option(
    "--split", type=click.Choice(["official", "video"]), help="The authors' split, or whole videos apart."
)
@click.option("--epochs", type=click.IntRange(min=1), help="At most so many.  [default: 20]")
@click.option("--seed", type=click.IntRange(min=0), help="Of all random numbers.  [default: 0]")
@click.option("--store", type=PATH, help="Folder of features; in the model's if not given.")
@click.option("--settings", type=PATH, help="JSON of all other settings, where not the defaults; see above.")
@encoder_options
@click.pass_context
def clips(
    context: click.Context,
    /,
    manifests: Path,
    videos: Path | None,
    output: Path,
    settings: Path | None,
    classes: str | None,
    split: str | None,
    epochs: int | None,
    seed: int | None,
    **how: Any,
) -> None:
    """Train a classifier of clips from their pictures and captions (MLB-YouTube's shape).

    \b
    fusion    pictures and words together (the seed paper's network)
    video     the same network on the pictures alone
    words     the captions alone: words weighed by their distance in time
    majority  the classes' shares, whatever the clip
    c3d       3D convolutions on the pictures (the seed paper's baseline)
    videomae  VideoMAE on the pictures; --encoder names its checkpoint

    The encoder "pixels" has no weights: small pictures and hashed words, for practice clips. Ctrl-C loses
    nothing; on several GPUs start it with: accelerate launch -m matchcut train clips …

    --settings takes {"data": …, "network": …, "clips": …, "loop": …, "pictures": …, "pretraining": epochs}; a
    name that is not known is answered with those that are. The folder keeps what it was trained with.
    """
    if importlib.util.find_spec("torch") is None:
        raise RequiresExtra("training a classifier", "clip")
    from matchcut.clips import train_clip_classifier
    from matchcut.files import read_json

    given = read_json(settings) if settings is not None else {}
    if isinstance(given, dict):
        _put(given, "data", classes=classes, split=split)
        _put(given, "loop", epochs=epochs, seed=seed)
    named = context.get_parameter_source("encoder") is not click.core.ParameterSource.DEFAULT
    if how["model"] == "videomae" and not named:
        from matchcut.clips.picture_models import VIDEOMAE

        how["encoder"] = VIDEOMAE
    kept = "What was encoded and learnt so far is kept"
    with ui.going_on(kept), ui.progress_bar("Training") as progress:
        done = train_clip_classifier(manifests, output, videos=videos, settings=given, progress=progress, **how)
    if int(os.environ.get("RANK", "0")):
        return  # one of several processes: the first one tells
    ui.notes(done.notes)
    ui.say(f"{done.folder}: trained on {done.counts['train']} clips, chosen on {done.counts['valid']}")
    if done.figures is not None:
        ui.say(
            f"test, {done.figures.examples} clips: accuracy {100 * done.figures.accuracy:.1f} %, "
            f"weighted F1 {100 * done.figures.f1_weighted:.1f} %, macro F1 {100 * done.figures.f1_macro:.1f} %"
        )


@train.command()
@click.argument("images", type=PATH)
@click.option("-o", "--output", type=PATH, required=True, help="The model's folder; a second run goes on.")
@click.option("--encoder", help="A CLIP model: a local folder or a name on the hub; ViT-B/32 if not given.")
@click.option(
    "--scratch",
    type=click.Choice(["tiny", "small", "base"]),
    help="Begin with random weights of this size instead: needs no weights, and knows nothing.",
)
@click.option(
    "--resnet", metavar="MODEL", help="A ResNet in the ViT's place, such as microsoft/resnet-50, or a folder."
)
@click.option(
    "--method",
    type=click.Choice(["full", "layers", "lora", "probe"]),
    default="full",
    show_default=True,
    help="What learns: everything, the last layers, low-rank additions, or a linear classifier on its vectors.",
)
@click.option(
    "--loss",
    type=click.Choice(["paper", "multi-positive"]),
    help="A second image of a label counts as a negative (the paper's, the default) or as a positive.",
)
@click.option(
    "--augment",
    type=click.Choice(["none", "ahead", "fresh"]),
    default="none",
    show_default=True,
    help="Images as they are, with fixed varied copies (the paper's), or varied anew each epoch.",
)
@click.option(
    "--optimizer", type=click.Choice(["adamw", "sgd", "momentum", "adagrad"]), help="adamw if not given."
)
@click.option("--epochs", type=click.IntRange(1), help="10 if not given.")
@click.option("--learning-rate", type=click.FloatRange(0, min_open=True), help="1e-5 if not given.")
@click.option("--batch", type=click.IntRange(2), help="8 if not given.")
@click.option("--seed", type=click.IntRange(0), help="Of all random numbers; 0 if not given.")
@click.option("--prompts", "prompts_file", type=PATH, help="JSON of templates and phrases, where not our own.")
@click.option(
    "--splits", default="auto", show_default=True, help="What decides the splits, as for frames table."
)
@click.option("--settings", type=PATH, help="JSON of network, frames, loop, probe, ahead and fresh.")
@click.option(
    "--memory", "memory_mb", type=click.FloatRange(0), default=2048, show_default=True,
    help="Megabytes of prepared images that are kept; the others are read again each epoch.",
)  # fmt: skip
@click.option("--download", is_flag=True, help="Fetch the encoder's weights where they are not here.")
@click.option("--device", default="auto", help="auto, cpu, cuda …")
def frames(
    images: Path,
    output: Path,
    settings: Path | None,
    prompts_file: Path | None,
    loss: str | None,
    optimizer: str | None,
    epochs: int | None,
    learning_rate: float | None,
    batch: int | None,
    seed: int | None,
    **how: Any,
) -> None:
    """Fine-tune CLIP on soccer images (SoccerNet-v3's shape), or train a probe on it.

    The output is a folder that every command takes as an encoder, with a card, figures on the test split, the
    confusion matrix and a picture of the best and worst retrievals. Ctrl-C loses nothing; on several GPUs
    start it with: accelerate launch -m matchcut train frames …
    """
    if importlib.util.find_spec("torch") is None:
        raise RequiresExtra("training an image-text encoder", "clip")
    from matchcut.cli.frame_figures import show_figures
    from matchcut.files import read_json
    from matchcut.frames import train_frames
    from matchcut.sport import soccer
    from matchcut.sport.prompts import read_prompts

    given = read_json(settings) if settings is not None else {}
    loop = {
        "optimizer": optimizer, "epochs": epochs, "learning_rate": learning_rate, "batch": batch, "seed": seed,
    }  # fmt: skip
    if isinstance(given, dict):
        _put(given, "probe" if how["method"] == "probe" else "loop", **loop)
        _put(given, "frames", loss=loss)
    prompts = None if prompts_file is None else read_prompts(prompts_file, soccer)
    with ui.going_on("What was learnt so far is kept"), ui.progress_bar("Training") as progress:
        done = train_frames(images, output, settings=given, prompts=prompts, progress=progress, **how)
    if int(os.environ.get("RANK", "0")):
        return  # one of several processes: the first one tells
    ui.notes(done.notes)
    counts = done.told["counts"]
    ui.say(f"{done.folder}: trained on {counts['train']} images, chosen on {counts['valid']}")
    if done.told["pictures_s"]:
        ui.say(f"{done.told['pictures_s']:g} training images a second on {done.told['device']}")
    if done.figures is not None:
        show_figures(done.figures)


@train.command()
@click.option(
    "--data",
    type=PATH,
    multiple=True,
    required=True,
    help="Folder or zip in SoccerNet's layout: labels, arrays, transcripts, media; may be repeated.",
)
@click.option(
    "--modalities",
    help="Of video, sound, words, with commas; video=NAME@RATE takes the arrays N_NAME.npy."
    "  [default: video; with --join the spotters' own]",
)
@click.option(
    "--preset",
    default="displacement",
    show_default=True,
    help="The network: displacement, convolutions, context, transformer, gru, vlad.",
)
@click.option(
    "--members", type=click.IntRange(1, 20), default=1, show_default=True, help="Networks to average."
)
@click.option("--splits", type=PATH, help="JSON of the game lists train and valid.  [default: SoccerNet's]")
@click.option("--store", type=PATH, help="Folder of features made on the way; in the spotter's if not given.")
@click.option("--settings", type=PATH, help="JSON of network, spotting and loop, where not the preset's.")
@click.option("--download", is_flag=True, help="Fetch encoders' weights where they are not here.")
@click.option("--device", default="auto", help="auto, cpu, cuda …")
@click.option("--onnx", is_flag=True, help="Export the networks for onnxruntime too.")
@click.option(
    "--join", type=PATH, multiple=True, help="Join these spotters' networks instead of training; repeatable."
)
@click.option("-o", "--output", type=PATH, required=True, help="The spotter's folder; a second run goes on.")
def spotter(
    data: tuple[Path, ...],
    modalities: str | None,
    output: Path,
    settings: Path | None,
    onnx: bool,
    join: tuple[Path, ...],
    **how: Any,
) -> None:
    """Train a temporal spotter on features of pictures, sound and words.

    \b
    --modalities, with commas between:
      video=NAME@RATE                  arrays N_NAME.npy of so many rows a second
      video=encoder:NAME@RATE          pictures through CLIP, SigLIP, DINOv2 … (a folder, or a hub's name)
      video=encoder:NAME@RATE/SECONDS  windows of pictures through VideoMAE, TimeSformer, ViViT, X-CLIP
                                       or V-JEPA 2, each spread over so many seconds (2.56 if not given)
      sound                            statistics of log-mel energies
      sound=encoder:FOLDER             what train sound made
      words, words=hashed, words=encoder:NAME
                                       the commentary spotter's states, or sentence vectors

    A match that lacks one of them is masked there. Decoding is fitted on valid. predict soccernet --model and
    spot --model take the folder. Ctrl-C loses nothing; on several GPUs start it with:
    accelerate launch -m matchcut train spotter …
    """
    if importlib.util.find_spec("torch") is None:
        raise RequiresExtra("training a spotter", "train")
    from matchcut.files import read_json
    from matchcut.temporal_training import export_spotter, join_spotters, train_spotter

    given = read_json(settings) if settings is not None else {}
    default = "" if join else "video"
    names = [name for name in (modalities or default).split(",") if name.strip()]
    if join:
        places = {name: how[name] for name in ("splits", "store")}
        done = join_spotters(join, output, data, modalities=names, **places)
    else:
        with ui.progress_bar("Training") as progress:
            done = train_spotter(data, output, names, settings=given, progress=progress, **how)
    if int(os.environ.get("RANK", "0")):
        return  # one of several processes: the first one tells
    ui.notes(done.notes)
    made = f"{len(join)} spotters joined" if join else f"trained on {done.training} halves"
    ui.say(f"{done.folder}: {made}, fitted on {done.validation}")
    for title, row in (("fitted there", done.figures), ("cross-fitted", done.cross_fitted)):
        if row:
            ui.say(f"valid, {title}: loose {row['loose']:.3f}, tight {row['tight']:.3f} average-mAP")
    for path in export_spotter(output) if onnx else ():
        ui.say(f"{path}")


def _put(settings: dict[str, Any], part: str, **values: Any) -> None:
    """Options that were given go before what the settings file says."""
    own = settings.get(part, {})
    said = {name: value for name, value in values.items() if value is not None}
    if said and isinstance(own, dict):
        settings[part] = {**own, **said}
