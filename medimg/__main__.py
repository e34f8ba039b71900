"""`python -m medimg` is `medimg`."""

import sys

from medimg.cli.main import main

sys.exit(main())
