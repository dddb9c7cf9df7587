#!/usr/bin/perl
# How many lines a second the log reader takes into a database as `pm db`
# makes it (synced to disk), with the aim of issue 7 beside it: a log of
# Postfix, nine lines a message, one in ten of somebody else.
#	perl tests/bench/logreader.pl [LINES]
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Cwd qw(abs_path);
use Db;
use File::Temp qw(tempdir);
use POSIX ();
use Time::HiRes qw(sleep time);

use constant AIM => 20_000;

my $pm = abs_path($ENV{PM} // 'build/rel/pm');
my $lines = shift // 400_000;
my $db = Db->new(migrate => 1, conf => ['fsync=on', 'full_page_writes=on',
	'shared_buffers=256MB', 'max_wal_size=2GB', 'wal_compression=lz4',
	'jit=off']);
my $root = tempdir('pm-bench-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $root;
system('mkdir', '-p', "$root/etc/pm", "$root/run/pm", "$root/logs") == 0
	or die;
open my $wiring, '>', "$root/etc/pm/wiring.lua" or die;
print $wiring 'return { name = "t", site = "example.org", roles = { "mta" }, ',
	'domains = { "example.org" }, mta = { kind = "external", listen = ',
	'{ "127.0.0.1:2525" }, log = "', "$root/logs/mail.log", '" }, ',
	'db = { connection = "', $db->conninfo('pm_recorder'), '" } }';
close $wiring;

# What one message leaves in the log.
sub message {
	my ($n) = @_;
	my $at = POSIX::strftime('%b %e %H:%M:%S mx1', localtime);
	my $relay = 'host' . int(rand 900) . '.example.net[198.51.100.' .
		int(rand 256) . ']';
	my $id = sprintf '4hX2Z%07dz1cG', $n;
	my $from = 'sender' . int(rand 2000) . '@example.net';
	my $to = 'user' . int(rand 5000) . '@example.org';
	return map { "$at $_\n" } "postfix/smtpd[7]: connect from $relay",
		"postfix/smtpd[7]: $id: client=$relay",
		"postfix/cleanup[8]: $id: message-id=<$n.x\@example.net>",
		"postfix/qmgr[9]: $id: from=<$from>, size=4711, nrcpt=1 " .
		'(queue active)', "postfix/smtpd[7]: disconnect from $relay " .
		'ehlo=1 mail=1 rcpt=1 data=1 quit=1 commands=5',
		"postfix/smtp[10]: $id: to=<$to>, relay=mx.example.org" .
		'[203.0.113.5]:25, delay=0.4, delays=0.1/0/0.1/0.2, ' .
		"dsn=2.0.0, status=sent (250 2.0.0 Ok: queued as $n)",
		"postfix/qmgr[9]: $id: removed", 'postfix/anvil[3]: ' .
		"statistics: max connection rate 1/60s for (smtp:$relay)",
		'systemd[1]: something else';
}

srand 1;
open my $log, '>', "$root/logs/mail.log" or die;
print $log message($_) for 1 .. $lines / 9;
close $log;
$lines = int($lines / 9) * 9;
my $size = -s "$root/logs/mail.log";

my $start = time;
my $pid = fork() // die;
if (!$pid) {
	open STDERR, '>', "$root/out";
	exec $pm, 'mta', 'logreader', '--root', $root or POSIX::_exit(127);
}
my $done = 0;
while ($done < $size) {
	sleep 0.05;
	$done = $db->sql('select coalesce(max(at), 0) from smtp_log');
	die "after ten minutes it is not done\n" if time - $start > 600;
}
my $took = time - $start;
my ($rss) = map { /^VmHWM:\s+(\d+)/ } do {
	open my $in, '<', "/proc/$pid/status" or die; <$in> };
kill 'TERM', $pid;
waitpid $pid, 0;
is($db->sql('select count(*) from smtp_event'), $lines / 9 * 7,
	'each event once');
printf "# log reader: %d lines in %.1f s: %d lines/s (aim %d); %d MB of memory\n",
	$lines, $took, $lines / $took, AIM, $rss / 1024;
done_testing;
