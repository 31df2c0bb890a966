"""EM against gradient ascent on the same likelihood, from the same start.

Run as ``python examples/plot_em_against_gradient.py``; writes outputs/em-against-gradient.png.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import imgcluster as ic
from imgcluster.plotting import cluster_colors, save_plot

HERE = Path(__file__).resolve().parent
N_STEPS = 1000
RATES = (0.05, 0.3, 1.5)


def densities(x: np.ndarray, logits: np.ndarray, means: np.ndarray, log_widths: np.ndarray) -> np.ndarray:
    """Return pi_k N(x | mu_k, sigma_k^2), with pi the softmax of the logits."""
    weights = np.exp(logits) / np.exp(logits).sum()
    scaled = (x[:, None] - means) / np.exp(log_widths)
    return weights * np.exp(-0.5 * scaled**2 - log_widths) / np.sqrt(2 * np.pi)


def ascend(x: np.ndarray, theta: tuple[np.ndarray, ...], rate: float) -> list[float]:
    """Go up the gradient of the mean log-likelihood, and note ln p(X) before every step."""
    curve = []
    for _ in range(N_STEPS):
        logits, means, log_widths = theta
        joint = densities(x, *theta)
        curve.append(float(np.log(joint.sum(axis=1)).sum()))
        shares = joint / joint.sum(axis=1, keepdims=True)
        scaled = (x[:, None] - means) / np.exp(log_widths)
        gradients = (
            shares.mean(axis=0) - np.exp(logits) / np.exp(logits).sum(),
            (shares * scaled).mean(axis=0) / np.exp(log_widths),
            (shares * (scaled**2 - 1)).mean(axis=0),
        )
        theta = tuple(value + rate * gradient for value, gradient in zip(theta, gradients, strict=True))
    return curve


def draw() -> Figure:
    """Fit two overlapping Gaussians on a line, by EM and by gradient ascent with three learning rates."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(0.0, 1.0, 350), rng.normal(2.5, 0.6, 150)])
    start = np.array([-1.0, 0.0])
    model = ic.GaussianMixture(2, init=start[:, None], max_iter=N_STEPS, tol=0).fit(x[:, None])
    em = model.history_.objective[np.array(model.history_.steps) == "expect"]

    # where that fit starts, too: a hard assignment to the nearest mean, and the classes' own proportions and widths
    near = [x[x < start.mean()], x[x >= start.mean()]]
    theta = tuple(
        np.array([f(group) for group in near]) for f in (lambda g: np.log(len(g)), np.mean, lambda g: np.log(g.std()))
    )

    figure = Figure(figsize=(6.8, 4.2), layout="constrained")
    ax = figure.subplots()
    for rate, color in zip(RATES, cluster_colors(4)[1:], strict=True):
        ax.plot(np.arange(1, N_STEPS + 1), ascend(x, theta, rate), color=color, label=f"gradient ascent, rate {rate:g}")
    ax.plot(np.arange(1, len(em) + 1), em, color=cluster_colors(1)[0], linewidth=2.2, label="EM: no rate to choose")
    ax.set(xscale="log", xlabel="step", ylabel="log-likelihood ln p(X)")
    ax.xaxis.set_major_formatter("{x:.0f}")
    ax.spines[["top", "right"]].set_visible(False)
    ax.legend(frameon=False)
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "em-against-gradient.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
