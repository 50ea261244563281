"""Reading decoded recordings: frames at a moment, colours at a point, tones in a stretch of sound."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]

COLOR_TOLERANCE = 30
"""How far each channel of a decoded colour may be off: H.264 in 4:2:0 doesn't keep them exactly."""


def frame_at(path: Path, seconds: float) -> Frame:
    """The frame that is shown at a moment of the file."""
    with av.open(str(path)) as container:
        shown = None
        for frame in container.decode(video=0):
            if frame.time is not None and frame.time > seconds:
                break
            shown = frame
        assert shown is not None
        return shown.to_ndarray(format="rgb24")


def duration(path: Path) -> float:
    """Length of the file in seconds."""
    with av.open(str(path)) as container:
        return float(container.duration or 0) / av.time_base


def sound(path: Path, since: float, until: float) -> tuple[NDArray[np.float64], int]:
    """The samples of the first channel between two moments, and the sampling rate."""
    with av.open(str(path)) as container:
        rate = container.streams.audio[0].rate
        parts = [frame.to_ndarray().astype(float)[0] for frame in container.decode(audio=0)]
    samples = np.concatenate(parts)
    return samples[int(since * rate) : int(until * rate)], rate


def tones(samples: NDArray[np.float64], rate: int, wanted: Iterable[float]) -> dict[float, bool]:
    """Whether each frequency stands out of the sound, by its share of the loudest one."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    frequencies = np.fft.rfftfreq(len(samples), 1 / rate)
    loudest = spectrum.max()
    return {tone: bool(spectrum[np.abs(frequencies - tone) < 4].max() > 0.2 * loudest) for tone in wanted}


def is_color(frame: Frame, x: int, y: int, color: tuple[int, int, int]) -> bool:
    """Whether a pixel has a colour, within the tolerance."""
    return bool(np.abs(frame[y, x].astype(int) - np.array(color)).max() <= COLOR_TOLERANCE)
