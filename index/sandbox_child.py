"""The process in which files are parsed: reads requests from its input, answers on its output, may do nothing else.

Started by `sandbox` as a script. A request is a line of JSON; an answer is eight bytes of length and that much JSON.
"""

import hashlib
import json
import os
import resource
import signal
import sys
import types
from pathlib import Path
from typing import Any, BinaryIO

_MB = 1 << 20
# What no reader needs and no file may make it do. Files that are only read pass.
_FORBIDDEN = (
    *("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"),
    *("subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "os.forkpty"),
    *("os.remove", "os.rename", "os.link", "os.symlink", "os.mkdir", "os.rmdir", "os.truncate", "os.chmod", "os.chown"),
)
# Of the seconds a file may take: one that computes all the time is told from one that waits for a busy machine.
_CPU_SHARE = 0.8
_OUTPUT = "or raise the limit (CITEBACK_READ_OUTPUT_MB)"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


def _without_package_code() -> None:
    """Make `index.readers` importable without `index` itself, which loads FAISS: half a gigabyte of address space."""
    package = types.ModuleType("index")
    package.__path__ = [str(Path(__file__).parent)]
    sys.modules["index"] = package


def confine(memory_mb: int) -> None:
    """Give up what parsing does not need: memory beyond the limit, writing, connections, other programs."""
    resource.setrlimit(resource.RLIMIT_AS, (memory_mb * _MB, memory_mb * _MB))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    sys.addaudithook(_refuse)


def _refuse(event: str, arguments: tuple[Any, ...]) -> None:
    if event in _FORBIDDEN or (event == "open" and isinstance(arguments[2], int) and arguments[2] & _WRITING):
        raise PermissionError(f"reading a file must not do this: {event}")


def serve(requests: BinaryIO, answers: BinaryIO) -> None:
    """Answer requests until there are no more."""
    for line in requests:
        request = json.loads(line)
        _start_clocks(request["seconds"])
        body = _packed(_answer(request))
        if len(body) > request["most_bytes"]:
            reason = f"{request['source']} has too many parts; split it {_OUTPUT}"
            body = _packed({"failure": reason, "limited": True, **_usage()})
        signal.alarm(0)
        answers.write(len(body).to_bytes(8, "big") + body)
        answers.flush()


def _packed(answer: dict[str, Any]) -> bytes:
    # As it is: escaped, most of the world's letters would take three times the room.
    return json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass")


def _start_clocks(seconds: int) -> None:
    """Let the system end this process after the file's share of CPU and, should its parent be gone, of time."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + _CPU_SHARE * seconds) + 1, hard))
    signal.alarm(seconds + 5)


def _answer(request: dict[str, Any]) -> dict[str, Any]:
    from index.errors import FileChanged, LimitReached, ReadError, out_of_memory
    from index.looks import unopened

    answer: dict[str, Any] = {}
    try:
        _ACTIONS[request["action"]](request, answer)
    except OSError as error:
        answer["unopened"] = unopened(error, _path_of(request))
    except FileChanged as error:
        answer["unopened"] = str(error)
    except ReadError as error:
        answer["failure"], answer["limited"] = str(error), isinstance(error, LimitReached)
    except MemoryError:
        answer["failure"], answer["limited"] = str(out_of_memory(request["source"])), True
    except Exception as error:  # noqa: BLE001 - whatever goes wrong in here has to come out in words
        answer["failure"] = f"{request['source']} could not be read: {type(error).__name__}: {str(error)[:200]}"
    return {**answer, **_usage()}


def _read(request: dict[str, Any], answer: dict[str, Any]) -> None:
    """What the file holds, unless it is the known content; with the checksum of the very bytes that were read.

    Of a file that has more pages than are to be read here, only their number.
    """
    from index.readers import read_bytes
    from index.readers.dispatch import bytes_of, pages_of
    from index.records import reading_record

    data = bytes_of(_path_of(request), source=request["source"])
    answer["sha256"] = hashlib.sha256(data).hexdigest()
    answer["same"] = answer["sha256"] == request["known"]
    if answer["same"]:
        return
    most = request["most_pages"]
    pages = pages_of(data, source=request["source"]) if most else 0
    if most and pages > most:
        answer["pages"] = pages
    else:
        reading = read_bytes(data, source=request["source"])
        _refuse_too_much(reading, request)
        answer["reading"] = reading_record(reading)


def _refuse_too_much(reading: Any, request: dict[str, Any]) -> None:
    """Raise LimitReached where there is more text than may be."""
    from index.errors import LimitReached

    size = sum(len(document.text.encode("utf-8", "surrogatepass")) for document in reading.documents)
    most = request["output_mb"]
    if size > most * _MB:
        held = f"{request['source']} holds {size / _MB:,.0f} MB of text, and {most} are the most that is read"
        raise LimitReached(f"{held}; split it {_OUTPUT}")


def _path_of(request: dict[str, Any]) -> Path:
    return Path(os.fsdecode(bytes.fromhex(request["path"])))


def _part(request: dict[str, Any], answer: dict[str, Any]) -> None:
    """What is printed on a run of a PDF's pages."""
    from index.readers.pdf.parts import part_record, read_part

    part = read_part(_unchanged(request), source=request["source"], first=request["first"], last=request["last"])
    answer["part"] = part_record(part)


def _join(request: dict[str, Any], answer: dict[str, Any]) -> None:
    """What a PDF holds, put together from its parts."""
    from index.readers.pdf.document import document_of
    from index.readers.pdf.parts import part_from
    from index.records import reading_record
    from index.schema import Reading

    document = document_of([part_from(part) for part in request["parts"]], source=request["source"])
    reading = Reading((document,))
    _refuse_too_much(reading, request)
    answer["reading"] = reading_record(reading)


def _boxes(request: dict[str, Any], answer: dict[str, Any]) -> None:
    """Where a span of the document is printed."""
    from index.readers.pdf.boxes import boxes_of
    from index.records import reading_from

    (document,) = reading_from(request["reading"]).documents
    boxes = boxes_of(_unchanged(request), document, request["start"], request["end"])
    answer["boxes"] = [(box.page, box.left, box.top, box.right, box.bottom) for box in boxes]


def _print(request: dict[str, Any], answer: dict[str, Any]) -> None:
    """How the text of a page stands on it."""
    from index.readers.pdf.boxes import print_of
    from index.records import reading_from

    (document,) = reading_from(request["reading"]).documents
    printed = print_of(_unchanged(request), document, request["page"])
    answer["width"], answer["height"] = printed.width, printed.height
    answer["lines"] = [(span.start, span.end, box.left, box.top, box.right, box.bottom) for span, box in printed.lines]


def _picture(request: dict[str, Any], answer: dict[str, Any]) -> None:
    """What a page looks like."""
    from index.readers.pdf.boxes import picture_of

    picture = picture_of(_unchanged(request), request["page"], width=request["width"], source=request["source"])
    answer["png"], answer["scale"] = picture.png.hex(), picture.scale


def _unchanged(request: dict[str, Any]) -> bytes:
    """The content of the member that is looked at. Raises FileChanged where its file is not as it was read."""
    from index.errors import FileChanged
    from index.readers.dispatch import bytes_of, member_of

    data = bytes_of(_path_of(request), source=request["source"])
    if hashlib.sha256(data).hexdigest() != request["sha256"]:
        raise FileChanged("has changed since it was read; sync again")
    return member_of(data, source=request["source"], member=request["member"])


_ACTIONS = {"read": _read, "part": _part, "join": _join, "boxes": _boxes, "print": _print, "picture": _picture}


def _usage() -> dict[str, float]:
    """CPU seconds of this process so far and the most memory it ever held, in MB."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {"cpu": used.ru_utime + used.ru_stime, "peak_mb": _peak_kb() / 1024}


def _peak_kb() -> float:
    try:
        # ru_maxrss counts what the parent held when it started this process.
        with open("/proc/self/status", encoding="ascii", errors="replace") as status:
            return next(float(line.split()[1]) for line in status if line.startswith("VmHWM"))
    except (OSError, StopIteration):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main() -> None:
    """Serve the parent, with everything a library prints kept out of the answers."""
    _without_package_code()
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    confine(int(sys.argv[1]))
    serve(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
