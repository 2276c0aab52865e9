"""Precision at cache-hit ratio, drawn: how often what is served is right, at every share of questions served.

Needs matplotlib (`pip install .[bench]`). Draws what it is given and measures nothing.
"""

from collections.abc import Sequence
from pathlib import Path

Points = Sequence[tuple[float, float]]
"""Hit ratio and precision."""


def draw(path: Path, title: str, curves: dict[str, Points], marks: dict[str, tuple[float, float]]) -> None:
    """One stream as PNG: curves for what was swept, marks for single settings."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot as plt

    figure, axes = plt.subplots(figsize=(6.4, 4.2), layout="constrained")
    for name, points in curves.items():
        axes.plot(*zip(*sorted(points), strict=True), marker=".", label=name)
    for (name, point), shape in zip(marks.items(), "*sD^v", strict=False):
        axes.plot(*point, shape, markersize=9, label=name)
    axes.set(title=title, xlabel="questions served from the cache", ylabel="of these, right", ylim=(None, 1.005))
    axes.grid(alpha=0.3)
    axes.legend(fontsize="small")
    figure.savefig(path, dpi=130)
    plt.close(figure)
