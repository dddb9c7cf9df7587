#!/usr/bin/perl
# Sessions that reach end of message at one instant while each answer takes
# two seconds: libmilter alone serves them two at a time.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Time::HiRes qw(time);
use Filter;

alarm 100;
my $f = Filter->new;
for my $n (20, 100) {
	my @sessions = map { $f->session } 1 .. $n;
	for my $m (@sessions) {
		$m->mail('a@example.net');
		$m->rcpt('b@example.org');
		$m->content("Subject: slow\nX-PM-Test-Crash: wait\n\nx\n");
	}
	my $start = time;
	$_->put('E', '') for @sessions;
	my %codes;
	$codes{$_->answer->{code}}++ for @sessions;
	my $took = time - $start;
	is_deeply(\%codes, { a => $n }, "$n at once: all accepted");
	cmp_ok($took, '<', 5, sprintf '%d at once: %.2f s', $n, $took);
	$_->quit for @sessions;
}
$f->stop;
done_testing;
