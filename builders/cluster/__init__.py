"""Many machines: the work folder of a build filled ahead of it, by Ray; ``ray_engine.py`` is where to start reading.

Orders go out (``orders.py``), what is made arrives under names of its own (``worker.py``), and the driver alone gives
it its final name (``arrived.py``). After that the build runs as ever and finds its work done.
"""
