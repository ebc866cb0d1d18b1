"""Any transformer on any compute-in-memory hardware: how accurate, how fast, how large."""
