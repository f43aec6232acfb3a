"""schemathesis asks the API everything that its document allows, and much that it does not, and
finds no answer that the document does not tell.
"""

import subprocess
import tempfile

from django.test import LiveServerTestCase

from tests import checkers
from tests.pages import make_newsroom
from tests.promises import trials


@checkers.needs(checkers.SCHEMATHESIS)
class SchemathesisTests(LiveServerTestCase):
    def test_finds_no_failure(self):
        make_newsroom()
        document = f"{self.live_server_url}/api/openapi.json"
        command = [checkers.SCHEMATHESIS, "run", document, "--seed", "1"]
        command += ["--max-examples", str(trials(4, 100))]
        # No schema says which topics there are, or what is a cursor: asked for others, it refuses.
        command += ["--exclude-checks", "positive_data_acceptance"]
        with tempfile.TemporaryDirectory() as folder:  # where it keeps what it would replay
            run = subprocess.run(
                command,
                cwd=folder,
                capture_output=True,
                text=True,
                timeout=trials(240, 1_200),
                check=False,
            )
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
