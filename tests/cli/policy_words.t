#!/usr/bin/perl
# The words of the rules: each is read in a rule, over real messages, through
# pm scan; and those that cannot be read say why.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use Compress::Zlib qw(crc32);
use Cwd qw(abs_path);
use Encode qw(decode_utf8 encode_utf8);
use JSON::PP;
use MIME::Base64;
use POSIX ();
use Time::Local qw(timegm);
use lib 'tests/lib';
use ZoneDns;

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $dir = tempdir(CLEANUP => 1);
my $dns = ZoneDns->new({
	'good.example' => [ [ TXT => 'v=spf1 ip4:198.51.100.7 -all' ] ],
	'_dmarc.good.example' => [ [ TXT => 'v=DMARC1; p=reject' ] ],
});
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
chdir $dir or die;
mkdir $_ or die for qw(etc etc/pm etc/pm/lists drafts);

sub put {
	my ($path, $text) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $text;
	close $f or die;
}

put('etc/pm/wiring.lua', 'return { name = "mx1", site = "ours.example", '
	. 'roles = { "filter" }, domains = { "ours.example" }, '
	. "networks = { '10.0.0.0/8' } }\n");
put("etc/pm/lists/$_->[0]", $_->[1]) for ['trusted-relays', "192.0.2.9\n"],
	['words', "#pm type=phrase\n# no comment\nGr\xc3\xbc\xc3\x9fe an\n"
		. "grüsse von\nnever said\nalle  # all\n"],
	['names', "*.txt\n"], ['partners', "good.example\n"];
put('drafts/options', "# ours\ntag_at = 60\nbanner = yes\n"
	. "timezone = America/New_York\nname = A B\nbad = maybe\n");

