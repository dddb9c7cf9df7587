#!/usr/bin/perl
# Limits of what one sender may send: counted over messages and scanners, not
# for what is put off, and unknown without the broker.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Filter;

alarm 60;
my $f = Filter->new(policy => <<'LUA');
local p = policy("p", function() return true end)
p:rule("limit", function(m, rcpt, plan)
	local sent = m:rate("sender", 3600)
	plan:add_header("X-Rate", string.format("%d %d %d %s", sent.messages,
		sent.rcpts, sent.spam, tostring(sent.later)))
	if not sent.later and sent.rcpts > 5 then
		return tempfail("too many recipients")
	end
end)
p:rule("relay", function(m, rcpt, plan)
	plan:add_header("X-Relay", tostring(m:rate("relay", 86400).messages))
	if m.subject == "wrong" then m:rate("colour", 60) end
	if m.subject == "short" then m:rate("sender", 1) end
end)
LUA

my $gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*' .
	'C.34X';

# "messages rcpts spam later; relay's messages", or the refusal.
sub try_from {
	my ($from, $subject, @rcpts) = @_;
	my $m = $f->session;
	my $r = $m->transaction($from, \@rcpts, "Subject: $subject\n\n" .
		($subject eq 'spam' ? $gtube : 'x') . "\n");
	$m->quit;
	return $r->{text} if $r->{code} eq 'y';
	my %h = map { $_->[1] =~ /\A(X-\w+)\0 ?(.*?)\0?\z/s ? ($1, $2) : () }
		@{ $r->{edits} };
	return "$h{'X-Rate'}; $h{'X-Relay'}";
}

my @two = ('b@example.org', 'c@example.org');
is(try_from('a@example.net', 'x', @two), '1 2 0 false; 1', 'the first');
is(try_from('A@Example.net', 'spam', @two), '2 4 1 false; 2',
	'the second, whatever its case');
is(try_from('a@example.net', 'x', @two), '451 4.7.1 too many recipients',
	'the third is too much');
is(try_from('a@example.net', 'x', $two[0]), '3 5 1 false; 3',
	'what was put off does not count: one more may go');
is(try_from('a@example.net', 'x', $two[0]), '451 4.7.1 too many recipients',
	'and no more');
is(try_from('other@example.net', 'x', $two[0]), '1 1 0 false; 4',
	'others are free');
like(try_from('x@example.net', 'wrong', $two[0]), qr/\A451 /,
	'no such key: the rule fails');
like(try_from('x@example.net', 'short', $two[0]), qr/\A451 /,
	'nor such a time');
like($f->log('front'), qr/argument 1 is "sender", "user" or "relay"/,
	'which is told');
$f->signal('broker', 'TERM');
is(try_from('a@example.net', 'x', @two), '1 2 0 true; 1',
	'without a broker: later, and nobody is stopped');
$f->start('broker');
ok($f->wait_until(10, sub {
	try_from('b@example.net', 'x', @two) =~ /false/ }), 'with one again');
like(try_from('a@example.net', 'x', @two), qr/\A1 2 0 false/,
	'which begins from nothing');
done_testing;
