"""An independent check of exported audit trails: audit.py FOLDER [SERVICE=POSITION:HASH ...].

It needs the export alone, and knows nothing of rapporteur but deploy/AUDIT.md: each line holds the bytes under its hash
(BLAKE3), these hold the hash before, and they say what the line says. An anchor is a place that was told before.
Exits with 0 when all is whole; else it names the first bad place.
"""

import base64
import json
import pathlib
import sys

import blake3

NAMES = {1: "caller", 2: "rpc", 3: "reason", 4: "request_id", 6: "refused", 7: "subject", 8: "left_out", 9: "peer"}


class Reader:
    def __init__(self, data):
        self.data = data

    def take(self, count):
        if count > len(self.data):
            raise ValueError("it is too short")
        taken, self.data = self.data[:count], self.data[count:]
        return taken

    def number(self, count):
        return int.from_bytes(self.take(count), "big")

    def sized(self):
        return self.take(self.number(4))

    def varint(self):
        value = shift = 0
        while True:
            byte = self.number(1)
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                return value
            shift += 7


def said(meta):
    """The change record: a protobuf message of strings, bytes and numbers."""
    fields, reader = {}, Reader(meta)
    while reader.data:
        tag = reader.varint()
        value = reader.varint() if tag & 7 == 0 else reader.take(reader.varint())
        if tag >> 3 in NAMES:
            fields[NAMES[tag >> 3]] = value.decode() if isinstance(value, bytes) else value
    return fields


def entry(data):
    """What the bytes under a hash say."""
    reader = Reader(data)
    if reader.take(16) != b"rapporteur-log-1":
        raise ValueError("it is in no known layout")
    previous, position = reader.take(32), reader.number(8)
    reader.take(16 + 8)  # the operation and its time
    keys = []
    for _ in range(reader.number(4)):
        flags = reader.number(1)
        keys.append(reader.sized())
        if flags & 1:
            reader.sized()
    meta = reader.sized()
    if reader.data:
        raise ValueError("it is too long")
    return previous.hex(), position, keys, said(meta)


def check(lines, anchors=()):
    """The last place and the number of commits that are proved by the next one alone; ValueError at a bad place."""
    place, before, withheld = 0, "0" * 64, 0
    anchors = dict(anchors)
    for line in lines:
        told = json.loads(line)
        place += 1
        try:
            if told["position"] != place or told["previous_hash"] != before:
                raise ValueError("it does not follow the one before")
            if told["entry"] is None:
                withheld += 1
            else:
                data = base64.b64decode(told["entry"], validate=True)
                if blake3.blake3(data).hexdigest() != told["hash"]:
                    raise ValueError("it does not fit its hash")
                previous, position, keys, fields = entry(data)
                if (previous, position) != (before, place):
                    raise ValueError("its bytes are of another place")
                for name in NAMES.values():
                    if fields.get(name, 0 if name == "left_out" else "") != told[name]:
                        raise ValueError(f"its {name} is not what its bytes say")
                for change in told["changes"]:
                    # A record's key ends with its name, each of whose bytes stands as it is.
                    if not any(change["name"].encode() in key for key in keys):
                        raise ValueError(f"its bytes write no {change['name']}")
            before = told["hash"]
            if anchors.pop(place, before) != before:
                raise ValueError("it was another when the anchor was told")
        except (ValueError, KeyError) as error:
            raise ValueError(f"commit {place}: {error}") from error
    if anchors:
        raise ValueError(f"the trail ends at {place}, before an anchor at {min(anchors)}")
    return place, before, withheld


def must_fail(lines, what):
    try:
        check(lines)
    except ValueError:
        return
    raise SystemExit(f"{what} goes unnoticed")


def main(folder, *anchors):
    known = {}
    for anchor in anchors:
        service, place = anchor.split("=")
        position, digest = place.split(":")
        known.setdefault(service, {})[int(position)] = digest
    for file in sorted(pathlib.Path(folder).glob("*.ndjson")):
        lines = file.read_text().splitlines()
        try:
            place, digest, withheld = check(lines, known.pop(file.stem, {}))
        except ValueError as error:
            raise SystemExit(f"{file.name}: {error}") from error
        print(f"{file.name}: whole, {place} commits ({withheld} withheld); anchor {file.stem}={place}:{digest}")
        if len(lines) > 2:
            # What this check is for: nothing is taken away, exchanged or written otherwise.
            must_fail(lines[:1] + lines[2:], "a missing commit")
            must_fail([lines[1], lines[0]] + lines[2:], "an exchange")
            told = json.loads(lines[-1])
            must_fail(lines[:-1] + [json.dumps(told | {"caller": told["caller"] + "x"})], "another caller")
            if told["entry"]:
                data = bytearray(base64.b64decode(told["entry"]))
                data[-1] ^= 1
                must_fail(lines[:-1] + [json.dumps(told | {"entry": base64.b64encode(data).decode()})], "a changed byte")
    if known:
        raise SystemExit(f"no trail of {', '.join(known)} in {folder}")


if __name__ == "__main__":
    main(*sys.argv[1:])
