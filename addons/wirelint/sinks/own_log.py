"""The log of wirelint and mitmproxy themselves, on standard error, as text or as JSON lines."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from typing import Any, Final, Literal

import msgspec

from wirelint.sinks.lines import Lines
from wirelint.sinks.published import time_text

Form = Literal["text", "json"]

FIELDS: Final = "wirelint_fields"
"""The attribute of a log record with values to show under their own names."""

_LONGEST_MESSAGE: Final = 2000
_log: Final = logging.getLogger("wirelint")


def say(message: str, **fields: Any) -> None:
    """Log an event of wirelint's life, with values that belong to it."""
    _log.info("%s", message, extra={FIELDS: fields})


@contextlib.contextmanager
def logging_to(lines: Lines, form: Form) -> Iterator[LineHandler]:
    """Write log records as lines: all of wirelint's own, and warnings of others.

    :param form: of the lines. Text leaves out the records of ``say``, for the terminal shows these events otherwise.
    """
    handler = LineHandler(lines, form)
    root, level = logging.getLogger(), _log.level
    root.addHandler(handler)
    _log.setLevel(logging.INFO)
    try:
        yield handler
    finally:
        _log.setLevel(level)
        root.removeHandler(handler)
        lines.close()


def is_worth_logging(record: logging.LogRecord) -> bool:
    """Return whether to log a record: all of wirelint's own, and warnings of others."""
    return _is_own(record) or record.levelno >= logging.WARNING


def _is_own(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == "wirelint"


class LineHandler(logging.Handler):
    """Writes log records as lines.

    Attributes:
        heard: whether the warnings of others are logged, too.
    """

    def __init__(self, lines: Lines, form: Form) -> None:
        super().__init__(logging.INFO)
        self.heard = True
        self._lines = lines
        self._text = form == "text"
        self.setFormatter(_Text() if self._text else _Json())

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether to write a record."""
        if _is_own(record):
            return not (self._text and hasattr(record, FIELDS))
        return self.heard and is_worth_logging(record)

    def emit(self, record: logging.LogRecord) -> None:
        """Write a record."""
        # A record that cannot be formatted is a mistake of its author, and no reason to stop.
        with contextlib.suppress(Exception):
            self._lines.put(self.format(record).encode("utf-8", "backslashreplace") + b"\n")


class _Text(logging.Formatter):
    """Formats a record as one line, with only the type of an exception, because its message may quote the wire."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line for a record."""
        text = " ".join(record.getMessage().split())[:_LONGEST_MESSAGE]
        failed = _exception(record)
        text = f"{text} ({failed})" if failed else text
        return "".join(c if c.isprintable() else "?" for c in text)


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        members = {
            "time": time_text(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": " ".join(record.getMessage().split())[:_LONGEST_MESSAGE].removeprefix("wirelint: "),
            **getattr(record, FIELDS, {}),
        }
        if failed := _exception(record):
            members["exception"] = failed
        return msgspec.json.encode(_encodable(members)).decode()


def _exception(record: logging.LogRecord) -> str:
    return record.exc_info[0].__name__ if record.exc_info and record.exc_info[0] else ""


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode()
    if isinstance(value, dict):
        return {name: _encodable(inner) for name, inner in value.items()}
    return value
