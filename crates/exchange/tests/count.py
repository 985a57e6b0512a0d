#!/usr/bin/env python3
"""Counts what the raw files say, and compares it with what the drafts say. Only the standard library.

    RAPPORTEUR_DATA=DATA RAPPORTEUR_DRAFTS=DRAFTS cargo test -p rapporteur-exchange --test data -- --ignored --nocapture
    python3 crates/exchange/tests/count.py DATA DRAFTS

Each coded column of a raw file (who, to whom, response, grade, theme, state, type ...) is counted here without any of
the product's code; the drafts are the record lines that the test wrote. Rows that a mapping rightly refuses are named
below with the reason. Ends with 1 when a count differs.
"""

import csv
import io
import json
import re
import sys
import unicodedata
from collections import Counter
from pathlib import Path

DATA, DRAFTS = Path(sys.argv[1]), Path(sys.argv[2])
failures = 0
compared = 0


def same(file, what, raw, drafts):
    global failures, compared
    compared += 1
    raw, drafts = (+Counter(raw) if isinstance(raw, dict) else raw), (+Counter(drafts) if isinstance(drafts, dict) else drafts)
    if raw == drafts:
        size = f"{len(raw)} values, {sum(raw.values())} in all" if isinstance(raw, Counter) else raw
        print(f"same  {file}: {what}: {size}")
        return
    failures += 1
    print(f"DIFFERS  {file}: {what}")
    if isinstance(raw, Counter):
        for value in sorted(set(raw) | set(drafts), key=str):
            if raw[value] != drafts[value]:
                print(f"    {value!r}: raw {raw[value]}, drafts {drafts[value]}")
    else:
        print(f"    raw {raw}, drafts {drafts}")


def rows(file, encoding="utf-8"):
    path = DATA / file
    if path.suffix == ".jsonl":
        return [json.loads(line) for line in path.read_text("utf-8").split("\n") if line.strip()]
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode(encoding), newline="")))


def records(file, kind, shared=False):
    lines = (DRAFTS / (file.replace("/", "_") + ".ndjson")).read_text("utf-8").split("\n")
    lines = (json.loads(line) for line in lines if line)
    return [line["record"] for line in lines if line["kind"] == kind and line["shared"] == shared]


def slug(text):
    """As an id, for labels that are short and plain."""
    text = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()
    return re.sub(r"[^a-z0-9.]+", "-", text).strip("-.")


def plain(record, name="en"):
    return record["text"]["byLanguage"][name]


def note(record, subject):
    return [p.get("note", "") for p in record.get("provenance", []) if p.get("subject") == subject]


def quote(record, subject):
    return [p.get("quote", "") for p in record.get("provenance", []) if p.get("subject") == subject]


def clean(text):
    return "".join(c for c in text.replace("\r\n", "\n").replace("\r", "\n") if c in "\n\t" or unicodedata.category(c) != "Cc").strip()


RESPONSES = {"Accepted": "RESPONSE_SUPPORTED", "Supported": "RESPONSE_SUPPORTED", "Noted": "RESPONSE_NOTED"}


def upr(file, names, encoding="utf-8"):
    raw = rows(file, encoding)
    made, whom = records(file, "recommendation"), records(file, "addressee")
    to, by, text, response, action, issues, session = names
    same(file, "rows", len(raw), len(made))
    same(file, "texts", Counter(clean(r[text]) for r in raw), Counter(map(plain, made)))
    same(file, "made by", Counter(r[by].strip() for r in raw), Counter(n for r in made for n in note(r, "made_by")))
    same(file, "addressed to, as written", Counter(r[to].strip() for r in raw), Counter(q for a in whom for q in quote(a, "party")))
    same(file, "response", Counter(RESPONSES[r[response]] for r in raw), Counter(a["entries"][0]["response"] for a in whom))
    same(file, "response, their word", Counter(r[response] for r in raw), Counter(a["entries"][0]["word"] for a in whom))
    same(file, "strength", Counter(int(r[action]) for r in raw), Counter(r["strength"] for r in made))
    labels = lambda value: value if isinstance(value, list) else value.split(",")
    same(
        file,
        "themes",
        Counter(s for r in raw for s in {slug(label) for label in labels(r[issues])} if s),
        Counter(theme for r in made for theme in r.get("themes", [])),
    )
    number = lambda value: re.search(r"\d+", str(value)).group()
    same(file, "session", Counter(number(r[session]) for r in raw), Counter(r["instrument"].rsplit("-", 1)[1] for r in made))
    same(file, "distinct names", len(raw), len({r["name"] for r in made}))


