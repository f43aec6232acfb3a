"""German: Django writes a day and an hour without the comma between them."""

DATETIME_FORMAT = "j. F Y, H:i"
