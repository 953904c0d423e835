"""Runs one measurement in this process: `python -m dedup.bench JOB.json`."""

import json
import sys
from pathlib import Path

from dedup.bench.measuring import Job, measure

if __name__ == "__main__":
    measure(Job(**json.loads(Path(sys.argv[1]).read_text("utf-8"))))
