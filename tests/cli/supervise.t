#!/usr/bin/perl
# pm supervise, pm status and the orders, with a role that misbehaves on order
# (tests/fake/fake.c: build/rel/fake/pm).
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use JSON::PP;
use POSIX qw(:sys_wait_h);
use Socket qw(SOCK_DGRAM SOCK_SEQPACKET);
use Test::More;
use Time::HiRes qw(sleep time);

my $build = $ENV{PM_BUILD} // 'build/rel';
my $PM = "$build/fake/pm";
plan skip_all => "no $PM: make tools builds it" unless -x $PM;
$PM = abs_path($PM);

my ($root, $pid, @roots);

sub spew {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out;
}

sub slurp {
	my ($path) = @_;
	open my $in, '<', $path or return '';
	local $/;
	return <$in> // '';
}

sub wire {
	my $roles = join ', ', map { "\"$_\"" } @_;
	spew("$root/etc/pm/wiring.lua", "return {\n\tname = \"demo\",\n" .
		"\tsite = \"example.org\",\n\troles = { $roles },\n}\n");
}

# What the processes shall do: "fake/one=crash fake/two=hang".
sub orders { spew("$root/fake.orders", "@_ ") }

sub fresh {
	$root = tempdir('pm-sup-XXXXXX', TMPDIR => 1);
	chmod 0755, $root;
	push @roots, $root;
	make_path("$root/etc/pm");
	wire(@_ ? @_ : 'fake');
	orders('');
}

# Runs pm to its end; (exit code, both streams).
sub pm {
	my ($applet, @args) = @_;
	my $child = open my $out, '-|';
	die "fork: $!" unless defined $child;
	if (!$child) {
		open STDERR, '>&', \*STDOUT;
		exec $PM, $applet, '--root', $root, @args
			or POSIX::_exit(127);
	}
	my $text = do { local $/; <$out> } // '';
	close $out;
	return ($? >> 8, $text);
}

sub up {
	my @prefix = ref $_[0] ? @{ shift @_ } : ();
	my @args = @_;
	$pid = fork // die "fork: $!";
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$root/out";
		open STDERR, '>&', \*STDOUT;
		exec @prefix, $PM, 'supervise', '--root', $root, @args
			or POSIX::_exit(127);
	}
}

# Waits for the supervisor's end: its wait status, or undef.
sub ended {
	my ($seconds) = @_;
	my $end = time + $seconds;
	while (time < $end) {
		return $? if waitpid($pid, WNOHANG) == $pid;
		sleep 0.02;
	}
	return undef;
}

sub down {
	kill 'TERM', $pid;
	my $status = ended(25);
	kill 'KILL', $pid if !defined $status;
	undef $pid;
	return $status;
}

sub processes {
	my (undef, $out) = pm('status', '--json');
	my $j = eval { decode_json($out) } or return {};
	return { map { ("$_->{role}/$_->{process}" => $_) }
		@{ $j->{processes} } };
}

# Waits until a condition on the processes holds.
sub until_true {
	my ($what, $condition) = @_;
	my $end = time + 15;
	while (time < $end) {
		my $p = processes();
		return pass($what) if %$p && $condition->($p);
		sleep 0.03;
	}
	fail($what);
	diag((pm('status'))[1], logged());
}

sub all_ready {
	my ($n) = @_;
	until_true("all $n are ready", sub {
		my @p = values %{ $_[0] };
		return @p == $n && !grep { $_->{state} ne 'ready' } @p;
	});
}

# Log lines without their stamp.
sub logged {
	my $text = '';
	$text .= slurp($_) for reverse sort glob "$root/var/log/pm/pm.log*";
	$text =~ s/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z //mg;
	return $text;
}

sub gone { my ($p) = @_; return !kill(0, $p) || state_of($p) eq 'Z' }
sub state_of { slurp("/proc/$_[0]/stat") =~ /\) (\S)/ ? $1 : '' }
sub until_gone {
	my ($what, @pids) = @_;
	my $end = time + 5;
	sleep 0.02 while time < $end && grep { !gone($_) } @pids;
	is(scalar(grep { !gone($_) } @pids), 0, $what);
}

END {
	local $?;
	kill 'KILL', $pid if $pid;
	remove_tree($_) for @roots;
}

