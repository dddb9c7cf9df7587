#!/usr/bin/perl
# What must not happen even when a process is not what it should be: a second
# front on one path, a scanner with doors of others, an innocent message in
# the ledger, a front that says it is well while it has no policy.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use Appliance;
use Filter;

alarm 60;
my $f = Filter->new;
my $LATER = 'y 451 4.7.1 mail filter: temporary failure, try again later';

my ($code, $out) = $f->{appliance}->pm('filter', 'front');
is($code, 3, 'a second front ends');
is($out, "pm filter: filter.listen: unix:run/pm/milter.sock: another " .
	"process serves it; stop that one first\n", 'and says why');
is($f->answer("Subject: hello\n\nx\n"), 'a', 'the first one serves');

my ($scanner) = $f->scanners;
my @doors = grep { $_ > 2 } map { m{(\d+)\z} } glob "/proc/$scanner/fd/*";
cmp_ok(scalar @doors, '<=', $ENV{PM_SAN} ? 3 : 2,
	'a scanner has front and broker, nothing else') or diag "@doors";

for my $time (1 .. 4) {
	my $m = $f->session;
	$m->mail('a@example.net');
	$m->rcpt('b@example.org');
	$m->content("Subject: same\nX-PM-Test-Crash: wait\n\nx\n");
	$m->put('E', '');
	sleep 0.7;
	kill 'KILL', $f->scanners;
	my $r = $m->answer;
	is("$r->{code} $r->{text}", $LATER, "killed from outside, time $time");
}
is($f->answer("Subject: same\nX-PM-Test-Crash: wait\n\nx\n"), 'a',
	'the message had no part in it');

# Without a zygote: soon ready, so that the MTA hears 451, and degraded.
$f->signal($_, 'TERM') for qw(front zygote);
pipe my $status, my $theirs or die;
my $start = time;
my $pid = fork // die;
if (!$pid) {
	require POSIX;
	POSIX::dup2(fileno $theirs, 9);
	$ENV{PM_STATUS_FD} = 9;
	open STDERR, '>', '/dev/null';
	exec $Appliance::PM, 'filter', '--root', $f->{root}, 'front'
		or POSIX::_exit(127);
}
close $theirs;
# The next line that is no alarm.
sub next_line {
	while (defined(my $line = <$status>)) {
		return $line if $line !~ /^alarm /;
	}
	return undef;
}
is(next_line(), "degraded no policy is loaded, the zygote does not " .
	"answer: mail is answered 451\n", 'front says that it has no policy');
is(next_line(), "ready\n", 'and is ready');
cmp_ok(time - $start, '<', 2, 'within two seconds');
$f->start('zygote');
is(next_line(), "well\n", 'well when the zygote has the policy');
kill 'TERM', $pid;
waitpid $pid, 0;
$f->stop;
done_testing;
