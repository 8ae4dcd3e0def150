"""Files without a name, in memory where the system can do that."""

import os

__all__ = ["memory_file"]


def memory_file(name: str) -> int:
    """A descriptor of a new empty file; it is gone when the last descriptor is closed."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create(name)
    import tempfile

    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())
