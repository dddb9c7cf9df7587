#!/usr/bin/perl
# What ends a scanner, the broker or the zygote costs a 451 at most, and a
# message that does it three times is quarantined; waiting never counts.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Time::HiRes qw(sleep time);
use Filter;

alarm 120;
my $f = Filter->new;
my $LATER = 'y 451 4.7.1 mail filter: temporary failure, try again later';

# The same message but for its trace, as a sender repeats it.
my $try = 0;
sub crashing {
	my ($how, $subject) = @_;
	$try++;
	return "Received: from x by y; try $try\n\tfolded $try\n" .
		"Subject: $subject\nX-PM-Test-Crash: $how\n\nbody\n";
}

# A kill is heard a moment later.
sub until_gone {
	my (@pids) = @_;
	for (1 .. 200) {
		return if !grep { kill 0, $_ } @pids;
		sleep 0.01;
	}
}

# The sanitizers' shadow memory forbids a limit on memory.
for my $how (qw(segv abort syscall), $ENV{PM_SAN} ? () : 'alloc') {
	is($f->answer(crashing($how, $how)), $LATER, "$how: first time 451");
	is($f->answer("Subject: hello\n\nx\n"), 'a', 'the next mail is fine');
	is($f->answer(crashing($how, $how)), $LATER, "$how: second time 451");
	my $before = () = $f->kept;
	is($f->answer(crashing($how, $how)), 'd', "$how: third time kept");
	is(scalar(() = $f->kept), $before + 1, 'in the spool');
	my $log = $f->log('zygote');
	is($f->answer(crashing($how, $how)), 'd', "$how: kept at once");
	is($f->log('zygote'), $log, 'without a scanner');
}
like($f->kept_bytes, qr/Unscannable/, 'reason Unscannable');
isnt($f->answer(crashing('segv', 'another')), 'd', 'another mail is not it');

my $start = time;
my @slow = map { $f->session } 1 .. 4;
for my $m (@slow) {
	$m->mail('a@example.net');
	$m->rcpt('b@example.org');
	$m->content("Subject: slow\nX-PM-Test-Crash: wait\n\nx\n");
	$m->put('E', '');
}
is($_->answer->{code}, 'a', 'waiting is no crime') for @slow;
cmp_ok(time - $start, '>', 1.9, 'they did wait');
is($f->answer("Subject: slow\nX-PM-Test-Crash: wait\n\nx\n"), 'a',
	'nor the fifth time');

# Scanners that die idle cost nothing.
my @idle = $f->scanners;
kill 'KILL', @idle;
until_gone(@idle);
is($f->answer("Subject: hello\n\nx\n"), 'a', 'idle scanners killed');

# One that dies at work costs its mail one try.
my $m = $f->session;
$m->mail('a@example.net');
$m->rcpt('b@example.org');
$m->content("Subject: at work\nX-PM-Test-Crash: wait\n\nx\n");
$m->put('E', '');
sleep 0.5;
my @all = $f->scanners;
kill 'KILL', @all;
until_gone(@all);
my $r = $m->answer;
is("$r->{code} $r->{text}", $LATER, 'a scanner killed at work: 451');
is($m->transaction('a@example.net', ['b@example.org'],
	"Subject: hello\n\nx\n")->{code}, 'a', 'the session goes on');

$f->signal('broker', 'KILL');
is($f->answer("Subject: hello\n\nx\n"), 'a', 'without a broker') for 1 .. 3;
$f->start('broker');
is($f->answer("Subject: hello\n\nx\n"), 'a', 'with a new one');

$m = $f->session;
$m->mail('a@example.net');
$m->rcpt('b@example.org');
$f->signal('zygote', 'KILL');
ok($f->wait_until(5, sub { $f->log('front') =~ /the zygote is gone/ }),
	'front sees that the zygote is gone');
$m->content("Subject: hello\n\nx\n");
$m->put('E', '');
sleep 0.3;
$f->start('zygote');
is($m->answer->{code}, 'a', 'mail waits for a new zygote')
	or diag $f->log('front') =~ s/.*the zygote is gone/gone/sr;
$f->stop;
done_testing;
