#!/usr/bin/perl
# Broker, signer and delay as the filter starts them: ready, confined, and
# what they answer through their sockets.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use IO::Select;
use lib 'tests/lib';
use Nobody;
use POSIX ();
use Socket;

my $pm = Nobody::become();
my $root = tempdir(CLEANUP => 1);
chdir $root or die;
system('mkdir', '-p', 'etc/pm', 'run/pm') == 0 or die;

# A name server: yes.example has an address, nothing else exists.
socket my $dns, PF_INET, SOCK_DGRAM, 0 or die;
bind $dns, pack_sockaddr_in(0, INADDR_LOOPBACK) or die;
my ($port) = unpack_sockaddr_in(getsockname $dns);
spew('etc/pm/wiring.lua', 'return { name = "mx1", site = "example.org",
	roles = { "filter" }, resolver = "127.0.0.1:' . $port . '",
	filter = { clamd = "unix:' . "$root/clamd.sock" . '" } }');
my %pids;

sub spew {
	my ($path, $bytes) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $bytes;
	close $f or die;
}

sub background {
	my ($name, $run) = @_;
	my $pid = fork() // die;
	if (!$pid) {
		%pids = ();
		$run->();
		POSIX::_exit(0);
	}
	$pids{$name} = $pid;
}

END {
	local $?;
	kill 'KILL', values %pids;
	waitpid $_, 0 for values %pids;
}

sub serve_dns {
	while (my $from = recv $dns, my $q, 4096, 0) {
		my $yes = $q =~ /\x03yes\x07example/i;
		my ($name) = substr($q, 12) =~ /^((?:[^\0][^\0]*)?\0....)/s;
		send $dns, substr($q, 0, 2) . pack('n n n n n',
			$yes ? 0x8180 : 0x8183, 1, $yes, 0, 0) . $name
			. ($yes ? "\xc0\x0c\0\1\0\1\0\0\0\x3c\0\4\xc0\0\2\7"
				: ''), 0, $from;
	}
}

# Starts one; what it says first about its state.
sub start {
	my ($name) = @_;
	local $^F = 100; # what the child shall have open
	pipe my $status, my $theirs or die;
	background($name, sub {
		open STDERR, '>>', 'log' or die;
		$ENV{PM_STATUS_FD} = fileno $theirs;
		exec $pm, 'filter', $name, '--root', $root or die;
	});
	close $theirs;
	return IO::Select->new($status)->can_read(10)
		? scalar readline $status : '(nothing)';
}

sub dial {
	my ($name) = @_;
	socket my $s, PF_UNIX, SOCK_SEQPACKET, 0 or die;
	connect $s, pack_sockaddr_un("run/pm/filter/$name.sock")
		or die "$name: $!";
	return $s;
}

sub ask {
	my ($s, $bytes) = @_;
	send $s, $bytes, 0;
	IO::Select->new($s)->can_read(10) or return '(nothing)';
	recv $s, my $answer, 65536, 0;
	return $answer;
}

background('dns', \&serve_dns);
for my $name (qw(delay)) {
	is(start($name), "ready\n", "$name: ready");
	my $s = dial($name);
	is(ask($s, $_), "later $name: not in this version\n",
		"$name: a temporary no to " . length($_) . ' bytes')
		for 'x', 'y' x 60000;
	my @more = map { dial($name) } 1 .. 40;
	is(ask($s, 'z'), "later $name: not in this version\n",
		"$name: still, with more connections than it takes");
}
is(start('signer'), "ready\n", 'signer: ready');
my $unknown = pack 'a4 a254 a64 a32 x2', 'pmS1', 'example.org', 'one', '';
is(ask(dial('signer'), $unknown), pack('a4 V x512', 'pmS1', 0),
	'signer: a key that is not there is not available');
is(ask(dial('signer'), $_), '', 'signer: nonsense ends the connection')
	for 'x', $unknown . 'y', 'z' x 60000, pack('a4 a350', 'pmS1', 'a' x 350);
is((stat 'run/pm/filter/signer.sock')[2] & 07777, 0660,
	'signer: only its group may ask');
is(start('broker'), "ready\n", 'broker: ready');
is((stat 'run/pm/filter/broker.sock')[2] & 07777, 0660,
	'broker: only its group may ask');
# An A record of that name (base/question.h).
sub question {
	return 'pmQ1' . pack 'V C v V/a C V/a v', $_[0], 0, 1, $_[1], 0, '', 0;
}

my $s = dial('broker');
my ($magic, $id, $state, $text, @records) = unpack 'V V C V/a V/(V/a)',
	ask($s, question(5, 'yes.example'));
is("$id $state @records", "5 1 \xc0\0\2\7", 'broker: a name is known');
($magic, $id, $state, $text) = unpack 'V V C V/a',
	ask($s, question(6, 'no.example'));
is("$id $state", '6 2', 'broker: a name is not');
is(ask($s, 'nonsense'), '', 'broker: nonsense ends the connection');
is(ask(dial('broker'), 'x' x 5000), '', 'so does too much');
ok(length ask(dial('broker'), question(7, 'yes.example')) > 10, 'the next one is served');

for my $name (qw(signer delay broker)) {
	open my $f, '<', "/proc/$pids{$name}/status" or next;
	my %is = map { /^(\w+):\s*(.*)/ ? ($1, $2) : () } <$f>;
	is("$is{NoNewPrivs} $is{Seccomp}", '1 2',
		"$name: no new privileges, filtered calls");
	kill 'TERM', $pids{$name};
	waitpid delete $pids{$name}, 0;
	is($?, 0, "$name: TERM ends it in order");
}
done_testing();
