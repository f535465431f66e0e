"""Whether verdicts on claims are right."""

from collections.abc import Sequence

from assistant.schema import Verdict


def balanced_accuracy(pairs: Sequence[tuple[Verdict, Verdict]]) -> float | None:
    """The mean over the right verdicts of the share of their claims that got them; None of no claims.

    `pairs` are (right, given). Brodersen et al., The Balanced Accuracy and Its Posterior Distribution, ICPR 2010.

    >>> balanced_accuracy([("supported", "supported"), ("supported", "partly"), ("unsupported", "unsupported")])
    0.75
    """
    shares = []
    for verdict in sorted({right for right, _ in pairs}):
        given = [found == verdict for right, found in pairs if right == verdict]
        shares.append(sum(given) / len(given))
    return sum(shares) / len(shares) if shares else None


def auroc(scored: Sequence[tuple[float, bool]]) -> float | None:
    """How often a supported claim has a higher score than one that is not; ties count half. None where one is missing.

    `scored` are (score, supported). Mann and Whitney, 1947; Hanley and McNeil, Radiology, 1982.

    >>> auroc([(0.9, True), (0.5, False), (0.5, True)])
    0.75
    """
    yes, no = ([score for score, supported in scored if bool(supported) is wanted] for wanted in (True, False))
    if not yes or not no:
        return None
    # Late: scipy takes half a second.
    from scipy.stats import mannwhitneyu

    return float(mannwhitneyu(yes, no).statistic / (len(yes) * len(no)))
