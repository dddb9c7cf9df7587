#!/usr/bin/perl
# pm policy import-sieve: golden scripts, what a wrong one is told, and cut
# ones. To renew the golden files: GOLDEN=1 prove tests/cli/sieve.t, then look.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use Cwd qw(abs_path);

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $golden = abs_path('tests/cli/sieve');
my $dir = tempdir(CLEANUP => 1);
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
chdir $dir or die;

sub slurp {
	my ($file) = @_;
	open my $in, '<', $file or return '';
	local $/;
	return <$in> // '';
}

sub spit {
	my ($file, $text) = @_;
	open my $out, '>', $file or die "$file: $!";
	print $out $text;
	close $out or die;
}

# (exit code, output) of pm policy.
sub policy {
	open my $run, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1', $pm, 'policy',
		@_ or die;
	local $/;
	my $out = <$run> // '';
	close $run;
	return ($? >> 8, $out);
}

# Golden: what comes out, and what is told.
my %code = (default => 0, tests => 0, actions => 1, meaning => 1);
for my $name (sort keys %code) {
	unlink 'out.lua';
	my ($code, $said) = policy('import-sieve', "$golden/$name.siv",
		'--out', 'out.lua');
	is($code, $code{$name}, "$name.siv: exit code") or diag($said);
	spit("$golden/$name.lua", slurp('out.lua')) if $ENV{GOLDEN};
	is(slurp('out.lua'), slurp("$golden/$name.lua"), "$name.lua");
	my @lost = slurp('out.lua') =~ /NOT CONVERTED \(line (\d+)\)/g;
	is_deeply([sort { $a <=> $b } @lost],
		[$said =~ /^  line (\d+): /mg], "$name: each part is told");
}
my ($code, $said) = policy('import-sieve', "$golden/default.siv",
	'--out', 'out.lua');
is_deeply([$code, $said], [2, "pm policy: out.lua: cannot be made: File "
	. "exists\n"], 'an existing file is left alone');
unlink 'out.lua';
($code, $said) = policy('import-sieve', "$golden/default.siv", '--out',
	'out.lua');
is($said, "9 rules converted, 0 parts need a person\n"
	. "lists that must be there: blocked-relays, "
	. "suspect-attachment-names, whitelisted-hosts, whitelisted-senders, "
	. "whitelisted-senders-per-user, anti-spam-optouts, "
	. "blacklisted-hosts, blacklisted-senders\n", 'what is told');

