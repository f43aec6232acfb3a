"""What nginx needs to know besides the files: headers, and the addresses that are moved or gone.

`deploy/nginx.conf` includes them. https://nginx.org/en/docs/http/ngx_http_map_module.html,
https://nginx.org/en/docs/http/ngx_http_headers_module.html.
"""

import re

from django.urls import reverse

from .asking import GONE, MOVED, CannotBake, Site

_PLAIN = re.compile(r"[\w./~:-]+", re.ASCII)  # what needs no quoting in a path


def files(site: Site, others: dict[str, dict]) -> dict[str, str]:
    """Name -> text. `others` as in a manifest."""
    page, data = site.ask(reverse("articles:robots")), site.ask(reverse("articles:openapi"))
    return {
        "nginx/maps.conf": _maps(others),
        "nginx/pages.conf": _headers(dict(page.headers)),
        "nginx/data.conf": _headers(dict(data.headers)),
    }


def _maps(others: dict[str, dict]) -> str:
    rows = sorted(others.values(), key=lambda row: row["path"])
    moved = [
        f'    "{_plain(row["path"])}" "{_plain(row["to"])}";\n'
        for row in rows
        if row["status"] == MOVED
    ]
    gone = [f'    "{_plain(row["path"])}" 1;\n' for row in rows if row["status"] == GONE]
    return (
        f'map $uri $baked_moved {{\n    default "";\n{"".join(moved)}}}\n'
        f"map $uri $baked_gone {{\n    default 0;\n{''.join(gone)}}}\n"
    )


def _plain(path: str) -> str:
    if not _PLAIN.fullmatch(path):
        raise CannotBake(f"{path!r} cannot stand in nginx's configuration")
    return path


def _headers(told: dict[str, str]) -> str:
    """As Django's middleware says them, with those answers that nobody baked too."""
    lines = []
    for name, value in sorted(told.items()):
        if not re.fullmatch(r"[\w-]+", name) or re.search(r'["\\$\n]', value):
            raise CannotBake(f"the header {name} cannot stand in nginx's configuration")
        lines.append(f'add_header {name} "{value}" always;\n')
    return "".join(lines)
