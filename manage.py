#!/usr/bin/env python
"""Staff's door: `python manage.py COMMAND`. Works in a fresh clone with no variables set."""

import os
import sys


def main():
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    from django.core.management import execute_from_command_line

    from newsroom.outage import told_plainly

    with told_plainly():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
