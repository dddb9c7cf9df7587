#!/usr/bin/perl
# pm mta: a private Postfix on free ports, without a filter: delivery, the
# limits of the wiring, the unfiltered listener, the check, the end.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use Test::More;
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use Appliance;

plan skip_all => 'needs root' if $> != 0;
plan skip_all => 'Postfix is not installed'
	unless -x '/usr/lib/postfix/sbin/master';

my $a = Appliance->new(mta => 'message_size_limit = 100000, '
	. 'recipient_limit = 5');
my $root = $a->{root};
my ($smtp, $reinject) = ($a->{smtp}, $a->{reinject});
plan skip_all => "$root cannot be reached by Postfix's users"
	unless Appliance::reachable($root);
# Only the MTA: what it does without a filter.
my $wiring = $a->wiring;
$wiring =~ s/"mta", "filter"/"mta"/;
Appliance::write_file("$root/w.lua", $wiring);
is(($a->pm('setup', '--wiring', "$root/w.lua"))[0], 0, 'set up');

my $pid = 0;
my $pid_file = "$root/var/lib/pm/mta/queue/pid/master.pid";
sub start {
	my $before = text_of($pid_file);
	$pid = fork;
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$root/log";
		open STDERR, '>&', \*STDOUT;
		exec $Appliance::PM, 'mta', 'master', '--root', $root
			or POSIX::_exit(127);
	}
	my $end = time + 15;
	while (time < $end) {
		my $s = text_of($pid_file) ne $before &&
			IO::Socket::INET->new("127.0.0.1:$reinject");
		return 1 if $s && (Appliance::smtp_reply($s))[0] == 220;
		sleep 0.05;
	}
	return 0;
}

sub stop {
	my ($signal) = @_;
	kill $signal, $pid;
	waitpid $pid, 0;
	$pid = 0;
	return $?;
}

