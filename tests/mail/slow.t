#!/usr/bin/perl
# What answers late, or never: mail is answered in time all the same, and
# waiting is never held against a message (poison ledger).
#
# The slow question here is the virus scanner's; for DNS see dns.t, for a
# hundred messages at once tests/milter/burst.t.
use strict;
use warnings;
use FindBin;
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 120;

use constant { CLAMD_S => 3, TOGETHER => 60,
	ALLOWED_S => 15 }; # 5 s, thrice on a machine with other work

# A resolver that never answers.
my $silent = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Proto => 'udp')
	or die "udp: $!";

# A clamd that says "clean" after CLAMD_S seconds, each in a child of its own.
my $clamd = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 128)
	or die "tcp: $!";
my $server = fork;
die "fork: $!" unless defined $server;
if (!$server) {
	$SIG{CHLD} = 'IGNORE';
	while (my $s = $clamd->accept) {
		next if fork;
		close $clamd;
		my ($seen, $end) = ('', "\0\0\0\0");
		while (sysread $s, $seen, 65536, length $seen) {
			last if substr($seen, -4) eq $end;
		}
		sleep CLAMD_S;
		syswrite $s, "stream: OK\0";
		POSIX::_exit(0);
	}
	POSIX::_exit(0);
}
END {
	my $status = $?;
	kill 'TERM', $server if $server;
	$? = $status;
}

my $app = Appliance->new(clamd => 'inet:127.0.0.1:' . $clamd->sockport,
	top => 'resolver = "127.0.0.1:' . $silent->sockport . '",');
$app->setup->start;

sub answer {
	my ($subject) = @_;
	my $start = time;
	my $r = $app->send_mail(from => 'carol@example.net',
		rcpts => ['alice@example.org'],
		message => "Subject: $subject\n\nhello\n");
	return ($r->{text} =~ /^(\d+ \d\.\d\.\d)/, time - $start);
}

# One message, sent many times at one instant, then once more.
my %reader;
for my $n (1 .. TOGETHER) {
	my $pid = open my $in, '-|';
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		my ($code, $took) = answer('the same');
		print "$code $took\n";
		POSIX::_exit(0);
	}
	$reader{$n} = $in;
}
my (@codes, $slowest);
for my $n (sort keys %reader) {
	my $in = $reader{$n};
	my ($code, $dsn, $took) = split ' ', <$in>;
	push @codes, "$code $dsn";
	$slowest = $took if !defined $slowest || $took > $slowest;
}
is_deeply(\@codes, [('250 2.0.0') x TOGETHER], TOGETHER . ' at one instant');
diag(sprintf '%d at once, clamd after %d s: all answered within %.1f s',
	TOGETHER, CLAMD_S, $slowest);
cmp_ok($slowest, '<', ALLOWED_S, 'and together');

my ($again, $last) = answer('the same');
is($again, '250 2.0.0', 'waiting is no poison');
cmp_ok($last, '>=', CLAMD_S, 'it did wait');

# No virus scanner at all: later is policy's word for it.
kill 'TERM', $server;
waitpid $server, 0;
$server = 0;
close $clamd;
my $r = $app->send_mail(from => 'carol@example.net',
	rcpts => ['alice@example.org'], message => "Subject: none\n\nx\n");
is($r->{text}, '451 4.7.1 virus scanner busy', 'no virus scanner: later');
my ($broker) = grep { $_->{process} eq 'broker' }
	@{ $app->status->{processes} };
is($broker->{degraded}, "virus engine does not answer (clamd: $app->{clamd}: " .
	'cannot connect: Connection refused): policy sees "later"; DNS does ' .
	'not answer (timeout): policy sees "later"',
	'and pm status says so, and of the DNS, which SPF asked');

is(scalar(() = glob "$app->{root}/var/lib/pm/spool/poison/*"), 0,
	'the poison ledger is empty');
is($app->restarted, '', 'no process had to be restarted');
ok($app->stop, 'stops within the deadline');
done_testing;
