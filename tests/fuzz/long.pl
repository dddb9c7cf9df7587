#!/usr/bin/perl
# make fuzz-long: each target until it has run MOST seconds or found no new
# coverage for IDLE of them, JOBS at a time; a line each: executions, seconds,
# when the last new coverage came, findings.
#
#   FUZZ_MOST=1200 FUZZ_IDLE=300 FUZZ_JOBS=2 FUZZ_TARGETS="mail_url mail_html"
use strict;
use warnings;
use File::Path qw(make_path);
use POSIX ':sys_wait_h';

my $most = $ENV{FUZZ_MOST} // 1200;
my $idle = $ENV{FUZZ_IDLE} // 300;
my $jobs = $ENV{FUZZ_JOBS} // 2;
my $b = $ENV{FUZZ_B} // 'build/fuzz';
my @targets = split ' ', $ENV{FUZZ_TARGETS} //
	join ' ', map { m{([^/]+)\.c$} } glob 'tests/fuzz/*.c';
my (%run, $bad);

sub begin {
	my ($name) = @_;
	make_path("$b/grown/$name", "$b/found");
	my $log = "$b/$name.long";
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDOUT, '>', $log or die "$log: $!";
		open STDERR, '>&', \*STDOUT;
		exec "$b/$name", "-max_total_time=$most", '-timeout=10',
			'-max_len=16384', '-rss_limit_mb=2048', '-print_final_stats=1',
			"-artifact_prefix=$b/found/$name-", "$b/grown/$name",
			grep { -d } "tests/fuzz/corpus/$name";
		POSIX::_exit(127);
	}
	$run{$pid} = { name => $name, log => $log, at => time, new => time,
		seen => 0 };
}

# Lines of new coverage so far.
sub look {
	my ($r) = @_;
	open my $in, '<', $r->{log} or return;
	my $seen = grep { /\bNEW\b|\bINITED\b/ } <$in>;
	@$r{qw(seen new)} = ($seen, time) if $seen > $r->{seen};
}

sub finish {
	my ($pid, $status) = @_;
	my $r = delete $run{$pid};
	open my $in, '<', $r->{log} or return;
	my ($n, $found) = (0, '');
	while (<$in>) {
		$n = $1 if /^#(\d+)/ || /number_of_executed_units: (\d+)/;
		$found = $1 if /Test unit written to (\S+)/;
	}
	# TERM ends it as its time does.
	$bad = 1 if $found;
	printf "%-24s %10d executions %5d s, last new coverage after %d s%s\n",
		$r->{name}, $n, time - $r->{at}, $r->{new} - $r->{at},
		$found ? ", FOUND $found" : '';
}

$| = 1;
while (@targets || %run) {
	begin(shift @targets) while @targets && keys %run < $jobs;
	sleep 1;
	for my $pid (keys %run) {
		look($run{$pid});
		kill 'TERM', $pid if time - $run{$pid}{new} > $idle;
	}
	while ((my $pid = waitpid -1, WNOHANG) > 0) {
		finish($pid, $?) if $run{$pid};
	}
}
exit($bad ? 1 : 0);
