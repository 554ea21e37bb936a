"""wirelint as a mitmproxy script: ``mitmdump -s addons/wirelint_addon.py``; options begin with ``wirelint_``.

mitmproxy puts this file's folder first on ``sys.path``, so it stands beside the package and not in it.
"""

from wirelint.cli.addon import build
from wirelint.sources.mitm.script import ScriptAuditor

addons = [ScriptAuditor(build)]
