# A private rspamd with Bayes in a redis of its own, on loopback: the peer of
# the benchmarks. Its configuration is that of its package.
package Rspamd;
use strict;
use warnings;
use File::Path qw(make_path remove_tree);
use POSIX ();
use Time::HiRes qw(sleep time);
use Appliance;

# The program that is missing for it, or undef.
sub missing {
	for my $program (qw(rspamd rspamc redis-server)) {
		return $program unless grep { -x "$_/$program" }
			split /:/, "$ENV{PATH}:/usr/sbin";
	}
	return undef;
}

sub wait_for {
	my ($seconds_most, $test) = @_;
	my $end = time + $seconds_most;
	while (!$test->()) {
		die "rspamd is not up\n" if time > $end;
		sleep 0.1;
	}
}

sub launch {
	my ($self, @command) = @_;
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$self->{folder}/out";
		open STDERR, '>&', \*STDOUT;
		exec @command or POSIX::_exit(127);
	}
	push @{ $self->{pids} }, $pid;
	return $pid;
}

sub write_configuration {
	my ($self, $dns) = @_;
	my $r = $self->{folder};
	my %file = (
		'greylist.conf' => "enabled = false;\n",
		'worker-normal.inc' => "bind_socket = " .
			"\"127.0.0.1:$self->{normal}\";\ncount = 1;\n" .
			'enabled = ' . ($self->{scan} ? 'true' : 'false') .
			";\n",
		'redis.conf' => "servers = \"127.0.0.1:$self->{redis}\";\n",
		'options.inc' => "dns { nameserver = [\"$dns\"]; }\n",
		'worker-controller.inc' => "bind_socket = " .
			"\"127.0.0.1:$self->{controller}\";\n" .
			"password = \"bench\";\nsecure_ip = \"127.0.0.1\";\n",
		'worker-proxy.inc' => "bind_socket = \"$r/run/milter.sock " .
			"mode=0666\";\nmilter = yes;\ntimeout = 60s;\n" .
			"count = 1;\nupstream \"local\" { default = yes; " .
			"self_scan = yes; }\n",
	);
	remove_tree($r);
	make_path(map { "$r/$_" }
		qw(conf/local.d conf/override.d db run log));
	Appliance::write_file("$r/conf/local.d/$_", $file{$_})
		for keys %file;
	Appliance::write_file("$r/log/rspamd.log", '');
}

# dns: "ADDRESS:PORT"; scan: rspamc can ask it, too.
sub new {
	my ($class, $folder, %o) = @_;
	my $self = bless { folder => $folder, scan => $o{scan}, pids => [],
		map { $_ => Appliance::free_port() }
		qw(redis controller normal) }, $class;
	$self->write_configuration($o{dns});
	$self->launch('redis-server', '--bind', '127.0.0.1', '--port',
		$self->{redis}, '--save', '', '--appendonly', 'no', '--dir',
		$folder);
	$self->launch('rspamd', '-f', '-i', '-u', 'root', '-g', 'root',
		'-c', '/etc/rspamd/rspamd.conf', '--var=CONFDIR=/etc/rspamd',
		"--var=LOCAL_CONFDIR=$folder/conf", "--var=DBDIR=$folder/db",
		"--var=RUNDIR=$folder/run", "--var=LOGDIR=$folder/log");
	wait_for(60, sub { -S $self->socket });
	wait_for(60, sub {
		open my $in, '<', "$folder/log/rspamd.log" or return 0;
		return scalar grep { /hyperscan database of .* loaded/ } <$in>;
	});
	sleep 4;
	return $self;
}

# Of its milter; and its processes.
sub socket { return "$_[0]{folder}/run/milter.sock" }
sub pids { return @{ $_[0]{pids} } }

sub learn {
	my ($self, $class, @files) = @_;
	while (my @some = splice @files, 0, 200) {
		system("rspamc -h 127.0.0.1:$self->{controller} -P bench " .
			"-n 4 learn_$class @some >/dev/null 2>&1");
	}
}

# The scores of files, in any order.
sub scores {
	my ($self, @files) = @_;
	my @scores;
	while (my @some = splice @files, 0, 200) {
		my $out = `rspamc -h 127.0.0.1:$self->{normal} -n 4 @some`;
		push @scores, $out =~ m{^Score: (-?[\d.]+) / }mg;
	}
	return \@scores;
}

sub stop {
	my ($self) = @_;
	local $?;
	for my $pid (reverse splice @{ $self->{pids} }) {
		kill 'TERM', $pid;
		waitpid $pid, 0;
	}
}

sub DESTROY { $_[0]->stop }

1;
