#!/usr/bin/perl
# 3,000 messages through Postfix over 20 connections: accepted = delivered +
# quarantined + discarded by policy, none twice, no 451, bytes as sent.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Soak;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';

my $count = $ENV{SOAK_N} // 3000;
my $app = Appliance->new(policy => $Soak::policy);
$app->setup->start;
my @texts = Soak::messages($count);
cmp_ok(scalar @texts, '>=', $count * 0.9, "have $count messages");
diag(Corpus::archives() ? 'messages of the corpus' :
	'no corpus beside the checkout: messages of our own making');
my $from = time;
waitpid $_, 0 for Soak::start_senders($app, 20, @texts);
my $took = time - $from;
diag(sprintf '%d messages in %.1f s: %.0f a second', scalar @texts, $took,
	@texts / $took);
is(Soak::settle($app, 60), '', 'spool and queue run empty');

my %sent = Soak::results($app);
is(scalar keys %sent, scalar @texts, 'every message has an answer');
my @refused = grep { $sent{$_}{code} != 250 } sort keys %sent;
is(join("\n", map { "$_: $sent{$_}{code} $sent{$_}{text}" } @refused), '',
	'every message is accepted');
is(scalar(grep { $sent{$_}{tries} > 1 } keys %sent), 0, 'no 451');

my %at = Soak::places($app);
my (%count, @wrong, @different);
for my $n (sort { $a <=> $b } keys %sent) {
	for my $r (Soak::recipients($n)) {
		my $outcome = Soak::expected($r);
		my $files = $at{$r}{delivered} // [];
		my $kept = $at{$r}{quarantined} // 0;
		$count{$outcome}++;
		my ($d, $q) = $outcome eq 'quarantined' ? (0, 1) :
			$outcome eq 'discarded' ? (0, 0) : (1, 0);
		push @wrong, "$r: $outcome, but delivered " . @$files .
			", quarantined $kept"
			if @$files != $d || $kept != $q;
		next unless @$files == 1 && $d;
		my $why = Soak::difference($files->[0], $texts[$n - 1],
			$outcome);
		push @different, "$r ($outcome): $why" if $why;
	}
}
is(join("\n", @wrong), '', 'each recipient has exactly his outcome, once');
is(join("\n", @different[0 .. ($#different > 9 ? 9 : $#different)]), '',
	'delivered bytes = sent bytes + our edits');
diag(join ', ', map { "$_ $count{$_}" } sort keys %count);
my $status = $app->status;
is(scalar(grep { $_->{state} ne 'ready' || $_->{restarts} }
	@{ $status->{processes} }), 0, 'no process had to be restarted');
ok($app->stop, 'stops within the deadline');
done_testing;