# Runs pm scan over one message; its JSON, or the error.
sub scan {
	my ($message, @args) = @_;
	put('m.eml', $message);
	open my $run, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1', $pm, 'scan',
		'm.eml', '--json', '--root', '.', '--policy', 'drafts',
		'--resolver', $dns->resolver, @args or die;
	local $/;
	my $out = <$run> // '';
	close $run;
	return $out =~ /^\{/ ? decode_json($out) : $out;
}

# What each expression is, as a text, in a rule about this message.
sub values_of {
	my ($message, $args, $top, @expressions) = @_;
	my $rules = "$top\nlocal p = policy('p')\n";
	for my $i (0 .. $#expressions) {
		$rules .= "p:rule('$i', function(m, rcpt, plan)\n"
			. "\tplan:mark('v', tostring($expressions[$i]))\nend)\n";
	}
	put('drafts/50-x.lua', $rules);
	my $got = scan($message, @$args);
	die "no JSON: $got\n" unless ref $got;
	diag($got->{failure}) if $got->{failure};
	return map { my $s = $_->{said}; $s =~ s/^mark\(v=(.*)\)$/$1/s; $s }
		@{$got->{trace}};
}

# name, message, options of pm scan, top of the file, [expression, value]...
sub check {
	my ($name, $message, $args, $top, @pairs) = @_;
	my @got = values_of($message, $args, $top, map { $_->[0] } @pairs);
	is(encode_utf8($got[$_] // '(nothing)'), $pairs[$_][1], "$name: $pairs[$_][0]")
		for 0 .. $#pairs;
}

my $plain = "From: \"Bob B.\" <bob\@good.example>\r\n"
	. "To: a\@ours.example, x\@other.example\r\n"
	. "Cc: c\@third.example\r\n"
	. "Reply-To: <else\@where.example>\r\n"
	. "Subject: =?iso-8859-1?Q?Gr=FC=DFe_an_alle?=\r\n"
	. "Date: Mon, 23 Nov 2026 07:53:42 +0100\r\n"
	. "Message-ID: <1\@good.example>\r\n"
	. "X-Two: one\r\nX-Two: =?utf-8?Q?zw=C3=B6lf?=\r\n"
	. "Content-Type: text/plain; charset=UTF-8\r\n"
	. "Content-Transfer-Encoding: 8bit\r\n\r\n"
	. "Die  GR\xc3\x9cSSE\r\nvon 1234567: http://www.shop.example/a?b\r\n";

check('plain', $plain, ['--ip', '198.51.100.7', '--from',
	'bob@good.example', '--rcpt', 'a@ours.example', '--rcpt',
	'x@other.example'], q{
local digits = regex([[\d{5,}]])
local umlaut = regex("^GRÜSSE|nothing", "iu")
local lines = regex("^von", "m")
local other = regex("xyz+")
local wide = regex("(a{1,500}){1,500}b")
local function failure(f, ...)
	local _, what = pcall(f, ...)
	return what
end},
	['m.direction', 'inbound'], ['rcpt.direction', 'inbound'],
	['m.bounce', 'false'], ['m.sender.domain', 'good.example'],
	['m.sender.local_part', 'bob'],
	['m.sender:listed("partners")', 'true'],
	['m.sender:listed("trusted-relays")', 'false'],
	['m.date', '1795416822'], ['m.message_id', '<1@good.example>'],
	['m.authors[1].name', 'Bob B.'], ['m.authors[1].domain',
		'good.example'], ['#m.authors', '1'],
	['m.cc[1]', 'c@third.example'], ['#m.cc', '1'], ['#m.to', '3'],
	['m.reply_to', 'else@where.example'],
	['m.charsets[1]', 'utf-8'], ['m.charsets[2]', 'iso-8859-1'],
	['#m.charsets', '2'], ['m.eight_bit', '4'],
	['#m:headers("x-two")', '2'], ['m:headers("X-Two")[2]', 'zwölf'],
	['#m:headers("X-Three")', '0'], ['m:has_header("x-two")', 'true'],
	['m:has_header("X-Three")', 'false'],
	['m:header("X-Two", 2)', 'zwölf'], ['m:header("X-Three")', 'nil'],
	['m.text:sub(1, 3)', 'Die'], ['m.header_size > 300', 'true'],
	['m.relay.trusted', 'false'],
	['m:contains("subject", "GRÜSSE AN")', 'false'],
	['m:contains("subject", "nothing", "grüße an")', 'true'],
	['m:contains("body", "die grüsse von")', 'true'],
	['m:contains("body", "")', 'false'],
	['m:contains("from", "bob b.")', 'true'],
	['m:contains("from", "GOOD.example")', 'true'],
	['m:contains("header:X-Two", "ZWÖLF")', 'true'],
	['m:contains("header:X-Three", "a")', 'false'],
	['m:contains("urls", "shop.example")', 'true'],
	['#m:phrases("words")', '3'], ['m:phrases("words")[1]', 'Grüße an'],
	['m:phrases("words")[3]', 'grüsse von'],
	['failure(m.phrases, m, "names"):match(": (.*)")', 'the list "names" '
		. 'is not one of phrases: its first line is to be #pm '
		. 'type=phrase'],
	['failure(m.phrases, m, "wordz"):match(": (.*)")',
		'there is no list "wordz"; did you mean "words"?'],
	['m:contains("names", "a")', 'false'],
	['m:contains("files", "a")', 'false'],
	['m:matches("body", digits)', 'true'],
	['m:matches("body", other)', 'false'],
	['m:matches("body", lines)', 'true'],
	['m:matches("header:X-Two", other)', 'false'],
	['m:matches("urls", digits)', 'false'],
	['digits:find(m.text)', '1234567'], ['digits:find("12 34")', 'nil'],
	['digits:match("a12345")', 'true'], ['digits:match("")', 'false'],
	['umlaut:match("grüSSe")', 'true'], ['umlaut:match("x grüsse")',
		'false'], ['umlaut:match("\xff nothing")', 'false'],
	['wide:match("aab")', 'true'],
	['failure(wide.find, wide, "aab"):match("can only be asked.*")',
		'can only be asked with match(): its repeats {n,m} are too '
		. 'large to tell where a match begins'],
	['failure(regex, "a"):match(": (.*)")', 'a regex is made while the '
		. 'file is loaded: write local RE = regex("PATTERN", "i") at '
		. 'its top'],
	['failure(m.contains, m, "boddy", "x"):match(": (.*)")',
		'argument 1: there is no "boddy" to look into; did you mean '
		. '"body"'],
	['failure(m.matches, m, "body", "x"):match(": (.-): write")',
		'argument 2 is no regex'],
	['failure(function() return m["history"] end):match(": (.*)")',
		'history: not in this version: needs the sender history'],
	['failure(function() return m.attachements end):match(": (.*)")',
		'message has no field "attachements"; did you mean '
		. '"attachments"?'],
	['m.urls[1].organisation', 'shop.example'],
	['m.urls[1].scheme', 'http'], ['m.urls[1].path', '/a?b'],
	['m.urls[1].deceives', 'false'], ['m.urls[1].link', 'false'],
	['option("tag_at", 50) + 1', '61'], ['option("banner", false)',
		'true'], ['option("none", 3)', '3'], ['option("name")', 'A B'],
	['option("none")', 'nil'],
	['failure(option, "bad", true):match(": (.*)")',
		'the option bad = maybe is no switch: write yes or no'],
	['failure(option, "bad", 1):match(": (.*)")',
		'the option bad = maybe is no number'],
	['m.auth.spf.result', 'pass'], ['m.auth.spf.domain', 'good.example'],
	['m.auth.spf.aligned', 'true'], ['m.auth.spf.helo', 'false'],
	['m.auth.dkim.result', 'none'], ['#m.auth.dkim.signatures', '0'],
	['m.auth.dkim.aligned', 'false'],
	['m.auth.dmarc.result', 'pass'], ['m.auth.dmarc.policy', 'reject'],
	['m.auth.dmarc.aligned', 'true'],
	['m.auth.dmarc.domain', 'good.example'],
	['m.auth.dmarc.organisation', 'good.example'],
	['m.auth.arc.result', 'none'], ['#m.auth.arc.sealers', '0'],
	['m.auth.arc.domain', ''], ['m.auth.relay', '198.51.100.7']);

check('forged', $plain, ['--ip', '198.51.100.8', '--from',
	'bob@good.example'], '', ['m.auth.spf.result', 'fail'],
	['m.auth.spf.aligned', 'false'], ['m.auth.dmarc.result', 'fail']);

my @local = (['m.direction', 'outbound'], ['rcpt.direction', 'outbound'],
	['m.relay.trusted', 'true'], ['m.auth.relay', ''],
	['m.auth.spf.result', 'none']);
check('outbound', $plain, ['--ip', '10.1.1.1', '--rcpt', 'x@other.example'],
	'', @local);
check('internal', $plain, ['--ip', '10.1.1.1', '--rcpt', 'x@ours.example'],
	'', ['m.direction', 'internal'], ['rcpt.direction', 'internal'],
	['m.bounce', 'true']);
check('mixed', $plain, ['--ip', '10.1.1.1', '--rcpt', 'x@ours.example',
	'--rcpt', 'y@other.example'], '', ['m.direction', 'outbound']);
check('trusted', $plain, ['--ip', '192.0.2.9'], '',
	['m.relay.trusted', 'true'], ['m.relay.internal', 'false']);

# A ZIP of stored members (name, content, flags), made by hand.
sub zip {
	my ($local, $central, $n) = ('', '', 0);
	while (my ($name, $content, $flags) = splice @_, 0, 3) {
		my $common = pack 'vvvvVVVvv', $flags, 0, 0, 33,
			crc32($content), (length $content) x 2, length $name,
			0;
		$central .= pack('Vvv', 0x02014b50, 20, 20) . $common
			. pack('vvvVV', 0, 0, 0, 0, length $local) . $name;
		$local .= pack('Vv', 0x04034b50, 20) . $common . $name
			. $content;
		$n++;
	}
	return $local . $central . pack 'VvvvvVVv', 0x06054b50, 0, 0, $n, $n,
		length $central, length $local, 0;
}

sub part {
	my ($name, $type, $content) = @_;
	return "--b\r\nContent-Type: $type\r\nContent-Disposition: attachment;"
		. " filename=\"$name\"\r\nContent-Transfer-Encoding: base64"
		. "\r\n\r\n" . encode_base64($content, "\r\n");
}

my $files = "From: a\@b.example\r\nSubject: files\r\nMIME-Version: 1.0\r\n"
	. "Content-Type: multipart/mixed; boundary=b\r\n\r\n"
	. "--b\r\nContent-Type: text/html\r\n\r\n<p>Hello <b>wor</b>ld "
	. "<span style=\"display:none\">hidden</span></p>\r\n"
	. part('Note.TXT', 'text/plain', "the secret word\n")
	. part('a.zip', 'application/zip', zip('in/inner.txt',
		"inner secret of Zürich\n", 0))
	. part('fake.pdf', 'application/pdf', "MZ" . "\0" x 58 . "\x40\0\0\0"
		. "PE\0\0L\x01" . "\0" x 300)
	. "--b--\r\n";
check('files', $files, [], q{
local word = regex([[inner\s+secret]])
local whole = regex([[^a\.zip$]])},
	['m.text:match("%S.-%S*$"):sub(1, 11)', 'Hello world'],
	['m:contains("body", "hello world")', 'true'],
	['m:contains("body", "hidden")', 'false'],
	['#m.attachments', '3'], ['#m.files', '4'],
	['m.attachments[1].name', 'Note.TXT'],
	['m.attachments[1].extension', 'txt'],
	['m.attachments[1].text:match("%C+")', 'the secret word'],
	['m.attachments[1].sha256:sub(1, 8)', 'a9066319'],
	['m.attachments[1].kind', 'text'], ['m.attachments[1].later', 'false'],
	['m.attachments[2].true_type', 'zip'],
	['m.attachments[2].kind', 'archive'],
	['m.attachments[2].text:match("inner secret of Z")',
		'inner secret of Z'],
	['m.attachments[2].encrypted', 'false'],
	['m.attachments[3].true_type', 'exe'],
	['m.attachments[3].kind', 'program'],
	['m.attachments[3].text', ''], ['m.attachments[3].macros', 'false'],
	['m.files[3].name', 'inner.txt'], ['m.files[3].path', 'in/inner.txt'],
	['m.files[3].size', '24'], ['m.files[3].type', ''],
	['m.files[3].text', 'nil'], ['m.files[2].path', 'a.zip'],
	['m:contains("names", "INNER.txt")', 'true'],
	['m:contains("names", "none.txt")', 'false'],
	['m:contains("names", "a.zip in/")', 'false'],
	['m:matches("names", whole)', 'true'],
	['m.attachments[1]:listed("names")', 'true'],
	['m.attachments[2]:listed("names")', 'false'],
	['m:contains("files", "secret of zürich")', 'true'],
	['m:matches("files", word)', 'true'],
	['m.attachments[1] == m.files[1]', 'false'],
	['m.attachments[1] == m.attachments[1]', 'true'],
	['m.eight_bit', '0'], ['#m.charsets', '0'], ['m.date', 'nil'],
	['m.reply_to', '']);

my $docx = zip('[Content_Types].xml', '<?xml version="1.0"?><Types xmlns='
	. '"http://schemas.openxmlformats.org/package/2006/content-types">'
	. '<Override PartName="/word/document.xml" ContentType="application/'
	. 'vnd.openxmlformats-officedocument.wordprocessingml.document.main'
	. '+xml"/></Types>', 0, 'word/document.xml', '<?xml version="1.0"?>'
	. '<w:document><w:body><w:p><w:r><w:t>Top</w:t></w:r><w:r><w:t>Secret'
	. '</w:t></w:r></w:p><w:p><w:t>plans</w:t></w:p></w:body>'
	. '</w:document>', 0);
check('more files', "From: a\@b.example\r\nContent-Type: multipart/mixed; "
	. "boundary=b\r\n\r\n"
	. part('locked.zip', 'application/zip', zip('a.exe', 'x' x 20, 1))
	. part('a.docx', 'application/octet-stream', $docx)
	. part('double.PDF.Exe. ', 'application/pdf', 'text only')
	. part('outer.zip', 'application/zip', zip('in.zip', zip('deep.txt',
		'deep words', 0), 0))
	. part("k.txt", 'text/plain; charset=koi8-r', "\xf2\xf5\xf3")
	. "--b--\r\n", [], '',
	['m.attachments[1].encrypted', 'true'],
	['m.attachments[1].later', 'true'], ['m.attachments[1].text', ''],
	['m.files[2].name', 'a.exe'], ['m.files[2].encrypted', 'true'],
	['m.attachments[2].true_type', 'docx'],
	['m.attachments[2].kind', 'document'],
	['m.attachments[2].macros', 'false'],
	['m.attachments[2].text:match("TopSecret%s+plans") ~= nil', 'true'],
	['m:contains("files", "topsecret plans")', 'true'],
	['m.attachments[3].extension', 'exe'],
	['m.attachments[3].true_type', 'text'],
	['m.attachments[4].text', 'deep words'],
	['m.files[#m.files - 1].path', 'in.zip/deep.txt'],
	['m.files[#m.files - 1].name', 'deep.txt'],
	['m.attachments[5].text', 'РУС'],
	['m:contains("files", "рус")', 'true'], ['m.charsets[1]', 'koi8-r'],
	['m:contains("names", "DEEP.txt")', 'true'],
	['m.flags[1]', 'encrypted']);

# --- what cannot be loaded ---------------------------------------------------
for my $case (
	['regex("(a)\\\\1")', 'the pattern is refused: Back-references are '
		. 'unsupported: repeat the text itself, or compare two finds '
		. 'in the rule'],
	['regex("a(?!b)")', 'the pattern is refused: Zero-width assertions are '
		. 'not supported: lookaround has no linear time; test with '
		. 'two patterns'],
	['regex("x*")', 'the pattern is refused: Pattern matches empty buffer: '
		. 'it would fit every text; write + for *, or drop the ?'],
	['regex("[a")', 'the pattern is refused: Unterminated character class '
		. 'starting at index 0'],
	['regex("a", "x")', 'argument 2: flags are letters of "imsu"'],
	['regex(7)', 'argument 1 is a number, not a text: write '
		. 'regex("PATTERN", "i")'],
	['clock()', 'missing arguments: write clock(m.time)'],
	['rejex("a")', 'unknown name "rejex"; did you mean "regex"?'],
) {
	put('drafts/50-x.lua', "policy('p')\n$case->[0]\n");
	is(scan($plain), "pm scan: 50-x.lua:2: $case->[1]\n",
		"loading: $case->[0]");
}
for my $case (["a = 1\nb\n", '2: no option: write NAME = VALUE, comments '
	. 'after #'], ["a b = 1\n", '1: no option: write NAME = VALUE, '
	. 'comments after #'], ["a = 1\n# b\nA = 2\n",
	'3: "A" is there twice']) {
	put('drafts/50-x.lua', "policy('p')\n");
	put('drafts/options', $case->[0]);
	is(scan($plain), "pm scan: options:$case->[1]\n", "options: $case->[1]");
}
put('drafts/options', "timezone = America/New_York\n");

# --- the reference -----------------------------------------------------------
my ($help, $words) = map { scalar `'$pm' $_` } 'help policy', 'policy words';
like($help, qr/^pm policy: .*\n\nusage: pm policy check/, 'the manual first');
like($help, qr/^THE LANGUAGE OF RULES\n\n.*^functions\n/ms, 'then the language');
my @told = $words =~ /^  :?(\w+)/mg;
cmp_ok(scalar @told, '>', 100, 'words');
is(join(' ', grep { $help !~ /^  :?\Q$_\E\b/m } @told), '',
	'each of them is in the reference');
like($help, qr/^  subject  +as a reader sees it: text\n +if m\.subject/m,
	'with examples');
is(join('', grep { length > 80 } split /\n/, decode_utf8($words)), '',
	'on 80 columns');

# --- clock -------------------------------------------------------------------
check('clock', $plain, [], q{
local function at(t, zone)
	local c = clock(t, zone)
	return ("%d-%02d-%02d %02d:%02d:%02d %d %d"):format(c.year, c.month,
		c.day, c.hour, c.minute, c.second, c.weekday, c.offset)
end
local function failure(f, ...)
	local _, what = pcall(f, ...)
	return what
end},
	['at(0, "UTC")', '1970-01-01 00:00:00 4 0'],
	['at(-1, "UTC")', '1969-12-31 23:59:59 3 0'],
	['at(951782400, "UTC")', '2000-02-29 00:00:00 2 0'],
	['at(1795416822, "europe/berlin")', '2026-11-23 07:53:42 1 60'],
	['at(1795416822, "+02:00")', '2026-11-23 08:53:42 1 120'],
	['at(1795416822, "-0330")', '2026-11-23 03:23:42 1 -210'],
	['at(1795416822)', '2026-11-23 01:53:42 1 -300'],
	['failure(clock, 0, "Europe/Berlim"):match(": (.*)")', 'there is no '
		. 'time zone "Europe/Berlim"; did you mean "Europe/Berlin"?'],
	['failure(clock, 0, "+99"):match(": (.*)")', 'there is no time zone '
		. '"+99": write "UTC", "+02:00" or a name like "Europe/Berlin"'],
	['failure(clock, 1.5):match(": (.-),")',
		'argument 1 is a time in seconds since 1970'],
	['failure(function() return clock(0).hours end):match(": (.*)")',
		'clock has no field "hours"; did you mean "hour"?']);

# Every zone of this host, through five years, as the C library has it.
SKIP: {
	skip 'no time zones here', 2 unless -d '/usr/share/zoneinfo/Europe';
	my @times = map { time + $_ * 86400 * 29 + 7200 * ($_ % 12) }
		-4 .. 54;
	my (@zones, @pairs);
	for my $path (map { glob "/usr/share/zoneinfo/$_" }
		qw([A-Z]* [A-Z]*/* [A-Z]*/*/*)) {
		push @zones, $path =~ s{^/usr/share/zoneinfo/}{}r if -f $path;
	}
	for my $zone (@zones) {
		local $ENV{TZ} = $zone;
		POSIX::tzset();
		push @pairs, ["at('$zone')", join('', map {
			POSIX::strftime('%d%H%M', localtime $_) } @times[0 .. 9])
			. join '', map { sprintf '%02x', (timegm(localtime $_)
			- $_ + 43200) / 900 } @times];
	}
	POSIX::tzset();
	my @got = values_of($plain, [], 'local times = { '
		. join(', ', @times) . " }\n" . q{
local function at(zone)
	local all = {}
	for i, t in ipairs(times) do
		local c = clock(t, zone)
		all[i] = i <= 10 and ("%02d%02d%02d"):format(c.day, c.hour,
			c.minute) or ""
		all[#times + i] = ("%02x"):format((c.offset + 720) // 15)
	end
	return table.concat(all)
end}, map { $_->[0] } @pairs);
	my @wrong = grep { $got[$_] ne $pairs[$_][1] } 0 .. $#pairs;
	ok(@pairs > 400, scalar(@pairs) . ' zones');
	is(join("\n", map { "$zones[$_]: $got[$_], not $pairs[$_][1]" }
		@wrong), '', 'their clocks');
}
done_testing();
