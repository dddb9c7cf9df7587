# A name server of our own on loopback, for DNS lists: what it says follows
# from the zone's first label. listed…: relays whose last byte is odd are on
# the list; refused…: we are not answered; silent…: nothing; all else does not
# exist. slow in that label: the answer takes as long as new() was told. TXT
# records stand in a file: "NAME TEXT" a line, set by txt().
package Dns;
use strict;
use warnings;
use File::Temp;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Time::HiRes qw(time);

# new(slow => SECONDS)
sub new {
	my ($class, %o) = @_;
	my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		Proto => 'udp') or die "udp: $!";
	my $self = bless { slow => $o{slow} // 3, port => $s->sockport,
		seen => File::Temp->new, zone => File::Temp->new }, $class;
	$self->{pid} = fork;
	die "fork: $!" unless defined $self->{pid};
	if (!$self->{pid}) {
		$self->serve($s);
		POSIX::_exit(0);
	}
	return $self;
}

sub serve {
	my ($self, $s) = @_;
	my $parent = getppid;
	my @late; # [when, where, packet], the first one first
	while (getppid == $parent) {
		my $wait = @late ? $late[0][0] - time : 1;
		if ($wait > 0 && IO::Select->new($s)->can_read($wait)) {
			my $where = $s->recv(my $packet, 4096);
			my ($reply, $slow) = $self->reply($packet);
			push @late, [time + ($slow ? $self->{slow} : 0),
				$where, $reply] if defined $reply;
			@late = sort { $a->[0] <=> $b->[0] } @late;
		}
		while (@late && $late[0][0] <= time) {
			my (undef, $where, $reply) = @{ shift @late };
			$s->send($reply, 0, $where);
		}
	}
}

# The answer's packet, or undef; and whether it is a slow one.
sub reply {
	my ($self, $packet) = @_;
	my ($at, @labels) = 12;
	while (my $n = ord substr $packet, $at, 1) {
		push @labels, lc substr $packet, $at + 1, $n;
		$at += $n + 1;
	}
	my $fh = $self->{seen};
	syswrite $fh, join('.', @labels) . "\n";
	return $self->text_reply($packet, $at, join '.', @labels)
		if unpack('n', substr $packet, $at + 1, 2) == 16;
	my $zone = $labels[4] // '';
	my $data = $zone =~ /^listed/ && $labels[0] % 2 ? "\x7f\0\0\2" :
		$zone =~ /^refused/ ? "\x7f\xff\xff\xfe" : undef;
	return if $zone =~ /^silent/;
	my $reply = substr($packet, 0, 2) .
		pack('nnnnn', defined $data ? 0x8180 : 0x8183, 1,
			defined $data, 0, 0) .
		substr($packet, 12, $at + 5 - 12);
	$reply .= pack('nnnNn', 0xc00c, 1, 1, 0, 4) . $data if defined $data;
	return ($reply, $zone =~ /slow/);
}

# Of a TXT question whose name ends at $at.
sub text_reply {
	my ($self, $packet, $at, $name) = @_;
	open my $in, '<', $self->{zone}->filename or die "zone: $!";
	my @texts = map { /^(\S+) (.*)$/ && $1 eq $name ? $2 : () } <$in>;
	my $reply = substr($packet, 0, 2) . pack('nnnnn',
		@texts ? 0x8180 : 0x8183, 1, scalar @texts, 0, 0) .
		substr($packet, 12, $at + 5 - 12);
	for my $text (@texts) {
		my $data = join '', map { pack 'C/a', $_ }
			$text =~ /(.{1,255})/gs;
		$reply .= pack('nnnNn', 0xc00c, 16, 1, 0, length $data) .
			$data;
	}
	return ($reply, 0);
}

# The TXT records there are from now on: txt(NAME => TEXT, …)
sub txt {
	my ($self, @records) = @_;
	open my $out, '>', $self->{zone}->filename or die "zone: $!";
	while (my ($name, $text) = splice @records, 0, 2) {
		print $out "$name $text\n";
	}
	close $out or die "zone: $!";
}

# The names that were asked for, each once.
sub seen {
	my ($self) = @_;
	open my $in, '<', $self->{seen}->filename or die "seen: $!";
	my %names = map { chomp; $_ => 1 } <$in>;
	return sort keys %names;
}

sub DESTROY {
	my ($self) = @_;
	local ($?, $@, $!);
	my $pid = delete $self->{pid} or return;
	kill 'KILL', $pid;
	waitpid $pid, 0;
}

1;
