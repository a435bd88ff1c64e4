"""`python -m notices.cli` is `jikai`."""

from notices.cli import main

main()
