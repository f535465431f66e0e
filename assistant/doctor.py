"""Whether everything an answer needs is in order."""

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.home import default_folder, index_home
from assistant.llm import count_tokens, stream_text
from assistant.models import ranker, reranker, verifier
from assistant.providers import open_llm
from assistant.settings import Settings
from index import BUNDLED, CitebackError, Index, bundled_model, existing_folder

_LEAST_FREE = 1 << 30


@dataclass(frozen=True, slots=True)
class Check:
    """One thing examined: its name, whether it is in order, and what was found."""

    name: str
    ok: bool
    found: str


def examine(settings: Settings, *, docs: Path | None, index: Path | None) -> Iterator[Check]:
    """Checks of the models, the token vocabulary, the index, the disk and the language model, in turn."""
    home = index or index_home(existing_folder(docs or default_folder(settings)), settings)
    yield _check("embedding model", lambda: _model(settings))
    yield _check("reader", lambda: _reader(settings))
    yield _check("token vocabulary", lambda: f"cl100k_base, {count_tokens('one two three')} tokens in “one two three”")
    yield _check("index", lambda: _index(home, settings))
    yield _check("disk", lambda: _disk(home))
    yield _check("language model", lambda: _llm(settings))


def _check(name: str, look: Callable[[], str]) -> Check:
    try:
        return Check(name, True, look())
    except (CitebackError, OSError) as error:
        return Check(name, False, str(error))


def _model(settings: Settings) -> str:
    if settings.model == BUNDLED:
        return f"{BUNDLED}, checksum verified, {bundled_model()}"
    if not Path(settings.model).is_dir():
        raise CitebackError(f"CITEBACK_MODEL is {settings.model!r}: no such folder; give one that holds a model")
    return settings.model


def _reader(settings: Settings) -> str:
    """The models that read two texts together, each tried."""
    order = reranker(settings)
    tried = {"reranker": order.model if order else None, "ranker": ranker(settings), "verifier": verifier(settings)}
    for model in tried.values():
        if model is not None:
            model.scores("Is it there?", ["It is there."])
    return ", ".join(f"{name} {getattr(settings, name)}" for name in tried)


def _index(home: Path, settings: Settings) -> str:
    if not (home / "catalog.sqlite").exists():
        return f"none yet in {home}; it is made when you first ask"
    with Index.open(home, model=settings.model) as found:
        documents, passages = found.counts()
        if wrong := found.damage():
            raise CitebackError("; ".join(wrong))
        waiting = found.waiting()
        behind = f" ({waiting} still without vectors: sync to make them)" if waiting else ""
        whole = f"{documents} documents, {passages} passages, each the text at its place{behind}"
        return f"{whole}, generation {found.derived().generation}, {home}"


def _disk(home: Path) -> str:
    folder = next(parent for parent in (home, *home.parents) if parent.exists())
    free = shutil.disk_usage(folder).free
    if free < _LEAST_FREE:
        raise CitebackError(f"{free >> 20} MiB free at {folder}, at least {_LEAST_FREE >> 20} are needed: make room")
    return f"{free >> 30} GiB free at {folder}"


def _llm(settings: Settings) -> str:
    if not settings.llm:
        return "none set (CITEBACK_LLM); answers are exact quotes"
    key = settings.llm_key.get_secret_value() if settings.llm_key else None
    llm = open_llm(
        settings.llm_base_url, settings.llm, key, timeout_s=settings.llm_timeout, max_tokens=8, context_tokens=512
    )
    words = "".join(piece.text for piece in stream_text(llm, "Answer in one word.", "Say yes."))
    at = f" at {settings.llm_base_url}" if settings.llm_base_url else ""
    return f"{settings.llm}{at} says {words!r}"
