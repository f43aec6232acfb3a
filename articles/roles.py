"""Who may do what: the permissions that go beyond Django's own, and the questions asked of them.

Four roles, groups made by a migration: Importer, Editor, Publisher, Administrator. What readers see
is the publishers': an editor writes everything up to the moment that it is public.
"""

from django.utils.translation import gettext_lazy as _

from .models import Article

PUBLISH = "articles.publish_article"
RESOLVE = "articles.resolve_article"
MERGE = "articles.merge_article"
UNDO_RUN = "articles.undo_importrun"

# Into these and out of them leads a decision about what readers see.
PUBLISHERS_STATES = frozenset([Article.Status.PUBLISHED, Article.Status.WITHDRAWN])

NOT_A_PUBLISHER = _("Only a publisher may do that. Send it to review instead.")
PUBLIC_NOW = _(
    "It has been published since you opened it, and what readers see only a publisher changes. "
    "Nothing is saved; what you wrote stands below."
)


def may_decide(user, before: str, after: str) -> bool:
    """Whether the user may take an article from one status to the other."""
    return PUBLISHERS_STATES.isdisjoint((before, after)) or user.has_perm(PUBLISH)


def may_change(user, article: Article) -> bool:
    """Whether the user may change what the article says. Public or scheduled, it is a publisher's:
    each change of it would be published with the saving."""
    is_public = article.status == Article.Status.PUBLISHED
    return user.has_perm("articles.change_article") and (not is_public or user.has_perm(PUBLISH))
