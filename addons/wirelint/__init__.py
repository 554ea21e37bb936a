"""wirelint: finds HTTP responses whose status code lies about what happened."""

from typing import Final

__version__: Final = "0.1.0"
