"""One GET: what is asked and how, and how hostile servers, names and redirects end."""

import shutil
import socket
import ssl
import subprocess
import threading
import tracemalloc
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from django.test import SimpleTestCase, override_settings

from articles.fetching import client
from articles.fetching.client import FetchError

from .hostile import HERE, SOON, NoGuard, Server, Web, answer, forever, redirect, silent

PRIVATE = ["10.0.0.1", "127.0.0.1", "127.0.0.2", "169.254.169.254", "::1", "fd00:ec2::254"]
HEAD = b"HTTP/1.1 200 OK\r\n"


class ClientTestCase(SimpleTestCase):
    def failure(self, sent, *, path="/picture", **fields) -> FetchError:
        """How asking a server ends that sends this."""
        with Server({path: sent}) as server:
            web = Web(server, **fields)
            with self.assertRaises(FetchError) as raised:
                web.get(server.url(path))
        # Whatever happened, nobody else was asked.
        self.assertEqual(set(web.dialled), {(HERE, server.port)})
        return raised.exception


class AskingTests(ClientTestCase):
    def test_gets_the_bytes_whatever_the_head_says_they_are(self):
        with Server(
            {"/a b": b"", "/picture": answer(b"bytes", Content_Type="text/html")}
        ) as server:
            self.assertEqual(Web(server).get(server.url()), b"bytes")

    @override_settings(SITE_NAME="Nachtzeitung Köln", ALLOWED_HOSTS=[".x", "news.example.org"])
    def test_says_who_asks_and_nothing_else(self):
        with Server({"/p": answer(b"x", Set_Cookie="a=b")}) as server:
            web = Web(server)
            for _ in range(2):
                web.get(server.url("/p?x=1"))
        head = server.asked[1].split("\r\n")
        self.assertEqual(head[0], "GET /p?x=1 HTTP/1.1")
        self.assertEqual(
            {line.partition(":")[0] for line in head[1:] if line},
            {"Host", "User-Agent", "Accept", "Accept-Encoding", "Connection"},
        )
        self.assertIn(f"Host: pictures.example:{server.port}", head)
        self.assertIn("Accept-Encoding: identity", head)
        about = "Nachtzeitung Koln; +https://news.example.org/"
        self.assertIn(f"User-Agent: Newsroom-pictures/1.0 ({about})", head)

    @override_settings(SITE_NAME="الأخبار\r\nX: y", ALLOWED_HOSTS=[])
    def test_a_name_without_plain_letters_breaks_no_head(self):
        self.assertEqual(client.user_agent(), "Newsroom-pictures/1.0 (X: y)")

    def test_asks_no_proxy(self):
        with Server({"/picture": answer(b"x")}) as server, pytest.MonkeyPatch.context() as patch:
            for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
                patch.setenv(name, "http://127.0.0.2:9")
            self.assertEqual(Web(server).get(server.url()), b"x")

    def test_tries_the_next_address_of_a_name(self):
        def resolve(host, port):
            return ["192.0.2.1", HERE]

        with Server({"/picture": answer(b"x")}) as server:
            web = Web(server, guard=NoGuard(frozenset([(HERE, server.port)])), resolve=resolve)
            real = web.client.dial

            def refuse_the_first(address, port, timeout):
                if address != HERE:
                    raise client.httpcore.ConnectError("refused")
                return real(address, port, timeout)

            object.__setattr__(web.client, "dial", refuse_the_first)
            self.assertEqual(web.get(server.url()), b"x")

    def test_follows_a_few_redirects_by_hand(self):
        answers = {f"/{n}": redirect(f"{n + 1}") for n in range(10)} | {"/4": answer(b"x")}
        with Server(answers) as server:
            self.assertEqual(Web(server).get(server.url("/0")), b"x")
            answers["/4"] = redirect("/5")
            with self.assertRaisesMessage(FetchError, "leads on more than 4 times"):
                Web(server).get(server.url("/0"))

    def test_says_what_the_answer_was(self):
        for status, (is_final, is_hosts) in {
            "404 Nope": (False, False),
            "403 Forbidden": (False, False),
            "410 Gone": (True, False),
            "500 Oops": (False, True),
            "503 Busy": (False, True),
            "429 Slow down": (False, True),
            "206 Part": (False, False),
            "304 Known": (False, False),
            "302 Somewhere": (False, False),
        }.items():
            error = self.failure(answer(b"", status=status, Retry_After="120"))
            self.assertTrue(str(error).startswith(f"answered {status[:3]}"), error)
            self.assertEqual((error.is_final, error.is_hosts), (is_final, is_hosts), status)
        self.assertEqual(self.failure(answer(status="503 x", Retry_After="120")).wait, 120)
        for text in ("Wed, 21 Oct 2026 07:28:00 GMT", "-1", "٣", "1e9"):
            error = self.failure(
                answer(status="503 x", Retry_After=text.encode().decode("latin-1"))
            )
            self.assertIsNone(error.wait)
        wait = self.failure(answer(status="503 x", Retry_After="9" * 50)).wait
        self.assertEqual(wait, client.LONGEST_WAIT)


