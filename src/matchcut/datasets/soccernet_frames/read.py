"""SoccerNet-v3's images and labels as one list, with everything that was left out and why."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Literal, get_args

from matchcut.datasets.archives import Archive
from matchcut.datasets.games import GAME_PARTS, members_by_game, normal
from matchcut.datasets.soccernet_frames.images import FrameImage, Kind, Skipped, SoccerNetFrames
from matchcut.datasets.soccernet_frames.labels import FRAMES, LABELS, Entry, GameLabels, read_game_labels
from matchcut.datasets.soccernet_frames.pixels import check_image, rgb_pixels
from matchcut.datasets.soccernet_frames.splits import split_games
from matchcut.datasets.soccernet_frames.zips import Listing, Place, list_zip
from matchcut.errors import InputError, SettingsError
from matchcut.progress import Progress, silent
from matchcut.sport import Sport, soccer

Check = Literal["names", "headers", "pixels"]
CHECKS: tuple[Check, ...] = get_args(Check)


def read_soccernet_frames(
    folder: Path | str,
    *,
    splits: str | Path = "auto",
    games: Iterable[str] | None = None,
    check: Check = "headers",
    of: Sport = soccer,
    progress: Progress = silent,
) -> SoccerNetFrames:
    """Finds the images of SoccerNet-v3, or of practice frames, and what each shows.

    A folder holds ``LEAGUE/SEASON/GAME/Frames-v3.zip`` and ``…/Labels-v3.json``, under whatever folders. A game
    is in one split with all its images. A replay has the label of its action.

    Args:
        folder: the tree.
        splits: "auto", "official", "v2", "folders", "hash" or the path of a file; see `splits.split_games`.
        games: read only these; all by default.
        check: "names" looks at the zips' lists alone, "headers" at each image's head too (some thousand a
            second), "pixels" at everything, which takes as long as reading all of it.
        of: decides which labels exist.
        progress: told of games.

    Raises:
        InputError: the folder holds no usable image, or a game twice.
        SettingsError: there is no such way of splitting or checking.
    """
    if check not in CHECKS:
        raise SettingsError(f"there is no check {check!r}", f"Choose {', '.join(CHECKS)}")
    root = Path(folder)
    zips, labels = _game_files(root)
    wanted = sorted({*zips, *labels}) if games is None else [normal(game) for game in games]
    absent = [game for game in wanted if game not in zips and game not in labels]
    if absent:
        raise InputError(
            f"{root}: has nothing of {len(absent)} games, such as {absent[0]!r}", "Check the games"
        )
    where = {**labels, **zips}
    lie = {game: where[game].relative_to(root).as_posix() for game in wanted}
    split_of, split_by = split_games(root, lie, splits)
    images: list[FrameImage] = []
    skipped: list[Skipped] = []
    places: dict[str, Place] = {}
    seen: dict[str, str] = {}
    for number, game in enumerate(wanted):
        progress(number, len(wanted))
        try:
            listing, told = _read_game(game, zips.get(game), labels.get(game), of)
            _check_game(game, told.game, split_of, seen, split_by)
        except _SkippedGame as skip:
            skipped.append(skip.skipped)
            continue
        skipped += _faults(game, listing, told)
        for name in sorted(told.entries, key=_natural):
            place = listing.places.get(name)
            if place is None:
                continue
            image = _image(game, place, told.entries[name], split_of[game])
            try:
                _look(place, check)
            except InputError as error:
                skipped.append(Skipped("broken", image.key, error.problem.removeprefix(f"{place}: ")))
                continue
            images.append(image)
            places[image.key] = place
    progress(len(wanted), len(wanted))
    if not images:
        raise InputError(f"{root}: holds no image that can be used{_first(skipped)}", "Check the folder")
    found = SoccerNetFrames(root, tuple(images), tuple(skipped), split_by, (), places, of)
    return SoccerNetFrames(root, found.images, found.skipped, split_by, _notes(found), places, of)


class _SkippedGame(Exception):
    def __init__(self, kind: Kind, game: str, why: str, images: int = 0) -> None:
        super().__init__(why)
        self.skipped = Skipped(kind, game, why, images)


def _game_files(root: Path) -> tuple[dict[str, Path], dict[str, Path]]:
    """Each game's zip and labels, by the game's name."""
    if not root.is_dir():
        why = "is a file" if root.exists() else "there is no such folder"
        raise InputError(f"{root}: {why}", f"Name the folder that holds LEAGUE/SEASON/GAME/{FRAMES}")
    with Archive(root) as tree:
        zips, labels = (
            {
                _whole_name(game, member, root): tree.file(member)
                for game, member in members_by_game(tree, name).items()
            }
            for name in (FRAMES, LABELS)
        )
    if not zips:
        raise InputError(
            f"{root}: holds no {FRAMES}", f"Name the folder that holds LEAGUE/SEASON/GAME/{FRAMES}"
        )
    return zips, labels


def _whole_name(game: str, member: str, root: Path) -> str:
    """A name of three parts also where a league's, a season's or one game's folder was named."""
    own = game.split("/") if "/" in member else []
    above = root.resolve().parts[1:]
    lacking = GAME_PARTS - len(own)
    return normal("/".join((*above[len(above) - lacking :], *own)) if lacking else game)


