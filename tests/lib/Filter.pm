# The mail filter's processes started by hand, without a supervisor, so that
# a test can end each of them.
package Filter;
use strict;
use warnings;
use IO::Socket::UNIX;
use POSIX qw(:sys_wait_h);
use Time::HiRes qw(sleep time);
use Appliance;
use Milter;

my %SOCKET = (zygote => 'filter/zygote.sock', broker => 'filter/broker.sock',
	front => 'milter.sock');

# What the tests' policy does follows the subject's first word.
our $POLICY = <<'LUA';
local p = policy("test", function() return true end)
p:at_rcpt("known", function(s, rcpt)
	if rcpt.local_part == "nobody" then
		return reject("5.1.1", "no such user")
	end
end)
p:rule("subject", function(m, rcpt, plan)
	if m.subject == "quarantine" then return quarantine("Spam") end
	if m.subject == "reject" then
		return reject("5.7.1", "100% unwanted")
	end
	if m.subject == "fail" then return nothing.at.all end
	if m.subject == "tag" then
		plan:prefix_subject("[TAG]")
		plan:add_header("X-Test", "added")
	end
end)
LUA

# new(policy => TEXT): sets a root up and starts zygote, broker, recorder and
# front. PM_TEST_CRASH lets messages say X-PM-Test-Crash (scanner.c).
sub new {
	my ($class, %o) = @_;
	my $self = bless { pids => {} }, $class;
	$self->{appliance} = Appliance->new(roles => '"filter"',
		policy => $o{policy} // $POLICY, %o)->setup;
	$self->{root} = $self->{appliance}{root};
	$self->{socket} = "$self->{root}/run/pm/milter.sock";
	$self->start($_) for qw(zygote broker recorder front);
	return $self;
}

sub start {
	my ($self, $name) = @_;
	my $socket = $SOCKET{$name};
	unlink "$self->{root}/run/pm/$socket" if $socket;
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		$ENV{PM_TEST_CRASH} = 1;
		# As if a supervisor were there: it ends when we end.
		local $^F = 255;
		open my $status, '>', '/dev/null';
		$ENV{PM_STATUS_FD} = fileno $status;
		open STDIN, '<', '/dev/null';
		open STDOUT, '>>', "$self->{root}/$name.log";
		open STDERR, '>&', \*STDOUT;
		exec $Appliance::PM, 'filter', '--root', $self->{root}, $name
			or POSIX::_exit(127);
	}
	$self->{pids}{$name} = $pid;
	$self->wait_until(10, sub {
		$name eq 'front' ? $self->log('front') =~ /policy: / &&
			$self->serves :
			!$socket || -S "$self->{root}/run/pm/$socket" })
		or die "$name did not start: " . $self->log($name);
	return $self;
}

# A front that has bound its socket may not listen yet: a connection tells.
sub serves {
	my ($self) = @_;
	return defined IO::Socket::UNIX->new(Peer => $self->{socket});
}

# Puts the edited policy in force: there is no supervisor to tell front.
sub publish {
	my ($self) = @_;
	my ($code, $out) = $self->{appliance}->publish;
	die "pm policy publish: $out" if $code;
	$self->signal('front', 'HUP');
}

sub wait_until {
	my ($self, $seconds, $test) = @_;
	my $end = time + $seconds;
	while (!$test->()) {
		return 0 if time > $end;
		sleep 0.02;
	}
	return 1;
}

# Sends a signal; one that ends the process is waited for.
sub signal {
	my ($self, $name, $signal) = @_;
	kill $signal, $self->{pids}{$name};
	return if $signal eq 'HUP' || $signal eq 'STOP' || $signal eq 'CONT';
	waitpid delete $self->{pids}{$name}, 0;
}

sub log {
	my ($self, $name) = @_;
	open my $in, '<', "$self->{root}/$name.log" or return '';
	local $/;
	return <$in> // '';
}

# pids of the scanners: the zygote's children.
sub scanners {
	my ($self) = @_;
	my $pid = $self->{pids}{zygote};
	open my $in, '<', "/proc/$pid/task/$pid/children" or return ();
	return split ' ', (<$in> // '');
}

# A milter session that has said CONNECT, from that relay, and HELO.
sub session {
	my ($self, $relay, %o) = @_;
	my $m = Milter->new($self->{socket}, timeout => 40, %o);
	$m->connect_from('client.example.net', $relay // '198.51.100.7');
	$m->helo('client.example.net');
	return $m;
}

# One message to one recipient on a session of its own: "a", "d", "y 451 …".
sub answer {
	my ($self, $message, @rcpts) = @_;
	my $m = $self->session;
	my $r = $m->transaction('a@example.net',
		@rcpts ? \@rcpts : ['b@example.org'], $message);
	$m->quit;
	return "$r->{code} $r->{text}" =~ s/ \z//r;
}

# Files that hold kept mail, before or after the recorder: one a message.
sub kept {
	my ($self) = @_;
	my $state = "$self->{root}/var/lib/pm";
	for (1 .. 50) {
		my @files = glob "$state/spool/new/* $state/quarantine/*/*";
		my %at = map { m{([^/]+)\z} => $_ } grep { !-d } @files;
		# It moves between two looks: then neither has seen it.
		return values %at unless grep { !-e } @files;
	}
	die "kept mail does not come to rest\n";
}

# All their bytes; the recorder may move one while we look.
sub kept_bytes {
	my ($self) = @_;
	for (1 .. 50) {
		my ($all, $lost) = ('', 0);
		for my $file ($self->kept) {
			open my $in, '<', $file or do { $lost++; last };
			$all .= do { local $/; <$in> };
		}
		return $all unless $lost;
	}
	die "kept mail cannot be read\n";
}

sub stop {
	my ($self) = @_;
	for my $name (qw(front recorder broker zygote)) {
		$self->signal($name, 'TERM') if $self->{pids}{$name};
	}
}

sub DESTROY {
	my ($self) = @_;
	local ($?, $@, $!);
	for my $pid (values %{ $self->{pids} }) {
		kill 'KILL', $pid;
		waitpid $pid, 0;
	}
}

1;
