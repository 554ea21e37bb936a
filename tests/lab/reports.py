"""Reports of audits made by hand."""

from __future__ import annotations

import io
from collections.abc import Iterable

from lab.audits import RULE
from wirelint.core.audit import Audit
from wirelint.core.finding import Severity
from wirelint.core.rule import Rule
from wirelint.reports import Run, load
from wirelint.sources import Skipped

HOSTILE = "</script><img src=x onerror=alert(1)> | `a` [b](http://evil.example) @all ::error::x \x1b[31m\r\n%0A & \"'"
"""Text with what is markup somewhere."""


def report(
    form: str,
    *audits: Audit,
    rules: tuple[Rule, ...] = (RULE,),
    files: tuple[str, ...] = ("a.har",),
    skipped: Iterable[Skipped] = (),
    failures: Iterable[tuple[str, str]] = (),
    fail_on: Severity | None = Severity.MEDIUM,
) -> str:
    """Return a format's report on audits of the first file, and on skips and failures."""
    content = io.BytesIO()
    stream = io.TextIOWrapper(content, "utf-8", errors="backslashreplace", newline="\n", write_through=True)
    written = load(form)(Run(rules, files, fail_on), stream)
    for audit in audits:
        written.accept(audit)
    for record in skipped:
        written.skip(files[0], record)
    for file, why in failures:
        written.fail(file, why)
    written.finish()
    stream.flush()
    return content.getvalue().decode()