class PrivateTests(ClientTestCase):
    """Nothing private is asked: counted where connections are made."""

    def refusal(self, web, url) -> str:
        with self.assertRaises(FetchError) as raised:
            web.get(url)
        self.assertTrue(raised.exception.is_final)
        return str(raised.exception)

    def test_a_name_that_leads_into_a_private_network_is_not_dialled(self):
        for address in [*PRIVATE, "fe80::1%lo", "0.0.0.0", "::ffff:127.0.0.1", "64:ff9b::a00:1"]:
            web = Web(addresses=[address])
            self.assertIn(" is ", self.refusal(web, "http://pictures.example/"))
            self.assertEqual(web.dialled, [])

    def test_a_name_with_one_private_address_of_many_is_not_dialled(self):
        web = Web(addresses=[["93.184.216.34", "10.0.0.1"]])
        self.assertIn(
            "10.0.0.1 is a private network", self.refusal(web, "http://pictures.example/")
        )
        self.assertEqual(web.dialled, [])

    def test_a_name_that_changes_its_mind_is_judged_each_time(self):
        with Server({"/picture": redirect("/other"), "/other": answer(b"x")}) as server:
            for address in PRIVATE[2:]:
                web = Web(server, addresses=[HERE, address])
                self.assertIn(f"{address} is ", self.refusal(web, server.url()))
                self.assertEqual(web.dialled, [(HERE, server.port)])
                self.assertEqual(len(web.resolved), 2)  # once for each connection, and not again

    def test_a_redirect_leads_nowhere_private(self):
        with Server() as inner, Server() as server:
            inner.answers["/secret"] = answer(b"secret")
            places = [f"http://{HERE}:{inner.port}/secret", f"http://localhost:{inner.port}/secret"]
            places += [f"http://127.0.0.2:{server.port}/", "http://169.254.169.254/latest/"]
            places += [
                "http://[::1]/",
                "file:///etc/passwd",
                "gopher://pictures.example/",
                "//10.1/",
            ]
            for place in places:
                server.answers["/picture"] = redirect(place)
                web = Web(server)
                self.assertIn("it leads on to", self.refusal(web, server.url()))
                self.assertEqual(web.dialled, [(HERE, server.port)])
            self.assertEqual(inner.asked, [])

    def test_without_the_guard_the_same_servers_are_reached(self):
        """The failing twin: what the guard is for."""
        with Server({"/secret": answer(b"secret")}) as inner, Server() as server:
            server.answers["/picture"] = redirect(f"http://inner.example:{inner.port}/secret")
            ports = frozenset((HERE, each.port) for each in (inner, server))
            web = Web(server, guard=NoGuard(ports))
            self.assertEqual(web.get(server.url()), b"secret")
            web = Web(guard=NoGuard(ports), addresses=[HERE])
            self.assertEqual(web.get(inner.url("/secret")), b"secret")


class EndlessTests(ClientTestCase):
    """Servers that never end are ended: by the deadline, or by the budget."""

    def test_the_deadline_covers_every_stage(self):
        body = HEAD + b"Content-Length: 1000\r\n\r\n"
        for sent in (
            silent,
            forever(HEAD, b"X: y\r\n", 0.01),  # a head without end, drop by drop
            forever(b"HTTP", b"", 0.01),
            forever(body, b"x", 0.01),
            forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 0.01),
            forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", 0.01),
        ):
            error = self.failure(sent, deadline=SOON)
            self.assertIn("it took longer than 0.3 seconds", str(error))
            self.assertFalse(error.is_final)

    def test_the_deadline_is_one_for_all_redirects(self):
        def dawdle(connection):
            forever(b"", b"", 0.1, times=2)(connection)
            connection.sendall(redirect("/picture"))

        self.assertIn("longer than", str(self.failure(dawdle, deadline=SOON)))

    def test_the_deadline_covers_names(self):
        gate = threading.Event()
        self.addCleanup(gate.set)
        web = Web(resolve=lambda host, port: gate.wait() and [HERE], deadline=SOON)
        with self.assertRaisesMessage(FetchError, "longer than 0.3 seconds"):
            web.get("http://pictures.example/")
        self.assertEqual(web.dialled, [])

    def test_the_budget_covers_everything_that_is_read(self):
        chunk = b"1;" + b"e" * 15_000 + b"\r\nx\r\n"
        for sent, reason in {
            forever(HEAD + b"\r\n", b"x" * 65_536): "larger than 10,000 bytes",
            forever(HEAD + b"Content-Length: 99999999999\r\n\r\n", b"x" * 65_536): "larger than",
            forever(
                HEAD + b"Transfer-Encoding: chunked\r\n\r\n", b"5\r\nxxxxx\r\n" * 999
            ): "larger",
            forever(
                HEAD + b"Transfer-Encoding: chunked\r\n\r\n", chunk
            ): "larger than 272,144 bytes",
            forever(
                b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 999
            ): "larger than 272,144 bytes in all",
        }.items():
            error = self.failure(sent, max_bytes=10_000)
            self.assertIn(reason, str(error))
            self.assertTrue(error.is_final)

    def test_memory_stays_within_the_bound(self):
        """The answer's bytes twice for a moment, and no more, however much is sent."""
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        self.failure(forever(HEAD + b"\r\n", b"x" * 65_536), max_bytes=2_000_000)
        self.assertLess(tracemalloc.get_traced_memory()[1], 2 * 2_000_000 + 1_500_000)

    def test_without_deadline_and_budget_it_goes_on(self):
        """The failing twin: the same servers, which for the test's sake do end."""
        drops = forever(HEAD + b"Content-Length: 60\r\n\r\n", b"x", 0.01, times=60)
        flood = forever(HEAD + b"\r\n", b"x" * 65_536, times=20)
        with Server({"/drops": drops, "/flood": flood}) as server:
            web = Web(server, deadline=600, max_bytes=10**9)
            self.assertEqual(len(web.get(server.url("/drops"))), 60)
            self.assertEqual(len(web.get(server.url("/flood"))), 20 * 65_536)


