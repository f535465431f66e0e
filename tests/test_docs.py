"""What the documents show of Python runs as they show it."""

import os
import re
import shutil
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.browser.pages import served

ROOT = Path(__file__).parent.parent
FILES = ("README.md", "docs/QUICKSTART.md", "docs/PYTHON.md", "docs/REST.md", "docs/MCP.md")
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def blocks(text: str) -> list[str]:
    """The code of each block, with empty lines before it, so that an error names the line of the file.

    >>> blocks("One:\\n\\n```python\\nx = 1\\n```\\n")
    ['\\n\\n\\nx = 1\\n']
    """
    return ["\n" * text.count("\n", 0, match.start(1)) + match[1] for match in _BLOCK.finditer(text)]


@pytest.mark.slow
@pytest.mark.parametrize("file", FILES)
def test_every_block_runs(file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CITEBACK_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("CITEBACK_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "work").mkdir()
    shutil.copytree(ROOT / "seeds", tmp_path / "work" / "seeds")
    monkeypatch.chdir(tmp_path / "work")
    found = blocks((ROOT / file).read_text(encoding="utf-8"))
    assert found
    namespace: dict[str, object] = {"__name__": "__main__"}
    with ExitStack() as stack:
        if any("SERVER" in block for block in found):
            namespace["SERVER"] = stack.enter_context(served(ROOT / "seeds", tmp_path / "work"))
        for block in found:
            exec(compile(block, str(ROOT / file), "exec"), namespace)