# Processes of this root's Postfix: they work in its queue.
sub left {
	return grep { (readlink "/proc/$_/cwd" // '') =~
		m{^\Q$root\E/var/lib/pm/mta/queue} }
		map { m{(\d+)$} } glob '/proc/[0-9]*';
}
END {
	if ($pid) {
		local $?;
		stop('TERM');
	}
}

sub delivered {
	my ($address, $count) = @_;
	my $end = time + 10;
	while (time < $end) {
		my @files = $a->delivered($address);
		return @files if @files >= $count;
		sleep 0.05;
	}
	return $a->delivered($address);
}

sub mail { return { from => 'a@b.test', message => "Subject: x\n\nhi\n",
	@_ } }
sub text_of {
	open my $in, '<', $_[0] or return '';
	local $/;
	return scalar(<$in>) // '';
}

ok(start(), 'Postfix answers') or diag text_of("$root/log");
my ($code, $out) = $a->pm('mta', 'check');
is("$code $out", "0 Postfix's settings are as they must be\n", 'check');

# Delivery, in any case of letters; unsafe and foreign recipients.
my $r = $a->send_mail(%{ mail(rcpts => ['JoE+x@Example.ORG', '../a@example.org',
	'a/b@example.org', '.a@example.org', 'x@other.test']) });
is($r->{rcpts}{$_->[0]}, $_->[1], $_->[0]) for ['JoE+x@Example.ORG', 250],
	['../a@example.org', 550], ['a/b@example.org', 550],
	['.a@example.org', 550], ['x@other.test', 554];
is($r->{code}, 250, 'taken');
my @files = delivered('joe+x@example.org', 1);
is(scalar @files, 1, 'delivered');
my $first = qr/Return-Path: <a\@b\.test>\nX-Original-To: JoE\+x\@Example\.ORG\n/;
like(text_of($files[0]), qr/^${first}Delivered-To: JoE\+x\@Example\.ORG\n/,
	'with its envelope');
like(text_of($files[0]), qr/\nReceived: [^\n]*\n(?:\t[^\n]*\n)*Subject: x\n\nhi\n\z/,
	'as it was sent');
is((stat $files[0])[4], (getpwnam 'pm-mail')[2], 'by pm-mail');
is((stat $files[0])[2] & 0777, 0600, 'for nobody else');

# Bytes, dots, long lines; NUL and 8 bit in the body.
my $body = "a\0b \xff\n..\n.x\n" . 'y' x 3000 . "\n\n";
$a->send_mail(%{ mail(rcpts => ['bytes@example.org'],
	message => "Subject: x\n\n$body") });
@files = delivered('bytes@example.org', 1);
is(text_of($files[0]) =~ s/\A.*?\n\n//sr, $body, 'the bytes of the body');

# Limits of the wiring.
$r = $a->send_mail(%{ mail(rcpts => ['big@example.org'],
	message => "Subject: x\n\n" . ('x' x 70 . "\n") x 1500) });
is($r->{code}, 552, 'over message_size_limit');
$r = $a->send_mail(%{ mail(rcpts => [map { "r$_\@example.org" } 1 .. 6]) });
is($r->{rcpts}{'r5@example.org'}, 250, 'up to recipient_limit');
is($r->{rcpts}{'r6@example.org'}, 452, 'over recipient_limit');
is($r->{code}, 250, 'the others get it');
is(scalar delivered("r$_\@example.org", 1), 1, "r$_") for 1 .. 5;

# SMTP smuggling: one message, whatever stands in it.
my $s = IO::Socket::INET->new("127.0.0.1:$smtp");
Appliance::smtp_reply($s);
Appliance::smtp_say($s, $_) for 'EHLO a', 'MAIL FROM:<a@b.test>',
	'RCPT TO:<smuggle@example.org>', 'DATA';
print $s "Subject: x\r\n\r\none\n.\nMAIL FROM:<evil\@b.test>\n.\r\ntwo\r\n.\r\n";
is((Appliance::smtp_reply($s))[0], 250, 'one end of data');
close $s;
is(scalar delivered('smuggle@example.org', 1), 1, 'one message');

# The listener for re-injection: not filtered, loopback, everywhere to.
$r = $a->send_mail(%{ mail(rcpts => ['back@example.org'],
	port => $reinject) });
is($r->{code}, 250, 're-injected');
is(scalar delivered('back@example.org', 1), 1, 'and delivered');
like(text_of("$root/etc/pm/postfix/master.cf"),
	qr/^127\.0\.0\.1:$reinject .*\n(?:  .*\n)*  -o smtpd_milters=\n/m,
	'without the filter');

# One Postfix a root; edits are seen; a port that is taken.
($code, $out) = $a->pm('mta', 'master');
is("$code $out", "2 pm mta: the MTA of this root is running already "
	. "(var/lib/pm/mta/lock is held): pm stop mta stops it\n",
	'a second one');
open my $cf, '>>', "$root/etc/pm/postfix/main.cf";
print $cf "smtpd_forbid_bare_newline = no\n";
close $cf;
($code, $out) = $a->pm('mta', 'check');
is($code, 1, 'an edited main.cf');
is((split /\n/, $out)[0], 'etc/pm/postfix/main.cf: smtpd_forbid_bare_newline '
	. 'is "no" and must be "normalize": change etc/pm/wiring.lua, never '
	. 'this file, and run pm restart mta', 'is named');
my $started = time;
is(stop('TERM'), 0, 'stops');
cmp_ok(time - $started, '<', 5, 'soon');
is(join(' ', left()), '', 'nothing is left');

my $busy = IO::Socket::INET->new(LocalAddr => "127.0.0.1:$smtp", Listen => 1,
	ReuseAddr => 1) or die "$smtp: $!";
($code, $out) = $a->pm('mta', 'master');
is("$code $out", "3 pm mta: port $smtp on 127.0.0.1 is in use: choose others "
	. "in etc/pm/wiring.lua (mta.listen)\n", 'a port in use');
close $busy;

chmod 0700, $root;
($code, $out) = $a->pm('mta', 'master');
is("$code $out", "2 pm mta: $root: Postfix's users cannot pass this folder: "
	. "chmod o+x $root, or take a root elsewhere\n", 'a closed folder');
chmod 0755, $root;

# Killed: the next start ends what stayed, and mail in the queue arrives.
ok(start(), 'again, with settings as they must be');
is(($a->pm('mta', 'check'))[0], 0, 'check');
stop('KILL');
ok(start(), 'after a kill');
is(scalar delivered('joe+x@example.org', 1), 1, 'nothing twice');
is(stop('TERM'), 0, 'stops');
is(join(' ', left()), '', 'nothing is left');

# Other kinds.
$wiring =~ s/"postfix"/"external"/;
Appliance::write_file("$root/w.lua", $wiring);
is(($a->pm('setup', '--wiring', "$root/w.lua"))[0], 0, 'kind external');
($code, $out) = $a->pm('mta', 'master');
is("$code $out", "3 pm mta: mta.kind \"external\": not in this version\n",
	'is not in this version');
($code, $out) = $a->pm('mta', 'chekc');
is($code, 2, 'a mistyped word');
done_testing;
