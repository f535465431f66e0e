"""HTTP servers on loopback that speak as an OpenAI-compatible endpoint does."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Handler = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def endpoint(handle: Handler) -> Iterator[str]:
    """The base URL of a loopback HTTP server that leaves every POST to `handle`."""

    class Requests(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.asked = self.rfile.read(int(self.headers["Content-Length"]))
            handle(self)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Requests) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/v1"
        server.shutdown()


def send_text(request: BaseHTTPRequestHandler, text: str, reason: str | None = None) -> None:
    choice = {"index": 0, "delta": {"content": text}, "finish_reason": reason}
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
    send_event(request, json.dumps(chunk))


def send_event(request: BaseHTTPRequestHandler, data: str) -> None:
    line = f"data: {data}\n\n".encode()
    request.wfile.write(b"%x\r\n%s\r\n" % (len(line), line))
    request.wfile.flush()


def begin_stream(request: BaseHTTPRequestHandler) -> None:
    request.protocol_version = "HTTP/1.1"
    request.send_response(200)
    request.send_header("Content-Type", "text/event-stream")
    request.send_header("Transfer-Encoding", "chunked")
    request.end_headers()
