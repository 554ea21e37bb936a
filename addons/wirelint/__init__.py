"""wirelint: tells the reported outcome of HTTP exchanges from the effective one."""

from typing import Final

__version__: Final = "0.1.0"