raw_names = ("To", "From", "Text", "Response", "Action", "Issue", "Session")
upr("recommendations/upr_sessions_1-5_raw.csv", raw_names, "mac_roman")
upr("recommendations/upr_sessions_6-9_raw.csv", raw_names, "mac_roman")
upr("recommendations/upr_sessions_10-13.jsonl", ("addressed_to", "made_by", "text", "response", "action_category", "issues", "event"))

for name in ("upr20_slovenia_matrix", "upr34_slovenia_thematic_list", "upr_china_2013_matrix"):
    # The rows beside the documents were parsed by somebody else: the documents must say the same.
    raw = rows(f"recommendations/ohchr_matrices/{name}.jsonl")
    for file in (f"recommendations/ohchr_matrices/{name}.docx", f"recommendations/ohchr_matrices/{name}.jsonl"):
        made, whom = records(file, "recommendation"), records(file, "addressee")
        same(file, "numbers", Counter(r["number"] for r in raw), Counter(r["path"] for r in made))
        same(file, "position", Counter((r["number"], r["position"]) for r in raw), Counter((r["path"], a["entries"][0]["word"]) for r, a in zip(made, whom)))
        flat = lambda text: " ".join(text.split())
        same(file, "texts", Counter(flat(r["text"]) for r in raw), Counter(flat(plain(r)) for r in made))
        same(file, "source of position", Counter(r["source_of_position"] for r in raw), Counter(n for r in made for n in note(r, "text")))
        themes = lambda r: len({t for t in r["themes"]}) + len({re.search(r"\d+", s).group() for s in r["sdgs"]}) + len(set(r["persons"]))
        same(file, "themes, SDGs and persons of each", Counter((r["number"], themes(r)) for r in raw), Counter((r["path"], len(r.get("themes", []))) for r in made))
        heading = lambda r: quote(r, "themes")[0].removeprefix("Theme:").strip() if quote(r, "themes") else ""
        same(file, "headings", Counter((r["number"], r["heading"]) for r in raw), Counter((r["path"], heading(r)) for r in made))
        if file.endswith("jsonl"):
            same(file, "made by", Counter(s for r in raw for s in set(r["recommending_states"])), Counter(n for r in made for n in note(r, "made_by")))

file = "recommendations/taic_recommendations.csv"
raw = rows(file)
empty = [r for r in raw if not r["recommendation"].strip()]
print(f"{file}: {len(empty)} rows have no recommendation and are refused")
raw = [r for r in raw if r["recommendation"].strip()]
made, whom = records(file, "recommendation"), records(file, "addressee")
same(file, "numbers", Counter(r["number"].strip() for r in raw), Counter(r["path"] for r in made))
same(file, "status, their word", Counter(r["status"] for r in raw), Counter(q for r in made for q in quote(r, "status")))
same(file, "recipients", Counter(clean(r["recipient"]) for r in raw if r["recipient"].strip()), Counter(
    {p["name"]: p["title"]["byLanguage"]["und"] for p in records(file, "party", True)}[a["party"]] for a in whom))
