"""The door for ASGI servers. An application server means production unless DEBUG says otherwise."""

import os

from django.core.asgi import get_asgi_application

from newsroom import charset

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
# manage.py in a clone works with no variables; a server must be told its secrets (see settings).
os.environ.setdefault("DEBUG", "off")

application = charset.asgi(get_asgi_application())
