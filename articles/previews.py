"""Preview links: made, revoked, and what an address shows.

An address is the row's secret and the signature of it. Who reads the database alone cannot sign,
who knows the key alone cannot guess a secret, and editors can read a link again as long as it
works, which a digest would not allow.
"""

from datetime import timedelta

from django.core import signing
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .models import Article, PreviewLink

# For how many hours a link may work.
HOURS = {
    1: gettext_lazy("1 hour"),
    24: gettext_lazy("1 day"),
    72: gettext_lazy("3 days"),
    168: gettext_lazy("7 days"),
    336: gettext_lazy("14 days"),
    720: gettext_lazy("30 days"),
}
DEFAULT_HOURS = 168
# What nobody is to see any more, whoever has a link to it.
HIDDEN = (Article.Status.WITHDRAWN, Article.Status.TRASHED)

_signer = signing.Signer(salt="articles.previews", sep=".")


def make(article: Article, by, hours: int = DEFAULT_HOURS) -> PreviewLink:
    """A new link to the article, for one of HOURS. Raises ValidationError, with a reason for the
    editor, where there must be none."""
    if hours not in HOURS:
        raise ValidationError(_("Choose for how long the link works."))
    if article.status in HIDDEN:
        raise ValidationError(_("What is withdrawn or in the trash is shown to nobody."))
    now = timezone.now()
    end = now + timedelta(hours=hours)
    return PreviewLink.objects.create(article=article, made_by=by, made_at=now, expires_at=end)


def revoke(link: PreviewLink) -> bool:
    """Let the link show nothing from now on. Returns whether it still worked."""
    return bool(PreviewLink.objects.open().filter(pk=link.pk).update(revoked_at=timezone.now()))


def address_of(link: PreviewLink) -> str:
    return reverse("articles:preview", args=[_signer.sign(link.secret)])


def article_of(token: str) -> Article | None:
    """The article that the token of a link shows now, loaded as its page needs it; None where the
    token is none, the link is over or revoked, or the article withdrawn or thrown away."""
    try:
        secret = _signer.unsign(token)
    except signing.BadSignature:
        return None
    links = PreviewLink.objects.open().filter(secret=secret)
    articles = Article.objects.filter(preview_links__in=links).exclude(status__in=HIDDEN)
    return articles.for_page().first()
