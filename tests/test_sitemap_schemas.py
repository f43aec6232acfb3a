"""Sitemaps against their schemas.

That of a sitemap is sitemaps.org's own, which the npm package `sitemap` carries. Those of an index
and of a news sitemap are carried by no package: here they are said again, from
https://www.sitemaps.org/protocol.html and
https://developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap.
"""

import subprocess
import tempfile
import xml.etree.ElementTree as ET
from pathlib import Path

from django.test import TestCase

from . import checkers
from .pages import make_newsroom

XSD = "http://www.w3.org/2001/XMLSchema"
SITEMAP = "http://www.sitemaps.org/schemas/sitemap/0.9"
NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
INDEX_SCHEMA = f"""
<schema xmlns="{XSD}" xmlns:s="{SITEMAP}"
    targetNamespace="{SITEMAP}" elementFormDefault="qualified">
  <include schemaLocation="{checkers.SITEMAP.as_uri()}"/>
  <element name="sitemapindex"><complexType><sequence>
    <element name="sitemap" maxOccurs="50000"><complexType><sequence>
      <element name="loc" type="s:tLoc"/>
      <element name="lastmod" type="s:tLastmod" minOccurs="0"/>
    </sequence></complexType></element>
  </sequence></complexType></element>
</schema>
"""
NEWS_SCHEMA = f"""
<schema xmlns="{XSD}" targetNamespace="{NEWS}" elementFormDefault="qualified">
  <element name="news"><complexType><sequence>
    <element name="publication"><complexType><sequence>
      <element name="name" type="string"/>
      <element name="language" type="language"/>
    </sequence></complexType></element>
    <element name="publication_date">
      <simpleType><union memberTypes="date dateTime"/></simpleType>
    </element>
    <element name="title" type="string"/>
  </sequence></complexType></element>
</schema>
"""
ALL_SCHEMA = f"""
<schema xmlns="{XSD}">
  <import namespace="{SITEMAP}" schemaLocation="index.xsd"/>
  <import namespace="{NEWS}" schemaLocation="news.xsd"/>
</schema>
"""


@checkers.needs("xmllint", checkers.SITEMAP)
class SchemaTests(TestCase):
    def faults_of(self, *documents: bytes) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            schemas = {"index": INDEX_SCHEMA, "news": NEWS_SCHEMA, "all": ALL_SCHEMA}
            for name, schema in schemas.items():
                Path(folder, f"{name}.xsd").write_text(schema.strip())
            files = [Path(folder, f"{number}.xml") for number in range(len(documents))]
            for file, document in zip(files, documents, strict=True):
                file.write_bytes(document)
            command = ["xmllint", "--noout", "--nonet", "--schema", f"{folder}/all.xsd", *files]
            run = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        told = run.stderr.splitlines()
        self.assertEqual(
            run.returncode == 0, all(line.endswith(" validates") for line in told), told
        )
        return [line for line in told if not line.endswith(" validates")]

    def get(self, address):
        answer = self.client.get(address)
        self.assertEqual(answer.status_code, 200, address)
        return answer.content

    def test_index_news_and_every_map_are_valid(self):
        make_newsroom()
        index = self.get("/sitemap.xml")
        maps = [loc.text for loc in ET.fromstring(index).iter(f"{{{SITEMAP}}}loc")]
        self.assertEqual(len(maps), 4)
        news = self.get("/news-sitemap.xml")
        self.assertIn(b"<news:title>", news)
        self.assertEqual(self.faults_of(index, news, *map(self.get, maps)), [])

    def test_what_is_not_valid_is_noticed(self):
        make_newsroom()
        index, news = self.get("/sitemap.xml"), self.get("/news-sitemap.xml")
        pages = self.get("/sitemap-pages.xml")
        for document, old, new in (
            (index, b"<loc>", b"<priority>1</priority><loc>"),
            (pages, b"http", b"h"),
            (news, b"<news:language>en", b"<news:language>English spoken"),
        ):
            with self.subTest(new):
                self.assertIn(old, document)
                self.assertNotEqual(self.faults_of(document.replace(old, new)), [])
