"""Digests by which a known file is known: of its bytes and of how seeds are read. No ORM."""

from hashlib import blake2b

from django.conf import settings

# Raise it when a seed is read in a new way, and every file is read again.
READING = 1


def reading() -> str:
    """Four hex digits for how seeds are read just now: the start of every fingerprint, so that a
    new version of the reading, or another SEEDS_UNSCORED, is no "unchanged"."""
    text = f"{READING}{settings.SEEDS_UNSCORED}".encode()
    return blake2b(text, digest_size=2).hexdigest()


def fingerprint(content: bytes, prefix: str | None = None) -> str:
    """32 hex digits; `prefix` is what `reading()` says, for those who ask often."""
    start = reading() if prefix is None else prefix
    return start + blake2b(content, digest_size=14).hexdigest()
