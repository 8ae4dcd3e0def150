"""How other people write samples down: one file a format, each a reader of rows or folders."""
