"""A text as read becomes a Reading (pure), and a reading becomes the thing it names (one indexed look-up)."""
