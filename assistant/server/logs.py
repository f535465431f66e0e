"""The server's log: one line an event. No question, answer, name or key is in it."""

import json
import logging
import logging.config
import time
from typing import Any, Final

# What a line may tell beside its message; anything else that is logged with it is left out.
FIELDS: Final = ("request", "kind", "method", "status", "ms")


class AsJson(logging.Formatter):
    """One JSON object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        told: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **{name: getattr(record, name) for name in FIELDS if hasattr(record, name)},
        }
        if record.exc_info:
            told["error"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False)


class AsText(logging.Formatter):
    """A line for people."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        facts = " ".join(f"{name}={getattr(record, name)}" for name in FIELDS if hasattr(record, name))
        return f"{super().format(record)} {facts}".rstrip()


def configure_logs(form: str) -> None:
    """Write what the server logs to stderr, as "json" or "text"; requests are told in the first alone."""
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {"lines": {"()": AsJson if form == "json" else AsText}},
            "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "lines"}},
            "loggers": {
                "assistant": {"level": "INFO" if form == "json" else "WARNING", "handlers": ["stderr"]},
                "uvicorn": {"level": "WARNING", "handlers": ["stderr"]},
                "mcp": {"level": "WARNING", "handlers": ["stderr"]},
            },
        }
    )
