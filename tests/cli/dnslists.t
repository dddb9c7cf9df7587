#!/usr/bin/perl
# DNS lists that are data: what is asked of a message, and what answers count.
use strict;
use warnings;
use Digest::SHA qw(sha1_hex sha256);
use File::Path qw(make_path);
use JSON::PP;
use Test::More;
use lib 'tests/lib';
use Appliance;
use ZoneDns;

my $body = "a file\r\n";
my $dns = ZoneDns->new({
	# Two answers at once; one that no hit names; bits.
	'9.113.0.203.ip.test' => [[A => '127.0.0.2'], [A => '127.0.0.5']],
	'10.113.0.203.ip.test' => [[A => '127.0.0.77']],
	'11.113.0.203.ip.test' => [[A => '127.0.0.1']],
	'12.113.0.203.ip.test' => [[A => '127.255.255.254']],
	'13.113.0.203.ip.test' => [[A => '198.51.100.7']],
	'14.113.0.203.ip.test' => [['TIMEOUT']],
	'9.113.0.203.good.test' => [[A => '127.0.4.3']],
	'7.100.51.198.hops.test' => [[A => '127.0.0.2']],
	'bad.example.dom.test' => [[A => '127.0.0.24']],
	'7.100.51.198.dom.test' => [[A => '127.0.0.8']],
	'www.whole.example.host.test' => [[A => '127.0.0.2']],
	'9.113.0.203.secretword.keyed.test' => [[A => '127.0.0.2']],
	sha1_hex('criminal@mail.example') . '.mail.test' =>
		[[A => '127.0.0.2']],
	base32(sha256($body)) . '._file.test' => [[A => '127.0.0.2']],
});

sub base32 {
	my $bits = unpack 'B*', $_[0];
	$bits .= '0' x (-length($bits) % 5);
	return join '', map { ('a' .. 'z', 2 .. 7)[oct "0b$_"] }
		$bits =~ /.{5}/g;
}

my $site = Appliance->new(roles => '"filter"',
	top => "domains = { \"ours.example\" },")->setup;
my $root = $site->{root};
my $folder = "$root/etc/pm/policy/dnslists";
make_path($folder);

sub put {
	my ($file, $text) = @_;
	open my $out, '>', $file or die "$file: $!";
	print $out $text;
	close $out or die "$file: $!";
}

# The JSON of a message.
sub scan {
	my ($text, $ip, @more) = @_;
	put("$root/mail.eml", $text);
	my $json = qx($ENV{PM} scan --json --draft --root $root --resolver @{[
		$dns->resolver]} --ip $ip @more $root/mail.eml 2>&1);
	return eval { decode_json($json) } // diag $json;
}

# Its hits of DNS lists, and what was asked.
sub hits {
	my ($o) = @_;
	return { map { $_->{name} => $_->{weight} }
		grep { $_->{name} =~ /^(T|CAP_T)_/ } @{ $o->{hits} } };
}

sub asked { return { map { $_->{name} => $_->{state} } @{ $_[0]{dns} } } }

my $plain = "From: a\@good.example\nSubject: x\n\nx\n";
is_deeply(scan($plain, '203.0.113.9')->{dns}, [],
	'nobody is asked unless the site wants it');

put("$folder/a.lua", <<'LUA');
return {
	group = "t-lists", cap = 5000, about = "for the test",
	{ "t-ip", kind = "ip", zone = "ip.test", enabled = true, timeout = 1,
		about = "relays", refused = "127.0.0.1",
		{ "T_IP_TWO", 4000, "127.0.0.2", about = "two" },
		{ "T_IP_FIVE", 3000, "127.0.0.4-6", about = "five" } },
	{ "t-hops", kind = "ip", zone = "hops.test", enabled = true,
		of = { "relay", "hops" }, about = "relays behind",
		{ "T_HOP", 100, "127.0.0.2", about = "a hop" } },
	{ "t-dom", kind = "domain", zone = "dom.test", enabled = true,
		about = "domains", addresses = true,
		{ "T_DOM_EIGHT", 200, "127.0.0.&8", about = "eight" },
		{ "T_DOM_SIXTEEN", 300, "127.0.0.&16", about = "sixteen" } },
	{ "t-host", kind = "domain", zone = "host.test", enabled = true,
		whole = true, of = "url", about = "hosts",
		{ "T_HOST", 400, "127.0.0.2", about = "host" } },
	{ "t-keyed", kind = "ip", zone = "{word}.keyed.test", enabled = true,
		about = "with a key",
		{ "T_KEYED", 50, "127.0.0.*", about = "keyed" } },
	{ "t-mail", kind = "hash", of = "mail", hash = "sha1",
		zone = "mail.test", enabled = true, about = "addresses",
		{ "T_MAIL", 500, "127.0.0.2", about = "mail" } },
	{ "t-file", kind = "hash", of = "file", hash = "sha256-base32",
		zone = "_file.test", enabled = true, about = "files",
		{ "T_FILE", 600, "127.0.0.2", about = "file" } },
}
LUA
put("$folder/b.lua", <<'LUA');
return { group = "good", about = "good ones",
	{ "t-good", kind = "ip", zone = "good.test", enabled = true,
		about = "good relays",
		{ "T_GOOD", -3000, "127.0.*.3", about = "good" } } }
LUA

my $o = scan($plain, '203.0.113.9');
is_deeply(hits($o), { T_IP_TWO => 4000, T_IP_FIVE => 3000, T_GOOD => -3000,
	CAP_T_LISTS => -2000 }, 'answers of relays, a cap, a good list');
