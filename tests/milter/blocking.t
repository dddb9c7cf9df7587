#!/usr/bin/perl
# Blocked connections (FEATURES F7): by the site's own list and by DNS lists
# that may block, with exceptions; refused before DATA, told why, counted.
use strict;
use warnings;
use File::Path qw(make_path);
use Test::More;
use lib 'tests/lib';
use Filter;
use Milter;
use ZoneDns;

alarm 100;
my $dns = ZoneDns->new({
	'7.113.0.203.bl.test' => [[A => '127.0.0.2']],
	'8.113.0.203.bl.test' => [[A => '127.0.0.9']],
	'9.113.0.203.bl.test' => [[A => '127.0.0.2']],
	'10.113.0.203.bl.test' => [[A => '127.255.255.254']],
	'2.0.0.127.bl.test' => [[A => '127.0.0.2']],
	'7.113.0.203.quiet.test' => [[A => '127.0.0.2']],
	'11.113.0.203.quiet.test' => [[A => '127.0.0.2']],
	'2.0.0.127.quiet.test' => [[A => '127.0.0.2']],
});
my $f = Filter->new(top => 'resolver = "' . $dns->resolver . '",',
	lists => { 'blocked-connections' => ['203.0.113.66'],
		'ip-blocking-exceptions' => ['203.0.113.9'],
		'ip-blocking-exclusions' => ['open@example.org'] },
	policy => do { local (@ARGV, $/) = 'lua/policy/50-default.lua'; <> });
my $etc = "$f->{root}/etc/pm/policy";
sub spew {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die;
}

# What a recipient is answered, from that address.
sub answer {
	my ($address, $rcpt) = @_;
	my $m = Milter->new($f->{socket}, timeout => 40);
	my ($code, $text) = $m->connect_from('x.example', $address);
	if ($code eq 'c') {
		$m->helo('x.example');
		$m->mail('a@x.example');
		($code, $text) = $m->rcpt($rcpt // 'b@example.org');
	}
	$m->quit;
	return $code eq 'c' ? 'taken' : $text;
}

like(answer('203.0.113.66'), qr/^550 5\.7\.1 203\.0\.113\.66 may not send /,
	'the own list');
is(answer('203.0.113.66', 'Postmaster@example.org'), 'taken',
	'postmaster hears of it');
is(answer('203.0.113.66', 'open@example.org'), 'taken',
	'so does who is excluded');
is(answer('203.0.113.7'), 'taken', 'no DNS list blocks by itself');

make_path("$etc/dnslists");
spew("$etc/dnslists/x.lua", <<'LUA');
return {
	group = "test", about = "lists of the test",
	{ "t-block", kind = "ip", zone = "bl.test", enabled = true,
		block = true, help = "https://bl.example/why", about = "bad",
		{ "T_BLOCK", 3000, "127.0.0.2", about = "listed" } },
	{ "t-quiet", kind = "ip", zone = "quiet.test", enabled = true,
		about = "bad, too",
		{ "T_QUIET", 3000, "127.0.0.2", about = "listed" } },
}
LUA
my ($code, $out) = $f->{appliance}->pm('policy', 'publish', '-m', 'lists');
is($code, 0, 'published') or diag($out);
$f->signal('front', 'HUP');
$f->wait_until(15, sub {
	answer('203.0.113.7') ne 'taken' });
is(answer('203.0.113.7'), '550 5.7.1 203.0.113.7 is on the list t-block ' .
	'(127.0.0.2), see https://bl.example/why', 'a DNS list that may block');
is(answer('203.0.113.8'), 'taken', 'an answer that means nothing bad');
is(answer('203.0.113.9'), 'taken', 'a host that is excepted');
is(answer('203.0.113.10'), 'taken', 'a refusal of the list blocks nobody');
is(answer('203.0.113.11'), 'taken', 'nor does a list that may not');
is(answer('192.0.2.7'), 'taken', 'internal hosts are not asked about');

spew("$etc/options", "block_at = connect\n");
($code, $out) = $f->{appliance}->pm('policy', 'publish', '-m', 'connect');
is($code, 0, 'block_at') or diag($out);
$f->signal('front', 'HUP');
$f->wait_until(15, sub {
	answer('203.0.113.66', 'postmaster@example.org') ne 'taken' });
like(answer('203.0.113.7', 'postmaster@example.org'),
	qr/^55\d 5\.7\.1 203\.0\.113\.7 is on the list t-block/,
	'at connect postmaster, too');
is(answer('203.0.113.9'), 'taken', 'but who is excepted');
done_testing;
