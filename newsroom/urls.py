"""Every door: the editors' admin and the readers' addresses."""

from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path


def _metrics():
    """Only where they are on: an address that is none answers like any other."""
    if not settings.METRICS_TOKEN:
        return []
    from .metrics import metrics

    return [path("metrics", metrics, name="metrics")]


urlpatterns = [
    path("admin/", admin.site.urls),
    *_metrics(),
    path("", include("articles.urls")),
    # A clone serves its own pictures; in production the proxy does, and this is empty.
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),
]
