#!/usr/bin/env python
"""Django's command line, with the demo's settings and servers where the environment names none."""

import os
import sys

from saas.embedded.errors import EmbeddedError
from saas.embedded.management import management_environment


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "saas.settings")
    try:
        with management_environment(sys.argv):
            from django.core.management import execute_from_command_line

            execute_from_command_line(sys.argv)
    except EmbeddedError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
