# An SPF test suite (YAML of openspf.org's form) as lines for
# tests/unit/mailauth_spf_suite.c. Fields are hexadecimal, "-" when empty:
#   Z                                     a zone begins
#   R TYPE NAME DATA...                   a record; TXT with several strings
#   T NAME                                no answer from there
#   C CASE HOST HELO FROM RESULTS EXPLANATION   (CASE and RESULTS are plain)
import sys


def hexed(s):
    data = s.encode('utf-8')
    if all(ord(c) < 256 for c in s):
        data = s.encode('latin1')
    return data.hex() or '-'


def put_record(name, kind, value):
    types = {'A': 1, 'CNAME': 5, 'PTR': 12, 'MX': 15, 'TXT': 16, 'SPF': 16,
             'AAAA': 28}
    if kind in ('TIMEOUT', 'SERVFAIL'):
        print('T', hexed(name))
    elif value != 'NONE' and kind in types:
        if kind == 'MX':
            value = value[1]
        values = value if isinstance(value, list) else [value]
        print('R', types[kind], hexed(name), ' '.join(map(hexed, values)))


# The old type SPF (99) counts as TXT where there is no TXT beside it.
def put_zone(zone):
    print('Z')
    for name, records in zone.items():
        txt = any(isinstance(r, dict) and 'TXT' in r for r in records)
        for record in records:
            if not isinstance(record, dict):
                record = {record: True}
            for kind, value in record.items():
                if not (kind == 'SPF' and txt):
                    put_record(name, kind, value)


if __name__ == '__main__':
    import yaml
    with open(sys.argv[1], encoding='utf-8') as suite:
        for part in yaml.load_all(suite, Loader=yaml.BaseLoader):
            if not part or 'tests' not in part:
                continue
            put_zone(part.get('zonedata') or {})
            for name, test in part['tests'].items():
                results = test['result']
                if not isinstance(results, list):
                    results = [results]
                print('C', name, hexed(test['host']), hexed(test.get('helo', '')),
                      hexed(test.get('mailfrom', '')), ','.join(results),
                      hexed(test.get('explanation', '')))
