"""The door to Django for any WSGI server; `kakehashi serve` runs it under granian."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kakehashi.server.settings")

application = get_wsgi_application()
