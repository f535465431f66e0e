"""Adapters that turn each set of evaluation data into a suite."""

from importlib import import_module
from pathlib import Path

from evals.cases import Suite, SuiteError

_DOMAINS = ("clapnq", "cloud", "fiqa", "govt")
_FORMS = ("lastturn", "rewrite", "answers")
# The module of each suite. It is imported when its suite is asked for, and has a function `load` like the one below.
_MODULES = {
    "squad": "squad",
    **{f"mtrag-{domain}-{form}": "mtrag" for domain in _DOMAINS for form in _FORMS},
    "scifact": "scifact",
    "scifact-verdicts": "scifact",
    "fm2": "fm2",
    "wice": "wice",
    "selqa": "selqa",
    "hotpotqa": "hotpotqa",
    "financebench": "financebench",
}
NAMES = tuple(_MODULES)

__all__ = ["NAMES", "load"]


def load(name: str, data: Path) -> Suite:
    """The suite of that name, made of what is in the folder of evaluation data.

    Raises `SuiteError` where there is no such suite, or its data are missing or not as they should be.
    """
    if name not in _MODULES:
        raise SuiteError(f"there is no data set {name!r}; choose among {', '.join(NAMES)}")
    module = import_module(f"{__name__}.{_MODULES[name]}")
    try:
        suite: Suite = module.load(name, data)
    # What a record of another shape comes to; pydantic's errors are ValueErrors.
    except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
        fault = " ".join(f"{type(error).__name__}: {error}".split())[:200]
        raise SuiteError(f"the data of {name} below {data} are of another shape ({fault}); get them anew") from error
    return suite
