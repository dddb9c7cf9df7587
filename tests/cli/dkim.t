#!/usr/bin/perl
# pm dkim: a key's life, from its making over the publication of its record
# to its end; what is asked for and what people are told.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use File::Temp qw(tempdir);
use Test::More;
use lib "$FindBin::Bin/../lib";
use Dns;

my $pm = $ENV{PM} or plan skip_all => 'PM names the executable';
my $root = tempdir(CLEANUP => 1);
my $dns = Dns->new;
my $dir = "$root/var/lib/pm/dkim/example.org";
plan skip_all => 'as root there must be a user pm-key' if $> == 0 &&
	!defined getpwnam 'pm-key';
alarm 60;

# (code, standard output, standard error)
sub dkim {
	my (@args) = @_;
	my $file = "$root/stderr";
	my $pid = open my $out, '-|';
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		open STDERR, '>', $file or die "$file: $!";
		exec $pm, 'dkim', @args, '--root', $root or exit 127;
	}
	my $text = do { local $/; <$out> } // '';
	close $out;
	open my $in, '<', $file or die "$file: $!";
	return ($? >> 8, $text, do { local $/; <$in> } // '');
}

sub keys_of {
	my ($code, $out) = dkim('list', '--json');
	return map { $_->{selector} => $_ } @{ decode_json($out)->{keys} };
}

sub is_told {
	my ($args, $code, $out, $err) = @_;
	my ($c, $o, $e) = dkim(@$args);
	$e =~ s/^pm dkim: the filter was not told.*\n//m;
	is("$c\n$o$e", "$code\n$out$err", "pm dkim @$args");
}

# --- what is refused --------------------------------------------------------

is_told([], 2, '', 'pm dkim: "" is none of keygen, rotate, check, activate, ' .
	"retire, list\n");
is_told(['keygne'], 2, '', 'pm dkim: "keygne" is none of keygen, rotate, ' .
	"check, activate, retire, list: did you mean keygen?\n");
is_told(['keygen'], 2, '',
	"pm dkim: which domain? usage: pm dkim keygen DOMAIN\n");
is_told(['keygen', $_], 2, '', "pm dkim: \"$_\" is no domain\n")
	for '..', '../../etc', 'a..b', '', 'a/b', 'a.-b.org', 'x' x 64 . '.org';
is_told(['keygen', 'example.org', '--selector', $_], 2, '',
	"pm dkim: selector \"$_\": is none: up to 63 lower-case letters, " .
	"digits and hyphens\n") for 'A', '../x', 'a.b', '-', '', 'x' x 64;
is_told(['keygen', 'example.org', '--algorithm', 'dsa'], 2, '',
	"pm dkim: --algorithm dsa: is none of rsa, ed25519, both\n");
is_told(['check', 'example.org'], 2, '',
	"pm dkim: example.org has no keys: pm dkim keygen example.org\n");

# --- a key's life -----------------------------------------------------------

my ($code, $out, $err) = dkim('keygen', 'Example.ORG.', '--algorithm', 'both',
	'--selector', 's1');
is($code, 0, 'two keys are made');
my ($rsa) = $out =~ /^s1\._domainkey\.example\.org\. IN TXT \(\n((?:\t".*"(?:\n| \)\n))+)/
	or diag $out;
my @strings = $rsa =~ /"([^"]*)"/g;
is(length $strings[0], 255, 'a long record is in strings of 255 bytes');
$rsa = join '', @strings;
like($rsa, qr/^v=DKIM1; k=rsa; p=[\w+\/]{392}$/, 'the RSA record');
my ($ed) = $out =~ /^s1-ed\._domainkey\.example\.org\. IN TXT "(v=DKIM1; k=ed25519; p=[\w+\/]{43}=)"$/m;
ok($ed, 'the Ed25519 record');
is($err, 'publish these records; then: pm dkim check example.org --activate' .
	"\n", 'and what to do next');
for my $name ('s1', 's1-ed') {
	my @st = stat "$dir/$name.pem";
	is($st[2] & 07777, 0600, "$name.pem is its owner's alone");
	is($st[4], $> == 0 ? scalar getpwnam('pm-key') : $>,
		"$name.pem is the signer's");
}
is((stat "$dir/keys")[2] & 07777, 0644, 'what is public is for everybody');
like(qx(openssl pkey -in $dir/s1.pem -pubout -outform DER | base64 -w0),
	qr/^\Q${\ ($rsa =~ s{.*p=}{}r)}\E$/, 'OpenSSL has the same public key');
