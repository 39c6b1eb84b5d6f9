"""Run the benchmarks, all or the one that is named: `python -m bench [NAME]`.

Each runs as `python -m bench.NAME` in a process of its own and prints one line for each figure:
name, value, reference, ratio, goal. `BENCH_SIZE` is the number of branches; `BENCH_TREE` may name
a file of real divisions to build the tree around.
"""

import subprocess
import sys
from typing import Final

KNOWN: Final = (
    "opening", "growth", "lists", "progress", "posting", "sustained", "overload", "starting",
    "exporting", "importing", "following",
)  # fmt: skip
"""In the order in which they run: the first makes the database anew, what writes comes after what
reads it, so that both sizes have the same to read."""


def main(names: list[str]) -> int:
    """Run them one after another; the exit status is that of the last one that failed, or 0."""
    unknown = sorted(set(names) - set(KNOWN))
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(KNOWN)}")
        return 2
    status = 0
    for name in names or KNOWN:
        print(f"# {name}", flush=True)
        finished = subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False)  # noqa: S603 - a module of this folder, by its name
        status = finished.returncode or status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
