"""What the newsroom knows: one noun a file, its QuerySet above it."""

from .address import OldAddress
from .article import Article, ArticleImage
from .bulk import BulkAction, BulkItem
from .delivery import Delivery
from .duplicate import DuplicatePair
from .edition import Edition
from .image import Image
from .lead import Lead
from .pin import Pin
from .preview import PreviewLink
from .provider import Provider, ProviderAlias
from .related import RelatedImage, RelatedItem
from .rendition import Rendition
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
    "Edition",
    "Image",
    "ImportRun",
    "ImportedFile",
    "Lead",
    "OldAddress",
    "Pin",
    "PreviewLink",
    "Proposal",
    "Provider",
    "ProviderAlias",
    "RelatedImage",
    "RelatedItem",
    "Rendition",
    "Revision",
    "TaxonomyDelivery",
    "Tombstone",
    "Topic",
    "TopicAlias",
    "TopicAssignment",
]
