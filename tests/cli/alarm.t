#!/usr/bin/perl
# Alarms of a real appliance: raised once, cleared once, told to a webhook that
# is not the right one and then fails, and to an SMTP server beside the MTA, with the database away.
use strict;
use warnings;
use File::Copy qw(copy);
use Test::More;
use IO::Select;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use Appliance;
use Db;

plan skip_all => 'PostgreSQL is not installed' unless Db::installed();
plan skip_all => 'IO::Socket::SSL is not installed'
	unless eval { require IO::Socket::SSL };
$ENV{PM_TEST_ALARM_RAISE_MS} = 200;
$ENV{PM_TEST_ALARM_HOLD_MS} = 1800;
$ENV{PM_TEST_ALARM_ROUND_MS} = 100;

my $hook = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1',
	ReuseAddr => 1) or die;
my $sink = IO::Socket::INET->new(Listen => 8, LocalAddr => '127.0.0.1',
	ReuseAddr => 1) or die;
my (@posted, @refused, @mails);
my $strangers = 1;	# so many times somebody else answers first,
my $failing = 1;	# so many posts are answered 503 then
my $closed = 0;

# Two that say they are localhost; the site trusts the first.
my $tls = tempdir(CLEANUP => 1);
for my $who (qw(hook stranger)) {
	system("openssl req -x509 -newkey ec -pkeyopt " .
		"ec_paramgen_curve:P-256 -nodes -keyout $tls/$who.key -out " .
		"$tls/$who.pem -days 2 -subj /CN=localhost -addext " .
		"subjectAltName=DNS:localhost >/dev/null 2>&1") == 0
		or die "openssl\n";
}

# One HTTP request, as it came.
sub serve_hook {
	my $c = $hook->accept or return;
	my $who = $strangers-- > 0 ? 'stranger' : 'hook';
	my ($head, $body) = ('', '');
	IO::Socket::SSL->start_SSL($c, SSL_server => 1,
		SSL_cert_file => "$tls/$who.pem",
		SSL_key_file => "$tls/$who.key");
	while (my $line = <$c>) {
		last if $line eq "\r\n";
		$head .= $line;
	}
	if ($head eq '') {
		$closed++;
		return;
	}
	read $c, $body, $1 if $head =~ /^Content-Length: (\d+)/m;
	my $good = $failing-- <= 0;
	push @{ $good ? \@posted : \@refused },
		{ head => $head, body => decode_json($body) };
	print $c $good ? "HTTP/1.1 204 No Content\r\n\r\n" :
		"HTTP/1.1 503 Later\r\n\r\n";
	close $c;
}

sub serve_sink {
	my $c = $sink->accept or return;
	my ($data, $text, @to) = (0, '');
	print $c "220 sink\r\n";
	while (my $line = <$c>) {
		if ($data) {
			$data = 0 if $line eq ".\r\n";
			$text .= $line;
			print $c "250 taken\r\n" unless $data;
			next;
		}
		push @to, $1 if $line =~ /^RCPT TO:<(.*)>/;
		$data = $line =~ /^DATA/;
		print $c $data ? "354 go\r\n" : "250 ok\r\n";
		last if $line =~ /^QUIT/;
	}
	push @mails, { to => "@to", text => $text };
}

# Serves both until the test is true; false when it took too long.
sub until_true {
	my ($seconds, $test) = @_;
	my ($end, $both) = (time + $seconds, IO::Select->new($hook, $sink));
	while (time < $end) {
		return 1 if $test->();
		for my $s ($both->can_read(0.05)) {
			$s == $hook ? serve_hook() : serve_sink();
		}
	}
	return 0;
}

my $app = Appliance->new(db => 1, roles => '"db", "csm"', mta => '',
	top => 'alarms = { webhook = "https://localhost:' . $hook->sockport .
	'/pm?key=1", mail = { "ops@example.net", "boss@example.net" }, ' .
	'relay = "localhost:' . $sink->sockport . '" },')->setup;
is(sprintf('%o', (stat "$app->{root}/etc/pm/wiring.lua")[2] & 07777), '640',
	'a webhook is a secret: the wiring is for the roles only');
copy("$tls/hook.pem", "$app->{root}/etc/pm/webhook-ca.pem") or die;
$app->start(60);
my $root = $app->{root};
is(join(' ', $app->pm('alarm')), "0 no alarms\n", 'nothing is wrong');

sub told { return join ' ', map { "$_->{body}{event}:$_->{body}{alarm}" }
	@posted }
