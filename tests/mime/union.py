#!/usr/bin/python3
"""Does the union of our readings hold what others find in the same mails?

union.py TREE DIFFERENCES FOLDER [N]

TREE is build/rel/unit/mail_tree. For each mail (each Nth mail) below FOLDER
the leaves that Python's email package, GMime (when it is there) and the
expectations beside the mail (mail-parser's .json, MIME-tools' _decoded_ files)
have must be in our parts, decoded, as text, or as they stand. White space does
not count. A tree that mime4j describes (.xml) must be one of our readings.
DIFFERENCES has a line "NAME READER REASON" for each mail that may differ.
Prints TAP, a test for each reader.
"""
import email
import glob
import json
import os
import subprocess
import sys
import xml.etree.ElementTree as xml

try:
    import gi
    gi.require_version("GMime", "3.0")
    from gi.repository import GMime
    GMime.init()
except (ImportError, ValueError):
    GMime = None

BATCH = 50
SIZE_MAX = 3_000_000
NOT_ASCII = bytes(range(128, 256))


def norm(data):
    return data.translate(None, b"\r\n \t\0\f\v")


def python_leaves(raw, path):
    for part in email.message_from_bytes(raw).walk():
        if part.is_multipart():
            continue
        data = part.get_payload(decode=True)
        if data is not None:
            yield data


def gmime_leaves(raw, path):
    parser = GMime.Parser.new_with_stream(
        GMime.StreamMem.new_with_buffer(raw))
    message = parser.construct_message(None)
    todo = [message.get_mime_part()] if message else []
    while todo:
        part = todo.pop()
        if isinstance(part, GMime.Multipart):
            todo += [part.get_part(i) for i in range(part.get_count())]
        elif isinstance(part, GMime.MessagePart):
            inner = part.get_message()
            todo += [inner.get_mime_part()] if inner else []
        elif isinstance(part, GMime.Part) and part.get_content():
            out = GMime.StreamMem.new()
            part.get_content().write_to_stream(out)
            yield bytes(out.get_byte_array() or b"")


def json_leaves(raw, path):
    expected = path[:-4] + ".json"
    if not path.endswith(".eml") or not os.path.exists(expected):
        return
    todo = [json.load(open(expected))]
    while todo:
        for part in todo.pop().get("parts", []):
            body = part["body"]
            for kind in ("Text", "Html"):
                if kind in body:
                    yield body[kind].encode()
            for kind in ("Binary", "InlineBinary"):
                if kind in body:
                    yield bytes(body[kind])
            if "Message" in body:
                todo.append(body["Message"])


def decoded_leaves(raw, path):
    stem = path.rsplit(".", 1)[0]
    for name in sorted(glob.glob(glob.escape(stem) + "_decoded_*")):
        if not name.endswith(".xml"):
            yield open(name, "rb").read()


def loose(data, reader):
    """What must be there when decoders differ in what is not of an encoding:
    of "==3D" each makes something else. mail-parser's texts are in UTF-8;
    which charsets we know is for other tests."""
    if reader == "mail-parser":
        data = data.translate(None, NOT_ASCII)
    return data.replace(b"3D", b"").replace(b"=", b"")


def is_among(leaf, ours, reader):
    if leaf in ours or any(leaf in o for o in ours):
        return True
    return any(loose(leaf, reader) in loose(o, reader) for o in ours)


def expected_shape(e):
    """Of mime4j's description: x, (parts) or <message>."""
    for c in e:
        if c.tag == "multipart":
            parts = [expected_shape(b) for b in c if b.tag == "body-part"]
            return "(%s)" % "".join(parts) if parts else "x"
        if c.tag == "message":
            return "<%s>" % expected_shape(c)
    return "x"


