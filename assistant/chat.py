"""The assistant one opens, and conversations with it."""

import asyncio
import tempfile
from collections.abc import Callable, Iterator, Sequence
from copy import copy
from functools import cache
from pathlib import Path

from assistant.answerer import Answerer
from assistant.answerers import Answerers
from assistant.asking import checked_question
from assistant.conversing import Chat
from assistant.errors import FetchError
from assistant.following import Following
from assistant.followups import Rewrite
from assistant.followups import standalone as by_rule
from assistant.history import History
from assistant.home import UPLOADS, default_folder, index_home, take_in
from assistant.models import Models, reranker
from assistant.pipeline import Pipeline
from assistant.relevance import Ranker
from assistant.schema import Answer, Conversation, Event, Finished, Place, Turn
from assistant.settings import Settings, load_settings
from assistant.standing import Checker, Standing
from assistant.suggestions import further, suggest
from assistant.watching import Watch
from index import Index, Progress, ProgressCallback, ScoredChunk, StoreError, SyncReport, Where, existing_folder


class Assistant:
    """Answers questions from one index. Holds no conversation, so any number of users may share it."""

    def __init__(
        self,
        index: Index,
        *,
        settings: Settings | None = None,
        folder: Path | None = None,
        models: Models | None = None,
    ) -> None:
        self.index = index
        self.user = ""
        self.settings = settings or load_settings()
        self.folder = folder
        self.report = SyncReport()
        self.following: Following | None = None
        self.models = models or Models.of(index.embedder, self.settings)
        self.is_warm = False
        # Told of every answer, whoever asked.
        self.observers: list[Callable[[Answer], None]] = []
        self._behind: list[Following] = []
        self._answerers = Answerers(self.settings, self.models.vectors)
        self._watch: Watch | None = None

    @classmethod
    def open(
        cls,
        folder: str | Path | None = None,
        *,
        index: str | Path | None = None,
        settings: Settings | None = None,
        progress: ProgressCallback | None = None,
        wait: bool = True,
    ) -> "Assistant":
        """An assistant over the documents of a folder (or one file), indexed first where they are new or changed.

        The index lives in the user's data directory, or in `index`. With `index` alone, that index as it is. With
        neither, the folder of the setting `docs`, else seeds/. What the sync did is in `report`. Without `wait` the
        sync goes on behind, as `following` tells, and questions are answered from what there is.
        """
        settings = settings or load_settings()
        if index and not folder:
            if not (Path(index) / "catalog.sqlite").is_file():
                raise StoreError(f"{index} holds no index; correct the path, or name its documents with --docs")
            return cls(_opened(Path(index), settings), settings=settings)
        # Looked at first, so that a mistyped folder leaves no empty index behind.
        chosen = existing_folder(folder or default_folder(settings))
        home = Path(index) if index else index_home(chosen, settings)
        assistant = cls(_opened(home, settings), settings=settings, folder=chosen)
        if wait:
            assistant.sync(progress=progress)
        else:
            assistant.following = assistant.behind(lambda tell: assistant.sync(progress=_both(tell, progress)))
        return assistant

    def close(self) -> None:
        """Stop what goes on behind and close the index. An assistant is also a context manager."""
        if self._watch:
            self._watch.close()
        for following in self._behind:
            following.stop()
        self.index.close()

    def __enter__(self) -> "Assistant":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def watch(self) -> None:
        """Look at the folder for changes from now on, as often as the settings say, until this is closed."""
        if self.folder is not None and self.settings.watch_seconds and self._watch is None:
            self._watch = Watch(self._look, self.settings.watch_seconds)

    def _look(self) -> None:
        if not any(following.running for following in self._behind):
            self.sync()

    def behind(self, work: Callable[[ProgressCallback], SyncReport]) -> Following:
        """The work, begun in a thread that ends with this assistant at the latest."""
        # In place: what a user's own assistant begins is ended with all.
        self._behind[:] = [following for following in self._behind if following.running]
        self._behind.append(Following(work))
        return self._behind[-1]

    def ask(self, question: str, *, where: Where | None = None) -> Answer:
        """The answer to a question on its own. Raises QuestionError for one that is empty or too long."""
        return self.answer(Conversation(), question, where=where)

    async def aask(self, question: str, *, where: Where | None = None) -> Answer:
        """As `ask`, without blocking the event loop."""
        return await asyncio.to_thread(self.ask, question, where=where)

    def chat(self, conversation: str | None = None, *, keep: bool = False) -> Chat:
        """A new conversation, or one that was kept, by its id, which goes on and is kept on.

        With `keep` a new one is kept too, from its first answer on, in `history`.
        """
        return Chat(self, conversation, keep=keep)

    @property
    def home(self) -> Path:
        """Where conversations and kept questions are: beside the index, or in a user's own place there."""
        return self.index.home / "users" / self.user if self.user else self.index.home

    @property
    def history(self) -> History:
        """The conversations that were kept, beside the index they were had over."""
        return History(self.home)

    def of_user(self, user: str) -> "Assistant":
        """The same assistant, whose conversations are this user's (a name for a folder) and nobody else's."""
        own = copy(self)
        own.user = user
        own.home.mkdir(parents=True, exist_ok=True)
        return own

    def beside(self, home: Path, *, folder: Path | None = None) -> "Assistant":
        """An assistant over another index, kept in `home` and made if there is none, with the same models."""
        index = self.index
        other = Index.open(home, embedder=index.embedder, limits=index.limits, reranker=index.reranker)
        beside = Assistant(other, settings=self.settings, folder=folder, models=self.models)
        beside.observers = self.observers
        return beside

    def answer(
        self, conversation: Conversation, question: str, *, where: Where | None = None, standalone: str | None = None
    ) -> Answer:
        """The answer to the next question of a conversation."""
        for event in self.stream(conversation, question, where=where, standalone=standalone):
            if isinstance(event, Finished):
                return event.answer
        raise AssertionError("a stream ends with Finished")

    def stream(
        self, conversation: Conversation, question: str, *, where: Where | None = None, standalone: str | None = None
    ) -> Iterator[Event]:
        """The answer as it comes about; the last event is Finished and holds all of it.

        `standalone` is the question as someone edited it to stand alone; by default it is made to.
        """
        question = checked_question(question, most=self.settings.max_question)
        rewrite: Callable[[str, Sequence[Turn]], Rewrite] = self._rewrite
        if standalone is not None:
            rewrite = _edited(checked_question(standalone, most=self.settings.max_question))
        run = Pipeline(self.index, self.settings, self.models, self.answerers, conversation, question, where, rewrite)
        return self._observed(run.events())

    def _observed(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            if isinstance(event, Finished):
                for tell in self.observers:
                    tell(event.answer)
            yield event

    def warm_up(self) -> None:
        """Load the models now, so that the first question does not wait for them."""
        self.models.warm_up()
        if self.index.reranker is not None:
            self.index.reranker.model.scores("warm", ["up"])
        self.is_warm = True

    def reconfigure(self, **changes: object) -> None:
        """Answer by other settings from now on. Raises SettingsError for a value there cannot be, and changes nothing.

        Those that an index is opened with (`model`, `reranker`, `data_dir`, the limits of reading) stay as they are.
        """
        kept = {name: getattr(self.settings, name) for name in self.settings.model_fields_set}
        self.settings = load_settings(**{**kept, **changes})
        self._answerers = Answerers(self.settings, self.models.vectors)

    def suggestions(self, n: int = 4) -> list[str]:
        """Up to `n` questions the documents answer, made from their own headings and names."""
        return suggest(self.index, n)

    def further(self, answer: Answer, found: Sequence[ScoredChunk], n: int = 3) -> list[str]:
        """Up to `n` questions that passages found for an answer, and not quoted in it, are about."""
        return further(self.index, answer, found, n)

    def changed(self, conversation: Conversation) -> dict[Place, Standing]:
        """What became of the citations that no longer stand where they were given, by their places."""
        checker = Checker(self.index)
        given = {each.place: each for turn in conversation.turns for each in turn.answer.shown}
        found = {place: checker.of_citation(citation) for place, citation in given.items()}
        return {place: standing for place, standing in found.items() if standing.words}

    def sync(self, *, progress: ProgressCallback | None = None, retry: bool = False) -> SyncReport:
        """What was done to bring the index up to date with the folder; kept in `report`.

        With `retry`, files that failed are read again although they have not changed.
        """
        if self.folder is not None:
            self.report = self.index.sync(self.folder, progress=progress, retry=retry)
        return self.report

    def add_files(self, paths: list[str | Path], *, progress: ProgressCallback | None = None) -> SyncReport:
        """What was done to add copies of the files, kept beside the index, to the documents."""
        return self.index.sync(take_in(paths, self.index.home / UPLOADS), progress=progress)

    def add_url(self, url: str, *, progress: ProgressCallback | None = None) -> SyncReport:
        """What was done to add what is at an address of the web to the documents, as a file kept beside the index.

        Raises FetchError where the setting `fetch_urls` does not allow it, and for an address that cannot be fetched or
        leads into a network inside.
        """
        if not self.settings.fetch_urls:
            raise FetchError("addresses are not fetched here; set CITEBACK_FETCH_URLS=true to allow it")
        from assistant.fetching import fetch

        with tempfile.TemporaryDirectory(prefix="citeback-fetched-") as folder:
            return self.add_files([fetch(url, Path(folder))], progress=progress)

    def answerers(self, ranker: Ranker) -> Iterator[Answerer]:
        """Those to try, in order: the language model where one is set, then exact quotes."""
        return self._answerers.in_order(ranker, cache(self.index.document))

    def _rewrite(self, question: str, turns: Sequence[Turn]) -> Rewrite:
        """The question made to stand alone: by the language model where one is set, else by rule."""
        if not turns or (llm := self._answerers.llm) is None:
            return by_rule(question, turns)
        from assistant.rewriting import rewritten

        return rewritten(question, turns, llm)


def _edited(text: str) -> Callable[[str, Sequence[Turn]], Rewrite]:
    """What takes the question as someone edited it."""

    def rewrite(question: str, _: Sequence[Turn]) -> Rewrite:
        return Rewrite(text, changed=text != question)

    return rewrite


def _opened(home: Path, settings: Settings) -> Index:
    return Index.open(home, model=settings.model, limits=settings.limits, reranker=reranker(settings))


def _both(first: ProgressCallback, second: ProgressCallback | None) -> ProgressCallback:
    def tell(news: Progress) -> None:
        first(news)
        if second is not None:
            second(news)

    return tell