sub list { return map { decode_json($_) } grep { /^\{/ }
	split /\n/, ($app->pm('alarm', 'list', '--json', @_))[1] }

# --- a process fails ----------------------------------------------------------
$app->pm('stop', 'csm/viewer');
ok(until_true(20, sub { ($app->pm('alarm'))[0] == 1 }), 'an alarm is raised');
my ($code, $out) = $app->pm('alarm', 'list');
is($code, 1, 'list exits 1');
like($out, qr/^1 +raised +error .* process csm\/viewer: csm\/viewer is down/,
	'what it is');
like($out, qr/^      What it does .*\n      Look at/m, 'means, remedy');
ok(until_true(20, sub { @posted && @mails }), 'both ways are told');
is($closed, 1, 'a stranger who says he is the webhook is told nothing');
is(scalar @refused, 1, 'the webhook was tried again');
my $first = $posted[0];
like($first->{head}, qr{^POST /pm\?key=1 HTTP/1\.1\r\n}, 'the post');
is_deeply([@{ $first->{body} }{qw(event alarm subject appliance severity)}],
	['raised', 'process', 'csm/viewer', 'demo', 'error'], 'its words');
is($mails[0]{to}, 'ops@example.net boss@example.net', 'the mail');
like($mails[0]{text}, qr/^Subject: \[pm demo\] error: a process of a role/m,
	'its subject');
like($mails[0]{text}, qr/^Auto-Submitted: auto-generated\r\n/m, 'its head');
ok(until_true(20, sub { $app->sql("select name || '|' || appliance from alarm
	where cleared is null") eq 'process csm/viewer|demo' }),
	'the database has it');
# It comes and goes: that is one alarm.
$app->pm('start', 'csm/viewer');
ok(until_true(10, sub { !(list())[0]{now} }), 'gone, but not over yet');
$app->pm('stop', 'csm/viewer');
ok(until_true(20, sub { (list())[0]{now} }), 'back');
is((list())[0]{number}, 1, 'it is the same one');
is(told(), 'raised:process', 'and is not told again');
is(join(' ', $app->pm('alarm', 'ack', '1')), "0 1 alarm acknowledged\n",
	'ack');
is(($app->pm('alarm'))[0], 0, 'one that is known is no reason to exit 1');
$app->pm('start', 'csm/viewer');
ok(until_true(20, sub { @posted == 2 && @mails == 2 }), 'over: told once');
is(told(), 'raised:process cleared:process', 'each once');
like($mails[1]{text}, qr/^Subject: \[pm demo\] over: /m, 'by mail, too');
is(scalar list(), 0, 'nothing is wrong');
is((list('--all'))[0]{state}, 'over', '--all shows what was');
like(($app->pm('alarm', 'show', 'process'))[1], qr/^told +log, webhook, mail$/m,
	'show');

# --- the database is away -------------------------------------------------------
$app->pm('stop', 'db');
$app->pm('stop', 'csm/viewer');
ok(until_true(40, sub { grep { $_->{subject} eq 'csm/viewer' } list() }),
	'alarms are raised without a database');
ok(until_true(40, sub { grep { $_->{body}{subject} eq 'csm/viewer' &&
	$_->{body}{number} > 1 } @posted }), 'and told');
$app->pm('start');
ok(until_true(60, sub { !list() }), 'all are over');
ok(until_true(30, sub { ($app->pm('db', 'psql', '--', '-XAtqc',
	"select count(*) filter (where cleared is null) || '/' || count(*)
	from alarm where name = 'process csm/viewer'"))[1] eq "0/1\n" }),
	'and in the database, when it is back');
my %times;
$times{"$_->{body}{event} $_->{body}{number}"}++ for @posted;
is_deeply([grep { $times{$_} != 1 } keys %times], [], 'nothing is told twice');

# --- what the database raised itself -----------------------------------------------
$app->sql("insert into alarm (name, text, means, remedy) values
	('job 0199', 'cannot be sent', '', '')");
ok(until_true(20, sub { grep { $_->{alarm} eq 'job' } list() }),
	'it is in the book');
$app->pm('alarm', 'ack', 'job');
ok(until_true(20, sub { !list() }), 'acknowledged, it is over');
is($app->sql("select count(*) from alarm where cleared is null"), 0,
	'there, too');

# --- the test ------------------------------------------------------------------------
my $pid = open my $in, '-|' // die;
if (!$pid) {
	my @got = $app->pm('alarm', 'test');
	print "@got";
	POSIX::_exit(0);
}
until_true(20, sub { (grep { $_->{body}{alarm} eq 'test' } @posted) > 1 &&
	grep { $_->{text} =~ /over: a test/ } @mails });
is(join('', <$in>), "0 webhook: told\nmail: told\n", 'pm alarm test');
close $in;

# --- wrong usage ---------------------------------------------------------------------
is(join(' ', $app->pm('alarm', 'sow')), qq{2 pm alarm: no command "sow": did } .
	qq{you mean "show"?\n}, 'a typing error');
is(join(' ', $app->pm('alarm', 'show', 'dsk')), '2 pm alarm: there is no ' .
	"alarm dsk: did you mean disk?\n", 'a name that is not there');
Appliance::write_file("$root/var/lib/pm/alarms/book", 'rubbish');
is(scalar list('--all'), 0, 'a damaged book begins anew');
ok($app->stop, 'it stops');
done_testing;
