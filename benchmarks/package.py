"""Build wheel and sdist, install each into a clean environment, and run the demonstration there.

    python -m benchmarks.package

Both must hold what belongs in them, install with nothing but pip, and print what the README
shows, from a folder that holds nothing but the demonstration corpus. The tests of the sdist
must be found. What was built lies in `dist/`.
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

ROOT = Path(__file__).parent.parent
DIST = ROOT / "dist"
_DEMO = ("dedup cluster seeds/ --report report.html --top 5", "dedup config", "dedup --version")
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
            demo(scripts, source / "seeds")
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


def demo(scripts: Path, seeds: Path) -> None:
    """What the README shows, printed by an installed command in a folder of its own.

    Raises:
        SystemExit: Something else is printed, or no report is made.
    """
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(seeds, folder / "seeds")
        printed = [_run([str(scripts / c.split()[0]), *c.split()[1:]], folder) for c in _DEMO]
        shown = [line.rstrip() for line in printed[0].splitlines()]
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        version = f"dedup {dedup.__version__}\n"
        report = (folder / "report.html").read_text(encoding="utf-8")
        if "\n".join(shown) not in readme or printed[2] != version or "<html" not in report:
            raise SystemExit("the demonstration is not what the README shows:\n" + printed[0])


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
