"""What the keys pages show, as frozen values."""
