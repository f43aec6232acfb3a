"""The edition: one number that moves whenever anything that readers can see does."""

from django.db import models


class Edition(models.Model):
    """One row. Triggers count it up in the transaction that changes what readers see, see
    `articles.editions`; nothing else writes it."""

    number = models.BigIntegerField()

    class Meta:
        default_permissions = ()

    def __str__(self):
        return str(self.number)
