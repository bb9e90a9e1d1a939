"""The way out: from source record to released record; nothing else can."""
