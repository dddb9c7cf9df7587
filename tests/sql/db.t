#!/usr/bin/perl
# lib/db over a real server: runs the C tests and hands their lines on.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Db;

my $db = Db->new;
$db->sql('create schema pm; create extension pg_trgm');
$db->sql('create table pm.try (n int8 primary key, v text not null)');
$db->sql('create role somebody login; grant usage on schema pm to somebody');
$ENV{PM_TEST_DB} = "host=$db->{dir} dbname=pm";
for my $name (qw(db_value db_server)) {
	my $program = ($ENV{PM_BUILD} // 'build/rel') . "/unit/$name";
	my $n = 0;
	open my $out, '-|', $program or die "$program: $!";
	while (<$out>) {
		if (/^(not )?ok \d+ - (\S+)/) {
			ok(!$1, $2);
			$n++;
		} elsif (!/^(?:1\.\.|# ok)/) {
			diag($_);
		}
	}
	close $out;
	is($?, 0, "$name: it ended well");
	cmp_ok($n, '>', 5, "$name: there were tests");
}
is($db->log_text =~ /PANIC|signal 11/ ? $db->log_text : '', '',
	'the server did not crash by itself');
done_testing;
