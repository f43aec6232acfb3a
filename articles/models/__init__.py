"""What the newsroom knows: one noun a file, its QuerySet above it."""

from .article import Article, ArticleImage
from .bulk import BulkAction, BulkItem
from .delivery import Delivery
from .duplicate import DuplicatePair
from .image import Image
from .lead import Lead
from .pin import Pin
from .preview import PreviewLink
from .provider import Provider, ProviderAlias
from .related import RelatedImage, RelatedItem
from .revision import Revision
from .run import ImportedFile, ImportRun, Proposal
from .taxonomy import TaxonomyDelivery
from .tombstone import Tombstone
from .topic import Topic, TopicAlias, TopicAssignment

__all__ = [
    "Article",
    "ArticleImage",
    "BulkAction",
    "BulkItem",
    "Delivery",
    "DuplicatePair",
    "Image",
    "ImportRun",
    "ImportedFile",
    "Lead",
    "Pin",
    "PreviewLink",
    "Proposal",
    "Provider",
    "ProviderAlias",
    "RelatedImage",
    "RelatedItem",
    "Revision",
    "TaxonomyDelivery",
    "Tombstone",
    "Topic",
    "TopicAlias",
    "TopicAssignment",
]
