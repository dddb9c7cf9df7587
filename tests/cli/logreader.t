#!/usr/bin/perl
# pm mta logreader: every line of a mail log once in the database, whatever
# happens to file, reader and database.
use strict;
use warnings;
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use Appliance;
use Db;

my $db = Db->new(migrate => 1);
my $root = tempdir('pm-log-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $logs = "$root/logs";
chmod 0755, $root;
make_path("$root/etc/pm", "$root/run/pm", $logs);
Appliance::write_file("$root/etc/pm/wiring.lua", qq[return {
	name = "mx1", site = "example.org", roles = { "mta" },
	domains = { "example.org" },
	mta = { kind = "external", listen = { "127.0.0.1:2525" },
		log = "$logs/mail.log" },
	db = { connection = "host=$db->{dir} dbname=pm user=pm_recorder" },
}
]);

my $pid;
sub start {
	$pid = fork;
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$root/out";
		open STDERR, '>&', \*STDOUT;
		exec $Appliance::PM, 'mta', 'logreader', '--root', $root
			or POSIX::_exit(127);
	}
}
sub stop {
	my ($signal) = @_;
	kill $signal, $pid;
	waitpid $pid, 0;
	undef $pid;
	return $?;
}
END {
	if ($pid) {
		local $?;
		stop('KILL');
	}
}

my $seq = 0;
sub line {
	$seq++;
	return "Nov 22 20:17:05 mx1 postfix/smtp[77]: " . id($seq) . ": " .
		"to=<joe\@example.org>, relay=mx.example.com[192.0.2.9]:25, " .
		"delay=0.3, delays=0/0/0/0, dsn=2.0.0, status=sent (250 n$seq)\n";
}
sub id { return sprintf '4hX2Z%07dz%02d', $_[0], $_[0] % 89 + 10 =~ tr/0-9//r }
sub append {
	my ($name, @lines) = @_;
	open my $out, '>>', "$logs/$name" or die $!;
	print $out @lines;
	close $out;
}
sub rows { return $db->sql('select count(*), count(distinct reply) from smtp_event') }
# Exactly so many, each once; and they stay so.
sub settles {
	my ($n, $what) = @_;
	my $end = time + 15;
	sleep 0.05 while time < $end && rows() ne "$n|$n";
	is(rows(), "$n|$n", $what) or diag(`tail -5 $root/out`);
}

# --- lines of others, half lines, bytes -------------------------------------
append('mail.log.1', line());
$seq = 0;
append('mail.log', "Nov 22 20:17:04 mx1 kernel: first\n", line());
start();
settles(1, 'the log from its beginning; not what was before pm came');
my $half = line();
append('mail.log', "\0\xff garbage\n", "x" x 300000, "\n", substr($half, 0, 50));
sleep 0.5;
is(rows(), '1|1', 'half a line is none');
append('mail.log', substr($half, 50), line());
settles(3, 'then it is one');
is($db->sql("select queue_id || ' ' || rcpt || ' ' || remote || ' ' || dsn || ' ' ||
	reply || ' ' || delay_ms from smtp_event where reply = '250 n2'"),
	id(2) . ' joe@example.org mx.example.com[192.0.2.9]:25 2.0.0 250 n2 300', 'in its parts');

# --- rotation ---------------------------------------------------------------
append('mail.log', line());
rename "$logs/mail.log", "$logs/mail.log.1";
append('mail.log.1', line());
append('mail.log', "Nov 22 20:18:00 mx1 kernel: second\n", line());
append('mail.log.1', line());
settles(7, 'renamed, and written to for a while');
system('cp', "$logs/mail.log", "$logs/mail.log-20261122");
truncate "$logs/mail.log", 0;
append('mail.log', "Nov 22 20:19:00 mx1 kernel: third\n", line());
settles(8, 'copied and cut down');
stop('TERM');
append('mail.log', line(), line());
rename "$logs/mail.log-20261122", "$logs/mail.log.2";
rename "$logs/mail.log", "$logs/mail.log.3";
append('mail.log.4', "Nov 22 20:20:00 mx1 kernel: between\n", line());
append('mail.log', "Nov 22 20:21:00 mx1 kernel: fourth\n", line());
start();
settles(12, 'rotated twice while nobody read');

# --- the clock of the log jumps ---------------------------------------------
append('mail.log', line() =~ s/^Nov 22 20/Nov 22 03/r,
	line() =~ s/^Nov 22 20:17:05/2031-01-01T00:00:00.123456+02:00/r,
	line() =~ s/^Nov 22 20:17:05/1999-12-31T23:59:60Z/r, line());
settles(16, 'forth and back');
is($db->sql("select at at time zone 'UTC' from smtp_event order by at desc limit 1"),
	'2030-12-31 22:00:00.123', 'as it says');

# --- killed at any moment, while the log grows and rotates ------------------
my $total = $seq;
for my $round (1 .. 8) {
	append('mail.log', map { line() } 1 .. 700);
	sleep rand 0.15;
	if ($round % 4 == 0) {
		rename "$logs/mail.log", "$logs/mail.log.r$round";
		append('mail.log', "Nov 22 21:00:00 mx1 kernel: round $round\n");
	}
	stop('KILL');
	start();
}
settles($seq, 'killed eight times: each line once');

# --- the database goes and comes --------------------------------------------
$db->stop;
append('mail.log', map { line() } 1 .. 500);
sleep 0.7;
rename "$logs/mail.log", "$logs/mail.log.away";
append('mail.log', "Nov 22 22:00:00 mx1 kernel: away\n", map { line() } 1 .. 500);
sleep 0.5;
unlink "$logs/mail.log.away";
$db->start;
settles($seq, 'the database away: nothing lost, nothing twice');
$db->stop('KILL');
append('mail.log', map { line() } 1 .. 300);
$db->start;
settles($seq, 'and after its crash');

# --- read again from nothing: the same rows ---------------------------------
$db->sql('delete from smtp_log');
stop('TERM');
my $before = $db->sql('select md5(string_agg(id::text, $$ $$ order by id)) from smtp_event');
start();
sleep 0.1 while $db->sql('select count(*) from smtp_log') == 0;
sleep 0.3;
is($db->sql('select md5(string_agg(id::text, $$ $$ order by id)) from smtp_event'),
	$before, 'read again from the beginning: the same');
is(stop('TERM'), 0, 'ends well');
done_testing;
