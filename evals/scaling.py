"""Makes scores probabilities, and says how far they are."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import minimize

Floats = NDArray[np.float64]


def platt(scores: ArrayLike, right: ArrayLike, weights: ArrayLike | None = None) -> tuple[float, float]:
    """(scale, bias) so that 1 / (1 + exp(-(scale * score + bias))) is how likely something is right.

    `right` are 1 and 0, or between. Platt, Probabilistic Outputs for Support Vector Machines, 1999.

    >>> [round(value, 2) for value in platt([0, 0, 0, 2, 2, 2], [0, 0, 1, 1, 1, 0])]
    [0.69, -0.69]
    """
    x, labels = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    weight = np.ones_like(x) if weights is None else np.asarray(weights, dtype=np.float64)

    def loss(parameters: Floats) -> float:
        logits = parameters[0] * x + parameters[1]
        return float(weight @ (np.logaddexp(0, logits) - labels * logits))

    scale, bias = minimize(loss, np.asarray([0.3, 0.0])).x
    return float(scale), float(bias)


def reliability(
    probabilities: Sequence[float], right: Sequence[bool], *, bins: int = 10
) -> list[tuple[float, float, int]]:
    """(mean probability, share that is right, how many) of each tenth of the scale that has any.

    >>> reliability([0.05, 0.95, 0.96, 0.97], [False, True, True, False], bins=2)
    [(0.05, 0.0, 1), (0.96, 0.6666666666666666, 3)]
    """
    p, labels = np.asarray(probabilities, dtype=np.float64), np.asarray(right, dtype=np.float64)
    places = np.minimum((p * bins).astype(int), bins - 1)
    found = []
    for place in range(bins):
        inside = places == place
        if inside.any():
            found.append((float(p[inside].mean()), float(labels[inside].mean()), int(inside.sum())))
    return found


def calibration_error(probabilities: Sequence[float], right: Sequence[bool], *, bins: int = 10) -> float | None:
    """The mean distance between probability and share that is right, over the bins of `reliability`; None without any.

    Expected calibration error: Naeini, Cooper and Hauskrecht, AAAI 2015.

    >>> round(calibration_error([0.05, 0.95], [False, True], bins=2), 2)
    0.05
    """
    total = len(probabilities)
    rows = reliability(probabilities, right, bins=bins)
    return sum(n * abs(mean - share) for mean, share, n in rows) / total if total else None
