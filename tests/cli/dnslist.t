#!/usr/bin/perl
# pm dnslist: lists, test points, questions, switches, keys.
use strict;
use warnings;
use Digest::SHA qw(sha1_hex);
use File::Path qw(make_path);
use Test::More;
use lib 'tests/lib';
use Appliance;
use ZoneDns;

my $dns = ZoneDns->new({
	(map { +"2.0.0.127.$_.test" => [[A => '127.0.0.2']] }
		qw(good wild gone.good k3y.keyed)),
	'1.0.0.127.wild.test' => [[A => '127.0.0.2']],
	'2.0.0.127.refusing.test' => [[A => '127.255.255.254']],
	'test.dom.test' => [[A => '127.0.0.2']],
	'invalid.silent.test' => [['SERVFAIL']],
	'9.113.0.203.good.test' => [[A => '127.0.0.2'], [A => '127.0.0.3']],
	'bad.example.dom.test' => [[A => '127.0.0.4']],
	sha1_hex('a@b.example') . '.mail.test' => [[A => '127.0.0.2']],
});
my $site = Appliance->new(roles => '"filter"', top => 'resolver = "' .
	$dns->resolver . '",')->setup;
my $root = $site->{root};
make_path("$root/etc/pm/policy/dnslists");

sub put {
	my ($file, $text) = @_;
	open my $out, '>', $file or die "$file: $!";
	print $out $text;
	close $out or die "$file: $!";
}

sub pm { return scalar qx($ENV{PM} dnslist --root $root @_ 2>&1) }

put("$root/etc/pm/policy/dnslists/t.lua", "return {\n" . join('', map {
	my ($name, $kind) = @$_;
	"{ \"$name\", zone = \"$name.test\", kind = \"$kind\", about = \"x\", " .
	($kind eq 'hash' ? 'of = "mail", ' : '') .
	"{ \"T_ONE\", 1500, \"127.0.0.2\", about = \"one\" },\n" .
	"{ \"T_TWO\", -500, \"127.0.0.3-4\", about = \"two\" } },\n" }
	['good', 'ip'], ['wild', 'ip'], ['refusing', 'ip'], ['empty', 'ip'],
	['silent', 'domain'], ['dom', 'domain'], ['mail', 'hash']) .
	'{ "keyed", zone = "{word}.keyed.test", kind = "ip", about = "x", ' .
	'{ "T_ONE", 1, "127.0.0.2", about = "one" } } }');

like(pm('list'), qr/^spamhaus-zen +off +ip +addresses of spammers/m,
	'the shipped ones are off');
unlike(pm('list'), qr/ (on|blocks) /, 'all of them');
is(pm('test'), "pm dnslist: no DNS list is in use: name one of pm dnslist " .
	"list, or turn one on: pm dnslist enable NAME\n", 'nothing to test');
is(pm('show spamhaus-zn'), "pm dnslist: there is no DNS list spamhaus-zn: " .
	"did you mean spamhaus-zen?\n", 'none of that name');
is(pm('show good'), <<'EOT', 'one of them');
good: x
state: off
kind: ip
zone: good.test
asked about: relay
group: dnslists
terms of use: not known
  T_ONE                            1.50  one
  T_TWO                           -0.50  two
EOT

(my $out = pm('test good wild refusing empty silent dom mail keyed')) =~
	s/ +\d+ ms / N ms /g;
is($out, <<'EOT', 'test points');
good N ms  works
wild N ms  lists what no list may list: it answers 127.0.0.2 of 127.0.0.1
refusing N ms  refuses us: it answers 127.255.255.254
empty N ms  does not list its test point 127.0.0.2
silent N ms  does not answer (SERVFAIL)
dom N ms  works
mail N ms  works
keyed                           -  has no key: write "word WORD" into etc/pm/dnslist-keys
EOT
is($? >> 8, 1, 'exit code 1: one does not work');
pm('test good');
is($?, 0, 'exit code 0: all do');
like(pm('test refusing --json'), qr/^\[\{"list":"refusing","state":"refuses",
	"ms":\d+,"text":"refuses\ us:/x, 'as JSON');

# Of several answers any may come first.
($out = pm('ask 203.0.113.9 good dom')) =~ s/0\.[23]$/0.N/m;
is($out, <<'EOT', 'an address');
good                     listed: 127.0.0.N
  T_ONE                            1.50  one
  T_TWO                           -0.50  two
EOT
is(pm('ask www.bad.example good dom'), <<'EOT', 'a domain');
dom                      listed: 127.0.0.4
  T_TWO                           -0.50  two
EOT
like(pm('ask a@b.example mail'), qr/^mail +listed: 127\.0\.0\.2$/m,
	'a mail address');
is(pm('ask 203.0.113.8 good'), "good                     no\n", 'not listed');
is($? >> 8, 1, 'exit code 1');
is(pm('ask www.bad.example good'), "pm dnslist: none of these lists knows " .
	"such things: give an address, a domain or a mail address\n",
	'what a list does not know');

is(pm('enable keyed'), "keyed is on in the draft: pm policy publish puts it " .
	"in force\nit wants a key: pm dnslist key word\n", 'turned on');
pm('enable good');
pm('enable dom');
pm('disable dom');
is(join(' ', pm('list') =~ /^(\w+) +(?:on|no key) /mg), 'good keyed',
	'those that are on');
like($site->pm('policy', 'publish'), qr/^0|live|active/,
	'and can be published');
is(pm('key wrd < /dev/null'), "pm dnslist: no list wants a key wrd: pm " .
	"dnslist list shows them as {KEY}\n", 'no such key');
is(pm('key word < /dev/null'), "pm dnslist: the key is one line on standard " .
	"input: letters, digits and hyphens\n", 'no word');
put("$root/word", "k3y\n");
is(pm("key word < $root/word"), "the key word is kept: pm reload filter puts " .
	"it in force\n", 'a key');
is(sprintf('%o', (stat "$root/etc/pm/dnslist-keys")[2] & 07777), 640,
	'which is not for everybody');
($out = pm('test')) =~ s/ +\d+ ms / N ms /g;
is($out, "good N ms  works\nkeyed N ms  works\n", 'and works');
unlike(pm('list') . pm('show keyed') . pm('ask 203.0.113.9'), qr/k3y/,
	'it is shown nowhere');
is(pm('lst'), "pm dnslist: lst: see pm help dnslist for list\n",
	'no such verb');
done_testing;
