"""Articles: news items chosen from a feed, and the one rule that says which of them readers see.

Written by `importing.upsert` and the admin, asked by everything else.
"""

import uuid
from datetime import datetime, timedelta
from functools import cache

from django.conf import settings
from django.db import models, transaction
from django.db.models import Exists, F, OuterRef, Prefetch, Q, Subquery, Value
from django.db.models.functions import Coalesce, Now
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from taggit.managers import TaggableManager

from .. import folding, likeness, videos, weblinks
from ..publicity import FOLLOWING, following
from ..wording import first_free, slug_of
from .address import OldAddress
from .derived import DerivedField, DerivedTextField, Derives
from .fields import ByteOrderedCharField, WebURLField
from .item import ReadableItem
from .related import RelatedItem
from .revision import Revision
from .run import ImportedFile
from .tombstone import Tombstone
from .topic import TopicAssignment

_URNS = uuid.UUID("5a3c1a66-6a0c-4b6f-9a4e-2f0f6a3f8b11")  # this product's own

WORDS = ("words_title", "words_excerpt", "words_body")
# Long, and on no list of any kind.
NEVER_SHOWN = ("featured_content", "amp_url", "cdn_amp_url", *WORDS)
LATELY = 30  # days
READ = ("title", "excerpt", "body", "images")  # what is read of an article, as changes name it


class ArticleQuerySet(models.QuerySet):
    def published(self, at: datetime | None = None):
        """Articles that readers may see at the aware moment `at`.

        None means the moment the query runs, by the database's clock: a queryset that was built
        long ago still answers for now. The same rule for one row: `Article.is_published`.
        """
        at = Now() if at is None else at
        return self.filter(
            Q(publish_until__isnull=True) | Q(publish_until__gt=at),
            status=Article.Status.PUBLISHED,
            publish_from__lte=at,
        )

    def published_lately(self, at: datetime):
        """Public at `at`, and since no more than 30 days."""
        return self.published(at).filter(publish_from__gt=at - timedelta(days=LATELY))

    def undecided(self):
        """Held, and no editor has decided yet whether that is right: the triage queue."""
        return self.filter(status=Article.Status.HELD, decided_at__isnull=True)

    def scheduled(self, at: datetime):
        """Published by an editor for a moment that is still to come at `at`."""
        return self.filter(status=Article.Status.PUBLISHED, publish_from__gt=at)

    def oscillating(self):
        """Those whose feed went back to a copy that had led before."""
        few = Article.objects.filter(is_oscillating=True).order_by()
        # Apart, so that SQLite finds the few by their index and sorts them: asked for in the
        # list's order, it reads the whole list.
        return self.filter(pk__in=few.values("pk"))

    def wanting_a_picture(self):
        """Without a picture of our own to show, or with one that has no alternative text."""
        shown = ArticleImage.objects.filter(article=OuterRef("pk")).exclude(image__file="")
        # The least of its texts is none where it has no picture, and blank where one has no text.
        # As one question: asked with "exists", PostgreSQL reads every picture there is.
        least = Subquery(shown.order_by("image__alt_text").values("image__alt_text")[:1])
        return self.alias(least_text=Coalesce(least, Value(""))).filter(least_text="")

    def published_among(self, numbers):
        """Those of these articles (their numbers, or a query for them) that readers may see now.

        Each is looked up by itself: asked for by its status too, SQLite reads all that have it.
        """
        public = Article.objects.published().filter(pk=OuterRef("pk"))
        return self.filter(Exists(public), pk__in=numbers).order_by()

    def once_public(self):
        """Articles that readers see, or saw at some moment before now."""
        return self.filter(first_public_at__lte=Now())

    def ours(self):
        """Those that hold words of ours. The same for one row: `Article.is_ours`."""
        own = Q(source=Article.NEWSROOM, provider__isnull=True)
        return self.filter(own | ~Q(body=""))

    def taken_slugs(self, start: str = "") -> set[str]:
        """Every address that an article has, or under which readers saw one, as far as it begins
        with `start`. One query."""
        own, old, gone = (
            rows.filter(slug__startswith=start).order_by().values_list("slug")
            for rows in (Article.objects, OldAddress.objects, Tombstone.objects.exclude(slug=""))
        )
        return {slug for (slug,) in own.union(old, gone)}

    def newest_first(self):
        """By the source's publication time; articles of one second by stem, ascending."""
        return self.order_by("-published_at", "stem", "pk")

    def about(self, topic):
        return self.filter(topic_assignments__tag=topic)

    def assigned_to(self, user):
        """Whose business is the user's, outside the trash."""
        return self.filter(assigned_to=user).exclude(status=Article.Status.TRASHED)

    def delete(self):
        """Deletes for good: a tombstone keeps the next delivery from bringing them back."""
        with transaction.atomic():
            Tombstone.bury(self)
            return super().delete()

    def delete_unburied(self):
        """Deletes as if they had never come: the next delivery may bring them again."""
        return super().delete()

    delete.alters_data = delete_unburied.alters_data = True
    delete.queryset_only = delete_unburied.queryset_only = True

    def for_listing(self):
        """What a card shows, in three queries however many rows: articles with their providers,
        pictures, topics."""
        return (
            self.select_related("provider__logo")
            .defer("body", "note", *NEVER_SHOWN)
            .prefetch_related(_pictures("image_uses", ArticleImage), "topics")
        )

    def for_feed(self):
        """What a feed tells of each, in three queries: as `for_listing`, with our own words."""
        return self.for_listing().defer(None).defer("note", *NEVER_SHOWN)

    def for_page(self):
        """What the article's page shows, but for its related items (see `stories.related`), in
        three queries: the article, its pictures, topics."""
        pictures = _pictures("image_uses", ArticleImage)
        rows = self.select_related("provider__logo").prefetch_related(pictures, "topics")
        return rows.defer("note", "amp_url", "cdn_amp_url", *WORDS)

    def for_detail(self):
        """All of an article, in five queries: the article, its pictures, topics, related items with
        their providers, and their pictures.

        A related item's `page_here` is the slug of the published article that is about the same
        page, or None: never of one that readers may not see.
        """
        # Each looked up by itself: asked for by its status too, SQLite reads all that are public.
        public = Article.objects.published().filter(pk=OuterRef("pk"))
        here = Article.objects.filter(Exists(public), link_key=OuterRef("link_key"))
        related = (
            RelatedItem.objects.select_related("provider__logo")
            .annotate(page_here=Subquery(here.order_by("-published_at", "pk").values("slug")[:1]))
            .prefetch_related(_pictures("image_uses", RelatedItem.images.through))
        )
        return self.select_related("provider__logo").prefetch_related(
            _pictures("image_uses", ArticleImage), "topics", Prefetch("related_items", related)
        )

    def with_last_change(self):
        """Adds `edited_at` and `delivered_at`: when an editor and when a delivery last changed what
        readers read of it, or None; a delivery as long as its record is kept."""
        return self.annotate(**_last_changes())


