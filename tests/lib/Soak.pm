# Thousands of real messages through a whole appliance, every one accounted
# for. Recipient uN@example.org is message N, and its outcome follows from N:
# N % 10 is 0: quarantined, 1: tagged, 2: discarded, else delivered.
package Soak;
use strict;
use warnings;
use Appliance;
use Corpus;
use POSIX ();
use Time::HiRes qw(sleep time);

use constant { SECOND => 100_000, TRIES => 100 };

our $pause = 0; # of a sender between two messages, seconds

our $policy = <<'LUA';
local soak = policy("soak", function() return true end)
soak:rule("by number", function(_, rcpt, plan)
	local n = tonumber(rcpt.local_part:match("^u(%d+)$"))
	local kind = n % 10
	if kind == 0 then return quarantine("Suspect") end
	if kind == 1 then plan:prefix_subject("[TAGGED]") end
	if kind == 2 then return discard() end
	return deliver()
end)
LUA

# The outcome that message number n must have.
sub expected {
	my ($n) = @_;
	return (qw(quarantined tagged discarded))[$n % 10] // 'delivered';
}

# The numbers of the recipients of message n: every fifth has two, and the
# second one's outcome differs.
sub recipients {
	my ($n) = @_;
	return $n % 5 == 0 ? ($n, $n + SECOND + $n % 7 + 1) : ($n);
}

# The messages: texts with LF ends. Real ones, else made ones.
sub messages {
	my ($count) = @_;
	my $corpus = Corpus::mail();
	return map { Corpus::made($_) } 1 .. $count unless $corpus;
	my @texts;
	for my $file (Corpus::sample($corpus, '*', $count)) {
		open my $in, '<:raw', $file or die "$file: $!";
		local $/;
		my $text = <$in>;
		$text =~ s/\r\n/\n/g;
		push @texts, $text;
	}
	return @texts;
}

# Sends one message until it is taken or refused for good.
sub send_one {
	my ($a, $n, $text) = @_;
	my @rcpts = map { "u$_\@example.org" } recipients($n);
	for my $try (1 .. TRIES) {
		my $r = $a->send_mail(from => 'sender@example.net',
			rcpts => \@rcpts, message => $text);
		my $all = @rcpts == grep { $_ == 250 } values %{ $r->{rcpts} };
		return "$n $r->{code} $try" if $r->{code} == 250 && $all;
		return "$n $r->{code} $try $r->{text}"
			if $r->{code} >= 500;
		sleep 0.1;
	}
	return "$n 0 " . TRIES;
}

# Sends all messages over `workers` connections; a file of results each.
sub start_senders {
	my ($a, $workers, @texts) = @_;
	my @pids;
	for my $w (0 .. $workers - 1) {
		my $pid = fork;
		die "fork: $!" unless defined $pid;
		if ($pid) {
			push @pids, $pid;
			next;
		}
		$SIG{PIPE} = 'IGNORE';
		open my $out, '>', "$a->{root}/sent.$w" or POSIX::_exit(1);
		for (my $i = $w; $i < @texts; $i += $workers) {
			print $out send_one($a, $i + 1, $texts[$i]), "\n";
			sleep $pause if $pause;
		}
		close $out;
		POSIX::_exit(0);
	}
	return @pids;
}

# n => { code, tries, text }
sub results {
	my ($a) = @_;
	my %sent;
	for my $file (glob "$a->{root}/sent.*") {
		open my $in, '<', $file or die "$file: $!";
		while (<$in>) {
			my ($n, $code, $tries, $text) = split ' ', $_, 4;
			$sent{$n} = { code => $code, tries => $tries,
				text => $text };
		}
	}
	return %sent;
}

# Where every recipient's message is: number => { delivered => [paths],
# quarantined => count }.
sub places {
	my ($a) = @_;
	my %at;
	for my $path ($a->delivered) {
		my ($n) = $path =~ m{/u(\d+)/Maildir/} or next;
		push @{ $at{$n}{delivered} }, $path;
	}
	for my $q ($a->quarantined) {
		for my $rcpt (@{ $q->{recipients} }) {
			$at{$1}{quarantined}++ if $rcpt =~ /^u(\d+)@/;
		}
	}
	return %at;
}

# Files in the spool and in the MTA's queue.
sub unsettled {
	my ($a) = @_;
	my $queue = "$a->{root}/var/lib/pm/mta/queue";
	return grep { -f } glob("$a->{root}/var/lib/pm/spool/{new,inject}/*"),
		glob("$queue/{incoming,active,deferred,maildrop}/*"),
		glob("$queue/deferred/*/*");
}

