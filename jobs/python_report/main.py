#!/usr/bin/env python3
"""What lies in a folder, by kind of file, as a table.

A job in Python needs nothing of the console but the executable bit and the
first line above, which says what runs it. Arguments are in sys.argv; give
["/some/folder"] to look at another one than this. Only the standard library
is used, so that it runs wherever python3 does.
"""

import os
import signal
import sys
from collections import Counter
from pathlib import Path


def stop(signum, frame):
    # When the run is cancelled or its time is up, the console sends SIGTERM
    # and, some seconds later, SIGKILL. Tidy up in between.
    sys.exit(f"stopped by {signal.Signals(signum).name}")


def measure(folder):
    files, size = Counter(), Counter()
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where, name)
            try:
                info = path.lstat()
            except FileNotFoundError:
                continue  # removed while we were looking
            kind = path.suffix or "(none)"
            files[kind] += 1
            size[kind] += info.st_size
    return files, size


def main(argv):
    signal.signal(signal.SIGTERM, stop)
    folder = Path(argv[1]) if len(argv) > 1 else Path.cwd()
    if not folder.is_dir():
        # A string given to sys.exit goes to standard error and fails the run.
        sys.exit(f"{folder} is not a folder")

    # Output is shown while the job runs if it is flushed; a pipe holds it back
    # otherwise.
    print(f"Report of {folder} for job {os.environ.get('CRONSOLE_JOB_ID', '(none)')}", flush=True)
    files, size = measure(folder)
    print(f"{'kind':<12} {'files':>8} {'bytes':>14}")
    for kind, count in files.most_common():
        print(f"{kind:<12} {count:>8} {size[kind]:>14}")
    print(f"{'total':<12} {sum(files.values()):>8} {sum(size.values()):>14}")


if __name__ == "__main__":
    main(sys.argv)
