# What rspamd expects of SPF, DKIM, DMARC and ARC (its functional tests:
# dns.json and expected.tsv in one folder) as lines for tests/unit/mailauth_rspamd.c:
# the zone as tests/lib/spf_lines.py has it, then
#   C CASE FILE IP HELO FROM SYMBOLS
# all hexadecimal but the symbols, "+SYMBOL" or "-SYMBOL" (not expected).
import csv
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from spf_lines import hexed, put_record

WANTED = re.compile(r'(?:R_SPF|R_DKIM|DMARC_(?:POLICY|NA|DNSFAIL)|'
                    r'ARC_(?:ALLOW|INVALID))\w*')


def put_dns(records):
    print('Z')
    for record in records:
        kind = record['type'].upper()
        if record['rcode'] in ('timeout', 'servfail'):
            put_record(record['name'], 'TIMEOUT', True)
        for value in record['replies']:
            if kind == 'MX':
                value = value.split(' ')
            put_record(record['name'], kind, value)


def symbols(expect):
    words = []
    for part in expect.split('; '):
        found = WANTED.search(part)
        if found and 'Expect Symbol' in part:
            words.append(('-' if part.startswith('Do Not') else '+') +
                         found.group(0))
    return ','.join(dict.fromkeys(words))


# Some rows' records are not among the records: nothing can be said of those.
def put_case(row, names):
    envelope = dict(re.findall(r'(\w+)=(\S+)', row['envelope'] or ''))
    sender = envelope.get('From', '').replace('<>', '')
    ip = envelope.get('IP', '')
    wanted = symbols(row['expect'])
    if ('+R_SPF' in wanted and '+R_SPF_NA' not in wanted and sender and
            sender.split('@')[1] not in names):
        return
    print('C', hexed((row['test'] + ' ' + ip).strip()),
          hexed(row['message']), hexed(ip), hexed(envelope.get('Helo', '')),
          hexed(sender), wanted)


folder = sys.argv[1]
with open(os.path.join(folder, 'dns.json'), encoding='utf-8') as zone:
    records = json.load(zone)
    put_dns(records)
with open(os.path.join(folder, 'expected.tsv'), encoding='utf-8') as table:
    for row in csv.DictReader(table, delimiter='\t', quoting=csv.QUOTE_NONE):
        if row['expect'] and symbols(row['expect']):
            put_case(row, {record['name'] for record in records})
