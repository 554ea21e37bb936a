"""Settings: profile, configuration file, environment and options, read once into one ``Setup``.

``options`` resolves the value of each option: flag, environment, file, default. ``setup`` declares the options that
decide what is audited and how, and turns them and the file's ``tables`` into a ``Setup``: a ``policy``, for which
``engine`` makes an engine, and the shares of ``sampling``. ``reload`` reads all of it again while a proxy runs.
"""
