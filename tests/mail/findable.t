#!/usr/bin/perl
# Withheld mail is found by what is known of it beside its text: hits, rules,
# marks, files in it, on disk and in the database, in CLI and page alike.
use strict;
use warnings;
use Digest::SHA qw(sha256_hex);
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);
use Test::More;
use lib 'tests/lib';
use Appliance;
use Db;
use Milter;
use Time::HiRes qw(sleep time);

plan skip_all => 'needs root and PostgreSQL' unless $> == 0 && Db::installed();
my $policy = <<'LUA';
local inbound = policy("inbound", function() return true end)
inbound:rule("note size", function(m, rcpt, plan)
	plan:mark("Colour", m.subject)
end)
inbound:rule("keep", function() return quarantine("Suspect") end)
LUA
my $a;

sub message {
	my ($subject, $name, $bytes) = @_;
	return "From: <a\@example.net>\nTo: <b\@example.org>\n" .
		"Subject: $subject\nDate: Mon, 23 Nov 2026 10:00:00 +0000\n" .
		"MIME-Version: 1.0\n" .
		"Content-Type: multipart/mixed; boundary=\"=x\"\n\n" .
		"--=x\nContent-Type: text/plain\n\nSee the file.\n" .
		"--=x\nContent-Type: application/octet-stream; " .
		"name=\"$name\"\nContent-Transfer-Encoding: base64\n\n" .
		encode_base64($bytes) . "--=x--\n";
}

sub bring {
	my $m = Milter->new("$a->{root}/run/pm/milter.sock", timeout => 40);
	$m->connect_from('mail.example.net', '203.0.113.1');
	$m->helo('mail.example.net');
	my $r = $m->transaction('a@example.net', ['b@example.org'], @_);
	$m->quit;
	is($r->{code}, 'd', 'one is withheld');
}

# The subjects of what is found.
sub found {
	my ($code, $said) = $a->pm('quarantine', 'list', '--json', @_);
	return "$code $said" if $code;
	return join ' ', sort map { decode_json($_)->{subject} }
		split /\n/, $said;
}

my $hash = sha256_hex('a made-up invoice');
my @questions = (
	[['--rule', 'inbound/keep'], 'blue red', 'a rule that spoke'],
	[['--rule', 'inbound/other'], '', 'one that did not'],
	[['--mark', 'colour=red'], 'red', 'what a rule noted'],
	[['--mark', 'Colour'], 'blue red', 'that it noted something'],
	[['--file', 'invoice 4711.pdf'], 'red', 'a file by its name'],
	[['--file', '4711.pdf'], '', 'names are whole'],
	[['--file', '*.exe'], 'blue', 'files of a kind'],
	[['--file', '.pdf'], 'red', 'the same without a star'],
	[['--hash', uc $hash], 'red', 'a file by its content'],
	[['--hash', $hash, '--mark', 'colour=blue'], '', 'both must fit'],
	[['--hit', 'name_program'], 'blue', 'a hit'],
	[['--hit', 'NO_SUCH_HIT'], '', 'no such hit'],
);

sub ask_all {
	my ($where) = @_;
	bring(message('red', 'Invoice 4711.PDF', 'a made-up invoice'));
	bring(message('blue', 'setup.exe', 'MZ' . "\0" x 200));
	my $end = time + 60;
	sleep 0.2 until $where eq 'disk' || time > $end ||
		$a->sql('select count(*) from pm.quarantine') == 2;
	my ($code, $said) = $a->pm('quarantine', 'list', '--json');
	is_deeply([map { decode_json($_)->{place} } split /\n/, $said],
		[$where, $where], "both are in the $where");
	is(found(@{ $_->[0] }), $_->[1], "$where: $_->[2]") for @questions;
	$a->stop;
}

$a = Appliance->new(roles => '"filter"', policy => $policy)->setup->start;
ask_all('disk');
$a = Appliance->new(db => 1, roles => '"filter", "db", "csm"',
	policy => $policy)->setup->start;
ask_all('database');
done_testing;
