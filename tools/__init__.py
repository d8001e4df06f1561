"""What builds and checks the book."""

import sys

# Said here, since an older Python cannot even read the modules.
if sys.version_info < (3, 11):  # noqa: UP036
    sys.exit("Python 3.11 or newer is needed; this is Python " + sys.version.split()[0])
