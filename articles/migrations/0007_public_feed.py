from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('articles', '0006_roles'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='article',
            index=models.Index(models.OrderBy(models.F('publish_from'), descending=True), models.OrderBy(models.F('id'), descending=True), condition=models.Q(('status', 'published')), name='article_public_feed'),
        ),
    ]
