"""Data that ships with the package; `README.md` beside it names origin and licence."""
