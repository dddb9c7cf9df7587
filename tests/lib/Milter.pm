# The MTA's side of the milter protocol (version 6), one session, for tests:
# every step by hand, every edit recorded.
package Milter;
use strict;
use warnings;
use IO::Socket::UNIX;
use IO::Socket::INET;
use IO::Select;

use constant { ACTIONS => 0x1ff, PROTOCOL => 0x1fffff, CHUNK => 65535 };

# What a step has as its no-reply flag, and what keeps it from being sent.
my %no_reply = (C => 0x1000, H => 0x2000, M => 0x4000, R => 0x8000,
	T => 0x10000, N => 0x40000, B => 0x80000, L => 0x80);
my %not_sent = (C => 0x1, H => 0x2, M => 0x4, R => 0x8, B => 0x10,
	L => 0x20, N => 0x40, T => 0x200);

# new(SOCKET [, actions => BITS, protocol => BITS, timeout => SECONDS])
# SOCKET: a path, or "HOST:PORT".
sub new {
	my ($class, $where, %o) = @_;
	my $s = $where =~ m{/} ? IO::Socket::UNIX->new(Peer => $where) :
		IO::Socket::INET->new(PeerAddr => $where);
	die "milter $where: $!\n" unless $s;
	my $self = bless { s => $s, timeout => $o{timeout} // 60 }, $class;
	$self->put('O', pack 'NNN', 6, $o{actions} // ACTIONS,
		$o{protocol} // PROTOCOL);
	my ($code, $data) = $self->get;
	die "milter: no negotiation\n" unless defined $code && $code eq 'O';
	(undef, $self->{actions}, $self->{protocol}) = unpack 'NNN', $data;
	return $self;
}

sub put {
	my ($self, $code, $data) = @_;
	local $SIG{PIPE} = 'IGNORE';
	my $packet = pack('N', 1 + length($data // '')) . $code . ($data // '');
	my $at = 0;
	while ($at < length $packet) {
		my $n = syswrite $self->{s}, $packet, 1 << 20, $at;
		return 0 unless $n;
		$at += $n;
	}
	return 1;
}

sub bytes {
	my ($self, $n) = @_;
	my $got = '';
	while (length $got < $n) {
		IO::Select->new($self->{s})->can_read($self->{timeout})
			or die "milter: no answer in $self->{timeout} s\n";
		sysread $self->{s}, $got, $n - length $got, length $got
			or return;
	}
	return $got;
}

# One packet: (code, data), or nothing when the connection is gone.
sub get {
	my ($self) = @_;
	my $n = $self->bytes(4) // return;
	my $data = $self->bytes(unpack 'N', $n) // return;
	return (substr($data, 0, 1), substr($data, 1));
}

sub macros {
	my ($self, $step, %m) = @_;
	$self->put('D', $step . join '', map { "$_\0$m{$_}\0" } sort keys %m);
}

# Sends a step; the answer's code and text, or 'c' where none is due.
sub step {
	my ($self, $code, $data) = @_;
	return 'c' if $self->{protocol} & ($not_sent{$code} // 0);
	$self->put($code, $data);
	return 'c' if $self->{protocol} & ($no_reply{$code} // 0);
	my ($answer, $text) = $self->get;
	return '' unless defined $answer;
	$text =~ s/\0\z//;
	return wantarray ? ($answer, $text) : $answer;
}

sub connect_from {
	my ($self, $name, $address, $port) = @_;
	$self->macros('C', j => 'mx.example.org', '{client_addr}' => $address);
	return $self->step('C', "$name\0" . '4' . pack('n', $port // 1234) .
		"$address\0");
}

sub helo { return $_[0]->step('H', "$_[1]\0") }

sub mail {
	my ($self, $from, $queue_id) = @_;
	$self->macros('M', i => $queue_id // 'Q1', '{mail_addr}' => $from);
	return $self->step('M', "<$from>\0");
}

sub rcpt { return $_[0]->step('R', "<$_[1]>\0") }

# Header and body of a message with CRLF or LF ends.
sub content {
	my ($self, $message) = @_;
	$message =~ s/\r?\n/\r\n/g if length $message < 10_000_000;
	my ($head, $body) = split /\r?\n\r?\n/, $message, 2;
	$self->step('T', '');
	$head = '' unless defined $head;
	$head =~ s/\r\n/\n/g;
	for my $field (split /\n(?![ \t])/, $head) {
		my ($name, $value) = split /:/, $field, 2;
		$value = '' unless defined $value;
		$value =~ s/^ // unless $self->{protocol} & 0x100000;
		$self->step('L', "$name\0$value\0");
	}
	$self->step('N', '');
	for (my $at = 0; defined $body && $at < length $body; $at += CHUNK) {
		$self->step('B', substr $body, $at, CHUNK);
	}
}

# End of message: { code, text, edits => [[code, data] …] }.
sub end_of_message {
	my ($self) = @_;
	$self->put('E', '');
	return $self->answer;
}

sub answer {
	my ($self) = @_;
	my @edits;
	while (my ($code, $data) = $self->get) {
		next if $code eq 'p';
		if ($code =~ /^[acdrty]$/) {
			$data =~ s/\0\z//;
			return { code => $code, text => $data,
				edits => \@edits };
		}
		push @edits, [$code, $data];
	}
	return { code => '', text => 'connection closed', edits => \@edits };
}

# A whole transaction on this session.
sub transaction {
	my ($self, $from, $rcpts, $message) = @_;
	my $m = $self->mail($from);
	return { code => $m, at => 'mail', edits => [] } if $m ne 'c';
	my $taken = 0;
	my ($answer, $text);
	for my $rcpt (@$rcpts) {
		($answer, $text) = $self->rcpt($rcpt);
		$taken++ if $answer eq 'c';
	}
	return { code => $answer, text => $text, at => 'rcpt', edits => [] }
		unless $taken;
	$self->content($message);
	return $self->end_of_message;
}

sub quit {
	my ($self) = @_;
	$self->put('Q', '');
	close $self->{s};
}

1;
