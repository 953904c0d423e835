"""Build wheel and sdist, install each into a clean environment, and run the demonstration there.

    python -m benchmarks.package

Both must hold what belongs in them, install with nothing but pip, and print what the README
shows, from a folder that holds nothing but its articles. The tests of the sdist must be found. What
was built lies in `dist/`.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import time
import venv
import zipfile
from pathlib import Path

import dedup
from benchmarks.readme import FENCE, README, commands_of

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
_NOT_IN_WHEEL = re.compile(r"(^|/)(__pycache__|tests|benchmarks)/")


def main() -> None:
    """Build, look inside, install and run."""
    shutil.rmtree(DIST, ignore_errors=True)
    _run([sys.executable, "-m", "build", "--outdir", str(DIST), str(ROOT)], ROOT)
    (wheel,), (sdist,) = DIST.glob("*.whl"), DIST.glob("*.tar.gz")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = unpacked(sdist, folder)
        check_contents(wheel, source)
        _run([sys.executable, "-m", "pytest", "--collect-only", "-qq"], source)
        print(f"{sdist.name}: complete, and its tests are found")
        scripts = folder / "environment" / "bin"
        venv.create(scripts.parent, with_pip=True)
        for archive, more in ((wheel, []), (sdist, ["--force-reinstall", "--no-deps"])):
            started = time.perf_counter()
            _run([str(scripts / "pip"), "install", "--quiet", *more, str(archive)], folder)
            installed = time.perf_counter() - started
            demo(scripts)
            print(f"{archive.name}: installed in {installed:.0f} s, shows the demonstration")


def unpacked(sdist: Path, folder: Path) -> Path:
    """The root of an sdist that was unpacked into a folder."""
    with tarfile.open(sdist) as archive:
        archive.extractall(folder, filter="data")
    return folder / sdist.name.removesuffix(".tar.gz")


def check_contents(wheel: Path, source: Path) -> None:
    """The sdist has every file under version control, the wheel all of the package and no more.

    Raises:
        SystemExit: A file is missing, or should not be there.
    """
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    tracked = {name for name in listed.split("\0") if name}
    missing = {name for name in tracked if not (source / name).is_file()}
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    missing |= {name for name in tracked if name.startswith("dedup/") and name not in held}
    surplus = {name for name in held if not name.startswith("dedup/")}
    surplus |= {name for name in held if _NOT_IN_WHEEL.search(name)}
    if missing or surplus:
        raise SystemExit(f"missing: {sorted(missing)}\nshould not be there: {sorted(surplus)}")


def demo(scripts: Path) -> None:
    """Run the first commands of the README, as installed, in a folder of their own.

    Raises:
        SystemExit: Something else is printed than the README shows, or no report is written.
    """
    blocks = FENCE.findall(README.read_text(encoding="utf-8"))
    articles = next(body for _, body in blocks if body.startswith("cat > articles.jsonl"))
    shown = next(body for kind, body in blocks if kind == "console")
    command = commands_of(shown)[0].split()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _run(["bash", "-c", articles], folder)
        printed = _run([str(scripts / command[0]), *command[1:]], folder)
        lines = "".join(f"{line.rstrip()}\n" for line in printed.splitlines())
        report = (folder / "report.html").read_text(encoding="utf-8")
        if lines not in shown or "<html" not in report:
            raise SystemExit(f"the README shows something else than:\n{printed}")
        version = _run([str(scripts / "dedup"), "--version"], folder)
        if version != f"dedup {dedup.__version__}\n":
            raise SystemExit(f"the installed version is {version}")


def _run(command: list[str], folder: Path) -> str:
    """What a command prints; the checkout must not be what it imports.

    Raises:
        SystemExit: It failed.
    """
    environment = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout


if __name__ == "__main__":
    main()
