"""``dualset sql REF`` on a terminal: a shell over the locked connection of ``session.py``. Start at ``loop.py``."""