subtest 'what is refused at the start' => sub {
	fresh();
	unlink "$root/etc/pm/wiring.lua";
	my ($code, $out) = pm('supervise');
	is($code, 2, 'no wiring: exit code');
	like($out, qr{^pm supervise: .*wiring\.lua.*\n\z}, 'no wiring: line');
	wire('ghost');
	($code, $out) = pm('supervise');
	is($code, 2, 'not built: exit code');
	is($out, "pm supervise: etc/pm/wiring.lua: roles: ghost (Ghost) is " .
		"not in this version: take it out\n", 'not built: line');
	wire('foke');
	($code, $out) = pm('supervise');
	is($code, 2, 'no role: exit code');
	like($out, qr/^pm supervise: .*foke.*\n\z/, 'no role: line');
	($code, $out) = pm('status');
	is($code, 3, 'nobody there: exit code');
	is($out, "pm status: pm supervise is not running in $root\n",
		'nobody there: line');
	($code, $out) = pm('supervise', '--log-files', '0');
	is($code, 2, 'log-files 0: exit code');
	like($out, qr/^pm supervise: usage: .*\n\z/, 'log-files 0: line');
};

subtest 'start in order, orders, a clean stop' => sub {
	fresh('echo', 'fake');
	up();
	all_ready(4);
	my ($code, $out) = pm('status');
	is($code, 0, 'well: exit code');
	like($out, qr/\Aall well\nPROCESS +STATE +SINCE +RESTARTS +PID\n/,
		'well: first lines');
	my @ready = logged() =~ m{((?:fake|echo)/\w+) is ready after}g;
	is($ready[0], 'fake/one', 'first who needs nobody');
	like("@ready", qr{two.*three}, 'then in order of need');
	my ($code2, $second) = pm('supervise');
	is($code2, 2, 'a second one: exit code');
	is($second, "pm supervise: $root is already served by pm supervise " .
		"(pid $pid): stop it first\n", 'a second one: line');
	my $before = processes();
	($code, $out) = pm('restart', 'fake');
	is($code, 0, 'restart: exit code');
	is($out, "fake/three is ready\nfake/two is ready\n" .
		"fake/one is ready\n", 'restart: said');
	my $after = processes();
	isnt($after->{'fake/one'}{pid}, $before->{'fake/one'}{pid},
		'restart: a new process');
	is($after->{'echo/only'}{pid}, $before->{'echo/only'}{pid},
		'restart: others are left alone');
	like(logged(), qr{three stopped\n.*two stopped\n.*one stopped\n}s,
		'restart: who needs others stops first');
	($code, $out) = pm('stop', 'echo');
	is("$code $out", "0 echo/only is down\n", 'stop');
	($code, $out) = pm('status', 'echo');
	is($code, 1, 'stopped is degraded');
	like($out, qr{\Adegraded: echo/only is down\n.*\n.*\n    meanwhile: no echo\n},
		'and what that means');
	($code, $out) = pm('start', 'echo/only');
	is("$code $out", "0 echo/only is ready\n", 'start');
	($code, $out) = pm('stop', 'nix');
	is("$code $out", "2 pm stop: nix runs nothing on this appliance; " .
		"its roles: echo fake\n", 'nobody of that name');
	my @pids = map { $_->{pid} } values %{ processes() };
	is(down(), 0, 'TERM: exit code');
	until_gone('TERM: nothing is left', @pids);
	($code, $out) = pm('stop');
	is($code, 3, 'after the end: exit code');
};

