"""The cost J of k-means after every assignment and every refitting (Bishop, PRML, figure 9.2).

Run as ``python examples/plot_cost_curve.py``; writes outputs/cost-curve.png.
"""

from pathlib import Path

from matplotlib.axes import Axes

import imgcluster as ic
from imgcluster.files import read_table
from imgcluster.plotting import plot_objective, save_plot

HERE = Path(__file__).resolve().parent


def draw() -> Axes:
    """Run Lloyd's algorithm on Old Faithful from two misplaced centers."""
    X = read_table(HERE / "old_faithful.csv", standardize=True)
    model = ic.KMeans(2, init=[[-1.5, 1.0], [1.5, -1.0]], tol=0).fit(X)
    ax = plot_objective(model)
    ax.set_title("k-means on Old Faithful: no half-step raises J", fontsize=10)
    return ax


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "cost-curve.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
