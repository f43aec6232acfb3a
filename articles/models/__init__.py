"""What the newsroom knows: one noun a file, its QuerySet above it."""

from .article import Article, ArticleImage
from .delivery import Delivery
from .image import Image
from .provider import Provider
from .related import RelatedImage, RelatedItem
from .topic import Topic, TopicAssignment

__all__ = [
    "Article",
    "ArticleImage",
    "Delivery",
    "Image",
    "Provider",
    "RelatedImage",
    "RelatedItem",
    "Topic",
    "TopicAssignment",
]
