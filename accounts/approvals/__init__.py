"""What other people must decide: the registry of operations and the hash that votes are cast on."""
