"""What vendors returned, sealed to the school before it is acknowledged."""
