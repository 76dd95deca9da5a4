"""The WSGI application of the web unit."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "stigmer_site.settings")
application = get_wsgi_application()
