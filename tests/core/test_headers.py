"""Fields are indexed in order and in linear time."""

from __future__ import annotations

import time

from hypothesis import given
from hypothesis import strategies as st

from wirelint.core.headers import Headers

NAMES = st.sampled_from([b"a", b"A", b"Set-Cookie", b"set-cookie", b"x-b"])


@given(st.lists(st.tuples(NAMES, st.binary(max_size=8)), max_size=40))
def test_the_index_has_each_line_in_its_order(fields: list[tuple[bytes, bytes]]) -> None:
    headers = Headers(fields)
    for name in ("a", "set-cookie", "x-b"):
        lines = [value.decode("latin-1") for key, value in fields if key.decode().lower() == name]
        assert headers.get_all(name) == lines
        assert headers.get(name) == (", ".join(lines) if lines else None)
        assert (name in headers) == bool(lines)


def test_many_lines_of_one_name_cost_no_more_than_as_many_names() -> None:
    """Joining tuples line by line took seconds for these; the two differ by a small factor at most."""

    def seconds(name: bytes) -> float:
        fields = [(name % number if b"%" in name else name, b"value") for number in range(50_000)]
        begun = time.process_time()
        assert Headers(fields).index
        return time.process_time() - begun

    one, many = (min(seconds(name) for _ in range(3)) for name in (b"a", b"a%d"))
    assert one < 10 * many
