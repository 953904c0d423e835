"""Compiled kernels: the inner loops of near-duplicates, for much text.

Every kernel releases the GIL; callers run chunks of texts in threads. Compiling takes seconds
once per machine (numba keeps the result on disk), so that small inputs take the NumPy path with
the same results. These modules import numba; nothing imports them before they are needed.
"""
