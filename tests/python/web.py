"""An independent client of the web: HTTP/JSON by the standard library, the OpenAPI document read by a validator,
calendars read back by another program's parser.

Usage: web.py HOST:PORT KEYFILE [EVENTS]. Exits non-zero at the first thing that is not as promised. Prints how long a
calendar of so many events more takes (100 by default), on whatever build it is run against.
"""

import concurrent.futures
import datetime
import http.client
import json
import sys
import time

import icalendar
from openapi_spec_validator import OpenAPIV31SpecValidator

EVENTS = "/v1/dialogues/web/events"


class Client:
    """Speaks HTTP/1.1 on one connection."""

    def __init__(self, address, key):
        self.connection = http.client.HTTPConnection(address, timeout=60)
        self.key = key

    def ask(self, method, target, body=None, key=True, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        if key:
            headers["authorization"] = f"Bearer {self.key}"
        if body is not None:
            headers["content-type"] = "application/json"
            body = json.dumps(body)
        self.connection.request(method, target, body, headers)
        answer = self.connection.getresponse()
        return answer, answer.read()

    def json(self, method, target, body=None, status=200, **more):
        answer, text = self.ask(method, target, body, **more)
        if answer.status != status:
            sys.exit(f"FAILED: {method} {target} gave {answer.status}: {text.decode()}")
        return json.loads(text)


def expect(condition, words):
    if not condition:
        sys.exit(f"FAILED: {words}")
    print(f"ok: {words}")


def title(words):
    return {"byLanguage": {"en": words}}


def records(client):
    client.json("POST", "/v1/dialogues?dialogueId=web", {"title": title("A dialogue from the web")},
                Idempotency_Key="web-1")
    again = client.json("POST", "/v1/dialogues?dialogueId=web", {"title": title("A dialogue from the web")},
                        Idempotency_Key="web-1")
    expect(again["name"] == "dialogues/web", "the same request makes it once")
    refused = client.json("POST", f"{EVENTS}?eventId=x", {"start": {"value": "soon"}}, status=400)
    bad = [d for d in refused["error"]["details"] if d["@type"].endswith("BadRequest")]
    fields = {violation["field"] for violation in bad[0]["fieldViolations"]}
    expect("event.start.value" in fields, f"wrong fields are named: {sorted(fields)}")
    client.json("POST", f"{EVENTS}?eventId=x", {}, status=401, key=False)
    expect(True, "nobody writes without a key")


def changes(client):
    token, seen = "", []
    while True:
        page = client.json("GET", f"/v1/changes?namePrefix=dialogues/web&token={token}", key=False)
        seen += [r for change in page.get("changes", []) for r in change["resources"]]
        token = page["nextToken"]
        if page.get("atHead"):
            break
    expect(any(r["value"]["@type"].endswith("events.v1.Dialogue") for r in seen), "the feed tells of it as JSON")
    watcher = http.client.HTTPConnection(client.connection.host, client.connection.port, timeout=60)
    watcher.request("GET", f"/v1/changes?watch=true&namePrefix=dialogues/web&token={token}")
    watching = watcher.getresponse()
    event = {"kind": "EVENT_KIND_SUMMIT", "state": "EVENT_STATE_PLANNED", "title": title("Watched"),
             "start": {"value": "2031-05-01"}}
    client.json("POST", f"{EVENTS}?eventId=watched", event)
    for line in watching:
        told = json.loads(line)
        if "change" in told:
            break
    expect(told["change"]["resources"][0]["name"] == "dialogues/web/events/watched", "a watcher hears of it in a line")


def described(client):
    document = client.json("GET", "/openapi.json", key=False)
    OpenAPIV31SpecValidator(document).validate()
    expect(len(document["paths"]) > 60, f"the OpenAPI document is valid: {len(document['paths'])} paths")


def calendars(client):
    odd = "A;b,c\\d \u0645\u0624\u062a\u0645\u0631 " + "long " * 30
    event = {
        "kind": "EVENT_KIND_THEMATIC_MEETING", "state": "EVENT_STATE_CONFIRMED", "title": title(odd.strip()),
        "description": title("First line\nEND:VCALENDAR"), "start": {"value": "2031-07-16T09:30"},
        "end": {"value": "2031-07-16T17:00"}, "timeZone": "Europe/Lisbon", "themes": ["labour-migration"],
        "place": {"name": "Lisbon, Belém", "countryCode": "PT"}, "links": [{"url": "https://example.org/a?b=c"}],
        "parentEvent": "dialogues/web/events/watched",
    }
    made = client.json("POST", f"{EVENTS}?eventId=first", event)
    client.json("POST", f"{EVENTS}?eventId=month", {
        "kind": "EVENT_KIND_WEBINAR", "state": "EVENT_STATE_PLANNED", "title": title("Some day"),
        "start": {"value": "2031-02"}})
    client.json("POST", f"{EVENTS}?eventId=draft", {"kind": "EVENT_KIND_WEBINAR", "title": title("Secret"),
                                                    "start": {"value": "2031-02-03"}})
    found = read(client)
    expect(len(found.events) == 3 and "Secret" not in str(found), "a calendar holds what is announced")
    expect(str(found["NAME"]) == "A dialogue from the web", "it has the name of its dialogue")
    by_name = {str(e["X-RAPPORTEUR-NAME"]).rsplit("/", 1)[-1]: e for e in found.events}
    first, watched, month = by_name["first"], by_name["watched"], by_name["month"]
    expect(str(first["SUMMARY"]) == odd.strip(), "a title comes back as it was written")
    expect(str(first["DESCRIPTION"]) == "First line\nEND:VCALENDAR", "a line break breaks nothing")
    utc = datetime.timezone.utc
    expect(first.start == datetime.datetime(2031, 7, 16, 8, 30, tzinfo=utc)
           and first.end == datetime.datetime(2031, 7, 16, 16, 0, tzinfo=utc), "a time is that of its zone")
    expect(watched.start == datetime.date(2031, 5, 1) and watched.end == datetime.date(2031, 5, 2), "a day is a day")
    expect(month.start == datetime.date(2031, 2, 1) and month.end == datetime.date(2031, 3, 1)
           and str(month["TRANSP"]) == "TRANSPARENT", "a month takes nobody's time")
    expect(str(first["UID"]) == made["uid"] and str(first["RELATED-TO"]) == str(watched["UID"]), "identities and ties")
    expect(str(first["LOCATION"]) == "Lisbon, Belém, PT" and str(first["URL"]) == "https://example.org/a?b=c",
           "place and address")
    expect(first.categories == ["thematic meeting", "labour-migration"], "kind and themes are categories")
    expect(int(first["SEQUENCE"]) == 0 and str(first["STATUS"]) == "CONFIRMED", "it is confirmed, as at first")

    client.json("PATCH", f"{EVENTS}/first?updateMask=themes", {"themes": ["return"]}, If_Match=f'"{made["etag"]}"')
    client.json("POST", f"{EVENTS}/first:cancel", {"reason": "The host withdrew"})
    first = {str(e["X-RAPPORTEUR-NAME"]): e for e in read(client).events}["dialogues/web/events/first"]
    expect(int(first["SEQUENCE"]) == 1 and str(first["STATUS"]) == "CANCELLED", "a cancelled event stays, one step on")
    only = read(client, "/v1/calendar.ics?dialogue=web&kind=webinar")
    expect([str(e["SUMMARY"]) for e in only.events] == ["Some day"], "a filter is a calendar")


def read(client, target="/v1/dialogues/web/calendar.ics"):
    answer, text = client.ask("GET", target, key=False)
    if answer.status != 200:
        sys.exit(f"FAILED: {target} gave {answer.status}: {text.decode()}")
    found = icalendar.Calendar.from_ical(text)
    if found.errors or any(part.errors for part in found.walk()):
        sys.exit(f"FAILED: {found.errors} {[part.errors for part in found.walk()]}")
    return found


def fill(client, count):
    """Records so many events, over a few connections at a time."""
    def some(numbers):
        own = Client(f"{client.connection.host}:{client.connection.port}", client.key)
        for number in numbers:
            day = datetime.date(2030, 1, 1) + datetime.timedelta(days=number % 3650)
            own.json("POST", EVENTS, {
                "kind": "EVENT_KIND_WORKSHOP", "state": "EVENT_STATE_PLANNED", "title": title(f"Workshop {number}"),
                "description": title("What it is about. " * 10), "start": {"value": f"{day}T09:00"},
                "end": {"value": f"{day}T17:00"}, "timeZone": "Africa/Casablanca", "themes": ["return"],
                "place": {"name": "Rabat", "countryCode": "MA"}})
        return len(numbers)

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        expect(sum(pool.map(some, [range(start, count, 8) for start in range(8)])) == count, f"{count} events more")


def figures(client, target, words):
    """How long a calendar takes, first and unchanged."""
    begun = time.monotonic()
    answer, text = client.ask("GET", target, key=False)
    first = time.monotonic() - begun
    begun = time.monotonic()
    again, nothing = client.ask("GET", target, key=False, If_None_Match=answer.getheader("etag"))
    unchanged = time.monotonic() - begun
    expect(again.status == 304 and not nothing, f"{words}: {text.count(b'BEGIN:VEVENT')} events, {len(text)} bytes, "
           f"first answer {first * 1000:.0f} ms, unchanged {unchanged * 1000:.0f} ms")


def main():
    address, key_file = sys.argv[1:3]
    with open(key_file, encoding="ascii") as file:
        client = Client(address, file.read().strip())
    described(client)
    records(client)
    changes(client)
    calendars(client)
    fill(client, int(sys.argv[3]) if len(sys.argv) > 3 else 100)
    figures(client, "/v1/calendar.ics", "a calendar of everything")
    print("web: all as promised")


main()
