# A complete appliance for tests and for `make run`: set up under a root of
# its own, started, asked, stopped by pid. Everything is loopback.
package Appliance;
use strict;
use warnings;
use Cwd qw(abs_path getcwd);
use File::Path qw(make_path remove_tree);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use JSON::PP;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);
use ZoneDns;

our $PM = abs_path($ENV{PM} // 'build/pm');

# A port nobody listens on, on loopback; below the range from which the kernel
# takes ports for outgoing connections, so that it stays free over a restart.
sub free_port {
	for (1 .. 200) {
		my $port = 10_000 + int rand 20_000;
		my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
			LocalPort => $port, Listen => 1, ReuseAddr => 1)
			or next;
		return $port;
	}
	die "no free port: $!";
}

# Can somebody else reach this folder? Postfix works with absolute paths.
sub reachable {
	my ($dir) = @_;
	my $path = '';
	for my $part (grep { length } split m{/}, $dir) {
		$path .= "/$part";
		my $mode = (stat $path)[2];
		return 0 if defined $mode && !($mode & 0001);
	}
	return 1;
}

# new(root => DIR, domains => [...], networks => [...], clamd => WHERE,
#     lists => { name => [] }, policy => TEXT, top => TEXT, mta => TEXT,
#     filter => TEXT, db => 1)
# db: with the database and the CSM; its pages are on port $self->{web}.
sub new {
	my ($class, %o) = @_;
	my $self = bless { %o }, $class;
	if (!defined $self->{root}) {
		$self->{temp} = tempdir('pm-test-XXXXXX', TMPDIR => 1,
			CLEANUP => 0);
		chmod 0755, $self->{temp};
		$self->{root} = $self->{temp};
	}
	$self->{smtp} //= free_port();
	$self->{reinject} //= free_port();
	$self->{web} //= free_port() if $self->{db};
	$self->{domains} //= ['example.org'];
	# Names of the mail in tests are nobody's business outside.
	if (!$self->{host_dns} && ($self->{top} // '') !~ /\bresolver\b/) {
		$self->{dns} = ZoneDns->new({});
		$self->{top} = ($self->{top} // '') . ' resolver = "' .
			$self->{dns}->resolver . '",';
	}
	return $self;
}

sub quoted { return join ', ', map { "\"$_\"" } @_ }

# The wiring file's text. Loopback counts as outside here: mail comes from it.
sub wiring {
	my ($self) = @_;
	my $clamd = $self->{clamd} ? "clamd = \"$self->{clamd}\"," : '';
	my $domains = quoted(@{ $self->{domains} });
	my $top = $self->{top} // '';
	my $networks = quoted(@{ $self->{networks} // ['192.0.2.0/24'] });
	my $roles = $self->{roles} //
		quoted(qw(mta filter), $self->{db} ? qw(db csm) : ());
	my $web = $self->{web} ?
		"web = { csm = \"127.0.0.1:$self->{web}\" }," : '';
	my $mta = $self->{mta} // '';
	my $filter = $self->{filter} // '';
	return <<"LUA";
return {
	name = "demo",
	site = "example.org",
	roles = { $roles },
	domains = { $domains },
	networks = { $networks },
	$top
	$web
	mta = {
		kind = "postfix",
		listen = { "127.0.0.1:$self->{smtp}" },
		reinject = "127.0.0.1:$self->{reinject}",
		$mta
	},
	filter = {
		$clamd
		$filter
	},
}
LUA
}

sub write_file {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die "$path: $!";
}

# What SQL says to the database's owner: lines, columns between bars.
sub sql {
	my ($self, $sql) = @_;
	my ($code, $out) = $self->pm('db', 'psql', '--', '-XAtqc', $sql);
	die "pm db psql: $out" if $code != 0;
	chomp $out;
	return $out;
}

# Runs `pm ...` with this root; (exit code, output of both streams).
sub pm {
	my ($self, @args) = @_;
	my $applet = shift @args;
	my $pid = open my $out, '-|';
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		open STDERR, '>&', \*STDOUT;
		open STDIN, '<', '/dev/null';
		exec $PM, $applet, '--root', $self->{root}, @args
			or POSIX::_exit(127);
	}
	my $text = do { local $/; <$out> } // '';
	close $out;
	return ($? & 127 ? 128 + ($? & 127) : $? >> 8, $text);
}

# Sets the appliance up; dies with what pm setup said. A one-time password
# that it printed is in {password}.
sub setup {
	my ($self) = @_;
	make_path($self->{root});
	my $file = "$self->{root}/wanted.lua";
	write_file($file, $self->wiring);
	my ($code, $out) = $self->pm('setup', '--wiring', $file);
	die "pm setup: $out" if $code != 0;
	$self->{said} = $out;
	($self->{password}) = $out =~ /one-time password (\S+)/;
	for my $list (keys %{ $self->{lists} // {} }) {
		write_file("$self->{root}/etc/pm/lists/$list",
			join '', map { "$_\n" } @{ $self->{lists}{$list} });
	}
	if (defined $self->{policy}) {
		unlink glob "$self->{root}/etc/pm/policy/*.lua";
		write_file("$self->{root}/etc/pm/policy/50-test.lua",
			$self->{policy});
	}
	if ($self->{lists} || defined $self->{policy}) {
		my ($bad, $said) = $self->publish;
		die "pm policy publish: $said" if $bad;
	}
	return $self;
}

# Puts the edited policy and lists in force, bad ones too: the check of the
# command would refuse what a test wants the filter to meet.
sub publish {
	my ($self, @options) = @_;
	return $self->pm('policy', 'publish', '--unchecked', @options);
}

# A program that is told to end when we die without a word (kill -9).
sub with_us { return ('setpriv', '--pdeathsig', 'TERM', @_) }

# Starts pm supervise and waits until every process is ready.
sub start {
	my ($self, $seconds) = @_;
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		setpgrp;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$self->{root}/supervise.out";
		open STDERR, '>&', \*STDOUT;
		exec with_us($PM, 'supervise', '--root', $self->{root})
			or POSIX::_exit(127);
	}
	$self->{pid} = $pid;
	return $self->wait_ready($seconds // 30);
}

# The lines of pm status --json as a structure, or undef.
sub status {
	my ($self) = @_;
	my ($code, $out) = $self->pm('status', '--json');
	return eval { decode_json($out) };
}

# Processes that were started again, by name; and says why.
sub restarted {
	my ($self) = @_;
	my $names = join ' ', map { "$_->{role}/$_->{process}" }
		grep { $_->{restarts} } @{ $self->status->{processes} };
	Test::More::diag($self->log_tail(40)) if $names;
	return $names;
}

sub alive {
	my ($self) = @_;
	return $self->{pid} && waitpid($self->{pid}, WNOHANG) == 0;
}

sub wait_ready {
	my ($self, $seconds) = @_;
	my $end = time + $seconds;
	while (time < $end) {
		if (!$self->alive) {
			$self->{pid} = 0;
			die "pm supervise ended: " . $self->log_tail;
		}
		my $s = $self->status;
		if ($s && @{ $s->{processes} // [] } &&
		    !grep { $_->{state} ne 'ready' } @{ $s->{processes} }) {
			return $self;
		}
		sleep 0.05;
	}
	my (undef, $out) = $self->pm('status');
	die "not ready after $seconds s:\n$out" . $self->log_tail;
}

sub log_tail {
	my ($self, $n) = @_;
	my $text = '';
	for my $file ("$self->{root}/supervise.out",
		      "$self->{root}/var/log/pm/pm.log") {
		open my $in, '<', $file or next;
		my @lines = <$in>;
		splice @lines, 0, -($n // 15) if @lines > ($n // 15);
		$text .= join '', @lines;
	}
	return $text;
}

# pid of one process, "filter/front"; 0 when it is not up.
sub pid_of {
	my ($self, $name) = @_;
	my $s = $self->status or return 0;
	for my $p (@{ $s->{processes} }) {
		return $p->{pid} if "$p->{role}/$p->{process}" eq $name;
	}
	return 0;
}

# Stops everything that start started; true when it went within the deadline.
sub stop {
	my ($self, $seconds) = @_;
	my $pid = delete $self->{pid} or return 1;
	kill 'TERM', $pid;
	my $end = time + ($seconds // 25);
	while (time < $end) {
		return 1 if waitpid($pid, WNOHANG) != 0;
		sleep 0.02;
	}
	kill 'KILL', $pid;
	waitpid $pid, 0;
	return 0;
}

sub DESTROY {
	my ($self) = @_;
	local ($?, $@, $!);
	$self->stop;
	$self->stop_clamd;
	remove_tree($self->{temp}) if $self->{temp} && !$ENV{PM_KEEP};
}

# Every file delivered for a user (all users without one): paths.
sub delivered {
	my ($self, $address) = @_;
	my ($user, $domain) = split /@/, $address // '*@*';
	return glob "$self->{root}/var/lib/pm/mail/$domain/$user/Maildir/new/*";
}

# What the quarantine holds: a list of hashes (pm quarantine list --json), the
# recipients as addresses, reasons by address, received_ms from the id.
sub quarantined {
	my ($self, @filter) = @_;
	my ($code, $out) = $self->pm('quarantine', 'list', '--json', @filter);
	die "pm quarantine list: $out" if $code > 1;
	my @list;
	for my $line (grep { /^\{/ } split /\n/, $out) {
		my $q = decode_json($line);
		$q->{reasons} = { map { $_->{rcpt} => $_->{reason} }
			@{ $q->{recipients} } };
		$q->{recipients} = [map { $_->{rcpt} } @{ $q->{recipients} }];
		(my $hex = substr $q->{id}, 0, 13) =~ s/-//;
		{ no warnings "portable"; $q->{received_ms} = hex $hex; }
		push @list, $q;
	}
	return @list;
}

# Reads one SMTP reply; (code, text).
sub smtp_reply {
	my ($s) = @_;
	my $text = '';
	while (my $line = <$s>) {
		$line =~ s/\r?\n//;
		$text .= ($text eq '' ? '' : ' ') . $line;
		return ($1, $text) if $line =~ /^(\d\d\d)(?: |$)/;
	}
	return (0, "connection lost $text");
}

sub smtp_say {
	my ($s, $line) = @_;
	print $s "$line\r\n";
	return smtp_reply($s);
}

# A message as it goes over the wire: CRLF, dots stuffed, no final dot.
sub on_the_wire {
	my ($body) = @_;
	$body =~ s/\r?\n/\r\n/g;
	$body =~ s/^\./../mg;
	$body .= "\r\n" unless $body =~ /\r\n\z/;
	return $body;
}

# One SMTP transaction. Returns { code, text, rcpts => { address => code } }.
sub send_mail {
	my ($self, %m) = @_;
	my $s = IO::Socket::INET->new(PeerAddr => '127.0.0.1',
		LocalAddr => $m{source} // '127.0.0.1',
		PeerPort => $m{port} // $self->{smtp}, Timeout => 30)
		or return { code => 0, text => "connect: $!" };
	my %r = (rcpts => {});
	($r{code}, $r{text}) = smtp_reply($s);
	return \%r if $r{code} != 220;
	smtp_say($s, 'EHLO ' . ($m{helo} // 'client.example.net'));
	($r{code}, $r{text}) = smtp_say($s, "MAIL FROM:<$m{from}>");
	return \%r if $r{code} != 250;
	my $taken = 0;
	for my $rcpt (@{ $m{rcpts} }) {
		($r{code}, $r{text}) = smtp_say($s, "RCPT TO:<$rcpt>");
		$r{rcpts}{$rcpt} = $r{code};
		$taken++ if $r{code} == 250;
	}
	return \%r unless $taken;
	($r{code}, $r{text}) = smtp_say($s, 'DATA');
	return \%r if $r{code} != 354;
	print $s on_the_wire($m{message});
	($r{code}, $r{text}) = smtp_say($s, '.');
	print $s "QUIT\r\n";
	close $s;
	return \%r;
}

# The path of clamd, when ClamAV is installed.
sub clamd_program {
	my ($clamd) = grep { -x } '/usr/sbin/clamd', '/usr/bin/clamd';
	return $clamd;
}

sub clamd_files {
	my ($dir) = @_;
	# In two pieces, so that this file is no virus itself.
	my $eicar = 'X5O!P%@AP[4\PZX54(P^)7CC)7}$' .
		'EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*';
	make_path("$dir/db");
	write_file("$dir/db/local.ndb",
		'Eicar-Test-Signature:0:*:' . unpack('H*', $eicar) . "\n");
	write_file("$dir/clamd.conf", <<"CONF");
Foreground yes
LocalSocket $dir/clamd.sock
LocalSocketMode 666
DatabaseDirectory $dir/db
TemporaryDirectory $dir
StreamMaxLength 100M
MaxThreads 4
MaxRecursion 30
AlertExceedsMax yes
CONF
}

# A clamd of our own with one local signature; false: ClamAV is not installed.
sub start_clamd {
	my ($self) = @_;
	my $clamd = clamd_program() or return 0;
	my $dir = "$self->{root}/clamd";
	clamd_files($dir);
	unlink "$dir/clamd.sock";
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		setpgrp;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>', "$dir/out";
		open STDERR, '>&', \*STDOUT;
		exec with_us($clamd, '-c', "$dir/clamd.conf")
			or POSIX::_exit(127);
	}
	$self->{clamd_pid} = $pid;
	for (1 .. 200) {
		last if -S "$dir/clamd.sock";
		sleep 0.05;
	}
	die "clamd did not start: see $dir/out" unless -S "$dir/clamd.sock";
	$self->{clamd} = "unix:$dir/clamd.sock";
	return 1;
}

sub stop_clamd {
	my ($self) = @_;
	my $pid = delete $self->{clamd_pid} or return;
	kill 'TERM', $pid;
	waitpid $pid, 0;
}

1;