# The default policy can be used at once, when its lists are there.
SKIP: {
	my (undef, $words) = policy('words');
	skip 'words of the rules', 2 unless $words =~ /^  files /m &&
		$words =~ /expand\(/ && $words =~ /:copy\(/ &&
		$words =~ /sender_listed\(list, rcpt\)/;
	mkdir $_ or die for qw(etc etc/pm etc/pm/lists draft);
	$said =~ /be there: (.*)/ or die;
	spit("etc/pm/lists/$_", '') for split /, /, $1;
	rename 'out.lua', 'draft/50-site.lua' or die;
	is_deeply([policy('check', 'draft', '--root', '.')], [0,
		"ok: 3 policies, 10 rules\n"], 'the rules are in order');
}

# What the rules do is what the script did.
mkdir 'meaning' or die;
($code, $said) = policy('import-sieve', "$golden/meaning.siv", '--out',
	'meaning/50-site.lua');
like($said, qr/^10 rules converted, 1 part needs a person:\n  line 24: /,
	'what cannot be said for sure') or diag($said);
sub outcome {
	my ($do, $rcpt) = @_;
	spit('m.eml', "From: <a\@x.example>\nX-Do: $do\n\nHi.\n");
	my $out = qx($pm scan --json --policy meaning --rcpt $rcpt m.eml 2>&1);
	my ($action, $trace) = $out =~ /"action":"(\w+)".*?"trace":\[(.*?)\]/;
	return join ' ', $action, $trace =~ /"said":"([^"]+)"/g;
}
my @meaning = (
	['nothing', 'deliver deliver()'],
	['copy', 'deliver copy(Copy) deliver()'],
	['mark', 'deliver add_header(X-Mark) deliver()'],
	['quarantine-and-go-on', 'quarantine quarantine(Suspect)'],
	['quarantine-and-go-on, copy, mark', 'quarantine copy(Copy) '
		. 'add_header(X-Mark) quarantine(Suspect)'],
	['quarantine-and-go-on, stop', 'quarantine quarantine(Suspect)'],
	['stop', 'deliver deliver()'],
	['stop, last', 'deliver deliver()'],
	['last', 'reject reject(the last)'],
	['hold', 'quarantine quarantine(Hold)'],
	['both', 'deliver copy(Both); deliver()'],
	['nested', 'deliver mark(seen=else); '
		. 'add_header(X-Behind) deliver()'],
	['nested inner', 'discard add_header(X-Inner); discard()'],
	['nested inner escape', 'deliver add_header(X-Inner); '
		. 'add_header(X-Behind) deliver()'],
	['nested other, last', 'reject reject(no, other)'],
	['last', 'deliver deliver()', 'free@example.org'],
	['last', 'reject reject(the last)', 'b@example.net'],
	['nothing', 'redirect redirect(a@example.org)', 'b@example.net'],
);
for my $case (@meaning) {
	my ($do, $want, $rcpt) = @$case;
	is(outcome($do, $rcpt // 'user@example.org'), $want, "rules: $do");
}

# Wrong scripts: each is told with its line.
my @wrong = (
	["if", qr/^x\.siv:1: ";" or "\{" expected, found the end of the file$/],
	["keep", qr/^x\.siv:1: ";" or "\{" expected, found the end/],
	["keep;\n}", qr/^x\.siv:2: a command expected, found "\}"$/],
	["if true {\n\nkeep;\n", qr/^x\.siv:4: a command or "\}" expected, found the end of the file$/],
	["keep;\nreject \"abc\n", qr/^x\.siv:2: this string has no end: a " is missing$/],
	["\n\n/* never", qr/^x\.siv:3: this comment has no end: \*\/ is missing$/],
	["reject text:\nabc\n", qr/^x\.siv:1: this text has no end: a line with a single dot is missing$/],
	["reject text: x\n.\n;", qr/^x\.siv:1: the text begins on the line behind "text:"$/],
	["if size :over 10T { keep; }", qr/^x\.siv:1: a number ends with K, M, G or nothing$/],
	["if size :over 99999999999999999999 { keep; }", qr/^x\.siv:1: this number is too large$/],
	["if anyof (true, ) { keep; }", qr/^x\.siv:1: a test expected, found "\)"$/],
	["if anyof (true; true) { keep; }", qr/^x\.siv:1: "," or "\)" expected, found ";"$/],
	["if header [\"a\", 1] \"b\" { keep; }", qr/^x\.siv:1: a string expected, found "1"$/],
	["if header [\"a\" \"b\"] \"b\" { keep; }", qr/^x\.siv:1: "," or "\]" expected, found ""b""$/],
	["keep; \@", qr/^x\.siv:1: the byte 0x40 has no place here$/],
	["keep : x;", qr/^x\.siv:1: a name belongs behind this colon$/],
	["if not " x 200, qr/^x\.siv:1: more than 32 blocks or tests in one another$/],
	["if true {" x 200, qr/^x\.siv:1: more than 32 blocks or tests in one another$/],
	["keep;\n" x 20001, qr/^x\.siv:20001: more than 20000 commands and tests$/],
);
for my $case (@wrong) {
	my ($text, $says) = @$case;
	spit('x.siv', $text);
	($code, $said) = policy('import-sieve', 'x.siv');
	my $short = substr $text, 0, 40;
	$short =~ s/\n/\\n/g;
	is($code, 2, "refused: $short");
	$said =~ s/^pm policy: //;
	like($said, $says, 'and told where');
}
spit('x.siv', ' ' x (1 << 20) . 'k');
is_deeply([policy('import-sieve', 'x.siv')], [2, "pm policy: x.siv: larger "
	. "than 1048576 bytes\n"], 'too large');
is_deeply([policy('import-sieve')], [2, "pm policy: usage: pm policy "
	. "import-sieve FILE [--out FILE.lua]\n"], 'no file named');

# Cut anywhere, a script is refused or read; nothing else.
my $whole = slurp("$golden/actions.siv");
my $bad = 0;
for (my $n = 0; $n < length $whole; $n += 37) {
	spit('x.siv', substr $whole, 0, $n);
	($code, $said) = policy('import-sieve', 'x.siv');
	$bad++ unless $code == 0 || $code == 1 ||
		($code == 2 && $said =~ /^pm policy: x\.siv:\d+: /);
}
is($bad, 0, 'cut scripts are refused with a line, or read');
done_testing();
