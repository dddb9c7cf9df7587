# A name server of our own on loopback that knows the records it was given:
#	{ 'example.org' => [ [ TXT => 'v=spf1 -all' ], [ MX => 10, 'mx' ] ] }
# Types: A, AAAA, TXT (its strings), MX, PTR, CNAME, and [ 'TIMEOUT' ], [
# 'SERVFAIL' ] for a name whose other types are not answered, or badly. A name above a known
# one exists without records; others do not exist.
package ZoneDns;
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use POSIX ();
use Socket qw(AF_INET AF_INET6 inet_pton);

# The SOA of the root, which lets a resolver keep a "no" for a minute.
use constant NOTHING => pack 'CnnNn/a*', 0, 6, 1, 60,
	"\0\0" . pack 'N5', 1, 60, 60, 60, 60;
my %number = (A => 1, CNAME => 5, PTR => 12, MX => 15, TXT => 16, AAAA => 28);

sub new {
	my ($class, $records) = @_;
	my $s = IO::Socket::INET->new(LocalAddr => '127.0.0.1',
		Proto => 'udp') or die "udp: $!";
	my $self = bless { port => $s->sockport, zone => {}, above => {},
		owner => $$ }, $class;
	$self->add($_, $records->{$_}) for keys %$records;
	$self->{pid} = fork;
	die "fork: $!" unless defined $self->{pid};
	if (!$self->{pid}) {
		$self->serve($s);
		POSIX::_exit(0);
	}
	close $s;
	return $self;
}

sub resolver { return "127.0.0.1:$_[0]{port}" }

sub add {
	my ($self, $name, $records) = @_;
	$name = lc $name;
	$name =~ s/\.$//;
	push @{ $self->{zone}{$name} }, @$records;
	while ($name =~ s/^[^.]*\.//) {
		$self->{above}{$name} = 1;
	}
}

sub name_of {
	return join('', map { pack 'C/a*', $_ } split /\./, $_[0]) . "\0";
}

sub rdata {
	my ($type, @v) = @_;
	return inet_pton(AF_INET, $v[0]) if $type eq 'A';
	return inet_pton(AF_INET6, $v[0]) if $type eq 'AAAA';
	return pack('n', $v[0]) . name_of($v[1]) if $type eq 'MX';
	return name_of($v[0]) unless $type eq 'TXT';
	return join '', map { pack 'C/a*', $_ }
		map { length $_ ? unpack '(a255)*', $_ : '' } @v;
}

sub serve {
	my ($self, $s) = @_;
	my $parent = getppid;
	while (getppid == $parent) {
		next unless IO::Select->new($s)->can_read(1);
		my $where = $s->recv(my $packet, 4096);
		my $reply = $self->reply($packet);
		$s->send($reply, 0, $where) if defined $reply;
	}
}

sub reply {
	my ($self, $packet) = @_;
	my ($at, @labels) = 12;
	while (my $n = ord substr $packet, $at, 1) {
		push @labels, lc substr $packet, $at + 1, $n;
		$at += $n + 1;
	}
	my $type = unpack 'n', substr $packet, $at + 1, 2;
	my $name = join '.', @labels;
	my ($answers, $n) = ('', 0);
	for my $hop (1 .. 10) {
		my $all = $self->{zone}{$name} // [];
		my ($cname) = grep { $_->[0] eq 'CNAME' } @$all;
		my @found = $cname ? $cname :
			grep { ($number{$_->[0]} // 0) == $type } @$all;
		return if !@found && grep { $_->[0] eq 'TIMEOUT' } @$all;
		return head($packet, $at, 2, 0)
			if !@found && grep { $_->[0] eq 'SERVFAIL' } @$all;
		for my $r (@found) {
			my $data = rdata(@$r);
			next unless defined $data;
			$answers .= name_of($name) . pack('nnNn',
				$number{$r->[0]}, 1, 60, length $data) . $data;
			$n++;
		}
		last unless $cname && $type != 5;
		$name = lc $cname->[1];
	}
	my $exists = $self->{zone}{$name} || $self->{above}{$name};
	return head($packet, $at, $exists ? 0 : 3, 0, 1) . NOTHING unless $n;
	return head($packet, $at, 0, $n) . $answers;
}

sub head {
	my ($packet, $at, $code, $n, $authority) = @_;
	return substr($packet, 0, 2) . pack('nnnnn', 0x8180 | $code, 1, $n,
		$authority // 0, 0) . substr($packet, 12, $at + 5 - 12);
}

sub DESTROY {
	my ($self) = @_;
	local ($?, $@, $!);
	my $pid = delete $self->{pid} or return;
	return if $$ != $self->{owner};
	kill 'KILL', $pid;
	waitpid $pid, 0;
}

1;
