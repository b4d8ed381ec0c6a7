"""`make run`: the whole portal on one machine, in one process tree, with one command."""
