"""Asking, the real model included, needs no network: every connection but one to this machine's files raises."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = """
import socket, sys

def blocked(*arguments, **options):
    raise AssertionError(f"the network was asked for: {arguments}")

class Blocked(socket.socket):
    connect = connect_ex = sendto = blocked

socket.socket = Blocked
for name in ("create_connection", "getaddrinfo", "gethostbyname", "gethostbyname_ex"):
    setattr(socket, name, blocked)

try:
    socket.socket(socket.AF_INET).connect(("127.0.0.1", 9))
except AssertionError:
    pass
else:
    sys.exit("the test itself is broken")

from assistant import Assistant
from assistant.llm import count_tokens

assert count_tokens("Who would keep the peace?") == 6
assistant = Assistant.open(sys.argv[1], index=sys.argv[2])
answer = assistant.ask("Who would keep the peace?")
assert answer.refusal is None, answer.refusal
assert answer.citations
for citation in answer.citations:
    text = assistant.index.document(citation.document_id).text
    assert text[citation.start : citation.end] == citation.quote
assert assistant.ask("What is the price of leeks in Lisbon?").refusal
print(answer.text)
"""


@pytest.mark.slow
def test_an_answer_needs_no_network(tmp_path: Path) -> None:
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "talks.md").write_text(
        "# The talks\n\nThe minister spoke on Monday. European troops would keep the peace, he said.\n"
    )
    # No cache of this machine, and no setting of its user, may help.
    kept = {"PATH", "LANG", "SYSTEMROOT", "VIRTUAL_ENV"}
    environment = {name: value for name, value in os.environ.items() if name in kept}
    environment |= {"HOME": str(tmp_path), "HF_HOME": str(tmp_path), "TMPDIR": str(tmp_path)}
    command = [sys.executable, "-c", SCRIPT, str(tmp_path / "docs"), str(tmp_path / "home")]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stderr
    assert "European troops would keep the peace" in done.stdout
