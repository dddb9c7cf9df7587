#!/usr/bin/perl
# DNS lists that are data, through a whole mail filter: what counts, what is an
# alarm, and that nobody waits for a list that does not answer.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Milter;
use ZoneDns;

plan skip_all => 'needs root' unless $> == 0;
alarm 120;

my $dns = ZoneDns->new({
	(map { +"2.0.0.127.$_.test" => [[A => '127.0.0.2']] }
		qw(good wild)),
	'1.0.0.127.wild.test' => [[A => '127.0.0.2']],
	'2.0.0.127.refusing.test' => [[A => '127.255.255.254']],
	(map { +"9.113.0.203.$_.test" => [[A => '127.0.0.2']] }
		qw(good wild)),
	'9.113.0.203.refusing.test' => [[A => '127.255.255.254']],
});
my $app = Appliance->new(roles => '"filter"',
	top => 'resolver = "' . $dns->resolver . '",', policy => <<'LUA')->setup;
local p = policy("p")
p:rule("show", function(m, rcpt, plan)
	local names = {}
	for _, hit in ipairs(m.spam.hits) do
		if hit.name:match("^T_") then names[#names + 1] = hit.name end
	end
	plan:add_header("X-Hits", table.concat(names, " "))
end)
LUA

sub lists {
	my ($on) = @_;
	mkdir "$app->{root}/etc/pm/policy/dnslists";
	Appliance::write_file("$app->{root}/etc/pm/policy/dnslists/t.lua",
		"return {\n" . join('', map { "{ \"$_\", zone = \"$_.test\", " .
		"kind = \"ip\", about = \"x\", enabled = true, timeout = 1, " .
		"{ \"T_\U$_\E\", 500, \"127.0.0.2\", about = \"x\" } },\n" }
		@$on) . '}');
}

# A session whose end of message was not answered yet.
sub begin {
	my ($relay) = @_;
	my $m = Milter->new("$app->{root}/run/pm/milter.sock");
	$m->connect_from('client.example.net', $relay);
	$m->helo('client.example.net');
	$m->mail('a@example.net');
	$m->rcpt('b@example.org');
	$m->content("Subject: x\n\nx\n");
	$m->put('E', '');
	return $m;
}

# Which hits of the lists a relay has.
sub hits_of {
	my $m = begin(@_);
	return finish($m);
}

sub finish {
	my ($m) = @_;
	my $r = $m->answer;
	$m->quit;
	my ($hits) = map { $_->[1] =~ /^....X-Hits\0 ?([^\0]*)/s ? $1 :
		$_->[1] =~ /X-Hits\0 ?([^\0]*)/ ? $1 : () } @{ $r->{edits} };
	return $hits;
}

sub degraded {
	my ($front) = grep { $_->{process} eq 'front' }
		@{ $app->status->{processes} };
	return $front->{degraded};
}

# Until front says so; what it said last.
sub says {
	my ($want) = @_;
	my $is;
	for (1 .. 100) {
		$is = degraded() // '';
		return $is if $is =~ $want;
		sleep 0.05;
	}
	return $is;
}

lists([qw(good wild refusing)]);
$app->publish;
$app->start;
my $alarm = 'DNS list wild lists what no list may list: it answers ' .
	'127.0.0.2 of 127.0.0.1; DNS list refusing refuses us: it answers ' .
	'127.255.255.254';
is(says(qr/wild.*refusing/), $alarm, 'lists that fail are an alarm');
is(hits_of('203.0.113.9'), 'T_GOOD', 'and never a score');
is(hits_of('203.0.113.8'), '', 'a relay that is on no list');
is(hits_of('10.1.2.9'), '', 'nor is a private one');

$dns->add('2.0.0.127.silent.test', [['TIMEOUT']]);
lists([qw(other silent)]);
undef $dns; # nobody answers any more
($app->publish)[0] == 0 or diag 'not published';
finish($_) for map { begin("203.0.113.7$_") } 1 .. 5;
like(says(qr/silent/), 
	qr/^DNS list other does not answer \(.*\); DNS list silent does not /,
	'a name server that is away is an alarm');
my $start = time;
hits_of("203.0.113.8$_") for 1 .. 3;
diag sprintf 'offline, lists at rest: %.2f s a message',
	(time - $start) / 3;
cmp_ok(time - $start, '<', 1, 'no mail waits for lists at rest');
ok($app->stop, 'stops within the deadline');
done_testing;
