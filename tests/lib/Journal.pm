# Records of the message log and files of the journal, as front writes them
# (applets/lib/store/message.h, journal.h); written here a second time, so
# that a change of the form is noticed.
package Journal;
use strict;
use warnings;

my $serial = 0;

our %OUTCOME = do {
	my $n = 0;
	map { $_ => $n++ } qw(delivered tagged redirected discarded delayed
		quarantined rejected deferred);
};

# An id of that millisecond.
sub id {
	my ($ms) = @_;
	$ms //= time * 1000;
	return sprintf '%08x-%04x-7%03x-8000-%012x', $ms >> 16, $ms & 0xffff,
		$$ & 0xfff, $serial++;
}

# record(id => …, rcpts => [..], groups => [[outcome, reason, index …], …]):
# the bytes; what is not given is plain. Texts are bytes.
sub record {
	my (%r) = @_;
	my $rcpts = $r{rcpts} // ['r@example.org'];
	my $groups = $r{groups} // [['delivered', '', 0 .. $#$rcpts]];
	return pack('a4 V/a q< Q< l< C V', 'pmM1', $r{id} // id(),
		$r{received} // time * 1000, $r{size} // 1234,
		$r{score} // 0, $r{probability} // 1, $r{took} // 7)
		. pack('(V/a)11', $r{appliance} // 't', $r{relay} // '192.0.2.1',
			$r{relay_name} // 'mx.example.net', $r{helo} // 'helo',
			$r{from} // 's@example.net', $r{queue} // 'Q1',
			$r{subject} // 'Hello', $r{header_from} // 'S <s@x>',
			$r{message_id} // 'm@x', $r{why} // '',
			$r{facts} // 'facts')
		. pack('V (V/a)*', scalar @$rcpts, @$rcpts)
		. pack('V', scalar @$groups)
		. join '', map {
			my ($outcome, $reason, @who) = @$_;
			pack('C V/a V/a V/a V V*', $OUTCOME{$outcome}, $reason,
				'', $r{trace} // "p/r f:1: said\n",
				scalar @who, @who)
		} @$groups;
}

# A journal of these records at PATH, written by the tests' own tool.
sub write {
	my ($path, @records) = @_;
	my $tool = ($ENV{PM_BUILD} // 'build/rel') . '/tools/bench/frame';
	open my $out, '|-', 'sh', '-c', 'exec "$0" > "$1"', $tool,
		"$path.new" or die "$tool: $!";
	binmode $out;
	print $out pack('V/a', $_) for @records;
	close $out or die "$tool failed";
	rename "$path.new", $path or die "$path: $!";
}

# The records of a file, each as record() takes them; groups hold also what
# the sender was told and the trace, before the indices.
sub read_file {
	my ($path) = @_;
	my @names = sort { $OUTCOME{$a} <=> $OUTCOME{$b} } keys %OUTCOME;
	open my $in, '<:raw', $path or die "$path: $!";
	my $bytes = do { local $/; <$in> } // '';
	my @all;
	while (length $bytes) {
		my ($n) = unpack 'V', $bytes;
		my %r;
		(undef, @r{qw(id received size score probability took appliance
			relay relay_name helo from queue subject header_from
			message_id why facts)}, my $rest) = unpack
			'a4 V/a q< Q< l< C V (V/a)11 a*', substr $bytes, 8, $n;
		my ($nrcpts) = unpack 'V', $rest;
		(@{ $r{rcpts} }[0 .. $nrcpts - 1], my $ngroups, $rest) =
			unpack "x4 (V/a)$nrcpts V a*", $rest;
		for (1 .. $ngroups) {
			my ($outcome, @texts) = unpack 'C (V/a)3 V a*', $rest;
			$rest = pop @texts;
			my $count = pop @texts;
			push @{ $r{groups} }, [$names[$outcome], @texts,
				unpack "V$count", $rest];
			$rest = substr $rest, 4 * $count;
		}
		push @all, \%r;
		$bytes = substr $bytes, 8 + $n;
	}
	return @all;
}

1;
