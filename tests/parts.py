"""Parts of a job for other processes, which import this and so nothing heavy."""

import os
import sys

from dedup.errors import MissingExtraError


def squared(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def printed(number: int) -> int:
    sys.stdout.write("to be seen by people\n")
    return number


def failed(number: int) -> int:
    if number == 2:
        raise ValueError(f"no {number}")
    return number


class Unsendable(Exception):
    def __init__(self, one: str, other: str) -> None:
        super().__init__(f"{one} and {other}")


def refused(number: int) -> int:
    if number:
        raise MissingExtraError("A part", extra="plot", before="make")
    raise Unsendable("one", "two")


def dead(number: int, home: int) -> int:
    if os.getpid() != home and number % 2:
        os._exit(9)
    return number
