"""What browsers are told to refuse, whatever a page holds.

A Content Security Policy (https://www.w3.org/TR/CSP3/) without anything inline and without eval,
on every answer; and a permissions policy that gives away no sensor. Strictest for readers: their
pages load styles, scripts and pictures of this site, and a player of VIDEO_HOSTS once they ask for
it. The admin's own scripts need a little more, and what it shows is kept by no cache. A picture
that is opened by itself may do nothing at all: in production the proxy says so (see the README).

The rest is said by Django's own middleware, by what settings.py tells it.

And what caches are told: whatever readers may see now they may not see at the next request, since
a story is withdrawn at once and a schedule keeps time. A cache may keep an answer, and asks before
it gives it out again (https://www.rfc-editor.org/rfc/rfc9111#section-5.2.2.4). Said on every
answer, since caches keep one without a word, a 301, 404 or 410 too, for as long as they like.
"""

from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse

# Everything that a page of ours has no use for.
PERMISSIONS = ", ".join(
    f"{name}=()"
    for name in (
        *("accelerometer", "browsing-topics", "camera", "display-capture", "geolocation"),
        *("gyroscope", "magnetometer", "microphone", "midi", "payment", "serial", "usb"),
    )
)
ASK_AGAIN = "no-cache"
# A picture may hold a script (SVG does), and it came from outside.
PICTURES = "default-src 'none'; frame-ancestors 'none'; sandbox"


def policies() -> tuple[str, str]:
    """The readers' policy and the admin's. Static files and pictures may lie at another host."""
    static, media = _origin(settings.STATIC_URL), _origin(settings.MEDIA_URL)
    common = {
        "default-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
        # The admin's selects ask for their choices, and Lighthouse for robots.txt.
        "connect-src": "'self'",
        "style-src": f"'self'{static}",
        "script-src": f"'self'{static}",
        "font-src": f"'self'{static}",
    }
    pictures = f"'self'{static}{media if media != static else ''}"
    players = " ".join(f"https://{host}" for host in settings.VIDEO_HOSTS) or "'none'"
    readers = common | {"img-src": pictures, "frame-src": players}
    # Its selects place themselves by attributes.
    editors = common | {"img-src": f"{pictures} data:", "style-src-attr": "'unsafe-inline'"}
    return _written(readers), _written(editors)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f" {parts.scheme or 'https'}://{parts.netloc}" if parts.netloc else ""


def _written(policy: dict[str, str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in policy.items())


class HeadersMiddleware:
    def __init__(self, get_response):
        self.get_response = get_response
        self.readers, self.editors = policies()
        self.admin = reverse("admin:index")

    def __call__(self, request):
        response = self.get_response(request)
        # With DEBUG on these are Django's own pages, which are styled in place.
        if not (settings.DEBUG and response.status_code in (404, 500)):
            response.headers.setdefault("Content-Security-Policy", self.policy_for(request))
        response.headers.setdefault("Permissions-Policy", PERMISSIONS)
        # Django's own way to say it is not reached by a request for a host of others.
        response.headers.setdefault("X-Frame-Options", "DENY")
        is_admin = request.path.startswith(self.admin)
        if is_admin and "no-store" not in response.get("Cache-Control", ""):
            response["Cache-Control"] = "private, no-store"
        elif not is_admin:
            response.headers.setdefault("Cache-Control", ASK_AGAIN)
        # Pictures are for feed readers and cards at other sites too, and so is the API.
        is_shared = not is_admin and (
            self.is_picture(request) or response.get("Access-Control-Allow-Origin") == "*"
        )
        whose = "cross-origin" if is_shared else "same-origin"
        response.headers.setdefault("Cross-Origin-Resource-Policy", whose)
        return response

    def policy_for(self, request) -> str:
        if self.is_picture(request):
            return PICTURES
        return self.editors if request.path.startswith(self.admin) else self.readers

    def is_picture(self, request) -> bool:
        return request.path.startswith(settings.MEDIA_URL)
