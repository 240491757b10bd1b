#!/usr/bin/env python
"""Django's command line for this project: `python manage.py help` lists what there is."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "geogame.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        # The operator erred: one sentence with the cure, not a stack trace.
        sys.exit(f"Settings: {error}")


if __name__ == "__main__":
    main()
