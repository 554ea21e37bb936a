"""Log the workers' messages in the process that audits, so that there is one log in one format."""

from __future__ import annotations

import logging
from typing import Final

from wirelint.sources.mitm.workers.protocol import LogLine

_MOST: Final = 200


class LogRelay:
    """Logs messages of workers. A message about wirelint itself that each worker sends is logged once."""

    def __init__(self) -> None:
        self._logged: set[tuple[str, str]] = set()

    def __call__(self, said: LogLine) -> None:
        """Log a message."""
        own = said.name.partition(".")[0] == "wirelint"
        if own and (said.name, said.message) in self._logged:
            return
        if own and len(self._logged) < _MOST:
            self._logged.add((said.name, said.message))
        values = {"name": said.name, "levelno": said.levelno, "msg": said.message, "created": said.created}
        values["levelname"] = logging.getLevelName(said.levelno)
        logging.getLogger(said.name).handle(logging.makeLogRecord(values))