same(file, "made", Counter(r["made"] for r in raw), Counter(r.get("adopted", {}).get("value", "") for r in made))
same(file, "themes", Counter(slug(r["safety_issue"]) for r in raw if r["safety_issue"]), Counter(t for r in made for t in r.get("themes", [])))
ENDS = {"Closed acceptable": "IMPLEMENTATION_IMPLEMENTED", "Closed cancelled": "IMPLEMENTATION_NOT_APPLICABLE", "Closed superseded": "IMPLEMENTATION_NOT_APPLICABLE", "Withdrawn": "IMPLEMENTATION_NOT_APPLICABLE"}
same(file, "how far", Counter(ENDS[r["status"]] for r in raw if r["status"] in ENDS and r["recipient"].strip()), Counter(e["implementation"] for a in whom for e in a.get("entries", [])))
same(file, "closed", Counter(r["closed"] or r["made"] for r in raw if r["status"] in ENDS and r["recipient"].strip()), Counter(e.get("on", {}).get("value", "") for a in whom for e in a.get("entries", [])))
same(file, "texts", Counter(clean(r["recommendation"]) for r in raw), Counter(map(plain, made)))
same(file, "replies", Counter(clean(r["reply_text"]) for r in raw if r["recipient"].strip()), Counter(a.get("note", "") for a in whom))

file = "recommendations/unga_resolutions_sessions_65-74.jsonl"
raw = rows(file)
print(f"{file}: {sum(not r['symbol'] for r in raw)} rows have no symbol and are refused")
raw = [r for r in raw if r["symbol"]]
made = records(file, "instrument")
symbol = lambda r: next(i["value"] for i in r["externalIds"] if i["scheme"] == "symbol")
same(file, "symbols", Counter(re.sub("^R/", "A/RES/", r["symbol"]) for r in raw), Counter(map(symbol, made)))
same(file, "session", Counter(r["session"] for r in raw), Counter(r["session"] for r in made))
same(file, "date", Counter(r["date"] for r in raw), Counter(r["adopted"]["value"] for r in made))
same(file, "issues", Counter(slug(i) for r in raw for i in r["issues"]), Counter(t for r in made for t in r.get("themes", [])))

file = "events/dialogue_events.csv"
raw, made = rows(file), records(file, "event")
KINDS = lambda t: "EVENT_KIND_" + t.upper().replace("-", "_")
same(file, "type", Counter(KINDS(r["type"]) for r in raw), Counter(e["kind"] for e in made))
same(file, "status", Counter({"held": "EVENT_STATE_HELD", "announced": "EVENT_STATE_CONFIRMED"}[r["status"]] for r in raw), Counter(e["state"] for e in made))
same(file, "format", Counter("EVENT_MODE_" + r["format"].upper().replace("-", "_") for r in raw if r["format"]), Counter(e["mode"] for e in made if "mode" in e))
same(file, "dates", Counter((r["start"], r["end"]) for r in raw), Counter((e["start"]["value"], e["end"]["value"]) for e in made))
same(file, "dialogues", Counter(d for r in raw for d in r["dialogues"].split(";")), Counter([e["name"].split("/")[1] for e in made] + [d.split("/")[1] for e in made for d in e.get("jointDialogues", [])]))
same(file, "country", Counter(r["country"] for r in raw if r["country"]), Counter(e["place"]["countryCode"] for e in made if e.get("place", {}).get("countryCode")))
party = lambda t: t.removeprefix("org:").lower().replace(" ", "-")
for column, role in (("chairs", "ROLE_CO_CHAIR"), ("hosts", "ROLE_HOST")):
    same(file, column, Counter("parties/" + party(c) for r in raw for c in r[column].split(";") if c), Counter(x["party"] for e in made for x in e.get("roles", []) if x["role"] == role))
