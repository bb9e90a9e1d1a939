"""The files of `deploy/`, checked by tools that need no engine; and two users of the operating system."""
