"""Rows for tests: plain functions with honest defaults. A test states only what it is about."""

from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection

from articles.models import (
    Article,
    ArticleImage,
    Image,
    Provider,
    RelatedImage,
    RelatedItem,
    Topic,
)

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_numbers = count(1)


def make_provider(name="Harbour Post", domain="harbourpost.example", **fields):
    provider = Provider.objects.filter(name=name, domain=domain).first()
    if provider is None:
        taken = set(Provider.objects.values_list("slug", flat=True))
        fields.setdefault("slug", Provider.slug_for(name, domain, taken))
        provider = Provider.objects.create(name=name, domain=domain, **fields)
    return provider


def make_topic(name="Climate"):
    return Topic.objects.get_or_create(name=name)[0]


def make_image(**fields):
    """A picture with a file's name (no bytes behind it), so that pages show it."""
    number = next(_numbers)
    fields.setdefault("url", f"https://pictures.example/{number}.jpg")
    fields.setdefault("file", f"images/{number}.jpg")
    fields.setdefault("width", 1200)
    fields.setdefault("height", 675)
    return Image.objects.create(**fields)


def make_article(*, is_published=True, topics=(), images=(), related=0, **fields):
    """An article, public since `publish_from` unless `is_published=False` (then held, and readers
    have never seen it)."""
    number = next(_numbers)
    fields.setdefault("source", "seeds")
    fields.setdefault("stem", f"2026-03-01-story-{number}")
    fields.setdefault("slug", fields["stem"])
    fields.setdefault("title", f"Story number {number}")
    fields.setdefault("excerpt", f"What happened in story {number}.")
    fields.setdefault("published_at", NOON + timedelta(minutes=number))
    fields.setdefault("web_url", f"https://harbourpost.example/{number}")
    if "provider" not in fields:
        fields["provider"] = make_provider()
    if is_published:
        fields.setdefault("status", Article.Status.PUBLISHED)
        fields.setdefault("publish_from", NOON)
        fields.setdefault("first_public_at", fields["publish_from"])
    article = Article.objects.create(**fields)
    article.topics.set([make_topic(topic) for topic in topics])
    for position, image in enumerate(images):
        ArticleImage.objects.create(article=article, image=image, position=position)
    for position in range(related):
        make_related_item(article, position=position)
    return article


def make_related_item(article, *, images=(), **fields):
    number = next(_numbers)
    fields.setdefault("title", f"Other coverage {number}")
    fields.setdefault("web_url", f"https://other.example/{number}")
    fields.setdefault("published_at", NOON)
    if "provider" not in fields:
        fields["provider"] = make_provider(f"Outlet {number}", f"outlet{number}.example")
    item = RelatedItem.objects.create(article=article, **fields)
    for position, image in enumerate(images):
        RelatedImage.objects.create(related_item=item, image=image, position=position)
    return item


def make_editor(username="editor"):
    """A superuser without a password: tests use `force_login`."""
    return get_user_model().objects.create(username=username, is_staff=True, is_superuser=True)


def make_member(role, username=None):
    """A user of one of the roles: "Importer", "Editor", "Publisher" or "Administrator"."""
    group = Group.objects.filter(name=role).first()
    if group is None:  # a test that empties tables, run before, has emptied this one
        import_module("articles.migrations.0006_roles").make_roles(apps, connection.schema_editor())
        group = Group.objects.get(name=role)
    user = get_user_model().objects.create(username=username or role.lower(), is_staff=True)
    user.groups.add(group)
    return user