same(file, "other roles", sum(len(r["other_roles"].split(";")) for r in raw if r["other_roles"]), sum(x["role"] not in ("ROLE_CO_CHAIR", "ROLE_HOST") for e in made for x in e.get("roles", [])))
refs = Counter((r["plan"], re.sub("^area ", "a", re.sub("^domain ", "d", re.sub("^objective ", "", p)))) for r in raw for p in r["plan_refs"].split(";") if p and not p.startswith("action"))
same(file, "plan references", refs, Counter((lambda n: (n[3], n[5]))(x["node"].split("/")) for e in made for x in e.get("planLinks", [])))
for column, measure in (("participants_min", "participants"), ("countries", "countries"), ("recommendations", "recommendations")):
    same(file, column, Counter(r[column] for r in raw if r[column]), Counter(c["value"] for e in made for c in e.get("claims", []) if c["measure"] == measure))

file = "events/europarl_meetings_2022.jsonl"
raw, made = rows(file), records(file, "event")
same(file, "labels", Counter(l for r in raw for l in (r["labels"] or {"en": 1})), Counter(l for e in made for l in e["title"]["byLanguage"]))
# The day is in the identifier of sittings and part-sessions: the date beside it is that of Brussels.
days = lambda pairs: Counter(day for name, day in pairs)
same(file, "days of sittings", days((r["id"], r["id"][-10:]) for r in raw if r["type"] != ["EP_MEETING_PART"]), days((e["name"], e["start"]["value"]) for e in made if e["kind"] == "EVENT_KIND_COMMITTEE_SESSION"))

file = "events/conferences_2023-2024.jsonl"
raw, made = rows(file), records(file, "event")
raw = [r for r in raw if r.get("country") != "Kosovo"]  # no ISO 3166-1 country
same(file, "dates", Counter((r["startDate"], r["endDate"]) for r in raw), Counter((e["start"]["value"], e["end"]["value"]) for e in made))
same(file, "topic", Counter(slug(r["topic"]) for r in raw), Counter(e["themes"][0] for e in made))
same(file, "city", Counter(r["city"].strip() for r in raw if r.get("city")), Counter(e["place"]["name"] for e in made if e.get("place", {}).get("name")))
mode = lambda r: {(True, True): "HYBRID", (True, False): "VIRTUAL", (False, True): "IN_PERSON"}.get((bool(r.get("online")), bool(r.get("city"))))
same(file, "online", Counter("EVENT_MODE_" + mode(r) for r in raw if mode(r)), Counter(e["mode"] for e in made if "mode" in e))

file = "events/upr_timeline_2025-2026.csv"
raw, made = rows(file), records(file, "event")
same(file, "dates", Counter(r["event_dates"] for r in raw), Counter(e["start"]["value"] for e in made))
same(file, "session", Counter("upr-" + r["session"][:2] for r in raw), Counter(e["series"] for e in made))

file = "events/legistar/cook_board.json"
raw, made = json.loads((DATA / file).read_text()), records(file, "event")
same(file, "bodies", Counter(r["Name"]["label"] for r in raw), Counter(e["title"]["byLanguage"]["en"] for e in made))
def clock(row):
    month, day, year = map(int, row["Meeting Date"].split("/"))
    hour, minute, half = re.match(r"(\d+):(\d+) (AM|PM)", row["Meeting Time"]).groups()
    return f"{year}-{month:02}-{day:02}T{int(hour) % 12 + 12 * (half == 'PM'):02}:{minute}"
same(file, "dates and times", Counter(map(clock, raw)), Counter(e["start"]["value"] for e in made))

file = "events/legistar/chi_citycouncil.json"
raw, made = json.loads((DATA / file).read_text())["data"], records(file, "event")
same(file, "bodies", Counter(r["body"].strip() for r in raw), Counter(e["title"]["byLanguage"]["en"] for e in made))
same(file, "status", Counter(r["status"] for r in raw if r["status"]), Counter(q for e in made for q in quote(e, "state")))
same(file, "cancelled", sum(r["status"] == "Cancelled" for r in raw), sum(e["state"] == "EVENT_STATE_CANCELLED" for e in made))
same(file, "files", sum(len(r["files"] or []) + bool(r["videoLink"]) for r in raw), sum(len(e.get("links", [])) for e in made))

