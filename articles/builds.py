"""Which build of the newsroom this is: what its pages are made by, beside the database."""

from hashlib import blake2b

from django.conf import settings

SOURCES = frozenset([".py", ".html", ".xml", ".txt", ".css", ".js", ".svg", ".mo"])


def build() -> str:
    """What pages depend on beside the database: the code, the templates, the settings. So that a
    page made before a deployment is not answered after it."""
    total = blake2b(digest_size=16)
    for folder in ("newsroom", "articles", "templates"):
        for path in sorted((settings.BASE_DIR / folder).rglob("*")):
            if path.suffix in SOURCES:
                total.update(path.read_bytes())
    for name in sorted(name for name in dir(settings) if name.isupper()):
        value = getattr(settings, name)
        if name != "SECRET_KEY" and _is_plain(value):
            total.update(f"{name}={value!r};".encode())
    return total.hexdigest()


def _is_plain(value) -> bool:
    """What is not, a lazy text say, reads differently in each process."""
    if isinstance(value, list | tuple):
        return all(map(_is_plain, value))
    return isinstance(value, str | int | float | None)
