#!/usr/bin/python3
"""Do our readings hold what Python's and GMime's readers read?

readings.py TOOL MOST FOLDER...: takes the From, To, Cc and Reply-To fields of
at most MOST different values of the mail in the folders, and prints a line
"reader values differences" for each reader, then the differences that are not
faults of that reader, and how often it had which fault.
No text of the mail is printed, only its file and a hash, for it may be real
mail; READINGS_SHOW=1 prints the text, too.
"""
import hashlib
import os
import re
import subprocess
import sys
import warnings
from email import charset, headerregistry, policy
from email.header import decode_header
from email.utils import getaddresses

import gi
gi.require_version('GMime', '3.0')
from gi.repository import GMime

VALUE_MOST = 32000      # longer ones were cut here, perhaps in a word

FIELD = re.compile(rb'^(?:from|to|cc|reply-to)[ \t]*:((?:.*\n)(?:[ \t].*\n)*)',
                   re.I | re.M)


def fields(folders):
    for folder in folders:
        for path, dirs, files in os.walk(folder):
            dirs.sort()
            for name in sorted(files):
                if name.endswith(('.eml', '.txt', '.msg', '.mbox')):
                    yield from fields_of(os.path.join(path, name))


def fields_of(path):
    with open(path, 'rb') as f:
        head = f.read(1 << 16).replace(b'\r\n', b'\n')
    head = head.split(b'\n\n')[0] + b'\n'
    for m in FIELD.finditer(head):
        yield path, m.group(1).replace(b'\n', b'').strip()


def sample(folders, most):
    seen = {}
    for path, value in fields(folders):
        seen.setdefault(value, path)
    every = sorted(seen.items(), key=lambda v: hashlib.md5(v[0]).digest())
    return every[:most]


def ours(tool, values):
    data = b''.join(b'%d\n%s' % (len(v), v) for v, _ in values)
    out = subprocess.run([tool], input=data, stdout=subprocess.PIPE,
                         check=True).stdout.decode().splitlines()
    assert len(out) == len(values), 'the tool has answered too little'
    for line in out:
        words = line.split(' ')
        yield (bytes.fromhex(words[1]),
               {key(bytes.fromhex(w)) for w in words[2:]})


def key(address):
    """One way to write an address: quotes undone, domain in lower case."""
    local, at, domain = address.rpartition(b'@')
    local = re.sub(rb'\\(.)|"', rb'\1', local)
    domain = re.sub(rb'\s', b'', domain).lower().rstrip(b'.')
    return local + at + domain


def raw(text):
    return text.encode('utf-8', 'surrogateescape')


def python_list(value):
    text = value.decode('utf-8', 'surrogateescape')
    found = [a for _, a in getaddresses([text])]
    try:
        found += [a for _, a in getaddresses([text], strict=False)]
    except TypeError:
        pass
    return [raw(a) for a in found]


def python_registry(value):
    text = value.decode('utf-8', 'surrogateescape')
    with warnings.catch_warnings():
        warnings.simplefilter('ignore')
        header = headerregistry.HeaderRegistry()('To', text)
    return [raw(a.addr_spec) for a in header.addresses]


def gmime(value):
    def flat(addresses):
        for i in range(addresses.length() if addresses else 0):
            one = addresses.get_address(i)
            if isinstance(one, GMime.InternetAddressGroup):
                yield from flat(one.get_members())
            elif one.get_addr():
                yield raw(one.get_addr())
    return list(flat(GMime.InternetAddressList.parse(None, value.decode())))


# Why another reader's address is none, and how that is told.
FAULTS = [
    ('no address at all',
     lambda a, local, domain, value: not local or not domain),
    ('a piece of an encoded word',
     lambda a, local, domain, value: b'=?' in a or b'?=' in a),
    ('a name in front of an address, whose domain has no dot',
     lambda a, local, domain, value: b'.' not in domain),
    ('a quoted name as a domain, or quotes in one',
     lambda a, local, domain, value: domain[-1:] in (b'"', b'.') or
     domain + b'."' in value.lower()),
    ('what has no @ as a route',
     lambda a, local, domain, value:
     re.search(rb'<[^@">]*:[^>]*' + re.escape(a), value)),
    ('all behind a quote that has no end',
     lambda a, local, domain, value: b'<' in local),
    ('several words of a name as a local part',
     lambda a, local, domain, value: b' ' in local),
    ('an address joined over a blank',
     lambda a, local, domain, value: a.lower() not in value.lower() and
     a.lower() in re.sub(rb'\s', b'', value.lower())),
]


def explained(address, value):
    local, _, domain = key(address).rpartition(b'@')
    for why, test in FAULTS:
        if test(address, local, domain, value):
            return why
    return None


def compare(kind, reader, values, known):
    bad, count, faults = [], 0, {}
    for (value, path), (_, readings) in zip(values, known):
        try:
            found = reader(value)
        except UnicodeDecodeError:
            continue    # GMime's binding takes no other text
        except (IndexError, AttributeError, TypeError, ValueError,
                RecursionError):
            continue    # Python's parsers break on some
        count += 1
        for address in found:
            if key(address) in readings:
                continue
            why = explained(address, value)
            if why:
                faults[why] = faults.get(why, 0) + 1
            else:
                bad.append((path, value, address))
    print(kind, count, len(bad))
    for path, value, address in bad:
        print('#', path, hashlib.md5(value).hexdigest()[:8],
              (value, address) if os.environ.get('READINGS_SHOW') else '')
    for why, n in sorted(faults.items()):
        print('# %s took %d times: %s' % (kind, n, why))


def python_text(value):
    """None: Python does not know the charset, or finds bad text."""
    try:
        return ''.join(
            part.decode(cs or 'ascii') if isinstance(part, bytes) else part
            for part, cs in decode_header(value.decode('ascii')))
    except (UnicodeError, LookupError, ValueError):
        return None


def squeeze(text):
    """Blanks, controls and what stands for bad bytes are not compared."""
    return ''.join(c for c in text if c.isprintable() and c != ' ' and
                   c not in '\xa0\u3000\ufffd')


def compare_texts(values, known):
    bad, count = [], 0
    for (value, path), (text, _) in zip(values, known):
        want = python_text(value)
        if b'=?' not in value or want is None or len(value) > VALUE_MOST:
            continue
        count += 1
        text = squeeze(text.decode())
        if text not in (squeeze(want), squeeze(
                GMime.utils_header_decode_text(None, value.decode()))):
            bad.append((path, value, want, text))
    print('texts', count, len(bad))
    for path, value, want, text in bad:
        print('#', path, hashlib.md5(value).hexdigest()[:8],
              (want, text) if os.environ.get('READINGS_SHOW') else '')


def main():
    tool, most, folders = sys.argv[1], int(sys.argv[2]), sys.argv[3:]
    GMime.init()
    values = sample(folders, most)
    known = list(ours(tool, values))
    compare('python-getaddresses', python_list, values, known)
    compare('gmime', gmime, values, known)
    compare('python-headerregistry', python_registry, values, known)
    compare_texts(values, known)


main()
