#!/usr/bin/perl
# The injector: what lies in spool/inject reaches the MTA byte for byte, once
# when nothing breaks, at least once when something does; and nobody's copy
# vanishes because it was refused.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use IO::Socket::INET;
use IO::Select;
use lib 'tests/lib';
use Nobody;
use POSIX ();
use Time::HiRes qw(sleep time);

my $pm = Nobody::become();
my $root = tempdir(CLEANUP => 1);
my $spool = "$root/var/lib/pm/spool";
system('mkdir', '-p', "$root/etc/pm", "$root/run/pm",
	map { "$spool/$_" } qw(inject bad)) == 0 or die;

my $sink = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1',
	ReuseAddr => 1)
	or die "listen: $!";
my $port = $sink->sockport;
my ($serial, $pid, $status) = (0, 0, undef);

sub spew {
	my ($path, $bytes) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $bytes;
	close $f or die;
}

sub slurp {
	my ($path) = @_;
	open my $f, '<:raw', $path or return '';
	local $/;
	return scalar <$f>;
}

# A copy as the recorder hands it over (store/spool.h).
sub copy {
	my ($body, @rcpts) = @_;
	my $name = sprintf '0193fd23-0000-7000-8000-%012x-1', $serial++;
	my $head = pack('V/a V (V/a)*', 's@example.org', scalar @rcpts, @rcpts);
	spew("$spool/inject/.$name", 'pmC1' . pack('V/a Q<', $head,
		length $body) . $body . 'end!');
	rename "$spool/inject/.$name", "$spool/inject/$name" or die;
	return $name;
}

sub start {
	local $^F = 100; # what the child shall have open
	pipe $status, my $theirs or die;
	$pid = fork() // die;
	if (!$pid) {
		close $sink;
		open STDERR, '>>', "$root/log" or die;
		$ENV{PM_STATUS_FD} = fileno $theirs;
		exec $pm, 'mta', 'injector', '--root', $root or die;
	}
	close $theirs;
}

sub stop {
	my ($signal) = @_;
	kill $signal, $pid;
	waitpid $pid, 0;
	$pid = 0;
	return $?;
}

END { if ($pid) { local $?; stop('KILL') } }

# The next line about the state that is no alarm, within some seconds.
sub told {
	my $line = '';
	while (IO::Select->new($status)->can_read(5)) {
		sysread $status, my $c, 1 or return $line;
		$line .= $c;
		next if $c ne "\n";
		return $line if $line !~ /^alarm /;
		$line = '';
	}
	return $line . '(nothing)';
}

sub wait_for {
	my ($what, $seconds) = @_;
	my $until = time + $seconds;
	sleep 0.005 until $what->() || time > $until;
	return $what->();
}

sub left { my @f = glob "$spool/inject/*"; return scalar @f }
sub bad { my @f = glob "$spool/bad/*"; return @f }

