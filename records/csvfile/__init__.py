"""Reading a CSV file of people that nobody has looked at before. Pure: bytes in, rows and reasons out."""
