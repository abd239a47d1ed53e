"""python -m workflow_scripts.audit: what a reader asks a finished run."""

import sys

from workflow_scripts.lib.audit.tool import main

if __name__ == "__main__":
    sys.exit(main())