class LyingTests(ClientTestCase):
    def test_what_breaks_off_or_is_no_http_is_no_answer(self):
        for sent in (
            answer(b"short", length=500),
            b"",
            b"SSH-2.0-OpenSSH_9.6\r\n",
            b"\x16\x03\x01\x02\x00",
            b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nbytes",
            b"HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nbytes",
            b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nbytes!",
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 200_000 + b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        ):
            error = self.failure(sent)
            self.assertTrue(str(error).startswith(("no proper answer", "no connection")), error)
            self.assertFalse(error.is_final)

    def test_content_that_is_longer_than_it_says_is_cut_where_it_says(self):
        with Server({"/picture": answer(b"bytes and more", length=5)}) as server:
            self.assertEqual(Web(server).get(server.url()), b"bytes")

    def test_compressed_content_is_not_unpacked(self):
        for coding in ("gzip", "br", "deflate, gzip", "x-unheard-of"):
            error = self.failure(answer(b"\x1f\x8b", Content_Encoding=coding))
            self.assertIn("compressed content", str(error))

    def test_a_host_that_is_not_there_is_said_so(self):
        def resolve(host, port):
            raise socket.gaierror(-2, "Name or service not known")

        for fields in ({"resolve": resolve}, {"resolve": lambda host, port: []}):
            with self.assertRaisesMessage(FetchError, "pictures.example has no address"):
                Web(**fields).get("http://pictures.example/")
        with Server() as server:
            pass
        with self.assertRaisesMessage(FetchError, "no connection"):
            Web(server).get(server.url())


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl to make a certificate with")
class TlsTests(ClientTestCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = TemporaryDirectory()
        cls.addClassCleanup(folder.cleanup)
        cls.key, cls.certificate = Path(folder.name) / "key.pem", Path(folder.name) / "cert.pem"
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-nodes", "-days", "2"]
        command += ["-pkeyopt", "ec_paramgen_curve:prime256v1", "-subj", "/CN=pictures.example"]
        command += ["-addext", "subjectAltName=DNS:pictures.example"]
        command += ["-keyout", cls.key, "-out", cls.certificate]
        subprocess.run(command, check=True, capture_output=True)

    def server(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        wrap = partial(context.wrap_socket, server_side=True)
        return Server({"/picture": answer(b"x")}, wrap=wrap)

    def trusting(self):
        """As if this certificate were one of those that everybody trusts."""
        context = ssl.create_default_context(cafile=self.certificate)
        patch = pytest.MonkeyPatch()
        patch.setattr(client, "_tls", lambda: context)
        self.addCleanup(patch.undo)

    def test_a_certificate_that_nobody_vouches_for_is_refused(self):
        with self.server() as server:
            with self.assertRaisesMessage(FetchError, "certificate verify failed"):
                Web(server).get(server.url(scheme="https"))
            self.trusting()
            self.assertEqual(Web(server).get(server.url(scheme="https")), b"x")

    def test_a_certificate_must_be_of_the_host_that_was_asked_for(self):
        self.trusting()
        with (
            self.server() as server,
            self.assertRaisesMessage(FetchError, "certificate verify failed"),
        ):
            Web(server).get(server.url(scheme="https", host="other.example"))

    def test_a_handshake_without_end_is_ended(self):
        with socket.create_server((HERE, 0)) as listener:
            port = listener.getsockname()[1]
            guard = client.Guard(frozenset([(HERE, port)]))
            web = Web(guard=guard, addresses=[HERE], deadline=SOON)
            with self.assertRaisesMessage(FetchError, "longer than 0.3 seconds"):
                web.get(f"https://pictures.example:{port}/")
