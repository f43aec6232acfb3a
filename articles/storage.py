"""The folder of files that readers are shown: each is whole, or is not there.

One that cannot be written to its end, on a full disk say, leaves nothing behind; of a process that
dies nothing half-written stands at an address. Made by Django, as the setting STORAGES says.
"""

import os
import shutil
from pathlib import Path
from secrets import token_hex

from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage as Stock

PART = ".part-"  # how the name of what is being written begins


class FileSystemStorage(Stock):
    def _save(self, name, content):
        """As Django's. Raises OSError with nothing left of the file."""
        name = super()._save(name, ContentFile(b""))  # nobody else's from now on
        place = Path(self.path(name))
        part = place.with_name(f"{PART}{token_hex(8)}")
        try:
            with part.open("xb") as file:
                for chunk in content.chunks():
                    file.write(chunk.encode() if isinstance(chunk, str) else chunk)
                file.flush()
                os.fsync(file.fileno())
            shutil.copymode(place, part)
            part.replace(place)
        except BaseException:
            part.unlink(missing_ok=True)
            place.unlink(missing_ok=True)
            raise
        return name
