"""500 points from three Gaussians: with their classes, without, and with responsibilities (Bishop, PRML, figure 9.5).

Run as ``python examples/plot_three_gaussians.py``; writes outputs/three-gaussians.png.
"""

from pathlib import Path

import numpy as np
from matplotlib.figure import Figure

import imgcluster as ic
from imgcluster.plotting import plot_responsibilities, save_plot

HERE = Path(__file__).resolve().parent
WEIGHTS = np.array([0.5, 0.3, 0.2])
MEANS = np.array([[0.3, 0.3], [0.5, 0.5], [0.7, 0.6]])
COVARIANCES = np.array(
    [[[0.020, -0.010], [-0.010, 0.012]], [[0.012, 0.009], [0.009, 0.016]], [[0.016, -0.010], [-0.010, 0.012]]]
)


def draw_points(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Draw a class z for each point, and then the point: x from N(mu_z, Sigma_z)."""
    z = rng.choice(3, n, p=WEIGHTS)
    noise = np.einsum("nij,nj->ni", np.linalg.cholesky(COVARIANCES)[z], rng.standard_normal((n, 2)))
    return MEANS[z] + noise, z


def draw() -> Figure:
    """Color the same points in three ways."""
    X, z = draw_points(500, np.random.default_rng(3))
    model = ic.GaussianMixture(3, init=MEANS, max_iter=500, tol=1e-6).fit(X)
    classes, unknown = np.eye(3)[z], np.ones((500, 1))
    panels = [
        ("p(x | z): the classes are known", classes),
        ("p(x): they are not", unknown),
        ("p(z | x): responsibilities after EM", model.predict_proba(X)),
    ]
    figure = Figure(figsize=(9, 3.1), layout="constrained")
    for ax, (title, shares) in zip(figure.subplots(1, 3), panels, strict=True):
        plot_responsibilities(X, shares, ax=ax).get_legend().remove()
        if shares is unknown:
            ax.collections[0].set_facecolor("#666666")
        ax.set_title(title, fontsize=10)
    return figure


if __name__ == "__main__":
    target = HERE.parent / "outputs" / "three-gaussians.png"
    target.parent.mkdir(exist_ok=True)
    save_plot(draw(), target, width=900)
    print(f"wrote {target}")
