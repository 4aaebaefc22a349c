"""One tensor at a time: whatever may hold one as NumPy arrays, of the dtype and with the rows that are asked for."""
