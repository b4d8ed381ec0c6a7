"""What granian serves: `granian --interface wsgi ascend_portal.wsgi:application`."""

import os

from django.conf import settings
from django.core.wsgi import get_wsgi_application

from ascend_portal.embedded import process

process.die_with_parent_if_leashed()
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ascend_portal.settings")

application = get_wsgi_application()
# Django reads it at the first signature; a server without one should not come up at all.
settings.SECRET_KEY  # noqa: B018
