#!/usr/bin/perl
# make fuzz-long: each target until it has used MOST seconds of CPU or found no
# new coverage for IDLE of them, JOBS at a time; a line each: executions, CPU
# seconds, when the last new coverage came, findings. CPU time, so that a busy
# machine does not cut the search short.
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
my $tick = POSIX::sysconf(POSIX::_SC_CLK_TCK());
my (%run, $bad);

sub begin {
	my ($name) = @_;
	make_path("$b/grown/$name", "$b/found");
	my $log = "$b/$name.long";
	my $pid = fork // die "fork: $!";
	if (!$pid) {
		open STDOUT, '>', $log or die "$log: $!";
		open STDERR, '>&', \*STDOUT;
		exec("$b/$name", '-timeout=60',
			'-max_len=16384', '-rss_limit_mb=2048', '-print_final_stats=1',
			"-artifact_prefix=$b/found/$name-", "$b/grown/$name",
			grep { -d } "tests/fuzz/corpus/$name")
			or POSIX::_exit(127);
	}
	$run{$pid} = { name => $name, log => $log, cpu => 0, new => 0,
		seen => 0 };
}

# CPU seconds of a process so far; 0 when it is gone.
sub used {
	my ($pid) = @_;
	open my $in, '<', "/proc/$pid/stat" or return 0;
	my @field = split ' ', (<$in> // '') =~ s/.*\)//r;
	return @field > 12 ? ($field[11] + $field[12]) / $tick : 0;
}

# Lines of new coverage so far, and the CPU time of the last.
sub look {
	my ($pid, $r) = @_;
	my $cpu = used($pid);
	$r->{cpu} = $cpu if $cpu > $r->{cpu};
	open my $in, '<', $r->{log} or return;
	my $seen = grep { /\bNEW\b|\bINITED\b/ } <$in>;
	@$r{qw(seen new)} = ($seen, $r->{cpu}) if $seen > $r->{seen};
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
	printf "%-24s %10d executions %5d CPU s, last new coverage after %d s%s\n",
		$r->{name}, $n, $r->{cpu}, $r->{new},
		$found ? ", FOUND $found" : '';
}

$| = 1;
while (@targets || %run) {
	begin(shift @targets) while @targets && keys %run < $jobs;
	sleep 1;
	for my $pid (keys %run) {
		my $r = $run{$pid};
		look($pid, $r);
		kill 'TERM', $pid
			if $r->{cpu} > $most || $r->{cpu} - $r->{new} > $idle;
	}
	while ((my $pid = waitpid -1, WNOHANG) > 0) {
		finish($pid, $?) if $run{$pid};
	}
}
exit($bad ? 1 : 0);
