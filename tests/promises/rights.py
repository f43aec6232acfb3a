"""The table of who may do what in the admin, and how it is read.

A page's name is that of its URL pattern without the namespace and the app. In a column stands:
`-` it is refused; `r` it is read, and nothing that is sent to it changes a row; `w` what is sent to
it is done; `w*` the same, but not to what readers see.
"""

import re

ROLES = ("Importer", "Editor", "Publisher", "Administrator")

PAGES = """
index                      r  r  r  r
app_list                   r  r  r  r
jsi18n                     r  r  r  r
autocomplete               r  r  r  r
view_on_site               r  r  r  r
password_change            r  r  r  r
password_change_done       r  r  r  r
second_factor              r  r  r  r

article_changelist         r  r  r  r
article_add                -  w  w  w
article_change             r  w* w  w
article_delete             -  -  -  w
article_history            r  r  r  r
article_compare            r  r  r  r
article_restore            -  w* w  w
article_trash              -  w* w  w
article_triage             r  w* w  w
article_proposals          -  -  w  w
article_sources            -  -  w  w
article_preview            r  r  r  r
article_preview_links      -  w  w  w
article_bulk               -  w  w  w
article_lead               -  -  w  w
article_hide               -  w* w  w
article_undo               -  w* w  w
article_pin                -  -  w  w

pin_changelist             -  -  w  w

relateditem_changelist     r  r  r  r
relateditem_add            -  w* w  w
relateditem_change         r  w* w  w
relateditem_delete         -  w* w  w
relateditem_history        r  r  r  r

image_changelist           r  w  w  w
image_upload               -  w  w  w
image_choose               r  r  r  r
image_add                  -  w  w  w
image_change               r  w  w  w
image_delete               -  -  w  w
image_history              r  r  r  r

provider_changelist        r  r  r  r
provider_add               -  w  w  w
provider_change            r  w  w  w
provider_delete            -  -  w  w
provider_history           r  r  r  r

topic_changelist           r  r  r  r
topic_add                  -  w  w  w
topic_change               r  w  w  w
topic_delete               -  -  w  w
topic_history              r  r  r  r

importrun_changelist       r  r  r  r
importrun_add              -  -  -  -
importrun_change           r  r  r  r
importrun_delete           -  -  -  -
importrun_history          r  r  r  r
importrun_undo             w  -  -  w

importedfile_changelist    r  r  r  r
importedfile_add           -  -  -  -
importedfile_change        r  r  r  r
importedfile_delete        -  -  -  -
importedfile_history       r  r  r  r

proposal_changelist        r  r  r  r
proposal_add               -  -  -  -
proposal_change            r  r  r  r
proposal_delete            -  -  -  -
proposal_history           r  r  r  r

duplicatepair_changelist   r  r  r  r
duplicatepair_add          -  -  -  -
duplicatepair_change       r  r  r  r
duplicatepair_delete       -  -  -  -
duplicatepair_history      r  r  r  r
duplicatepair_resolve      -  -  w  w

tombstone_changelist       r  r  r  r
tombstone_add              -  -  -  -
tombstone_change           r  r  r  r
tombstone_delete           -  -  -  -
tombstone_history          r  r  r  r

admin_logentry_changelist  -  -  r  r
admin_logentry_add         -  -  -  -
admin_logentry_change      -  -  r  r
admin_logentry_delete      -  -  -  -
admin_logentry_history     -  -  r  r

django_tasks_database_dbtaskresult_changelist  - - - -
django_tasks_database_dbtaskresult_add         - - - -
django_tasks_database_dbtaskresult_change      - - - -
django_tasks_database_dbtaskresult_delete      - - - -
django_tasks_database_dbtaskresult_history     - - - -

auth_user_changelist       -  -  -  r
auth_user_add              -  -  -  w
auth_user_change           -  -  -  w
auth_user_delete           -  -  -  w
auth_user_history          -  -  -  r
auth_user_password_change  -  -  -  w

accounts_attempts_changelist - - - r
accounts_attempts_add      -  -  -  -
accounts_attempts_change   -  -  -  r
accounts_attempts_delete   -  -  -  w
accounts_attempts_history  -  -  -  r

auth_group_changelist      -  -  -  r
auth_group_add             -  -  -  w
auth_group_change          -  -  -  w
auth_group_delete          -  -  -  w
auth_group_history         -  -  -  r
"""

# Of the lists' actions: `r` stands nowhere, for nothing is read by one. One that asks first does no
# more than keep for which articles it asks.
ACTIONS = """
article.publish_now        -  -  w  w
article.hold               -  w* w  w
article.send_to_review     -  w* w  w
article.withdraw           -  -  w  w
article.pin_to_front       -  -  w  w
article.move_to_trash      -  w* w  w
article.restore            -  w* w  w
article.retopic            -  w  w  w
article.assign             -  w  w  w
article.delete_for_good    -  -  -  w

relateditem.delete_selected  - w* w w
image.delete_selected      -  -  w  w
provider.delete_selected   -  -  w  w
provider.merge_into        -  -  w  w
topic.delete_selected      -  -  w  w
topic.merge_into           -  -  w  w
proposal.accept_theirs     -  -  w  w
proposal.keep_ours         -  -  w  w
duplicatepair.not_duplicates - - w w
tombstone.let_return       -  -  -  w
user.remove_second_factor  -  -  -  w
attempts.delete_selected   -  -  -  w
user.delete_selected       -  -  -  w
group.delete_selected      -  -  -  w
"""

# Whoever is there may log in and out, and the rest redirects to a page that is listed.
FREE = {"login", "logout"}


def read(table: str) -> dict[str, dict[str, str]]:
    """Page or action to role to mark."""
    rows = (line.split() for line in table.splitlines() if line.strip())
    return {name: dict(zip(ROLES, marks, strict=True)) for name, *marks in rows}


_WRITING = re.compile(r'(?:INSERT INTO|UPDATE|DELETE FROM) "(\w+)"')
# Written by logging in and by looking, and by no deed alone.
_BESIDE = {"django_session", "django_admin_log"}
# Where an action of a list says what happened to each article, that it was refused among it.
RECORDS = {"articles_bulkaction", "articles_bulkitem"}


class Writes:
    """An execute wrapper that notes which tables are written to, but for what is rolled back."""

    def __init__(self):
        self.noted = []

    def __call__(self, execute, sql, params, many, context):
        verb, _, name = sql.partition(" SAVEPOINT ") if " SAVEPOINT " in sql else ("", "", "")
        match = _WRITING.match(sql)
        if sql.startswith("SAVEPOINT "):
            self.noted.append(sql.removeprefix("SAVEPOINT "))
        elif verb == "ROLLBACK TO" and name in self.noted:
            del self.noted[self.noted.index(name) :]
        elif match:
            self.noted.append(match)
        return execute(sql, params, many, context)

    @property
    def tables(self) -> set[str]:
        return {note[1] for note in self.noted if isinstance(note, re.Match)} - _BESIDE
