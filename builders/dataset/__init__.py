"""The version: schema, ids, manifest, store. Everything else consumes it; it imports nothing else of ours."""