def _read_game(game: str, packed: Path | None, told: Path | None, of: Sport) -> tuple[Listing, GameLabels]:
    if packed is None:
        raise _SkippedGame("missing", game, f"has no {FRAMES}")
    try:
        listing = list_zip(packed)
    except InputError as error:
        raise _SkippedGame("broken", game, error.problem) from error
    if told is None:
        raise _SkippedGame("unlabelled", game, f"has no {LABELS}", len(listing.places))
    try:
        return listing, read_game_labels(told, of)
    except InputError as error:
        raise _SkippedGame("unlabelled", game, error.problem, len(listing.places)) from error


def _check_game(game: str, told: str, split_of: Mapping[str, str], seen: dict[str, str], split_by: str) -> None:
    """No game in no split, and none twice: a copy in another folder would be in two splits."""
    if game not in split_of:
        raise _SkippedGame("refused", game, f"is in no split; splits are by {split_by}")
    itself = normal(told) or game
    if itself in seen:
        raise _SkippedGame("refused", game, f"its labels are of the same game as those of {seen[itself]}")
    seen[itself] = game


def _faults(game: str, listing: Listing, told: GameLabels) -> Iterable[Skipped]:
    """What the zip and the labels have against each other."""
    for name, why in listing.refused:
        yield Skipped("broken" if why in ("is empty",) else "refused", f"{game}/{name}", why)
    for name, why in told.unusable:
        if name in listing.places:
            yield Skipped("unlabelled", f"{game}/{name}", why)
    refused = {Path(name).stem for name, _ in listing.refused}
    for name in sorted(told.entries.keys() - listing.places.keys() - refused, key=_natural):
        yield Skipped("missing", f"{game}/{name}.png", "is labelled, and not in the zip")
    known = told.entries.keys() | {name for name, _ in told.unusable}
    for name in sorted(listing.places.keys() - known, key=_natural):
        yield Skipped("unlabelled", f"{game}/{name}", "the labels don't name it")


def _image(game: str, place: Place, entry: Entry, split: str) -> FrameImage:
    name = place.name.rsplit("/", 1)[-1]
    return FrameImage(
        game, name, entry.label, split, entry.half, entry.time, entry.replay, entry.action, entry.shown
    )


def _look(place: Place, check: Check) -> None:
    if check == "headers":
        head = place.read_head()
        # Only of these two is the beginning enough.
        whole = len(head) == place.size or head[:2] not in (b"\x89P", b"\xff\xd8")
        try:
            check_image(place.read() if whole else head, str(place))
        except InputError:
            check_image(place.read(), str(place))
    elif check == "pixels":
        rgb_pixels(place.read(), str(place))


def _natural(name: str) -> tuple[tuple[int, str], ...]:
    """A key that sorts 10 after 9, and a replay after its action."""
    return tuple((int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name) if part)


def _first(skipped: list[Skipped]) -> str:
    return f": {skipped[0].what}: {skipped[0].why}" if skipped else ""


def _notes(found: SoccerNetFrames) -> tuple[str, ...]:
    notes = []
    left_out = {kind: count for kind, count in found.skipped_counts().items() if count}
    if left_out:
        told = ", ".join(f"{count} {kind}" for kind, count in left_out.items())
        notes.append(f"images left out: {told}")
    copies = found.copies()
    if copies:
        one, other = copies[0]
        notes.append(
            f"{len(copies)} images are in two splits as the same file, such as {one.key} and {other.key}"
        )
    lacking = [split for split in ("train", "valid", "test") if split not in found.splits]
    if lacking:
        notes.append(f"no image is in split {' or '.join(lacking)}; splits are by {found.split_by}")
    return tuple(notes)
