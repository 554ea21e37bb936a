"""``python -m wirelint`` is ``wirelint``."""

import sys

from wirelint.cli import main

sys.exit(main())