def shape(parts, p):
    inside = [shape(parts, q) for q in parts
              if q["parent"] == p["index"] and q["origin"] == 0]
    kind = bytes.fromhex(p["type"])
    if inside and kind.startswith(b"multipart/"):
        return "(%s)" % "".join(inside)
    return "<%s>" % inside[0] if inside and kind == b"message/rfc822" else "x"


def shapes(tool, paths):
    """Yields (path, wanted, ours) for each mail with a description."""
    for path in paths:
        described = path.rsplit(".", 1)[0] + ".xml"
        if not path.endswith(".msg") or not os.path.exists(described):
            continue
        run = subprocess.run([tool, path], stdout=subprocess.PIPE)
        parts = [json.loads(x) for x in run.stdout.splitlines()][1:]
        root = xml.parse(described, xml.XMLParser(encoding="latin-1"))
        yield path, expected_shape(root.getroot()), [
            shape(parts, p) for p in parts if p["parent"] == -1]


def trees(tool, paths):
    """Yields (path, contents) for each mail."""
    for i in range(0, len(paths), BATCH):
        batch = paths[i:i + BATCH]
        run = subprocess.run([tool] + batch, stdout=subprocess.PIPE)
        if run.returncode:
            print("Bail out! mail_tree failed among", batch)
            sys.exit(1)
        found = {}
        for line in run.stdout.splitlines():
            part = json.loads(line)
            if "file" in part:
                contents = found.setdefault(part["file"] - 1, set())
                continue
            for key in ("content", "text", "raw"):
                contents.add(norm(bytes.fromhex(part[key])))
        for k, path in enumerate(batch):
            yield path, found[k]


def main():
    tool, differences, folder = sys.argv[1:4]
    allowed = {}
    for line in open(differences):
        if line.strip() and not line.startswith("#"):
            name, reader, reason = line.split(None, 2)
            allowed[name, reader] = reason
    paths = sorted(os.path.join(d, f) for d, _, fs in os.walk(folder)
                   for f in fs if not f.endswith((".json", ".xml", ".out"))
                   and "_decoded" not in f
                   and os.path.getsize(os.path.join(d, f)) <= SIZE_MAX)
    paths = paths[::int(sys.argv[4]) if len(sys.argv) > 4 else 1]
    readers = {"python": python_leaves, "mail-parser": json_leaves,
               "mime-tools": decoded_leaves}
    if GMime:
        readers["gmime"] = gmime_leaves
    bad = {r: [] for r in readers}
    cases = dict.fromkeys(readers, 0)
    for path, ours in trees(tool, paths):
        raw = open(path, "rb").read()
        name = os.path.relpath(path, folder)
        for reader, leaves in readers.items():
            try:
                wanted = [norm(leaf) for leaf in leaves(raw, path)]
            except Exception as reason:
                print("#", reader, "itself fails on", name, repr(reason)[:80])
                continue
            cases[reader] += len(wanted)
            for k, leaf in enumerate(wanted):
                if not is_among(leaf, ours, reader):
                    if (name, reader) not in allowed:
                        bad[reader].append((name, k, leaf))
                    break
    wrong, described = 0, 0
    for path, wanted, ours in shapes(tool, paths):
        name = os.path.relpath(path, folder)
        described += 1
        if wanted not in ours and (name, "mime4j") not in allowed:
            print("# %s: expected %s, got %s" % (name, wanted, ours))
            wrong += 1
    print("1..%d" % (len(readers) + 1))
    print("%s %d - %d trees are as mime4j describes them" % (
        "not ok" if wrong else "ok", len(readers) + 1, described))
    for number, reader in enumerate(sorted(readers), 1):
        print("%s %d - %d leaves of %s are among our parts" % (
            "not ok" if bad[reader] else "ok", number, cases[reader], reader))
        for name, k, leaf in bad[reader]:
            print("# %s: leaf %d is not: %s" % (
                name, k, ascii(leaf[:60].decode("latin-1"))))
    sys.exit(wrong > 0 or any(bad.values()))


if __name__ == "__main__":
    main()
