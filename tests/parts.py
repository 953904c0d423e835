"""Parts of a job for other processes, which import this and so nothing heavy."""

import os
import sys


def squared(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def printed(number: int) -> int:
    sys.stdout.write("to be seen by people\n")
    return number


def failed(number: int) -> int:
    if number == 2:
        raise ValueError(f"no {number}")
    return number


def dead(number: int, home: int) -> int:
    if os.getpid() != home and number % 2:
        os._exit(9)
    return number
