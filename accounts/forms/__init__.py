"""What people type into accounts' pages, checked before any service sees it."""