subtest 'deaths' => sub {
	fresh();
	up();
	all_ready(3);
	sleep 1.1;
	my $old = processes()->{'fake/two'}{pid};
	my $at = time;
	kill 'KILL', $old;
	until_true('killed after a second: again at once', sub {
		my $p = $_[0]{'fake/two'};
		return $p->{state} eq 'ready' && $p->{pid} != $old;
	});
	cmp_ok(time - $at, '<', 0.8, 'at once is soon');
	is(processes()->{'fake/two'}{restarts}, 1, 'and counted');
	is(processes()->{'fake/three'}{restarts}, 0,
		'who needs it is left alone');
	like(logged(), qr{error: fake/two\[$old\] was killed by signal 9},
		'and logged');

	orders('fake/two=crash');
	kill 'KILL', processes()->{'fake/two'}{pid};
	until_true('dies again and again: failed', sub {
		$_[0]{'fake/two'}{state} eq 'failed';
	});
	my ($code, $out) = pm('status');
	is($code, 1, 'failed: exit code');
	like($out, qr{\Adegraded: fake/two is failed\n}, 'failed: summary');
	like($out, qr{^    it dies again and again: error: the dog ate it\n    meanwhile: mail waits at the door$}m,
		'failed: its last words, and what it means for mail');
	orders('');
	($code, $out) = pm('start', 'fake/two');
	is("$code $out", "0 fake/two is ready\n", 'start wakes it');

	orders('fake/one=bad-config');
	($code, $out) = pm('restart', 'fake/one');
	is("$code $out", "1 fake/one is failed: its configuration is wrong: " .
		"error: fake.conf:3: colour: unknown key\n",
		'wrong configuration: failed at once');
	my $starts = () = logged() =~ m{^fake/one\S+ error: fake\.conf}mg;
	is($starts, 1, 'tried once');
	orders('');
	($code, $out) = pm('reload');
	is($code, 0, 'reload wakes it');

	orders('fake/three=mute');
	pm('stop', 'fake/three');
	# Not pm start: it would wait for the end of all its tries.
	my $s = IO::Socket::UNIX->new(Peer => "$root/run/pm/control.sock",
		Type => SOCK_SEQPACKET);
	$s->send("start fake/three\n");
	close $s;
	$at = time;
	until_true('never ready: killed and paused', sub {
		$_[0]{'fake/three'}{state} eq 'paused';
	});
	cmp_ok(time - $at, '>', 0.8, 'not before its deadline');
	like(logged(), qr{fake/three was not ready in time: killed},
		'never ready: logged');

	orders('fake/two=hang');
	pm('stop', 'fake/three');
	pm('restart', 'fake/two');
	$at = time;
	($code, $out) = pm('stop', 'fake/two');
	is("$code $out", "0 fake/two is down\n", 'deaf to TERM: down');
	cmp_ok(time - $at, '>', 0.9, 'after its deadline');
	like(logged(), qr{fake/two did not stop in time: killed}, 'said so');

	orders('fake/two=degraded');
	pm('start');
	($code, $out) = pm('status', 'fake/two');
	is($code, 1, 'degraded: exit code');
	like($out, qr{\Adegraded: fake/two is ready, with trouble\n.*\n.*\n    the disk is slow: mail waits longer\n\z},
		'degraded: text');
	is(down(), 0, 'ends');
};

