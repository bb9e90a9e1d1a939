"""The school side of the sandbox: a made-up board with its own home folder, and what happens to it at a press."""
