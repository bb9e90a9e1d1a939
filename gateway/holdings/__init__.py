"""What each vendor holds: generations, sealed bodies, stamps and tombstones."""
