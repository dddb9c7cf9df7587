# What rspamd's tests say of DKIM and ARC, as lines for
# tests/unit/mailauth_rspamd.c. Fields are hexadecimal, "-" when empty:
#   R NAME TEXT                a TXT record
#   T NAME                     no answer from there
#   C TEST FILE WHAT RESULT    expected; a RESULT "not-X": no such one. WHAT
#                              (dkim, arc) and RESULT are plain
import csv
import json
import os
import sys

SYMBOLS = {
    'R_DKIM_ALLOW': ('dkim', 'pass'),
    'R_DKIM_REJECT': ('dkim', 'fail'),
    'R_DKIM_PERMFAIL': ('dkim', 'permerror'),
    'R_DKIM_TEMPFAIL': ('dkim', 'temperror'),
    'R_DKIM_NA': ('dkim', 'none'),
    'ARC_ALLOW': ('arc', 'pass'),
    'ARC_REJECT': ('arc', 'fail'),
    'ARC_INVALID': ('arc', 'fail'),
    'ARC_NA': ('arc', 'none'),
}


def hexed(text):
    return text.encode().hex() or '-'


with open(sys.argv[1], encoding='utf-8') as table:
    for row in json.load(table):
        if row['type'] != 'txt':
            continue
        if row['rcode'] in ('timeout', 'fail', 'servfail'):
            print('T', hexed(row['name']))
        for text in row['replies']:
            print('R', hexed(row['name']), hexed(text))

expected = os.path.join(os.path.dirname(sys.argv[1]), 'expected.tsv')
with open(expected, encoding='utf-8') as rows:
    for row in csv.DictReader(rows, delimiter='\t'):
        for want in (row['expect'] or '').split('; '):
            words = want.split()
            known = [w for w in words if w in SYMBOLS]
            if not known or not row['message']:
                continue
            what, result = SYMBOLS[known[0]]
            unwanted = want.startswith('Do Not')
            print('C', hexed(row['test']), hexed(row['message']), what,
                  'not-' + result if unwanted else result)