is_told(['keygen', 'example.org', '--selector', 's1'], 2, '', 'pm dkim: ' .
	"example.org has a key s1 already: choose another --selector\n");

my @resolver = ('--resolver', "127.0.0.1:$dns->{port}");
my $gone = 'there is no TXT record of that name';
is_told(['check', 'example.org', '--activate', @resolver], 1,
	"s1: not published: $gone\ns1-ed: not published: $gone\n", '');
is_told(['activate', 'example.org', 's1', @resolver], 2, '', 'pm dkim: ' .
	"s1._domainkey.example.org is not published: $gone: it would make " .
	"bad signatures\n");
$dns->txt('s1._domainkey.example.org' => $rsa =~ s/p=..../p=AAAA/r,
	's1-ed._domainkey.example.org' => $ed,
	's1-ed._domainkey.example.org' => 'v=DKIM1; p=');
is_told(['check', 'example.org', @resolver], 1,
	"s1: not published: the record has another key\ns1-ed: not " .
	"published: there is more than one TXT record of that name\n", '');
$dns->txt('s1._domainkey.example.org' => $rsa,
	's1-ed._domainkey.example.org' => $ed);
is_told(['check', 'example.org', @resolver], 0,
	"s1: published\ns1-ed: published\n", '');
is_told(['check', 'example.org', 's1', '--activate', @resolver], 0,
	"s1: published\ns1: signs mail of example.org\n", '');
is_told(['activate', 'example.org', 's1-ed', @resolver], 0,
	"s1-ed: signs mail of example.org\n", '');
is_told(['activate', 'example.org', 's1', @resolver], 0,
	"s1: signs already\n", '');
is_told(['check', 'example.org', '--resolver', 'nonsense'], 3,
	join('', map { "$_: not published: the DNS did not answer: resolver " .
		"\"nonsense\": not ADDRESS:PORT\n" } 's1', 's1-ed'), '');

# --- rotation ---------------------------------------------------------------

($code, $out) = dkim('rotate', 'example.org');
my ($month) = $out =~ /^(pm\d{6})\._domainkey/;
ok($month && $out =~ /^$month-ed\._domainkey/m,
	'rotate: of each algorithm that signs, named by the month');
($code, $out) = dkim('rotate', 'example.org', '--algorithm', 'rsa');
like($out, qr/^${month}b\._domainkey/, 'the next one of the month');
is_told(['activate', 'example.org', $month, '--unchecked'], 0,
	"s1: signs no more; its record has to stay for 7 days\n" .
	"$month: signs mail of example.org\n", '');
my %k = keys_of();
is(join(' ', map { "$_ $k{$_}{state}" } sort keys %k),
	"$month active $month-ed new ${month}b new s1 retiring s1-ed active",
	'one of each algorithm signs');
is($k{s1}{record}{value}, $rsa, 'the record can be read again');
is_told(['retire', 'example.org', 's1'], 2, '', 'pm dkim: example.org s1: ' .
	'mail that it signed may still be on its way (pm dkim list ' .
	'example.org says until when); --now removes it all the same' . "\n");
# A week ago.
open my $in, '<', "$dir/keys" or die;
my $text = do { local $/; <$in> };
$text =~ s/^(s1 rsa retiring) (\d+)/"$1 " . ($2 - 7 * 86400)/me;
open my $file, '>', "$dir/keys" or die;
print $file $text;
close $file;
($code, $out) = dkim('list', 'example.org');
like($out, qr/^example\.org +s1 +rsa +retiring .*  may go: take its record out of the DNS, then: pm dkim retire example\.org s1$/m,
	'after the overlap: it may go');
ok({ keys_of() }->{s1}{may_go}, 'in JSON as well');
is_told(['retire', 'example.org', 's1'], 0, "s1: removed\n", '');
ok(! -e "$dir/s1.pem", 'its private key is gone');
is_told(['retire', 'example.org', "${month}b"], 0, "${month}b: removed\n",
	'');
is_told(['retire', 'example.org', 's1-ed'], 0,
	"s1-ed: signs no more; its record has to stay for 7 days\n", '');
is_told(['retire', 'example.org', 'nix'], 2, '', 'pm dkim: example.org has ' .
	"no key nix (pm dkim list example.org)\n");
open $file, '>>', "$dir/keys" or die;
print $file "nonsense\n";
close $file;
is_told(['list'], 2, '', 'pm dkim: var/lib/pm/dkim/example.org/keys:4: is ' .
	"no key: restore it from the backup\n");
done_testing();