subtest 'the log' => sub {
	fresh();
	orders('fake/one=lines fake/two=chatty');
	up('--foreground-log');
	until_true('failed', sub { $_[0]{'fake/one'}{state} eq 'failed' });
	my $log = logged();
	like($log, qr{^fake/one\[\d+\] x{8192} \[the line goes on\]\nfake/one\[\d+\] x{8192} \[the line goes on\]\nfake/one\[\d+\] x{3615}\n}m,
		'a long line comes in marked pieces');
	like($log, qr{^fake/one\[\d+\] a\\x1b\[2J\\x0d\\x00b$}m,
		'control bytes are escaped');
	like($log, qr{^fake/one\[\d+\] without an end \[the line was not finished\]$}m,
		'last words without newline are kept');
	my $raw = slurp("$root/var/log/pm/pm.log");
	is(scalar(grep { !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z \S+ / }
		split /\n/, $raw), 0, 'every line is stamped');
	like(slurp("$root/out"), qr/without an end/, '--foreground-log');
	my $s = IO::Socket::UNIX->new(Peer => "$root/run/pm/log",
		Type => SOCK_DGRAM);
	$s->send("<22>Nov 22 20:17:05 postfix/smtpd[7]: hello\nworld\n\0");
	$s->send('no priority');
	orders('fake/two=chatty');
	pm('start', 'fake/one');
	until_true('chatty', sub { $_[0]{'fake/two'}{state} eq 'ready' });
	for (1 .. 4) {
		sleep 0.25;
		kill 'KILL', processes()->{'fake/two'}{pid} || next;
	}
	sleep 0.1;
	is(down(), 0, 'ends');
	$log = logged();
	like($log, qr{^syslog mail\.info postfix/smtpd\[7\]: hello\\x0aworld$}m,
		'syslog(3)');
	like($log, qr{^syslog user\.notice no priority$}m,
		'syslog without priority');
	my (%next, $torn, $missing, $total);
	for (split /\n/, $log) {
		next unless m{^fake/two\[(\d+)\] (.*)};
		my ($p, $text) = ($1, $2);
		if ($text !~ /^line (\d+) of pid $p x+ end$/) {
			$torn++;
			next;
		}
		$total++;
		$missing++ if $1 != ($next{$p} // 0);
		$next{$p} = $1 + 1;
	}
	cmp_ok($total // 0, '>', 1000, 'there were many lines');
	is($torn, undef, 'killed while writing: no line is torn');
	is($missing, undef, 'and none is missing');
};

subtest 'the log is bounded' => sub {
	fresh();
	orders('fake/one=chatty');
	up('--log-size', '20000', '--log-files', '3');
	until_true('chatty', sub { $_[0]{'fake/one'}{state} eq 'ready' });
	sleep 0.5;
	is(down(), 0, 'ends');
	my @files = glob "$root/var/log/pm/*";
	is("@files", join(' ', map { "$root/var/log/pm/pm.log$_" }
		'', '.1', '.2'), 'three files');
	is(scalar(grep { -s $_ > 20000 } @files), 0, 'none is too large');
	my @n = logged() =~ /: ?line (\d+) of|line (\d+) of pid/g;
	@n = grep { defined } @n;
	is(scalar(grep { $n[$_] != $n[$_ - 1] + 1 } 1 .. $#n), 0,
		'no line is lost between files');
};

subtest 'leftovers' => sub {
	fresh();
	orders('fake/one=orphans');
	up();
	all_ready(3);
	my $one = processes()->{'fake/one'}{pid};
	my @family = grep { slurp("/proc/$_/stat") =~ /\) \S (\d+)/ &&
		($1 == $one) } map { m{/proc/(\d+)} ? $1 : () }
		glob '/proc/[0-9]*';
	push @family, grep { my $p = $_; slurp("/proc/$p/stat") =~
		/\) \S (\d+)/ && grep { $_ == $1 } @family }
		map { m{/proc/(\d+)} ? $1 : () } glob '/proc/[0-9]*';
	is(scalar @family, 2, 'it has a child and a grandchild');
	kill 'KILL', $one;
	until_gone('they do not outlive it', @family);
	orders('fake/two=cling');
	pm('restart');
	my @pids = map { $_->{pid} } values %{ processes() };
	my $clings = processes()->{'fake/two'}{pid};
	kill 'KILL', $pid;
	waitpid $pid, 0;
	sleep 0.05;
	ok(!gone($clings), 'one of its children outlives the supervisor');
	my $at = time;
	up();
	all_ready(3);
	cmp_ok(time - $at, '<', 2, 'kill -9 of the supervisor: back soon');
	until_gone('its children are gone before new ones start', @pids);
	is(down(), 0, 'ends');
};

subtest 'reload' => sub {
	fresh();
	up();
	all_ready(3);
	my ($before) = map { $_->{'fake/one'}{pid} } processes();
	wire('fake', 'echo');
	my ($code, $out) = pm('reload');
	is($code, 0, 'a new role: exit code');
	like($out, qr{^echo/only is ready$}m, 'a new role is started');
	is(processes()->{'fake/one'}{pid}, $before, 'the old one stays');
	like(logged(), qr{fake/one\[\d+\] info: heard H}, 'and was told');
	wire('fake', 'nix');
	($code, $out) = pm('reload');
	is($code, 2, 'a bad wiring: exit code');
	like($out, qr/^pm reload: .*nix.*\n\z/, 'a bad wiring: line');
	is(scalar(keys %{ processes() }), 4, 'a bad wiring changes nothing');
	wire('fake');
	kill 'HUP', $pid;
	until_true('a removed role is stopped', sub { keys %{ $_[0] } == 3 });
	is(down(), 0, 'ends');
};

subtest 'clients that hang' => sub {
	fresh();
	up();
	all_ready(3);
	my $heap = sub { slurp("/proc/$pid/maps") =~ /^(\S+) .*\[heap\]/m ?
		$1 : 'none' };
	my $was = $heap->();
	my @stuck = map { IO::Socket::UNIX->new(
		Peer => "$root/run/pm/control.sock", Type => SOCK_SEQPACKET) }
		1 .. 12;
	$_->send("status\n") for grep { $_ } @stuck[8 .. 11];
	my $at = time;
	is((pm('status'))[0], 0, 'others are answered') for 1 .. 5;
	cmp_ok(time - $at, '<', 2, 'at once');
	my $s = IO::Socket::UNIX->new(Peer => "$root/run/pm/control.sock",
		Type => SOCK_SEQPACKET);
	$s->send("dance\n");
	$s->recv(my $answer, 1000);
	is($answer, "no such request: status alarms start stop restart reload\n",
		'nonsense is answered');
	pm('restart');
	is($heap->(), $was, 'nothing was allocated meanwhile');
	is(down(), 0, 'ends');
};

# What somebody who is not root, with these further groups, is answered.
sub answer_for {
	my ($request, @groups) = @_;
	my $child = open my $out, '-|';
	die "fork: $!" unless defined $child;
	if (!$child) {
		chdir $root;
		$) = join ' ', 65534, @groups ? @groups : 65534;
		POSIX::setgid(65534);
		POSIX::setuid(65534);
		my $s = IO::Socket::UNIX->new(Peer => 'run/pm/control.sock',
			Type => SOCK_SEQPACKET);
		my $answer = $s ? '' : "refused\n";
		$s->send($request) if $s;
		$s->recv($answer, 16384) if $s;
		syswrite STDOUT, $answer;
		POSIX::_exit(0);
	}
	local $/;
	return <$out> // '';
}

subtest 'who may ask, who may order' => sub {
	my $pm = getgrnam 'pm';
	plan skip_all => 'needs root and the group pm' if $> || !defined $pm;
	fresh();
	up();
	all_ready(3);
	is(answer_for("status\n"), "refused\n", 'a stranger may not ask');
	like(answer_for("status\n", $pm), qr{^ok\nfake/\w+ ready },
		'a role user may');
	for my $verb (qw(start stop restart reload)) {
		is(answer_for("$verb\n", $pm), "no only root may order\n",
			"but not $verb");
	}
	is((pm('status'))[0], 0, 'and nothing happened');
	is(down(), 0, 'ends');
};

subtest 'a full disk' => sub {
	plan skip_all => 'needs root and mount namespaces' if $> ||
		system('unshare -m true 2>/dev/null');
	fresh();
	make_path("$root/var/log/pm");
	orders('fake/one=chatty');
	up(['unshare', '-m', 'sh', '-c', 'mount -t tmpfs -o size=128k tmpfs ' .
		"$root/var/log/pm && exec \"\$@\"", 'sh'],
		'--log-size', '100000', '--log-files', '2');
	until_true('chatty', sub { $_[0]{'fake/one'}{state} eq 'ready' });
	my $there = "/proc/$pid/root$root/var/log/pm";
	spew("$there/fill", 'x' x 200000);
	# 4,000 lines of 130 bytes are more than the memory for them.
	my $s = IO::Socket::UNIX->new(Peer => "$root/run/pm/log",
		Type => SOCK_DGRAM);
	$s->send('y' x 1000 . " $_") for 1 .. 600;
	# The lines are still being read: an answer may come late.
	until_true('still serves', sub { $_[0]{'fake/one'}{state} eq 'ready' });
	unlink "$there/fill";
	my $end = time + 5;
	my $text = '';
	while (time < $end && $text !~ /lines lost/) {
		sleep 0.1;
		$text = join '', map { slurp($_) } glob "$there/pm.log*";
	}
	like($text, qr/^\S+Z supervise\[\d+\] error: \d+ lines lost: the log could not be written$/m,
		'the lost lines are counted');
	is(scalar(grep { !/^\d{4}-\S+Z \S+ / } split /\n/, $text), 0,
		'no half line is in the file');
	is(down(), 0, 'ends');
};

subtest 'as PID 1' => sub {
	plan skip_all => 'needs root and pid namespaces' if $> ||
		system('unshare --pid --fork --mount-proc true 2>/dev/null');
	for my $case (['TERM', 'INT'], ['INT', 'HUP']) {
		my ($signal, $as) = @$case;
		fresh();
		orders('fake/two=orphans');
		up(['unshare', '--pid', '--fork', '--mount-proc']);
		all_ready(3);
		my ($init) = split ' ', slurp("/proc/$pid/task/$pid/children");
		kill $signal, $init;
		my $status = ended(10);
		# reboot(2): power off shows as SIGINT, restart as SIGHUP.
		ok(defined $status, "$signal: the namespace ends");
		my %number = (INT => 2, HUP => 1);
		ok(defined $status && (($status & 127) == $number{$as} ||
			$status >> 8 == 128 + $number{$as}),
			"$signal: by reboot(2)") or
			diag($status // 'no status', logged());
		like(logged(), qr/supervise\[1\] stopped\n\z/, 'cleanly');
		undef $pid;
	}
};

done_testing;
