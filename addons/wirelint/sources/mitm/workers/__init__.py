"""Worker processes that carry traffic, and one process that audits it (``wirelint proxy --workers``).

Workers share the ports (``shared_ports``) and only capture. Each sends finished exchanges (``send_queue``) over a
socket (``protocol``) to the ``supervisor``, which alone audits. So the history is complete, and there is one page, one
set of metrics (``totals``) and one log (``log_relay``). The supervisor has a ``worker_connection`` for each worker of
its ``worker_pool``, sorts exchanges by their end (``merge_queue``) and audits them (``backlog``). The ``fork_server``
starts workers.
"""
