"""The door for WSGI servers. An application server means production unless DEBUG says otherwise."""

import os

from django.core.wsgi import get_wsgi_application

from newsroom import charset

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
# manage.py in a clone works with no variables; a server must be told its secrets (see settings).
os.environ.setdefault("DEBUG", "off")

application = charset.wsgi(get_wsgi_application())

from .pagecache import kept  # noqa: E402  # it knows models: only now are they there

application = kept(application)