# Takes one connection; %answer says what to answer to what, else 250. The
# content as it came, or undef.
sub take {
	my (%answer) = @_;
	IO::Select->new($sink)->can_read(8) or return;
	my $c = $sink->accept or return;
	my $content;
	my $say = sub { syswrite $c, "$_[0]\r\n" };
	binmode $c;
	$say->('220 sink');
	while (defined(my $line = <$c>)) {
		$line =~ s/\r\n\z//;
		if ($line =~ /^DATA/) {
			$say->('354 go');
			$content = '';
			while (defined(my $l = <$c>)) {
				last if $l eq ".\r\n";
				$content .= $l;
			}
			return $content if $answer{die};
			$say->($answer{'.'} // '250 2.0.0 queued');
		} elsif ($line =~ /^QUIT/) {
			$say->('221 bye');
			last;
		} else {
			my ($key) = grep { $_ ne '.' && index($line, $_) >= 0 }
				sort keys %answer;
			$say->(defined $key ? $answer{$key} : '250 ok');
		}
	}
	return $content;
}

spew("$root/etc/pm/wiring.lua", 'return { name = "mx1", site = "example.org",
	roles = { "mta" }, mta = { kind = "postfix",
	reinject = "127.0.0.1:' . $port . '" } }');
start();
is(told(), "ready\n", 'it says that it is ready')
	or die(slurp("$root/log"));

copy("Subject: a\r\n\r\nhello\r\n", 'a@x');
is(take(), "Subject: a\r\n\r\nhello\r\n", 'a copy is sent');
ok(wait_for(sub { !left() }, 3), 'and leaves the spool');

copy(".\r\n..a\r\nb\nc\n.\nno end", 'a@x');
is(take(), "..\r\n...a\r\nb\r\nc\r\n..\r\nno end\r\n",
	'dots are stuffed, line ends mended, the last line ended');
ok(wait_for(sub { !left() }, 3), 'it leaves the spool');

# One refused, one for later, one done: each gets his own end, and the one
# who has it does not get it again.
my $name = copy("mixed\r\n", 'no@x', 'yes@x', 'later@x');
is(take('no@x' => '550 5.1.1 unknown', 'later@x' => '450 4.2.0 greylisted'),
	"mixed\r\n", 'three recipients, one accepted');
like(told(), qr/^degraded re-injection to 127\.0\.0\.1:$port fails since \d{4}-\d\d-\d\dT[\d:.]+Z \(450 4\.2\.0 greylisted\): 1 copy waits$/,
	'the state says what waits, since when and why');
is(take('no@x' => '550 twice', 'yes@x' => '550 twice'), "mixed\r\n",
	'the one to be tried again is, alone');
is(told(), "well\n", 'then all is well');
ok(wait_for(sub { !left() }, 3), 'nothing is left of it');
is_deeply([map { s{.*/}{}r } bad()], ["${name}x"], 'the refused one is kept');
my $kept = slurp((bad())[0] // '');
ok($kept =~ /no\@x/ && $kept !~ /yes\@x|later\@x/ && $kept =~ /mixed/,
	'in a file with him alone and the message');
like(slurp("$root/log"), qr/^error: injector: \Q$name\E: the MTA refused <no\@x> for good: 550 5\.1\.1 unknown: kept in var\/lib\/pm\/spool\/bad$/m,
	'and the log says so');

$name = copy("refused\r\n", 'a@x');
is(take('.' => '554 5.7.1 content'), "refused\r\n", 'refused at the end');
ok(wait_for(sub { !left() && bad() == 2 }, 3), 'it moves to spool/bad');
ok(-e "$spool/bad/$name", 'under its own name');

spew("$spool/inject/.x", 'garbage');
rename "$spool/inject/.x", "$spool/inject/garbage" or die;
ok(wait_for(sub { -e "$spool/bad/garbage" }, 3),
	'what is no copy moves to spool/bad');

spew("$spool/inject/.hidden", 'not committed');
copy("after\r\n", 'a@x');
is(take(), "after\r\n", 'what has no name yet is left alone');
ok(-e "$spool/inject/.hidden", 'and stays');

# The MTA takes it and dies before it says so.
copy("twice\r\n", 'a@x');
is(take(die => 1), "twice\r\n", 'a lost answer');
like(told(), qr/^degraded .*\(connection closed\): 1 copy waits$/,
	'is a failure');
is(take(), "twice\r\n", 'and another attempt, bytes the same');
is(told(), "well\n", 'then all is well');
ok(!left(), 'and it is gone');

is(stop('TERM') >> 8, 0, 'TERM ends it in order');
copy("while away\r\n", 'a@x') for 1 .. 3;
start();
is(take(), "while away\r\n", 'what came while it was away is sent')
	for 1 .. 3;
ok(wait_for(sub { !left() }, 3), 'all of it');
is(told(), "ready\n", 'it says that it is ready');

# No MTA: the state says so, nothing is lost, no busy loop.
close $sink;
copy("waits\r\n", 'a@x') for 1 .. 5;
like(told(), qr/^degraded .* fails since .*cannot connect: Connection refused\): \d cop(y waits|ies wait)$/,
	'no MTA: the state says so');
sleep 0.5;
is(left(), 5, 'and all wait');
my $ticks = (split ' ', slurp("/proc/$pid/stat") =~ s/.*\) //r)[11];
cmp_ok($ticks, '<', 25, 'without burning the processor');
$sink = IO::Socket::INET->new(Listen => 16, LocalAddr => '127.0.0.1',
	LocalPort => $port, ReuseAddr => 1) or die "listen: $!";
is(take(), "waits\r\n", 'it is back: a copy comes') for 1 .. 5;
ok(wait_for(sub { !left() }, 3), 'all gone');
is(stop('TERM') >> 8, 0, 'TERM ends it in order');

spew("$root/etc/pm/wiring.lua",
	'return { name = "mx1", site = "x", roles = { "filter" } }');
my $said = `$pm mta injector --root $root 2>&1`;
is($? >> 8, 2, 'a role that is not wired is wrong usage');
is($said, 'pm mta: this appliance has no role "mta" (etc/pm/wiring.lua: '
	. "roles); add it with pm setup\n", 'in one line');
done_testing();
