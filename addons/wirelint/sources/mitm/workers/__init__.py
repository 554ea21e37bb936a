"""Several processes that carry traffic, and one that audits it: what ``wirelint proxy --workers`` runs.

Workers share the ports (``shared_ports``) and only capture. Each sends finished exchanges (``send_queue``) over a
socket (``protocol``) to the ``supervisor``, which alone audits: so the past is whole, and there is one page, one set of
metrics (``totals``) and one log (``log_relay``). It holds a ``worker_connection`` for each worker of its
``worker_pool``, puts exchanges into order (``merge_queue``) and audits them (``backlog``). Workers come from the
``fork_server``.
"""