# Waits until the spool and the MTA's queue are empty: '', or what is left.
# Postfix itself waits minutes before it tries deferred mail again, so it is
# asked to.
sub settle {
	my ($a, $seconds) = @_;
	my $end = time + $seconds;
	my $flushed = 0;
	my @left;
	while (time < $end) {
		@left = unsettled($a) or return '';
		if (time - $flushed > 10) {
			$flushed = time;
			# It complains that there is no pickup service: not
			# needed, and the queue manager has heard it before.
			qx(postqueue -c $a->{root}/etc/pm/postfix -f 2>&1);
		}
		sleep 0.2;
	}
	return join "\n", @left;
}

# A header block as Postfix reads it: the first line that is no field and no
# continuation of one begins the body.
sub header_ends_early {
	my ($head) = @_;
	my $at = 0;
	for my $line (split /^/, $head) {
		return (substr($head, 0, $at), substr($head, $at))
			if $line !~ /^[!-9;-~]+[ \t]*:/ &&
			!($at && $line =~ /^[ \t]/);
		$at += length $line;
	}
	return;
}

# What Postfix itself changes before a filter sees a message.
sub as_postfix_takes_it {
	my ($text) = @_;
	$text =~ s/\r+\n/\n/g;
	$text =~ s/\r/ /g;
	my ($head, $body) = split /\n\n/, $text, 2;
	if (my ($first, $rest) = header_ends_early($head)) {
		$body = $rest . (defined $body ? "\n\n$body" : '');
		$head = $first;
	}
	$head =~ s/^(?:Bcc|Return-Path|Content-Length):.*\n?(?:[ \t].*\n?)*//gim;
	$head =~ s/^([!-9;-~]+)[ \t]+:/$1:/gm;
	$head =~ s/\n+\z//;
	return defined $body ? "$head\n\n$body" : "$head\n";
}

# Did a delivered file come through the unfiltered listener?
sub is_reinjected {
	my ($path) = @_;
	open my $in, '<', $path or die "$path: $!";
	local $/;
	return <$in> =~ /^Received: from demo \([^\n]*\n\tby demo\./m;
}

# A subject in one line, blanks at its ends gone: what our tag does to it.
sub one_line_subject {
	my ($text) = @_;
	$text =~ s{^(Subject:)[ \t]*(.*(?:\n[ \t].*)*)}{
		my ($name, $value) = ($1, $2);
		$value =~ s/\n//g;
		$value =~ s/\A\s+|\s+\z//g;
		"$name $value";
	}mei;
	return $text;
}

# The delivered file without what the delivery added in front: Return-Path,
# X-Original-To, Delivered-To, Received of the private MTA.
sub without_trace {
	my ($path) = @_;
	open my $in, '<:raw', $path or die "$path: $!";
	local $/;
	my $text = <$in>;
	$text =~ s/\A((?:\S[^\n]*\n(?:[ \t][^\n]*\n)*)*?)
		Authentication-Results:\ example\.org;\n
		(?:[ \t][^\n]*\n)*/$1/x;
	$text =~ s/\A(?:(?:Return-Path|X-Original-To|Delivered-To):[^\n]*\n)+//;
	$text =~ s/\AReceived:\ from\ [^\n]*\[127\.0\.0\.1\]\)\n
		\tby\ demo\.example\.org\ \(Postfix\)[^\n]*\n
		(?:[ \t][^\n]*\n)*//x;
	return $text;
}

# Authentication-Results without the name of a server count as forged.
sub without_nameless {
	my ($text) = @_;
	my ($head, $body) = split /(?<=\n)(?=\n)/, $text, 2;
	$head =~ s/^Authentication-Results:(?!\s*[\w.-]+\s*(?:\d+\s*)?;)
		[^\n]*\n(?:[ \t][^\n]*\n)*//gmix;
	return $head . ($body // '');
}

# The sent message as it must arrive, and the delivered one without our edit.
sub compared {
	my ($path, $sent, $outcome) = @_;
	my $want = without_nameless(as_postfix_takes_it($sent));
	$want .= "\n" unless $want =~ /\n\z/;
	my $got = without_nameless(without_trace($path));
	if ($outcome eq 'tagged') {
		$got =~ s/^Subject: \[TAGGED\] ?/Subject: /m;
		$got =~ s/^Subject: *\n//m if $want !~ /^Subject:/mi;
		$_ = one_line_subject($_) for $got, $want;
	}
	return ($want, $got);
}

# '' when a delivered file equals what was sent plus our edit; else where they
# part, without showing anything of real people's mail.
sub difference {
	my ($path, $sent, $outcome) = @_;
	return 'no tag' if $outcome eq 'tagged' &&
		without_trace($path) !~ /^Subject: \[TAGGED\]/m;
	my ($want, $got) = compared(@_);
	return '' if $want eq $got;
	my $at = 0;
	$at++ while $at < length $want && $at < length $got &&
		substr($want, $at, 1) eq substr($got, $at, 1);
	my $where = index($want, "\n\n") >= $at ? 'header' : 'body';
	return sprintf '%d bytes expected, %d came, first difference at %d ' .
		'(%s)', length $want, length $got, $at, $where;
}

1;
