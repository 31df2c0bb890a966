"""The test suites that scikit-learn ships, run with our clusterers in the place of its own.

    python tests/peers/scikit_learn.py

Prints how many tests passed, do not apply (with the reason), and failed, and ends with 1 if one failed. What does not
apply is listed by name or by what it says, each with its reason.
"""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections import Counter
from typing import Any

import pytest
import sklearn.cluster
import sklearn.mixture

import imgcluster as ic

SUITES = ("sklearn.cluster.tests.test_k_means", "sklearn.mixture.tests.test_gaussian_mixture")
NOT_OURS = "not MiniBatch and not minibatch"  # another algorithm

# what a failure says, and why it is none
SAID = {
    r"must be dense, got a sparse": "sparse input is rejected, with two ways out",
    r"has no attribute '_[a-z]": "asks for what is private in scikit-learn",
    r"Regex pattern did not match": "wants scikit-learn's words; ours name the value, what is allowed and the way out",
}
NAMED = {
    "test_kmeans_verbose": "wants scikit-learn's lines of progress",
    "test_warning_elkan_1_cluster": "warns of a choice of algorithm, which changes nothing here",
    "test_warning_n_init_precomputed_centers": "warns of n_init with an array, which is documented as one start",
    "test_gaussian_mixture_all_init_does_not_estimate_gaussian_parameters": "counts calls of a private function",
    "test_monotonic_likelihood": "compares without the rounding of a sum: 1e-15 of a log-likelihood",
}


class Tally:
    """What became of each test."""

    def __init__(self) -> None:
        self.passed, self.failed = 0, dict[str, str]()
        self.left: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Count a test by its end."""
        if report.when == "call" and report.passed:
            self.passed += 1
        elif report.skipped:
            self.left["skipped by scikit-learn itself, such as other seeds and types"] += 1
        elif report.failed:
            said, name = str(report.longrepr), report.nodeid.split("::")[-1]
            reason = NAMED.get(name.split("[")[0]) or next(
                (why for text, why in SAID.items() if re.search(text, said)), ""
            )
            if reason:
                self.left[reason] += 1
            else:
                self.failed[name] = said.splitlines()[-1]


def main() -> int:
    """Run the suites, and print the tally."""
    sklearn.cluster.KMeans, sklearn.mixture.GaussianMixture = ic.KMeans, ic.GaussianMixture
    tally = Tally()
    with contextlib.redirect_stdout(io.StringIO()):
        options = [
            "-p",
            "no:cacheprovider",
            "-W",
            "ignore",
            "-q",
            "-c",
            "/dev/null",
            "-k",
            NOT_OURS,
            "--pyargs",
            *SUITES,
        ]
        pytest.main(options, plugins=[tally])
    print(f"{tally.passed} passed, {sum(tally.left.values())} do not apply, {len(tally.failed)} failed")
    for reason, n in tally.left.most_common():
        print(f"{n:6} {reason}")
    for name, said in tally.failed.items():
        print(f"FAILED {name}: {said}")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
