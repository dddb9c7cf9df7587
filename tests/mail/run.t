#!/usr/bin/perl
# make run: a port in use is one line; whenever and however it is ended,
# nothing is left running. (The whole `make run` with its table is a test of
# its own: RUN_ONCE=1 make run.)
use strict;
use warnings;
use Cwd qw(abs_path);
use FindBin;
use IO::Socket::INET;
use POSIX qw(:sys_wait_h);
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 200;

# Only for a free root and two free ports.
my $holder = Appliance->new;
my ($root, $smtp, $reinject) = @$holder{qw(root smtp reinject)};
my $web = Appliance::free_port();
$ENV{RUN_ROOT} = $root;

# Starts the script; its output goes to a file.
sub start {
	my (%env) = @_;
	unlink "$root/out";
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	return $pid if $pid;
	setpgrp;
	@ENV{keys %env} = values %env;
	open STDIN, '<', '/dev/null';
	open STDOUT, '>', "$root/out";
	open STDERR, '>&', \*STDOUT;
	exec $^X, "$FindBin::Bin/../run/run.pl" or POSIX::_exit(127);
}

sub said {
	open my $in, '<', "$root/out" or return '';
	local $/;
	return <$in> // '';
}

# Waits for the end; its status as wait(2) has it, or undef after its time.
sub ended {
	my ($pid, $seconds) = @_;
	my $end = time + $seconds;
	while (time < $end) {
		return $? if waitpid($pid, WNOHANG) == $pid;
		sleep 0.02;
	}
	return;
}

# What still runs for this root: each process that names it, works in it or
# holds one of its ports.
sub left {
	my @left;
	for my $proc (glob '/proc/[0-9]*') {
		my $cwd = readlink("$proc/cwd") // '';
		my $line = do { local (@ARGV, $/) = ("$proc/cmdline");
			no warnings; <> } // '';
		$line =~ tr/\0/ /;
		next if $proc eq "/proc/$$";
		push @left, "$proc $line" if index($line, $root) >= 0 ||
			index($cwd, $root) == 0;
	}
	for my $port ($smtp, $reinject, $web) {
		push @left, "port $port" if IO::Socket::INET->new(
			PeerAddr => '127.0.0.1', PeerPort => $port);
	}
	return join "\n", @left;
}

# A moment is given to what was just told to end.
sub nothing_left {
	my ($what) = @_;
	my $end = time + 15;
	sleep 0.05 while left() ne '' && time < $end;
	is(left(), '', "$what: nothing is left running") or diag said();
}

my @env = (SMTP_PORT => $smtp, REINJECT_PORT => $reinject,
	WEB_PORT => $web);
for (['SMTP_PORT', $smtp], ['REINJECT_PORT', $reinject],
     ['WEB_PORT', $web]) {
	my ($variable, $port) = @$_;
	my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1,
		LocalPort => $port, ReuseAddr => 1) or die "$port: $!";
	my $pid = start(@env);
	is(ended($pid, 20), 1 << 8, "$variable in use: exit code");
	is(said(), "make run: port $port is in use: choose another with " .
		"`make run $variable=PORT`\n", "$variable in use: one line");
	close $s;
	nothing_left("$variable in use");
}

for my $try ([TERM => 0.1], [INT => 0.15], [INT => 0.3], [TERM => 0.6], [HUP => 1]) {
	my ($signal, $after) = @$try;
	my $pid = start(@env);
	sleep $after;
	# Ctrl-C goes to the whole group of the terminal.
	kill $signal, $signal eq 'INT' ? -$pid : $pid;
	ok(defined ended($pid, 40), "$signal after $after s: it ends")
		or kill 'KILL', $pid;
	nothing_left("$signal after $after s");
}

# Serving, then Ctrl-C.
sub serving {
	my $pid = start(@env);
	my $end = time + 40;
	sleep 0.05 while said() !~ /serves SMTP/ && time < $end &&
		kill 0, $pid;
	like(said(), qr/serves SMTP on 127\.0\.0\.1:$smtp until Ctrl-C/,
		'it serves') or diag said();
	like(said(), qr{https://127\.0\.0\.1:$web/}, 'and the pages');
	my ($up) = said() =~ /^Appliance up after ([0-9.]+) s/m;
	cmp_ok($up // 99, '<', 45, 'it was ready in time') and diag("$up s");
	return $pid;
}
my $pid = serving();
kill 'INT', -$pid;
is(ended($pid, 40), 0, 'Ctrl-C while serving: exit code 0');
like(said(), qr/\nStopping\.\nEverything is stopped\.\n\z/,
	'Ctrl-C while serving: says so');
nothing_left('Ctrl-C while serving');

# The script itself is killed: what it started ends with it.
$pid = serving();
kill 'KILL', $pid;
waitpid $pid, 0;
nothing_left('kill -9 of make run');
done_testing;
