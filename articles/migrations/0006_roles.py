"""The four roles, as groups. An administrator may change them afterwards: no later migration takes
back what these were given or denied here."""

from django.apps import apps as installed
from django.contrib.auth.management import create_permissions
from django.db import migrations

APPS = ("articles", "admin", "auth")
ALL = ("add", "change", "delete", "view")

RECORDS = {"importrun": ("view",), "importedfile": ("view",), "proposal": ("view",), "tombstone": ("view",)}
READING = {
    name: ("view",)
    for name in (
        *("article", "articleimage", "relateditem", "relatedimage", "image"),
        *("topic", "topicalias", "provider", "provideralias"),
    )
}
WRITING = {
    "article": ("add", "change", "view"),
    "articleimage": ALL,
    "relateditem": ALL,
    "relatedimage": ALL,
    "image": ("add", "change", "view"),
    "topic": ("add", "change", "view"),
    "provider": ("add", "change", "view"),
}
PUBLISHING = {
    "article": ("add", "change", "view", "publish", "resolve", "merge"),
    "image": ALL,
    "topic": ALL,
    "topicalias": ALL,
    "provider": ALL,
    "provideralias": ALL,
    "logentry": ("view",),
}
ROLES = {
    "Importer": READING | RECORDS | {"importrun": ("view", "undo")},
    "Editor": READING | RECORDS | WRITING,
    "Publisher": READING | RECORDS | WRITING | PUBLISHING,
    "Administrator": None,  # all that the admin knows
}


def make_roles(apps, schema_editor):
    # Permissions come after the last migration, which is too late for a first one.
    for label in APPS:
        create_permissions(
            installed.get_app_config(label),
            verbosity=0,
            using=schema_editor.connection.alias,
            apps=apps,
        )
    Group = apps.get_model("auth", "Group")
    Permission = apps.get_model("auth", "Permission")
    known = Permission.objects.filter(content_type__app_label__in=APPS)
    for name, granted in ROLES.items():
        group, is_new = Group.objects.get_or_create(name=name)
        if not is_new:
            continue  # a group of that name stood here before, and is somebody's own
        if granted is None:
            group.permissions.set(known)
            continue
        names = [f"{verb}_{model}" for model, verbs in granted.items() for verb in verbs]
        group.permissions.set(known.filter(codename__in=names))


class Migration(migrations.Migration):
    dependencies = [
        ("articles", "0005_permissions"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("admin", "0003_logentry_add_action_flag_choices"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_roles, migrations.RunPython.noop)]
