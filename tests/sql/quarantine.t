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
my %text = map { $_->{name} => $_->{text} } Statements::all();

# The plans of the statements that the function behind a search carries out.
sub plans_of {
	my ($name, @values) = @_;
	return $db->sql("load 'auto_explain'; set auto_explain.log_min_duration
		= 0; set auto_explain.log_nested_statements = on; set
		client_min_messages = log; set enable_seqscan = off; set
		enable_indexscan = off; set plan_cache_mode =
		force_custom_plan; prepare p as $text{$name}; execute p(" .
		join(', ', @values) . ')');
}
my $any = "'ffffffff-ffff-ffff-ffff-ffffffffffff'";
my %search = (
	5 => ["'%zzzz%'", 'rcpt_part|rcpt_idx'],
	6 => ["'%zzzz%'", 'sender_header_from|expr_idx'],
	7 => ["'zzzz'", 'to_tsvector|expr_idx'], 8 => ["'{4711}'", 'words'],
	9 => ["'192.0.2.0/24'", 'relay'], 10 => ['9000000', 'score'],
	11 => ["'{Nothing}'", 'reason'],
	12 => ["'{4711}'", 'marks'], 13 => ["'{a\@x.example}'", 'rcpt_id'],
);
for my $n (sort { $a <=> $b } keys %search) {
	my @values = ("'00000000-0000-0000-0000-000000000000'", $any, 50,
		'true', ('null') x 9, "'{}'");
	my ($value, $index) = @{ $search{$n} };
	$values[$n - 1] = $value;
	my $used = qr/quarantine_(?:rcpt_)?standard_22000101_\w*(?:$index)/;
	like(plans_of('quarantine_list', @values),
		qr/Bitmap Index Scan on $used/, "search by \$$n uses its index");
}
my @mail = (0, 0, "''", "''", "''", "''", 50, 'null', 'null');
for (["'zzzz'", 5, 'message_22000101_subject'],
	["'zzzz'", 6, 'message_22000101_sender_idx'],
	["'zzzz'", 6, 'message_rcpt_22000101_rcpt_idx'],
	["'{a\@x.example}'", 8, 'message_22000101_sender_id'],
	["'{a\@x.example}'", 8, 'message_rcpt_22000101_rcpt_id']) {
	my ($value, $n, $index) = @$_;
	my @values = @mail;
	$values[$n - 1] = $value;
	like(plans_of('page_mail', @values), qr/Bitmap Index Scan on $index/,
		"mail by \$$n uses $index");
}
done_testing;
