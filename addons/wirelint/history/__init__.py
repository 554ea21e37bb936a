"""Memories of earlier exchanges, one per file.

Most rules judge one exchange alone. Some compare several: a credential that was accepted before it was refused, a
resource that disappears and returns, a call that failed behind a gateway's 500. They ask *memories*. This text explains
how memories work; ``core.state`` has the mechanism, and this package has the memories.

One audit, in order (``core.engine``):

1. The rules about a single exchange run.
2. If nothing is new, the memories are skipped: ``core.quiet`` recognises a success like one within the last five
   seconds, if the service only sent successes in between. That is most real traffic. If only the trace id is new, the
   exchange goes to ``Traces``, which joins calls of several services.
3. Otherwise, ``State.visit`` makes the *visit* of the exchange, once: the form in which it is remembered
   (``core.visit``). It has the service, method, route, status and times, and numbers or keyed hashes in place of the
   target, the content and the credential. Until the rules have run, its verdict comes from the status alone.
4. Each *gate* is asked once for all of its rules: was this resource refused, deleted, requested by HEAD? Did this
   client fail before? Most gates are closed; then their rules cost only one look-up.
5. The rules behind open gates, and those without a gate, run. They ask ``context.recall(Visits).of_resource(exchange)``
   and the like. The memories do not contain the current exchange yet.
6. The verdict is final and is set in the visit. ``State.note`` passes exchange and visit to each memory whose ``wants``
   matches the status and the method.

What is kept, and for how long. Only memories that a rule names in ``recalls`` exist. Each owns its tables; no other one
writes to them. A ``Table`` evicts entries that were not renewed for ten minutes (or its own time) and, when it is full,
the least recently renewed ones. A ``Stories`` does the same, with the last two dozen visits of each key. The clock
comes from the exchanges, so a recording gives the same findings as live traffic. Text of a peer is kept in few places,
each with a limit of its length: contents of GETs (``Contents``, 4 MiB in all), answered requests (``Operations``,
2 MiB), targets of writes (``Writes``), error codes (``Services``). ``wirelint_remembered`` exports the number of
entries of each memory.

What it costs. Recording an exchange takes a few look-ups for each memory that wants it; ``python -m benchmarks.parts``
prints the time by memory. Rules ask only once in hundreds of exchanges. So a memory only stores references when it
records, and computes when a rule asks.

To add a memory:

- Write one file with one class, like ``waiting.py``: ``wants``, ``view = Present``, ``note``, ``__len__``, and a method
  for the rules. Give each table a bound.
- Name the class in the rule's ``recalls``; no other wiring is needed. A memory that needs another one asks
  ``state.recall`` for it in ``__init__``; the other one then records each exchange first.
- If the rule needs few exchanges, add a gate: a function of the state that returns a method of the memory, which takes
  exchange and visit. Rules name it in ``after``. It must return True whenever one of them can find something.
- Compare visits, not exchanges: keep no reference to an exchange, its headers or its bodies.
"""
