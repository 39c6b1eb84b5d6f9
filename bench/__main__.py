"""Run the benchmarks, all or the one that is named: `python -m bench [NAME]`.

Every module of this folder without an underscore is a benchmark that runs as
`python -m bench.NAME` and prints one line for each figure: name, value, reference, ratio, goal.
Each has a process of its own. `BENCH_SIZE` is the number of branches; `BENCH_TREE` may name a file
of real divisions to build the tree around.
"""

import subprocess
import sys
from pathlib import Path


def main(names: list[str]) -> int:
    """Run them one after another; the exit status is that of the last one that failed, or 0."""
    folder = Path(__file__).parent
    known = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith("_"))
    unknown = sorted(set(names) - set(known))
    if unknown:
        print(f"no benchmark {', '.join(unknown)}; there are: {', '.join(known) or 'none'}")
        return 2
    status = 0
    for name in names or known:
        print(f"# {name}", flush=True)
        finished = subprocess.run([sys.executable, "-m", f"bench.{name}"], check=False)  # noqa: S603 - a module of this folder, by its name
        status = finished.returncode or status
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
