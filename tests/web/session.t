#!/usr/bin/perl
# Sessions in the database: who has one, forms that need its secret, when it
# ends, and what a page is told while the database is away.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use Db;
use WebServer;

my $web = WebServer->new;
my $db = Db->new(migrate => 1);
$web->start(1, 5000, "host=$db->{dir} dbname=pm");
my $us = 'Origin: https://' . $web->address;

# Makes a session; its token.
my $n = 0;
sub session {
	my (%o) = @_;
	my $token = sprintf '%043d', ++$n;
	my %row = (scope => "'csm'", who => "'admin'", rights => "'{all}'",
		csrf => "'secret-$n'", ends => "now() + interval '1 hour'",
		peer => "'127.0.0.1'", %o);
	my @names = sort keys %row;
	$db->sql("insert into session (token, " . join(', ', @names)
		. ") values (sha256('$token'), " . join(', ', @row{@names})
		. ')');
	return $token;
}

sub cookie { return "Cookie: __Host-pm-test=$_[0]" }
sub has { return $web->get($_[1] // '/fields', '-H', cookie($_[0])) }
sub sends {
	my ($token, $form) = @_;
	return status($web->post('/fields', $form, $us, cookie($token)));
}

my $token = session(rights => "'{quarantine,\"a b\"}'",
	addresses => "'{a\@example.org}'", must_change => 'true');
is((split /\n/, has($token) =~ s/.*\n\n//sr)[1], "who admin must change right "
	. "quarantine right a b address a\@example.org", "a session");
like(has(scalar reverse $token), qr/session no trouble none/, 'another token');
like(has(session(scope => "'enduser'")), qr/session no/, 'of another scope');
like(has($token, '/static/x'), qr/session no/, 'static files ask for none');

# --- forms ------------------------------------------------------------------
is(sends($token, 'csrf=secret-1'), 200, 'a form with its secret');
is(sends($token, $_), 403, "with \"$_\": refused") for 'a=b', 'csrf=',
	'csrf=secret-2', 'csrf=secret-', 'csrf=secret-11', 'CSRF=secret-1',
	'csrf=secret-1&csrf=secret-1', 'csrf=x&csrf=secret-1';
is(status($web->post('/fields?csrf=secret-1', 'a=b', $us, cookie($token))),
	200, 'the secret may stand in the address');
is(sends(session(csrf => "''"), 'csrf='), 403, 'an empty secret is none');
is(status($web->post('/fields', 'csrf=secret-1', cookie($token))), 403,
	'nor is it enough without an Origin');

# --- time -------------------------------------------------------------------
sub seen {
	return $db->sql("select round(extract(epoch from now() - seen)) from "
		. "session where token = sha256('$_[0]')");
}
my $ago = sub { "now() - interval '$_[0]'" };
my $idle = session(seen => $ago->('31 minutes'));
like(has($idle), qr/session no/, 'silent for 31 minutes');
cmp_ok(seen($idle), '>', 1800, 'and not woken by asking');
my $quiet = session(seen => $ago->('29 minutes'));
like(has($quiet), qr/session yes/, 'silent for 29');
cmp_ok(seen($quiet), '<', 60, 'is noted as seen');
my $busy = session(seen => $ago->('40 seconds'));
like(has($busy), qr/session yes/, 'seen just now');
cmp_ok(seen($busy), '>=', 40, 'is not written again');
like(has(session(ends => $ago->('1 second'))), qr/session no/, 'past its end');

# --- the end ----------------------------------------------------------------
like(has($token, '/logout'), qr/^Set-Cookie: __Host-pm-test=; /m, 'logged out');
like(has($token), qr/session no/, 'the token is dead');
is($db->sql("select count(*) from session where token = sha256('$token')"), 0,
	'and gone');

# --- the database is away ---------------------------------------------------
$token = session();
$db->stop;
like(has($token), qr/^HTTP.* 200 .*session no trouble database: .+\n/s,
	'without the database a page is told so');
like($web->get('/fields'), qr/session no trouble none/,
	'who has no cookie is not troubled');
my $from = time;
has($token) for 1 .. 5;
cmp_ok(time - $from, '<', 3, 'and nobody waits for it');
$db->start;
my $text;
for (1 .. 100) {
	$text = has($token);
	last if $text =~ /session yes/;
	sleep 0.1;
}
like($text, qr/session yes/, 'back with the database');
is(($web->stop)[0], 0, 'ended');
is($web->log =~ s/^.*database.*\n//mgr, '', 'nothing else was logged');
done_testing;
