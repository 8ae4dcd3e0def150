"""What a build would cost, before it costs anything."""
