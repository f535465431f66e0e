"""Files made to hurt: the parent lives, every child ends within its limits, nothing is written, fetched or shown."""

from pathlib import Path

import pytest

from index import Limits
from index.sandbox import Sandbox
from tests.faults.bombs import SECRET, archive, bombs, docx, epub, explode, pdf, told

# Less than by default, so that those that use up their time do not hold up the tests.
LIMITS = Limits(seconds=15)
NAMES = sorted(bombs(Path()))


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_a_bomb_ends_within_its_limits(name: str, tmp_path: Path) -> None:
    place = tmp_path / "next-door"
    place.write_text(SECRET)
    data = bombs(place)[name]()
    with Sandbox(LIMITS) as sandbox:
        burst = explode(name, data, tmp_path, sandbox)
        # The next file is read as if nothing had happened.
        after = explode("after.txt", b"Soup is hot.", tmp_path, sandbox)
    assert burst.seconds < LIMITS.seconds + 12
    assert burst.peak_mb <= LIMITS.memory_mb
    assert told(burst.outcome)
    assert "neither" not in told(burst.outcome)
    assert told(after.outcome) == "read, 12 characters"
    texts = [document.text for document in burst.outcome.reading.documents] if burst.outcome.reading else []
    assert SECRET not in "".join(texts)
    assert {path.name for path in tmp_path.iterdir()} == {"next-door", name, "after.txt"}
    assert not Path("/tmp/climbed.txt").exists()


WHOLE = {
    "a.pdf": pdf(b"BT /F1 9 Tf 9 9 Td (Soup is hot.) Tj ET", ""),
    "a.docx": docx(b"<w:p><w:r><w:t>Soup is hot.</w:t></w:r></w:p>" * 200),
    "a.epub": epub(b"<html><body>" + b"<p>Soup is hot.</p>" * 200 + b"</body></html>"),
    "a.zip": archive({"a.txt": b"Soup is hot. " * 200, "b.txt": b"Stew is not. " * 200}),
    "a.html": b"<!doctype html><title>Soup</title>" + b"<p>Soup is hot.</p>" * 200,
    "a.json": b'{"soup": [' + b'{"name": "stew", "text": "Soup is hot."}, ' * 200 + b"{}]}",
    "a.csv": b"name,text\n" + b"soup,hot\n" * 200,
    "a.eml": b"From: a@example.org\nTo: b@example.org\nSubject: soup\n\n" + b"Soup is hot.\n" * 200,
}


@pytest.mark.parametrize("name", WHOLE)
def test_a_file_cut_short_is_read_or_refused(name: str, tmp_path: Path) -> None:
    with Sandbox(LIMITS) as sandbox:
        assert explode(name, WHOLE[name], tmp_path, sandbox).outcome.reading is not None
        for share in (0.1, 0.5, 0.9):
            outcome = explode(name, WHOLE[name][: int(share * len(WHOLE[name]))], tmp_path, sandbox).outcome
            assert told(outcome)
            assert "ended the process" not in told(outcome)
