"""`python run.py bench [names]`: every benchmark, or those that are named; each writes its part of RESULTS.md."""

import subprocess
import sys

from benchmarks.measure import HERE

ALL = ("pivot", "portable", "import_logins", "page", "funnel", "customers")


def main(names: list[str]) -> int:
    """A process for each, so that none finds the memory of another."""
    unknown = sorted(set(names) - set(ALL))
    if unknown:
        print(f"No benchmark {', '.join(unknown)}. There are: {', '.join(ALL)}.", file=sys.stderr)
        return 2
    failed = [name for name in names or ALL if subprocess.run([sys.executable, HERE / f"{name}.py"]).returncode]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
