"""Run one service of the demo: ``python -m wirelint.demo.service NAME [--host ADDRESS] [--port PORT]``."""

from __future__ import annotations

import argparse
import threading
from collections.abc import Sequence

from wirelint.demo.app import Server
from wirelint.demo.processes import until_stopped
from wirelint.demo.services import SERVICES


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; once it listens, print its address on standard output, the port last."""
    parser = argparse.ArgumentParser(prog="python -m wirelint.demo.service", description="One service of the demo.")
    parser.add_argument("name", choices=tuple(SERVICES))
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, default=0, help="port to listen on (default: any that is free)")
    parser.add_argument("--until-eof", action="store_true", help="stop when standard input ends, too")
    options = parser.parse_args(arguments)
    stop = until_stopped(eof=options.until_eof)
    with Server(SERVICES[options.name](), options.host, options.port) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        print(f"{options.name} listens on {options.host}:{server.port}", flush=True)
        stop.wait()
        server.shutdown()


if __name__ == "__main__":
    main()
