#!/usr/bin/perl
# How fast the archiver catches up after an outage: 50,000 records as front
# writes them, into a database as `pm db` makes it (synced to disk), with the
# aim of issue 3 beside it.
#	perl tests/bench/recorder.pl [RECORDS]
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Cwd qw(abs_path);
use Db;
use File::Temp qw(tempdir);
use Journal;
use POSIX ();
use Time::HiRes qw(sleep time);

use constant AIM => 5000;

my $pm = abs_path($ENV{PM} // 'build/rel/pm');
my $records = shift // 50_000;
my $db = Db->new(migrate => 1, conf => ['fsync=on', 'full_page_writes=on',
	'shared_buffers=256MB', 'max_wal_size=2GB', 'wal_compression=lz4',
	'default_toast_compression=lz4', 'jit=off']);
my $root = tempdir('pm-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $spool = "$root/var/lib/pm/spool";
chmod 0755, $root;
system('mkdir', '-p', "$root/etc/pm", "$root/var/lib/pm/quarantine",
	map { "$spool/$_" } qw(tmp new inject bad journal)) == 0 or die;
open my $wiring, '>', "$root/etc/pm/wiring.lua" or die;
print $wiring 'return { name = "t", site = "example.org", roles = { "filter" }',
	', domains = { "example.org" }, db = { connection = "',
	$db->conninfo('pm_recorder'), '" } }';
close $wiring;

# Two thousand senders, five thousand recipients, 1.3 of them a message;
# facts of the size that the default policy leaves.
srand 1;
my @subjects = map { join ' ', map { ('a' .. 'z')[rand 26] x (2 + rand 6) }
	1 .. 6 } 1 .. 500;
my $facts = join '', map { chr rand 256 } 1 .. 300;
my $now = int(time) * 1000;

sub record {
	my ($n) = @_;
	my @rcpts = map { 'user' . int(rand 5000) . '@example.org' }
		1 .. (rand() < 0.15 ? 3 : 1);
	my $spam = rand() < 0.1;
	return Journal::record(id => Journal::id($now + $n / 5),
		received => $now, rcpts => \@rcpts, facts => $facts,
		from => 'sender' . int(rand 2000) . '@example.net',
		relay => join('.', 192, 0, 2, int rand 256),
		queue => sprintf('4Q%08X', rand 4e9), size => 2000 + rand 90_000,
		message_id => sprintf('%08x.%08x@example.net', rand 4e9, $n),
		subject => $subjects[rand @subjects],
		groups => [[$spam ? ('quarantined', 'Spam') :
			('delivered', ''), 0 .. $#rcpts]]);
}

my ($left, $file) = ($records, 0);
while ($left > 0) {
	my $n = $left < 10_000 ? $left : 10_000;
	Journal::write(sprintf("$spool/journal/20261122.%d", ++$file),
		map { record($_) } 1 .. $n);
	$left -= $n;
}
system('chown', '-R', 'pm-rec:', "$root/var/lib/pm")
	if $> == 0 && defined getpwnam 'pm-rec';

my $start = time;
my $pid = fork() // die;
if (!$pid) {
	open STDERR, '>>', "$root/log" or die;
	exec $pm, 'filter', 'archiver', '--root', $root or POSIX::_exit(127);
}
sleep 0.02 while kill(0, $pid) && time - $start < 300 &&
	(() = glob "$spool/journal/*");
my $took = time - $start;
my ($user, $system) = map { $_ / POSIX::sysconf(POSIX::_SC_CLK_TCK()) } do {
	open my $stat, '<', "/proc/$pid/stat" or die "the archiver died";
	(split ' ', <$stat> =~ s/.*\) //r)[11, 12];
};
kill 'TERM', $pid;
waitpid $pid, 0;
my $there = $db->sql('select count(*) from message');
my $rate = $there / $took;
printf "archiver: %d of %d messages in %.1f s: %.0f a second (aim: %d%s), " .
	"its own processor time %.0f us each\n", $there, $records, $took, $rate,
	AIM, $rate >= AIM ? '' : ', missed',
	($user + $system) * 1e6 / ($there || 1);
# Test::More is only here because Db.pm knows how to skip with it.
exit($there == $records ? 0 : 1);
