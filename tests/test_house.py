"""Imports run one way, and what the packages offer is what is written here."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import is_dataclass
from functools import cache
from inspect import getmembers, isclass
from pathlib import Path

import pytest

import assistant
import assistant.schema
import index
import index.schema

ROOT = Path(__file__).parent.parent
PACKAGES = ("index", "assistant", "evals")
FILES = [ROOT / "app.py", *(file for package in PACKAGES for file in sorted((ROOT / package).rglob("*.py")))]
# Which rooms a room may enter, besides itself.
BELOW = {
    "index": set(),
    "assistant": {"index"},
    "evals": {"assistant", "index"},
    "app": {"evals", "assistant", "index"},
}


def module_of(file: Path) -> str:
    parts = file.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_of(file): file for file in FILES}


def nodes(tree: ast.AST, *, types_too: bool) -> Iterator[ast.AST]:
    """The tree's nodes; without what only type checkers see, unless `types_too`."""
    for node in ast.iter_child_nodes(tree):
        if not types_too and isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        yield node
        yield from nodes(node, types_too=types_too)


@cache
def imports(module: str, *, types_too: bool = True) -> set[str]:
    """The modules of this project that `module` imports, in functions too."""
    file, found = MODULES[module], set()
    package = module.split(".") if file.name == "__init__.py" else module.split(".")[:-1]
    for node in nodes(ast.parse(file.read_text(encoding="utf-8")), types_too=types_too):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) - node.level + 1] if node.level else []
            origin = ".".join([*above, *([node.module] if node.module else [])])
            # `from index import schema` imports the module index.schema, if there is one.
            names = {f"{origin}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else origin for name in names}
    return {name for name in found if name in MODULES} - {module}


def importers(target: str) -> set[str]:
    return {module for module in MODULES if target in imports(module)}


@pytest.mark.parametrize("module", MODULES)
def test_rooms_import_only_from_rooms_below(module: str) -> None:
    room = module.partition(".")[0]
    entered = {name.partition(".")[0] for name in imports(module)} - {room}
    assert entered <= BELOW[room]


def test_schemas_import_no_sibling() -> None:
    assert imports("index.schema") == set()
    assert imports("assistant.schema") == {"index"}


def test_errors_import_nothing_but_the_errors_below() -> None:
    assert imports("index.errors") == set()
    assert imports("assistant.errors") <= {"index.errors"}


def test_only_the_front_imports_what_wires_it_together() -> None:
    assert importers("index.store") == {"index"}
    assert importers("index.sync") == {"index.store"}
    fronts = ("assistant", "assistant.cli", "assistant.doctor", "assistant.server", "assistant.web", "evals", "app")
    for module in importers("assistant.chat"):
        assert module in fronts or module.startswith(("assistant.server.", "assistant.web.", "evals."))


def test_other_rooms_know_readers_only_through_the_index() -> None:
    for module in MODULES:
        if not module.startswith("index"):
            assert not any(name.startswith("index.readers") for name in imports(module))


def test_no_module_imports_itself_by_a_detour() -> None:
    done: set[str] = set()

    def follow(module: str, trail: tuple[str, ...]) -> None:
        assert module not in trail, " imports ".join((*trail[trail.index(module) :], module))
        if module not in done:
            for name in sorted(imports(module, types_too=False)):
                follow(name, (*trail, module))
            done.add(module)

    for module in MODULES:
        follow(module, ())


@pytest.mark.parametrize("package", ["index", "assistant"])
def test_importing_a_package_loads_no_heavy_library(package: str) -> None:
    heavy = {"torch", "transformers", "sentence_transformers", "llama_index", "gradio", "tiktoken", "pypdfium2"}
    code = f"import sys, {package}; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert heavy & set(loaded.stdout.split()) == set()


@pytest.mark.parametrize("schema", [index.schema, assistant.schema], ids=lambda module: module.__name__)
def test_own_types_are_frozen_and_slotted(schema: object) -> None:
    own = [kind for _, kind in getmembers(schema, isclass) if is_dataclass(kind)]
    assert len(own) > 5
    for kind in own:
        assert kind.__dataclass_params__.frozen, kind  # type: ignore[attr-defined]
        assert "__slots__" in vars(kind), kind


def test_exported_members_of_the_index() -> None:
    assert index.__all__ == [
        *(
            "BUNDLED",
            "Block",
            "Box",
            "ByPassage",
            "BySentence",
            "Chunk",
            "CitebackError",
            "CrossEncoderReranker",
            "Document",
            "DocumentInfo",
            "DocumentNotFound",
            "Embedder",
        ),
        *(
            "EmptyFile",
            "EncryptedFile",
            "Failure",
            "FolderError",
            "Index",
            "Limits",
            "ModelError",
            "NoText",
            "Origin",
            "Page",
            "Picture",
            "PrintedPage",
            "Progress",
        ),
        *(
            "ProgressCallback",
            "ReadError",
            "Reader",
            "ReaderHead",
            "Reordering",
            "Reranker",
            "ScoredChunk",
            "Span",
            "StoreClosed",
            "StoreError",
            "SyncReport",
            "TransformerEmbedder",
        ),
        *("UnsupportedFormat", "Vectors", "Vocabulary", "Where", "bundled_model", "existing_folder"),
        *("log_odds", "passage_header", "points_back", "reading", "sentence_spans"),
    ]
    assert all(hasattr(index, name) for name in index.__all__)


def test_exported_members_of_the_assistant() -> None:
    assert assistant.__all__ == [
        *("Answer", "AnswerSentence", "Assistant", "Chat", "Citation", "Conversation", "Delta", "Event", "Finished"),
        *("LLMError", "QuestionError", "Refusal", "Retrieved", "Rewritten", "Searching", "Sentence", "Settings"),
        *("SettingsError", "Turn", "load_settings"),
    ]
    assert all(hasattr(assistant, name) for name in assistant.__all__)
