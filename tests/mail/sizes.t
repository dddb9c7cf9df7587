#!/usr/bin/perl
# Messages and envelopes of every size: Postfix refuses what is over the
# wiring's limits; the filter itself answers all of them, in time, in bounded
# memory, and none of its processes ends.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Milter;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 280;

use constant { EOM_S => 25, RCPT_S => 5, BUDGET_MB => 16 };
my $BODY = 65535;	# bytes in one packet

my $app = Appliance->new(filter => 'memory_mb = ' . BUDGET_MB . ',',
	mta => 'message_size_limit = 1000000, recipient_limit = 20,');
$app->setup->start;
my $front = $app->pid_of('filter/front');

# MB of real memory, anonymous (what a mapped message shares does not count).
sub anonymous {
	open my $in, '<', "/proc/$front/status" or die "front is gone: $!";
	my ($kb) = map { /^RssAnon:\s+(\d+)/ } <$in>;
	return $kb / 1024;
}

# Through Postfix.
my $r = $app->send_mail(from => 'carol@example.net',
	rcpts => ['alice@example.org'],
	message => "Subject: big\n\n" . ('x' x 70 . "\n") x 20_000);
is($r->{text}, '552 5.3.4 Error: message file too big',
	'over message_size_limit');
$r = $app->send_mail(from => 'carol@example.net',
	rcpts => [map { "u$_\@example.org" } 1 .. 25],
	message => "Subject: many\n\nx\n");
is(join(' ', map { $r->{rcpts}{"u$_\@example.org"} } 1 .. 25),
	join(' ', (250) x 20, (452) x 5), 'over recipient_limit');
like($r->{text}, qr/^250 /, 'the recipients below it get the message');

# Straight to the filter. `feed` sends header and body.
sub straight {
	my ($name, $rcpts, $want, $feed) = @_;
	my $m = Milter->new("$app->{root}/run/pm/milter.sock");
	$m->connect_from('client.example.net', '198.51.100.7');
	$m->helo('client.example.net');
	$m->mail('carol@example.net');
	my $slowest = 0;
	for my $rcpt (@$rcpts) {
		my $start = time;
		my $code = $m->rcpt($rcpt);
		$slowest = time - $start if time - $start > $slowest;
		die "$name: $rcpt: $code" if $code ne 'c';
	}
	cmp_ok($slowest, '<', RCPT_S, "$name: each recipient in time");
	$m->step('T', '');
	$feed->($m);
	my $start = time;
	my $end = $m->end_of_message;
	cmp_ok(time - $start, '<', EOM_S, "$name: in time");
	is("$end->{code} $end->{text}", $want, "$name: a definite answer");
	cmp_ok(anonymous(), '<', BUDGET_MB + 48, "$name: in bounded memory")
		unless $ENV{PM_SAN};
	$m->quit;
}

sub feed {
	my ($head, $chunk, $times) = @_;
	return sub {
		my ($m) = @_;
		$m->step('L', $_) for @$head;
		$m->step('N', '');
		$m->step('B', $chunk) for 1 .. $times;
	};
}

my @head = ("From\0 carol\@example.net\0", "Subject\0 size\0");
my @alice = ('alice@example.org');
my $lines = substr((('x' x 76) . "\r\n") x 841, 0, $BODY);
straight('0 bytes', \@alice, 'a ', feed([], '', 0));
straight('headers only', \@alice, 'a ', feed(\@head, '', 0));
straight('NULs everywhere', \@alice, 'a ',
	feed(["Subject\0 \0", @head], "\0" x $BODY, 30));
straight('200 MB', \@alice, 'a ', feed(\@head, $lines, 3201));
straight('one line of 100 MB', \@alice, 'a ',
	feed(\@head, 'x' x $BODY, 1601));
# More than the parsers look at: kept as Unscannable by the default policy.
straight('one header line of 10 MB', \@alice, 'd ',
	feed([@head, map { "X-$_\0 " . 'y' x 60_000 . "\0" } 1 .. 175],
		'x', 1));
straight('100,000 header lines', \@alice, 'd ',
	feed([@head, map { "X-$_\0 y\0" } 1 .. 100_000], 'x', 1));
straight('10,000 recipients', [map { "u$_\@example.org" } 1 .. 10_000],
	'a ', feed(\@head, "hello\r\n", 1));

like($app->send_mail(from => 'carol@example.net', rcpts => \@alice,
	message => "Subject: after\n\nx\n")->{text}, qr/^250 /,
	'mail flows afterwards');
my $s = $app->status;
is($app->restarted, '', 'no process had to be restarted');
ok($s->{well}, 'all is well') or diag((grep { length }
	map { $_->{degraded} } @{ $s->{processes} })[0]);
ok($app->stop, 'stops within the deadline');
done_testing;