for day in ("2025-10-08", "2025-10-20", "2025-10-30", "2025-11-09", "2025-11-19", "2025-11-29"):
    file = f"events/iserlohn_council/{day}.ics"
    text, made = (DATA / file).read_bytes().decode(), records(file, "event")
    same(file, "UIDs", Counter(re.findall(r"^UID:(.*?)\r?$", text, re.M)), Counter(i["value"] for e in made for i in e["externalIds"]))
    starts = [f"{d[:4]}-{d[4:6]}-{d[6:8]}T{d[9:11]}:{d[11:13]}" for d in re.findall(r"^DTSTART;TZID=Europe/Berlin:(.*?)\r?$", text, re.M)]
    same(file, "starts", Counter(starts), Counter(e["start"]["value"] for e in made))

for file, codes, langs in (("plans/sdg.jsonl", "code", "text"), ("plans/gcm.jsonl", "code", None), ("plans/dialogue_plans.jsonl", "code", None)):
    raw, made = [r for r in rows(file) if r["level"] != "plan"], records(file, "plan_node")
    same(file, "codes", Counter((r["plan"], r["code"]) for r in raw), Counter((n["name"].split("/")[3], n["code"]) for n in made))
    same(file, "levels", Counter("PLAN_NODE_KIND_" + r["level"].upper() for r in raw), Counter(n["kind"] for n in made))
    plans = {r["code"] for r in rows(file) if r["level"] == "plan"}
    same(file, "parents", Counter(r["parent"].lower() for r in raw if r["parent"] and r["parent"] not in plans), Counter(n["parentNode"].rsplit("/", 1)[1] for n in made if "parentNode" in n))
    if langs:
        same(file, "languages", Counter(l for r in raw for l in r["text"]), Counter(l for n in made for l in n["text"]["byLanguage"]))

file = "reference/countries.csv"
raw, made = rows(file), records(file, "party")
same(file, "codes", Counter(r["iso2"] for r in raw), Counter(p["countryCode"] for p in made))
same(file, "names", Counter(l for r in raw for l in ("en", "fr", "ar", "pt", "es") if r["name_" + l]), Counter(l for p in made for l in p["title"]["byLanguage"]))
file = "reference/country_aliases.csv"
raw, made = rows(file), records(file, "party")
same(file, "aliases", Counter(r["iso2"] for r in {(r["iso2"], r["alias"]): r for r in raw}.values()), Counter({p["countryCode"]: len(p["aliases"]) for p in made}))
file = "reference/dialogue_members.csv"
raw, made = rows(file), records(file, "membership")
same(file, "members", Counter((r["dialogue"], "parties/" + r["country"].removeprefix("org:").lower()) for r in raw), Counter((m["name"].split("/")[1], m["party"]) for m in made))
same(file, "roles", Counter("OBSERVER" if r["role"] == "observer" else "PARTNER" for r in raw), Counter(m["kind"].removeprefix("MEMBERSHIP_KIND_") for m in made))
same(file, "names as written", Counter(r["name_as_written"] for r in raw), Counter(m["provenance"][0]["quote"] for m in made))
file = "reference/chairmanships.csv"
raw, made = rows(file), records(file, "chairmanship")
same(file, "terms", Counter((r["dialogue"], "parties/" + r["country"].lower(), r["from"], r["to"]) for r in raw), Counter((c["name"].split("/")[1], c["party"], c.get("start", {}).get("value", ""), c.get("end", {}).get("value", "")) for c in made))
for file, column in (("reference/languages.csv", "iso639_1"), ("reference/eu_event_types.csv", "code"), ("recommendations/taic_status_vocabulary.csv", "status")):
    same(file, "words", Counter(r[column] for r in rows(file)), Counter(t["word"] for v in records(file, "vocabulary") for t in v["terms"]))

print(f"{compared} counts compared, {failures} differ")
sys.exit(1 if failures else 0)