@cache
def _last_changes() -> dict[str, Subquery]:
    """Put together once: that takes as long as asking."""
    read = {"article": OuterRef("pk"), "changes__has_any_keys": READ}
    edits = Revision.objects.filter(**read).order_by("-at").values("at")
    deliveries = ImportedFile.objects.filter(**read).order_by("-run__started_at")
    return {
        "edited_at": Subquery(edits[:1]),
        "delivered_at": Subquery(deliveries.values("run__started_at")[:1]),
    }


def _pictures(name, through):
    return Prefetch(name, through.objects.select_related("image"))


class Article(ReadableItem, Derives, models.Model):
    """A news item. (source, stem) is its identity: folders, links, titles and dates may change."""

    class Status(models.TextChoices):
        HELD = "held", _("Held")
        REVIEW = "review", _("In review")
        PUBLISHED = "published", _("Published")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        TRASHED = "trashed", _("In the trash")

    NEWSROOM = "newsroom"  # the source of articles written here

    # Identity
    source = models.CharField(
        _("source"), max_length=100, default=NEWSROOM, help_text=_("The feed it came with.")
    )
    stem = ByteOrderedCharField(_("stem"), max_length=255, help_text=_("Its file's name there."))
    slug = models.SlugField(
        _("address"),
        max_length=200,
        unique=True,
        help_text=_(
            "The last part of the article’s address. Where readers have seen it, an old one leads "
            "to the new one for good."
        ),
    )

    # What the feed said, until an editor says otherwise
    title = models.CharField(_("headline"), max_length=500)
    excerpt = models.TextField(_("excerpt"), blank=True)
    published_at = models.DateTimeField(
        _("published there"), help_text=_("When the source published it.")
    )
    provider = models.ForeignKey(
        "articles.Provider",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="articles",
        verbose_name=_("provider"),
        help_text=_("Who published it first. Blank for the newsroom's own."),
    )
    type = models.CharField(
        _("type"),
        max_length=50,
        default="article",
        help_text=_("“article” or “video”; a feed may send others."),
    )
    web_url = WebURLField(_("link"))
    original_url = WebURLField(_("original link"))
    featured_content = models.TextField(
        _("featured content"),
        blank=True,
        help_text=_("A video's embed code. Never shown as it is."),
    )

    # What only machines write
    amp_url = WebURLField(_("AMP link"))
    cdn_amp_url = WebURLField(_("cached AMP link"))
    quality = models.IntegerField(
        _("quality"),
        null=True,
        blank=True,
        help_text=_("The feed's score, 0 up; none: not scored."),
    )
    heat = models.IntegerField(
        _("heat"),
        null=True,
        blank=True,
        help_text=_(
            "Quality and a bonus for each related item; -1: another item leads its cluster."
        ),
    )
    feed_published = models.BooleanField(
        _("the feed's verdict"), null=True, blank=True, help_text=_("None: not scored yet.")
    )
    feed_removed = models.BooleanField(_("taken down by the feed"), default=False)
    is_oscillating = models.BooleanField(
        _("oscillating"),
        default=False,
        editable=False,
        help_text=_("The feed went back to a copy of the story that had led before."),
    )

    # What is looked for, see `derived`
    link_key = DerivedField(help_text=_("What all links to its page have in common."))
    title_first = DerivedField(help_text=_("Its headline’s first words, about that time."))
    title_last = DerivedField(help_text=_("Its headline’s last words, about that time."))
    words_title = DerivedTextField(help_text=_("Its headline’s words, for the search."))
    words_excerpt = DerivedTextField(help_text=_("Its excerpt’s words, for the search."))
    words_body = DerivedTextField(help_text=_("The words of our own text, for the search."))

    # What only editors write
    status = models.CharField(
        _("status"), max_length=20, choices=Status.choices, default=Status.HELD
    )
    publish_from = models.DateTimeField(
        _("publish from"), null=True, blank=True, help_text=_("Readers see it from this moment.")
    )
    publish_until = models.DateTimeField(
        _("publish until"), null=True, blank=True, help_text=_("And no longer from this one.")
    )
    decided_at = models.DateTimeField(
        _("decided"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("When an editor last set the status; until then it follows the feed."),
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("decided by"),
    )
    is_kept_public = models.BooleanField(
        _("keep public"),
        default=False,
        help_text=_("A takedown by the feed asks instead of withdrawing it."),
    )
    withdrawal_reason = models.CharField(
        _("why it is withdrawn"),
        max_length=500,
        blank=True,
        help_text=_("For colleagues, until it is published again. Readers never see it."),
    )
    pinned_lead = models.ForeignKey(
        "articles.Lead",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="+",
        verbose_name=_("pinned source"),
        help_text=_("Of the copies between which the feed swaps, the one that an editor chose."),
    )
    merged_into = models.ForeignKey(
        "self",
        models.SET_NULL,
        null=True,
        blank=True,
        editable=False,
        related_name="merged",
        verbose_name=_("merged into"),
        help_text=_("The article about the same story to which its address leads."),
    )
    hidden_related = models.JSONField(
        _("hidden related items"),
        default=list,
        blank=True,
        editable=False,
        help_text=_("What names each of them, however it is delivered again."),
    )
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("assigned to"),
        help_text=_("The colleague whose business it is."),
    )
    body = models.TextField(
        _("our words"), blank=True, help_text=_("The newsroom's own text, in Markdown.")
    )
    note = models.TextField(
        _("editor's note"), blank=True, help_text=_("For colleagues. Readers never see it.")
    )

    # What follows from the status and the window: see `follow`
    withdrawn_at = models.DateTimeField(_("withdrawn"), null=True, blank=True, editable=False)
    first_public_at = models.DateTimeField(
        _("first public"),
        null=True,
        blank=True,
        editable=False,
        help_text=_("The first moment readers see it, as far as it is planned."),
    )

    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    topics = TaggableManager(
        through=TopicAssignment,
        blank=True,
        related_name="articles",
        verbose_name=_("topics"),
        # As they were given, also where they are loaded for many: taggit leaves that to chance.
        ordering=["assignments__pk"],
    )
    images = models.ManyToManyField(
        "articles.Image", through="articles.ArticleImage", related_name="articles"
    )

    objects = ArticleQuerySet.as_manager()

    class Meta:
        verbose_name = _("article")
        verbose_name_plural = _("articles")
        ordering = ["-published_at", "stem", "pk"]
        permissions = [
            ("publish_article", _("Can publish, schedule and withdraw articles")),
            ("resolve_article", _("Can resolve proposals, duplicates and clusters")),
            ("merge_article", _("Can merge articles, providers and topics")),
        ]
        indexes = [
            # The public lists: front page, latest, and (through the assignments) topics.
            models.Index(
                F("published_at").desc(),
                F("stem"),
                F("source"),
                condition=Q(status="published"),
                name="article_public_list",
            ),
            # The feeds: what was published here last.
            models.Index(
                F("publish_from").desc(),
                F("id").desc(),
                condition=Q(status="published"),
                name="article_public_feed",
            ),
            # The provider's page.
            models.Index(
                F("provider"),
                F("published_at").desc(),
                F("stem"),
                condition=Q(status="published"),
                name="article_provider_list",
            ),
            # The admin list, as it opens...
            models.Index(F("published_at").desc(), F("stem"), F("id"), name="article_admin_list"),
            # ... and filtered to one status; with the window, so that the archive counts its days
            # in the index alone.
            models.Index(
                F("status"),
                F("published_at").desc(),
                F("publish_from"),
                F("publish_until"),
                name="article_admin_status",
            ),
            # What waits for a decision: the triage queue, read place by place, and its count.
            # The columns of the condition come first: SQLite else prefers the list's index.
            models.Index(
                F("status"),
                F("decided_at"),
                F("published_at").desc(),
                F("stem"),
                F("id"),
                condition=Q(status="held", decided_at__isnull=True),
                name="article_undecided",
            ),
            # What went public lately, and what does so next; with all that says who is public and
            # whose it is, so that topics and providers are counted in the index alone.
            models.Index(
                fields=["status", "publish_from", "publish_until", "provider"],
                condition=Q(status="published"),
                name="article_schedule",
            ),
            # What ends next.
            models.Index(
                fields=["publish_until"],
                condition=Q(status="published", publish_until__isnull=False),
                name="article_ends",
            ),
            # The few that want an editor's choice of source.
            models.Index(
                F("published_at").desc(),
                condition=Q(is_oscillating=True),
                name="article_oscillating",
            ),
            # Related items that are articles here, and possible duplicates of an article.
            models.Index(fields=["link_key"], name="article_link_key"),
            models.Index(fields=["title_first"], name="article_title_first"),
            models.Index(fields=["title_last"], name="article_title_last"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["source", "stem"], name="article_source_and_stem"),
            models.CheckConstraint(
                condition=~Q(source="") & ~Q(stem="") & ~Q(slug=""), name="article_has_an_identity"
            ),
            models.CheckConstraint(condition=~Q(title=""), name="article_has_a_title"),
            models.CheckConstraint(
                condition=Q(status__in=["held", "review", "published", "withdrawn", "trashed"]),
                name="article_status_is_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="published") | Q(publish_from__isnull=False),
                name="article_published_from_a_moment",
                violation_error_message=_(
                    "A published article needs the moment it is public from."
                ),
            ),
            models.CheckConstraint(
                condition=Q(publish_from__isnull=True)
                | Q(publish_until__isnull=True)
                | Q(publish_until__gt=F("publish_from")),
                name="article_ends_after_it_begins",
                violation_error_message=_("“Publish until” must be later than “publish from”."),
            ),
            # Who takes it out of the trash ends that.
            models.CheckConstraint(
                condition=Q(merged_into__isnull=True) | Q(status="trashed"),
                name="article_merged_lies_in_the_trash",
            ),
            models.CheckConstraint(
                condition=Q(quality__isnull=True) | Q(quality__gte=0), name="article_quality_from_0"
            ),
            models.CheckConstraint(
                condition=Q(heat__isnull=True) | Q(heat__gte=-1), name="article_heat_from_minus_1"
            ),
        ]

    DERIVED_FROM = frozenset(
        ["web_url", "original_url", "title", "published_at", "excerpt", "body"]
    )

    def __str__(self):
        return self.headline

    def get_absolute_url(self):
        return reverse("articles:detail", args=[self.slug])

    def delete(self, *args, **kwargs):
        """Deletes for good, see `ArticleQuerySet.delete`."""
        with transaction.atomic():
            Tombstone.bury([self])
            return super().delete(*args, **kwargs)

    delete.alters_data = True

    def is_published(self, at: datetime | None = None) -> bool:
        """Whether readers may see this row at the aware moment `at` (None: now).

        The same rule for many rows: `ArticleQuerySet.published`.
        """
        at = timezone.now() if at is None else at
        return (
            self.status == self.Status.PUBLISHED
            and self.publish_from is not None
            and self.publish_from <= at
            and (self.publish_until is None or self.publish_until > at)
        )

    @classmethod
    def derive(cls, values):
        link = weblinks.link(values["web_url"], values["original_url"])
        first, last = likeness.title_keys(values["title"], values["published_at"])
        words = folding.words_of(values["title"], values["excerpt"], values["body"])
        return {
            "link_key": weblinks.number(weblinks.key(link)),
            "title_first": first,
            "title_last": last,
            **dict(zip(WORDS, words, strict=True)),
        }

    def was_public(self, at: datetime | None = None) -> bool:
        """Whether readers see it, or saw it at some moment before `at` (None: now).

        The same for many rows: `ArticleQuerySet.once_public`.
        """
        at = timezone.now() if at is None else at
        return self.first_public_at is not None and self.first_public_at <= at

    @property
    def urn(self) -> str:
        """Its name for machines: stays whatever its address, headline or host become."""
        return uuid.uuid5(_URNS, f"{self.source}/{self.stem}").urn

    @property
    def is_own(self) -> bool:
        """Written here and credited to nobody else."""
        return self.source == self.NEWSROOM and self.provider_id is None

    @property
    def is_ours(self) -> bool:
        """Whether it holds words of ours, and not a third party's excerpt alone.

        The same for many rows: `ArticleQuerySet.ours`.
        """
        return self.body != "" or self.is_own

    @property
    def link_host(self) -> str:
        return weblinks.host(self.link)

    @property
    def video(self) -> videos.Video | None:
        """The video that its page may play after a click, or None: see the setting VIDEO_HOSTS."""
        if not self.is_video:
            return None
        links = (self.web_url, self.original_url)
        return videos.find(self.featured_content, *links, hosts=settings.VIDEO_HOSTS)

    @property
    def picture(self):
        """The first of its images that has a file to show, or None. One query unless prefetched."""
        return next((use.image for use in self.image_uses.all() if use.image.file), None)

    def decide(self, status: str, by, at: datetime, reason: str = "") -> None:
        """An editor sets the status; from now on the feed's verdict no longer moves it.

        Publishing without a moment publishes at once; withdrawing takes the `reason` along; out of
        the trash, what was merged stands on its own again. Sets fields; the caller saves.
        """
        self.status = status
        if status != self.Status.TRASHED:
            self.merged_into = None
        self.decided_by, self.decided_at = by, at
        if status == self.Status.PUBLISHED and self.publish_from is None:
            self.publish_from = at
        if status == self.Status.WITHDRAWN:
            self.withdrawal_reason = reason
        self.follow(at)

    def follow(self, at: datetime) -> dict[str, object]:
        """Set the fields that follow from the status and the window, which changed at the moment
        `at`; returns them by name. Whoever changes either calls this, and saves."""
        values = following(
            self.status,
            self.publish_from,
            self.publish_until,
            at=at,
            now=timezone.now(),
            **{name: getattr(self, name) for name in FOLLOWING},
        )
        for name, value in values.items():
            setattr(self, name, value)
        return values

    @classmethod
    def slug_for(cls, stem: str, title: str, published_at: datetime, taken) -> str:
        """The permanent address: the stem where that is `<date>-<slug>`, else date and title."""
        text = stem if _is_dated(stem) else f"{published_at:%Y-%m-%d}-{slug_of(title, stem)}"
        return first_free(slug_of(text, max_length=190), taken)


def _is_dated(stem: str) -> bool:
    date, rest = stem[:10], stem[10:]
    return (
        len(rest) > 1
        and rest[0] == "-"
        and date[4:5] == date[7:8] == "-"
        and date.replace("-", "").isdecimal()
        and slug_of(rest) != "item"
    )


class ArticleImage(models.Model):
    article = models.ForeignKey(Article, models.CASCADE, related_name="image_uses")
    image = models.ForeignKey("articles.Image", models.PROTECT, related_name="article_uses")
    position = models.PositiveSmallIntegerField(_("position"), default=0)

    class Meta:
        verbose_name = _("picture")
        verbose_name_plural = _("pictures")
        ordering = ["position", "pk"]
        constraints = [
            models.UniqueConstraint(fields=["article", "image"], name="image_once_in_an_article"),
        ]

    def __str__(self):
        return str(self.image)
