#!/usr/bin/perl
# Real mail while every process is killed in turn, one each second: nothing is
# lost, and a duplicate only where the sender's own retry explains it.
use strict;
use warnings;
use FindBin;
use POSIX qw(:sys_wait_h);
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Soak;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';

my $count = $ENV{SOAK_N} // 3000;
my $app = Appliance->new(policy => $Soak::policy);
$app->setup->start;
my @texts = Soak::messages($count);

sub children_of {
	my ($pid) = @_;
	my @all;
	for my $file (glob "/proc/$pid/task/*/children") {
		open my $in, '<', $file or next;
		push @all, split ' ', (<$in> // '');
	}
	return @all;
}

# A descendant of pid whose program is called name, or 0.
sub descendant {
	my ($pid, $name) = @_;
	my @look = children_of($pid);
	while (defined(my $p = shift @look)) {
		open my $in, '<', "/proc/$p/comm" or next;
		chomp(my $comm = <$in> // '');
		return $p if $comm eq $name;
		push @look, children_of($p);
	}
	return 0;
}

sub victim {
	my ($who) = @_;
	return $app->{pid} if $who eq 'supervise';
	return descendant($app->pid_of('mta/master'), 'smtpd')
		if $who eq 'smtpd';
	if ($who eq 'scanner') {
		my @scanners = children_of($app->pid_of('filter/zygote'));
		return $scanners[rand @scanners] // 0;
	}
	return $app->pid_of($who);
}

my @order = qw(filter/front filter/zygote scanner filter/broker
	filter/recorder mta/injector smtpd supervise);
my %killed;
$Soak::pause = 0.25; # so that each process is killed several times
my @senders = Soak::start_senders($app, 20, @texts);
my $end = time + ($ENV{SOAK_SECONDS} // 240);
my $turn = 0;
while (@senders && time < $end) {
	sleep 1;
	@senders = grep { waitpid($_, WNOHANG) == 0 } @senders;
	my $who = $order[$turn++ % @order];
	my $pid = victim($who) or next;
	kill 'KILL', $pid or next;
	$killed{$who}++;
	next if $who ne 'supervise';
	waitpid $app->{pid}, 0;
	$app->{pid} = 0;
	next if eval { $app->start(30) };
	kill 'TERM', @senders;
	fail('starts again after a kill: ' . $@);
	last;
}
# What still sends does so in peace.
waitpid $_, 0 for @senders;
diag('killed: ' . join ', ', map { "$_ $killed{$_}" } sort keys %killed);
is(scalar(grep { $killed{$_} } @order), scalar @order,
	'each process was killed at least once');
is(Soak::settle($app, 120), '', 'spool and queue run empty');

my %sent = Soak::results($app);
is(scalar keys %sent, scalar @texts, 'every message has an answer');
is(join("\n", map { "$_: $sent{$_}{code} $sent{$_}{text}" }
	grep { $sent{$_}{code} != 250 } sort keys %sent), '',
	'every message was accepted in the end');
my %at = Soak::places($app);
my (@lost, @unexplained, @astray);
my ($twice, $resent) = (0, 0);
for my $n (sort { $a <=> $b } keys %sent) {
	for my $r (Soak::recipients($n)) {
		my $outcome = Soak::expected($r);
		my $d = @{ $at{$r}{delivered} // [] };
		my $q = $at{$r}{quarantined} // 0;
		my $have = $outcome eq 'quarantined' ? $q : $d;
		my $other = $outcome eq 'quarantined' ? $d : $q;
		push @astray, "$r ($outcome): delivered $d, quarantined $q"
			if $other || ($outcome eq 'discarded' && $d);
		next if $outcome eq 'discarded';
		push @lost, "$r ($outcome)" if $have == 0;
		next if $have < 2;
		$twice++;
		next if $have <= $sent{$n}{tries};
		# The injector is an SMTP client, too: killed between the
		# answer and its note of it, it sends again (RFC 1047).
		my $again = grep { Soak::is_reinjected($_) }
			@{ $at{$r}{delivered} // [] };
		$resent++ if $again == $have;
		push @unexplained, "$r: $have times, sent $sent{$n}{tries}"
			if $again != $have;
	}
}
is(join("\n", @lost), '', 'nothing is lost');
is(join("\n", @astray), '', 'nothing passed that policy withheld');
is(join("\n", @unexplained), '',
	'a duplicate only where the sender or the injector tried again');
cmp_ok($resent, '<=', ($killed{'mta/injector'} // 0) +
	($killed{supervise} // 0), 'the injector: once a kill at most');
diag("recipients with a duplicate: $twice of " . (scalar keys %sent) .
	", of these by the injector: $resent");
ok($app->stop, 'stops within the deadline');
done_testing;
