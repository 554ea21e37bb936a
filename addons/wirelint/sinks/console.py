"""Text on standard output and error: coloured and wrapped on a terminal, plain elsewhere."""

from __future__ import annotations

import os
from typing import IO, Final

from rich.console import Console
from rich.text import Text

from wirelint.sinks.layout import Line

_LEAST: Final = 8


class Printer:
    """Write lines to a stream. ``NO_COLOR`` and ``FORCE_COLOR`` are respected; output to a file is never wrapped."""

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream
        self.console = Console(file=stream, highlight=False, markup=False, emoji=False)
        # NO_COLOR also removes bold and dim text: scripts set it to avoid all escapes.
        self._plain = bool(os.environ.get("NO_COLOR")) or not self.console.is_terminal

    @property
    def is_terminal(self) -> bool:
        """Return whether the stream is a terminal."""
        return self._stream.isatty()

    @property
    def width(self) -> int | None:
        """Return the columns of a terminal, None for any other stream."""
        return self.console.width if self.is_terminal else None

    def lay_out(self, line: Line) -> None:
        """Write a line of a layout."""
        self.paragraph(line.text, line.indent, hang=line.hang)

    def line(self, text: Text | str, indent: int = 0) -> None:
        """Write one line, which is not wrapped."""
        text = Text(text) if isinstance(text, str) else text
        if self._plain:
            self._stream.write(f"{' ' * indent}{text.plain}".rstrip() + "\n")
        else:
            self.console.print(Text(" " * indent).append_text(text), soft_wrap=True)

    def paragraph(self, text: Text, indent: int = 0, *, hang: int = 0, width: int | None = None) -> None:
        """Write text, wrapped between words.

        :param indent: columns before each line.
        :param hang: further columns before all lines except the first.
        :param width: columns if the stream is not a terminal; None to write one line.
        """
        if self.is_terminal:
            width = self.console.width
        if width is None or not text.plain:
            self.line(text, indent)
            return
        for number, piece in enumerate(text.wrap(self.console, max(20, width - indent - hang))):
            piece.rstrip()
            self.line(piece, indent + (hang if number else 0))

    def table(
        self, rows: list[list[Text | str]], *, right: frozenset[int] = frozenset(), width: int | None = None
    ) -> None:
        """Write aligned columns, the first row their heads; the last column may be wrapped.

        :param right: columns to align at the right.
        :param width: most columns of text, which shortens the first column; None for as many as it takes.
        """
        cells = [[Text(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
        if not cells:
            return
        widths = [max(row[i].cell_len for row in cells) for i in range(len(cells[0]))]
        if width is not None:
            widths[0] = max(_LEAST, min(widths[0], width - sum(widths[1:]) - 2 * (len(widths) - 1)))
            for row in cells:
                row[0] = row[0].copy()
                row[0].truncate(widths[0], overflow="ellipsis")
        for number, row in enumerate(cells):
            text = Text()
            for i, cell in enumerate(row[:-1]):
                space = " " * (widths[i] - cell.cell_len)
                text.append_text(Text(space) + cell if i in right else cell + Text(space)).append("  ")
            last = row[-1]
            if len(row) - 1 in right:
                last = Text(" " * (widths[-1] - last.cell_len)) + last
            room = self.console.width - text.cell_len
            pieces = list(last.wrap(self.console, room)) if self.is_terminal and room > 20 else [last]
            for i, piece in enumerate(pieces):
                piece.rstrip()
                line = text + piece if i == 0 else Text(" " * text.cell_len) + piece
                if number == 0:
                    line.stylize("bold")
                line.rstrip()
                self.line(line)
