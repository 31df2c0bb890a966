"""EM for a mixture of two Gaussians on the eruptions of Old Faithful (Bishop, PRML, figure 9.8).

Run as ``python examples/plot_old_faithful_em.py``; writes outputs/old-faithful-em.png.
"""

from pathlib import Path

from matplotlib.figure import Figure

import imgcluster as ic
from imgcluster.files import read_table
from imgcluster.plotting import plot_mixture, save_plot

HERE = Path(__file__).resolve().parent
START = [[-1.5, 1.0], [1.5, -1.0]]
STEPS = (1, 2, 4, 6, 7, 20)


def draw() -> Figure:
    """Stop the same fit after more and more steps."""
    X = read_table(HERE / "old_faithful.csv", standardize=True)
    figure = Figure(figsize=(9, 6.4), layout="constrained")
    for ax, n_steps in zip(figure.subplots(2, 3).flat, STEPS, strict=True):
        model = ic.GaussianMixture(2, init=START, max_iter=n_steps, tol=0).fit(X)
        plot_mixture(X, model, ax=ax).get_legend().remove()
        ax.set_title(
            f"{n_steps} {'step' if n_steps == 1 else 'steps'}: ln p(X) = {model.log_likelihood_:.1f}", fontsize=10
        )
    figure.supxlabel("duration of an eruption, standardized", fontsize=10)
    figure.supylabel("waiting time until the next, standardized", fontsize=10)
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "old-faithful-em.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
