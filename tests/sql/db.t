#!/usr/bin/perl
# lib/db over a real server: runs the C test where there is one, and hands its
# lines on.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Db;

my $db = Db->new;
$db->sql('create schema pm; create extension pg_trgm');
$db->sql('create table pm.try (n int8 primary key, v text not null)');
$ENV{PM_TEST_DB} = "host=$db->{dir} dbname=pm";
my $program = ($ENV{PM_BUILD} // 'build/rel') . '/unit/db_server';
open my $out, '-|', $program or die "$program: $!";
while (<$out>) {
	if (/^(not )?ok \d+ - (\S+)(.*SKIP.*)?/) {
		ok(!$1 && !$3, $2);
	} elsif (!/^(?:1\.\.|TAP)/) {
		diag($_);
	}
}
close $out;
is($?, 0, 'it ended well');
is($db->log_text =~ /PANIC|signal 11/ ? $db->log_text : '', '',
	'the server did not crash by itself');
done_testing;
