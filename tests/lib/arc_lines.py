# ValiMail's ARC test suite (YAML) as lines for tests/unit/mailauth_arc_suite.c.
# Fields are hexadecimal, "-" when empty, but plain where so marked:
#   Z                                a scenario begins
#   R NAME TEXT                      a TXT record
#   V CASE RESULT MESSAGE            to validate; CASE and RESULT plain
#   S CASE DOMAIN SELECTOR PEM TIME FIELDS SERVER MESSAGE SEAL SIGNATURE
#     RESULTS                        to seal; CASE plain
import sys
import yaml


def hexed(value):
    return str(value if value is not None else '').encode().hex() or '-'


with open(sys.argv[1], encoding='utf-8') as suite:
    for part in yaml.load_all(suite, Loader=yaml.BaseLoader):
        if not part or 'tests' not in part:
            continue
        print('Z')
        for name, text in (part.get('txt-records') or {}).items():
            # Lines of the YAML are not lines of the record.
            print('R', hexed(name), hexed(text.replace('\n', '')))
        for name, test in part['tests'].items():
            if 'cv' in test:
                print('V', name, test['cv'].lower() or '-',
                      hexed(test['message']))
                continue
            print('S', name, *map(hexed, (
                part['domain'], part['sel'], part['privatekey'], test['t'],
                test['sig-headers'], test['srv-id'], test['message'],
                test['AS'], test['AMS'], test['AAR'])))
