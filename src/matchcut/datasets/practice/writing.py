"""Writing the match: H.264 picture, AAC sound and a subtitle stream in one MP4."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from matchcut import files
from matchcut.datasets.practice.settings import PracticeSettings
from matchcut.progress import Progress
from matchcut.transcript import Transcript

if TYPE_CHECKING:
    from av.audio.frame import AudioFrame
    from av.packet import Packet
    from av.stream import Stream
    from av.subtitles.stream import SubtitleStream

_MS = Fraction(1, 1000)
# The style that a player falls back on; a mov_text stream must carry one.
_STYLE = b"""[Script Info]
ScriptType: v4.00+

[V4+ Styles]
Format: Name, Fontname, Fontsize, PrimaryColour, BackColour, Bold, Italic, Alignment
Style: Default,Arial,16,&Hffffff,&H0,0,0,2

[Events]
Format: Layer, Start, End, Style, Name, MarginL, MarginR, MarginV, Effect, Text
"""


def write_video(
    path: Path,
    frame: Callable[[int], NDArray[np.uint8]],
    frames: int,
    sound: NDArray[np.float32] | None,
    subtitles: Transcript,
    settings: PracticeSettings,
    progress: Progress,
) -> None:
    """Writes the film, whole or not at all.

    Args:
        path: the MP4.
        frame: gives the picture of a frame number, shape (height, width, 3), RGB.
        frames: how many there are.
        sound: mono samples in [-1, 1]; None for a silent film.
        subtitles: in order, not overlapping.
        settings: size and rates.
        progress: told the seconds done.

    Raises:
        OutputError: it cannot be written.
    """
    import av
    from av.video.reformatter import VideoReformatter

    reformatter = VideoReformatter()
    with (
        files.replacing(path) as temporary,
        # "file:" keeps FFmpeg from taking a name with a colon for a protocol.
        av.open(f"file:{temporary}", "w", options={"movflags": "faststart"}) as out,
    ):
        video = out.add_stream("libx264", rate=settings.frame_rate)
        video.width, video.height, video.pix_fmt = settings.width, settings.height, "yuv420p"
        # A key frame every two seconds, so that seeking and cutting are quick.
        video.options = {
            "preset": settings.encoder_preset,
            "crf": "40" if "low bitrate" in settings.faults else "24",
            "g": str(2 * settings.frame_rate),
            "threads": "2",
        }
        audio = None
        if sound is not None:
            audio = out.add_stream("aac", rate=settings.sample_rate, layout="mono")
            audio.bit_rate = 64000
        text = out.add_stream("mov_text")
        text.codec_context.subtitle_header = _STYLE
        text.time_base = _MS
        text.metadata["language"] = "eng"
        out.start_encoding()

        per_frame = settings.sample_rate // settings.frame_rate
        spoken, heard = list(subtitles), 0
        for number in range(frames):
            t = number / settings.frame_rate
            picture = av.VideoFrame.from_ndarray(frame(number), format="rgb24")
            picture = reformatter.reformat(picture, format="yuv420p")
            picture.pts, picture.time_base = number, Fraction(1, settings.frame_rate)
            out.mux(video.encode(picture))
            # Sound and words are interleaved second by second.
            if number % settings.frame_rate == 0 or number == frames - 1:
                if sound is not None and audio is not None:
                    upto = len(sound) if number == frames - 1 else heard + per_frame * settings.frame_rate
                    if upto > heard:
                        out.mux(audio.encode(_audio_frame(sound[heard:upto], heard, settings.sample_rate)))
                    heard = upto
                while spoken and spoken[0].start <= t + 1:
                    said = spoken.pop(0)
                    out.mux(_text_packet(text, said.text, said.start, said.end))
                progress(t, frames / settings.frame_rate)
        out.mux(video.encode())
        if audio is not None:
            out.mux(audio.encode())
    progress(frames / settings.frame_rate, frames / settings.frame_rate)


def _audio_frame(samples: NDArray[np.float32], first: int, sample_rate: int) -> AudioFrame:
    import av

    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples[None, :]), format="fltp", layout="mono")
    frame.sample_rate, frame.pts, frame.time_base = sample_rate, first, Fraction(1, sample_rate)
    return frame


def _text_packet(stream: SubtitleStream, text: str, start: float, end: float) -> Packet[Stream]:
    """One subtitle as 3GPP timed text has it: its length in two bytes, then UTF-8."""
    import av

    data = text.encode("utf-8")
    packet = av.Packet(len(data).to_bytes(2, "big") + data)
    packet.stream, packet.time_base = stream, _MS
    packet.pts = packet.dts = round(start * 1000)
    packet.duration = round(end * 1000) - round(start * 1000)
    return packet
