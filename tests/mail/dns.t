#!/usr/bin/perl
# DNS lists of relays through a whole mail filter: listed, not listed, slow,
# silent. Relays say who they are at the milter socket: the address of a
# loopback connection is private, so that no list is asked about it.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Dns;
use Milter;

plan skip_all => 'needs root' unless $> == 0;
alarm 120;

my $dns = Dns->new;
my $app = Appliance->new(roles => '"filter"',
	top => "resolver = \"127.0.0.1:$dns->{port}\",",
	policy => <<'LUA')->setup->start;
dns_lists("listed.dns.test")
local p = policy("dns")
p:rule("blocked", function(m, rcpt, plan)
	if m.relay:dns_list("listed.dns.test").hit then
		return quarantine("Blocked")
	end
	local zone = m.subject:match("^ask (.*)$")
	if zone then
		local d = m.relay:dns_list(zone)
		plan:add_header("X-DNS", d.later and "later " .. d.why or "no")
	end
end)
LUA

# A session whose end of message was not answered yet.
sub begin {
	my ($relay, $subject) = @_;
	my $m = Milter->new("$app->{root}/run/pm/milter.sock");
	$m->connect_from('client.example.net', $relay);
	$m->helo('client.example.net');
	$m->mail('a@example.net');
	$m->rcpt("$_\@example.org") for qw(b c);
	$m->content("Subject: $subject\n\nx\n");
	$m->put('E', '');
	return $m;
}

# The answer's letter and what was noted in the header.
sub finish {
	my ($m) = @_;
	my $r = $m->answer;
	$m->quit;
	return join ' ', $r->{code}, map { my ($name, $value) =
		split /\0/, $_->[1]; $value =~ s/^ //r }
		grep { $_->[0] ne 'i' } @{ $r->{edits} };
}

my $start = time;
my $silent = begin('203.0.113.8', 'ask silent.dns.test');

is(finish(begin('203.0.113.9', 'x')), 'd', 'a listed relay: taken away');
my @kept;
for (1 .. 200) {
	last if @kept = $app->quarantined;
	sleep 0.05;
}
is_deeply([map { $_->{reasons} } @kept], [{ 'b@example.org' => 'Blocked',
	'c@example.org' => 'Blocked' }], 'and kept as Blocked');
is(finish(begin('203.0.113.8', 'x')), 'a', 'another one: accepted');
is(finish(begin('10.1.2.9', 'x')), 'a', 'a private one: accepted');
is(finish(begin('203.0.113.8', 'ask none.dns.test')), 'a no',
	'a zone that was not declared');
is(finish(begin('203.0.113.8', 'ask refused.dns.test')),
	'a later refused', 'a list that does not answer us');
is_deeply([grep { $_ ne 'example.net' } $dns->seen], [map { "$_.dns.test" } '8.113.0.203.listed',
	'8.113.0.203.none', '8.113.0.203.refused', '8.113.0.203.silent',
	'9.113.0.203.listed'], 'nothing else but SPF was asked');

Appliance::write_file("$app->{root}/mail.eml", "Subject: x\n\nx\n");
my ($code, $json) = $app->pm('scan', '--json', '--ip', '203.0.113.9',
	"$app->{root}/mail.eml");
is_deeply(decode_json($json)->{dns}, [{ name => '9.113.0.203.listed.dns.test',
	type => 'A', state => 'hit', answer => '127.0.0.2' }],
	'pm scan shows what was asked and seen');

like(finish($silent), qr/^a later \w/, 'a silent list is later');
my $took = time - $start;
diag(sprintf 'a list that never answers: %.1f s', $took);
cmp_ok($took, '<', 27, 'and mail is answered before the MTA gives up');
is(scalar(() = glob "$app->{root}/var/lib/pm/spool/poison/*"), 0,
	'the poison ledger is empty');
is($app->restarted, '', 'no process had to be restarted');
ok($app->stop, 'stops within the deadline');
done_testing;
