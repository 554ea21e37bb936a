"""The past: what is remembered of earlier exchanges, one memory a file.

Most rules judge one exchange alone. Some need more: a credential that was accepted before it was refused, a resource
that is gone and comes back, a call that failed behind a gateway's 500. They look back on *memories*. This text explains
how the past works; ``core.state`` has the mechanism, and this package has the memories.

One audit, in order (``core.engine``):

1. The rules that need one exchange run.
2. If nothing is new, the past is left out altogether: ``core.quiet`` recognises a success whose like was seen within
   five seconds, while nothing but successes of that service came in between. That is most of real traffic. An exchange
   whose trace id alone is new is passed to ``Traces``, which joins calls of several services.
3. Otherwise, ``State.visit`` makes the *visit* of the exchange, once: the form in which it is remembered
   (``core.visit``). It holds the service, method, route, status and times, and numbers or keyed hashes in place of the
   target, the content and the credential. Until the rules have run, its verdict is what the status suggests.
4. Each *gate* is asked once, however many rules stand behind it: was this resource refused, deleted, asked by HEAD? Is
   this client one that failed before? Most gates are closed, and one look-up each is all that their rules cost.
5. The rules behind open gates, and those without a gate, run. They ask ``context.recall(Visits).of_resource(exchange)``
   and the like. The current exchange is not among the answers yet.
6. The verdict is final, and the visit takes it. ``State.note`` hands exchange and visit to each memory whose ``wants``
   fits the status and the method.

What is kept, and for how long. Only memories that some rule names in ``recalls`` exist. Each owns its tables, and no
other writes to them. A ``Table`` forgets what was not renewed for ten minutes (or its own time) and, beyond a number of
entries, what was renewed longest ago; a ``Stories`` keeps the last two dozen visits of each key, likewise. The clock is
a value of the exchanges, so a recording gives the findings that live traffic gave. Text that a peer sent is kept in few
places, each with a limit of its length: contents of GETs (``Contents``, 4 MiB in all), targets of writes (``Writes``),
error codes (``Services``). ``wirelint_remembered`` exports how many things each memory holds.

What it costs. Noting an exchange is a few look-ups for each memory that wants it; ``python -m benchmarks.parts`` prints
the time by memory. So a memory keeps references while it notes, and works things out when a rule asks: rules ask once
in hundreds of exchanges.

To add a memory:

- Write one file with one class, as ``waiting.py`` does: ``wants``, ``view = Present``, ``note``, ``__len__``, and a
  method for what rules ask. Give each table a bound.
- A rule names the class in ``recalls``, which is all the wiring there is. A memory that needs another one asks
  ``state.recall`` for it in ``__init__``; the other one then notes each exchange first.
- If most exchanges do not concern it, add a gate: a function of the state that returns a method of the memory, which
  takes exchange and visit. Rules name it in ``after``. It must hold whenever one of them can find something.
- Compare visits, not exchanges: keep no reference to an exchange, its headers or its bodies.
"""
