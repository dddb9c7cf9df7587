#!/usr/bin/perl
# Orders over a real server: given again with the same key, each is one (the
# C test's lines are handed on); and each search uses its index.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Db;
use Rows;
use Statements;

my $db = Db->new(migrate => 1, conf => ['plan_cache_mode=force_custom_plan']);
my $id = $db->sql("select overlay(id_floor(now())::text placing '7' from 15)");
substr($id, 19, 1) = '8';
$db->sql(qq{
	insert into quarantine values ('standard', '$id', 'mx1', now(), null,
		'', 'f', 's', 'Spam', 10, 0, 0, 2, '{}', '\\x00');
	insert into quarantine_rcpt (class, id, n, rcpt, address, reason)
		values ('standard', '$id', 0, 'a\@x', 'a\@x', 'Spam'),
		('standard', '$id', 1, 'b\@x', 'b\@x', 'Spam');
	insert into quarantine_body values ('standard', '$id', 0, 'one'),
		('standard', '$id', 1, 'two')});
$ENV{PM_TEST_DB} = "host=$db->{dir} dbname=pm";
$ENV{PM_TEST_ID} = $id;
my $program = ($ENV{PM_BUILD} // 'build/rel') . '/unit/store_quarantine';
open my $out, '-|', $program or die "$program: $!";
while (<$out>) {
	if (/^(not )?ok \d+ - (\S+)/) {
		ok(!$1, $2);
	} elsif (!/^(?:1\.\.|# ok)/) {
		diag($_);
	}
}
close $out;
is($?, 0, 'it ended well');
is($db->sql("select count(*) from audit where via = 'test'"), 5,
	'one row in the audit for each order');

# --- each search its index ------------------------------------------------------
# A small table is read whole, or by id: could the index be used if it were
# large?

$db->sql("select partition_make('2200-01-01', '2200-01-01')");
$db->sql(join ';', Rows::day('2200-01-01', 0, 4000, 4000, 2));
$db->sql('drop index quarantine_id');
$db->sql('vacuum analyze');
my ($list) = grep { $_->{name} eq 'quarantine_list' } Statements::all();
my %search = (
	6 => ["'%zzzz%'", 'sender_header_from|expr_idx'],
	7 => ["'zzzz'", 'to_tsvector'], 8 => ["'{4711}'", 'words'],
	9 => ["'192.0.2.0/24'", 'relay'], 10 => ['9000000', 'score'],
	11 => ["'{Nothing}'", 'reason'],
	12 => ["'{4711}'", 'marks'],
);
for my $n (sort { $a <=> $b } keys %search) {
	my @values = ("'00000000-0000-0000-0000-000000000000'",
		"'ffffffff-ffff-ffff-ffff-ffffffffffff'", 50, 'true',
		('null') x 8);
	my ($value, $index) = @{ $search{$n} };
	$values[$n - 1] = $value;
	my $plan = $db->sql('set enable_seqscan = off; set ' .
		"enable_indexscan = off; prepare p as $list->{text}; explain (costs off) " .
		'execute p(' . join(', ', @values) . ')', 'pm_csm');
	like($plan, qr/Bitmap Index Scan on quarantine_standard_22000101_\w*(?:$index)/,
		"search by \$$n uses its index");
}
done_testing;
