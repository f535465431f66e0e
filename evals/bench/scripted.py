"""A language model that follows a script: it repeats the first sentences of the first passages, as OpenAI's servers do.

It stands for a fast endpoint, so that what is measured is what Citeback makes of one.
"""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final

from index import sentence_spans

_PASSAGE: Final = re.compile(r'<passage number="(\d+)"[^>]*>\n(.*?)\n</passage>', re.DOTALL)
_SENTENCES: Final = 2


def script_of(prompt: str) -> str:
    """What the model says to a prompt: a sentence of each of the first passages, with its number.

    >>> script_of('<passage number="1" title="A">\\nRye grows. It is tall.\\n</passage>')
    'Rye grows. [1]'
    """
    said = []
    for number, text in _PASSAGE.findall(prompt)[:_SENTENCES]:
        first = next(iter(sentence_spans(text)), None)
        if first is not None:
            said.append(f"{' '.join(first.of(text).split())} [{number}]")
    return " ".join(said) or "NO ANSWER"


class _Completions(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        prompt = "\n".join(str(message["content"]) for message in asked["messages"])
        words = re.findall(r"\S+\s*", script_of(prompt))
        pieces = [_piece({"content": word}) for word in words] + [_piece({}, reason="stop")]
        body = "".join(f"data: {json.dumps(piece)}\n\n" for piece in pieces) + "data: [DONE]\n\n"
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


def _piece(delta: dict[str, str], *, reason: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": reason}
    return {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "scripted", "choices": [choice]}


@contextmanager
def scripted() -> Iterator[str]:
    """The base URL of the model, on loopback."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Completions) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()
