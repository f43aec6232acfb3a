"""What Lighthouse says of the readers' pages: `python -m benchmarks.lighthouse COMMAND`.

COMMAND is Lighthouse's own, as `npm install lighthouse` puts it into node_modules/.bin. It judges a
newsroom filled with the project's seeds and served as in production: DEBUG off, and before it what
a proxy does: static files and pictures from their folders, text compressed. `--require` fails
unless accessibility, best practices and SEO are 100 everywhere; a time never fails.
"""

import argparse
import gzip
import json
import mimetypes
import os
import shutil
import subprocess
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory

CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
REQUIRED = CATEGORIES[1:]
BROWSER = "--headless=new --no-sandbox --disable-gpu"
YEAR = "public, max-age=31536000, immutable"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("command", type=Path)
    parser.add_argument("--require", action="store_true")
    options = parser.parse_args()
    with TemporaryDirectory() as folder:
        pages = serve(Path(folder))
        found = {
            (name, device): judge(options.command, address, device, folder)
            for name, address in pages.items()
            for device in ("mobile", "desktop")
        }
    rows = [["page", "on", *CATEGORIES, "what keeps it"], ["---"] * 7]
    for (name, device), (scores, faults) in found.items():
        rows.append([name, device, *(str(scores[each]) for each in CATEGORIES), "; ".join(faults)])
    sys.stdout.writelines(f"| {' | '.join(row)} |\n" for row in rows)
    low = [scores[each] < 100 for scores, _faults in found.values() for each in REQUIRED]
    return int(options.require and any(low))


def serve(folder: Path) -> dict[str, str]:
    """A filled newsroom, served by a thread: page -> address."""
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "DEBUG": "off",
        "SECRET_KEY": "for the minute that this takes, on this machine alone" * 2,
        "ALLOWED_HOSTS": "127.0.0.1",
        # As if a proxy stood in front.
        "BEHIND_TLS_PROXY": "on",
        "SECURE_SSL_REDIRECT": "off",
        "DATABASE_URL": f"sqlite:///{folder / 'newsroom.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
        "LOG_LEVEL": "ERROR",
    }
    import django

    django.setup()
    from django.conf import settings
    from django.core.management import call_command
    from django.core.servers.basehttp import ThreadedWSGIServer, WSGIRequestHandler
    from django.utils import timezone

    from articles import renditions
    from articles.importing.pipeline import import_seeds
    from articles.models import Article

    call_command("migrate", verbosity=0, interactive=False)
    call_command("collectstatic", verbosity=0, interactive=False)
    from newsroom.wsgi import application  # which looks for the static files

    with renditions.together():
        import_seeds([settings.BASE_DIR / "seeds"], "seeds")
    pictured = Article.objects.published().exclude(image_uses=None).order_by("-published_at")
    article = pictured.first()
    # With words of our own, so that search engines may list it.
    article.body = "\n\n".join(["Why this matters, in **our own** words. " * 12] * 4)
    article.save()
    Article.objects.published().update(publish_from=timezone.now())

    class Quiet(WSGIRequestHandler):
        def log_message(self, *args):
            pass

    server = ThreadedWSGIServer(("127.0.0.1", 0), Quiet)
    folders = {"/static/": folder / "static", "/media/": folder / "media"}
    server.set_app(proxy(application, folders))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}"
    return {"front page": f"{here}/", "article": here + article.get_absolute_url()}


def proxy(application, folders: dict[str, Path]):
    """What stands before an application server."""

    def of_file(path):
        for prefix, folder in folders.items():
            if path.startswith(prefix) and (file := folder / path.removeprefix(prefix)).is_file():
                kind = mimetypes.guess_type(file)[0] or "application/octet-stream"
                return (
                    "200 OK",
                    [("Content-Type", kind), ("Cache-Control", YEAR)],
                    file.read_bytes(),
                )
        return None

    def of_application(environ):
        told = []
        parts = application(environ, lambda *args: told.extend(args))
        body = b"".join(parts)
        if hasattr(parts, "close"):  # a kept page has none
            parts.close()
        return told[0], told[1], body

    def answer(environ, start_response):
        status, headers, body = of_file(environ["PATH_INFO"]) or of_application(environ)
        kind = dict(headers).get("Content-Type", "")
        if kind.startswith("text/") or kind.partition(";")[0].endswith(("xml", "json", "script")):
            body = gzip.compress(body)
            headers.append(("Content-Encoding", "gzip"))
        headers = [each for each in headers if each[0] != "Content-Length"]
        start_response(status, [*headers, ("Content-Length", str(len(body)))])
        return [body]

    return answer


def judge(command: Path, address: str, device: str, folder: str):
    """Scores of 0 to 100, and what is less than whole: Lighthouse's audits that weigh something."""
    report = Path(folder, "report.json")
    preset = ["--preset", "desktop"] if device == "desktop" else []
    asked = [command, address, *preset, "--quiet", f"--chrome-flags={BROWSER}"]
    asked += ["--output", "json", "--output-path", report]
    chrome = {"CHROME_PATH": os.environ.get("CHROMIUM") or shutil.which("chromium")}
    # Now and then the browser records nothing, and Lighthouse asks to be run again.
    for is_last in (False, False, True):
        run = subprocess.run(asked, env=os.environ | chrome, timeout=180, check=is_last)
        if run.returncode == 0:
            break
    told = json.loads(report.read_text())
    scores = {name: round(100 * told["categories"][name]["score"]) for name in CATEGORIES}
    weighty = {
        each["id"]
        for name in CATEGORIES
        for each in told["categories"][name]["auditRefs"]
        if each["weight"]
    }
    faults = []
    for name, audit in told["audits"].items():
        if name in weighty and audit["score"] is not None and audit["score"] < 1:
            value = audit.get("displayValue")
            faults.append(f"{audit['title']}{f' ({value})' if value else ''}")
    return scores, faults


if __name__ == "__main__":
    sys.exit(main())