my $sum = 0;
$sum += $_->{weight} for @{ $o->{hits} };
is($sum, $o->{score}, 'what is shown is what counts');
is((grep { $_->{name} eq 'T_IP_TWO' } @{ $o->{hits} })[0]{evidence},
	't-ip says 127.0.0.2 of 9.113.0.203.ip.test', 'and tells who says what');
is_deeply(asked($o), { '9.113.0.203.ip.test' => 'hit',
	'9.113.0.203.hops.test' => 'no', '9.113.0.203.good.test' => 'hit',
	'good.example.dom.test' => 'no',
	sha1_hex('a@good.example') . '.mail.test' => 'no' },
	'each thing is asked once; a list without its key is not');

for (['10', 'no', 'an answer without a meaning'], ['11', 'refused',
	'an answer of this list\'s refusals'], ['12', 'refused',
	'127.255.255.254'], ['13', 'refused', 'not in 127.0.0.0/8']) {
	my ($n, $state, $what) = @$_;
	$o = scan($plain, "203.0.113.$n");
	is(asked($o)->{"$n.113.0.203.ip.test"}, $state, $what);
	is_deeply(hits($o), {}, '… is never a score');
}
my $start = time;
$o = scan($plain, '203.0.113.14');
is(asked($o)->{'14.113.0.203.ip.test'}, 'later', 'no answer in time');
is_deeply(hits($o), {}, '… is never a score');
cmp_ok(time - $start, '<=', 3, 'and nobody waits longer than the list may');
$o = scan($plain, '10.1.2.3');
ok(!(grep { /^3\.2\.1\.10\./ } keys %{ asked($o) }),
	'no list is asked about a private address');

$o = scan(<<'EOM', '203.0.113.10', '--from', 'b@ours.example');
Received: from a ([198.51.100.7]) by b; Mon, 1 Jan 2024 00:00:00 +0000
Received: from a ([192.168.1.7]) by b; Mon, 1 Jan 2024 00:00:00 +0000
From: a@sub.bad.example
Reply-To: Criminal@mail.example
Subject: x

http://www.whole.example/ http://198.51.100.7/ http://x.ours.example/
EOM
is_deeply(hits($o), { T_DOM_EIGHT => 200, T_DOM_SIXTEEN => 300, T_HOP => 100,
	T_HOST => 400, T_MAIL => 500 }, 'hops, domains, hosts, addresses') or
	diag explain asked($o);
ok(!(grep { /ours\.example|\.168\.192/ } keys %{ asked($o) }),
	'our own domains are not asked about');

$o = scan(<<"EOM", '203.0.113.10');
From: a\@good.example
Subject: x
MIME-Version: 1.0
Content-Type: application/octet-stream; name=x.bin
Content-Disposition: attachment

a file
EOM
is(hits($o)->{T_FILE}, 600, 'a file by its hash') or diag explain asked($o);

$o = scan("From: a\@good.example\nSubject: x\n\n" . join('', map {
	"http://h$_.example$_.com/\n" } 1 .. 100), '203.0.113.10');
cmp_ok(scalar(grep { /\.dom\.test$/ } keys %{ asked($o) }), '<=', 16,
	'of many hosts some are asked about');

put("$root/etc/pm/dnslist-keys", "word secretword\n");
chmod 0644, "$root/etc/pm/dnslist-keys";
like(qx($ENV{PM} scan --draft --root $root $root/mail.eml 2>&1),
	qr{^pm scan: etc/pm/dnslist-keys: everybody may read it}m,
	'keys that everybody may read are not used');
chmod 0640, "$root/etc/pm/dnslist-keys";
$o = scan($plain, '203.0.113.9');
is(hits($o)->{T_KEYED}, 50, 'a list with a key');
unlike(encode_json($o), qr/secretword/, 'which is shown nowhere');
ok(exists asked($o)->{'9.113.0.203.{word}.keyed.test'}, 'but by its name');

put("$folder/c.lua", 'return { { "t-ip", enabled = false }, { "t-good", ' .
	'{ "T_OTHER", -1, "*.*.*.*", about = "o" } } }');
is_deeply(hits(scan($plain, '203.0.113.9')), { T_OTHER => -1, T_KEYED => 50 },
	'a later file changes what an earlier one says');

# What is wrong is told.
for (['{ "x", enabled = true }', 'list x: is new here, and so wants kind, ' .
	'zone, about and at least one hit'],
	['{ "t-ip", enable = true }', 'list t-ip: unknown key "enable", did ' .
		'you mean "enabled"?'],
	['{ "t-ip", { "T", 1, "1.2.3", about = "x" } }', 'list t-ip: "1.2.3" ' .
		'is no answer: write "127.0.0.2", "127.0.0.4-7", ' .
		'"127.0.*.3" or "127.0.0.&8"'],
	['{ "t-dom", block = true }', 'list t-dom: only a list of addresses ' .
		'can block'],
	['{ "t-ip", zone = "nope" }', 'list t-ip: zone is a name like ' .
		'"list.example.org", with a key "{key}.list.example.org"']) {
	put("$folder/c.lua", "return { $_->[0] }");
	is(scalar qx($ENV{PM} scan --draft --root $root $root/mail.eml 2>&1),
		"pm scan: policy/dnslists/c.lua: $_->[1]\n", "told: $_->[0]");
}
done_testing;
