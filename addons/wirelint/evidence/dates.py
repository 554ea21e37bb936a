"""Parse HTTP-date (RFC 9110 §5.6.7): the preferred form and the two obsolete ones."""

from __future__ import annotations

import datetime
import re
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TIME: Final = r"(\d{2}):(\d{2}):(\d{2})"
_fixdate: Final = re.compile(rf"[A-Za-z]{{3}}, (\d{{2}}) ([A-Za-z]{{3}}) (\d{{4}}) {_TIME} GMT")
_rfc850: Final = re.compile(rf"[A-Za-z]{{6,9}}, (\d{{2}})-([A-Za-z]{{3}})-(\d{{2}}) {_TIME} GMT")
_asctime: Final = re.compile(rf"[A-Za-z]{{3}} ([A-Za-z]{{3}}) ([ \d]\d) {_TIME} (\d{{4}})")
_LONGEST: Final = 40


def http_date(value: str) -> float | None:
    """Return the Unix seconds of an HTTP-date, None if ``value`` is not one.

    Two-digit years of the RFC 850 form mean 1970 to 2069, which needs no clock.
    """
    value = value.strip()
    if len(value) > _LONGEST:
        return None
    if match := _fixdate.fullmatch(value):
        day, month, year, *time = match.groups()
    elif match := _rfc850.fullmatch(value):
        day, month, short, *time = match.groups()
        year = f"{'20' if int(short) < 70 else '19'}{short}"
    elif match := _asctime.fullmatch(value):
        month, day, *time, year = match.groups()
    else:
        return None
    if month.lower() not in _MONTHS:
        return None
    hour, minute, second = map(int, time)
    try:
        moment = datetime.datetime(
            int(year), _MONTHS.index(month.lower()) + 1, int(day), hour, minute, min(second, 59), tzinfo=datetime.UTC
        )
    except ValueError:
        return None
    return moment.timestamp()
