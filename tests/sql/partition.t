#!/usr/bin/perl
# Partitions: made ahead, dropped behind, and what came without one is neither
# lost nor in the way.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Db;

my $db = Db->new(migrate => 1);

# Where the rows of an id lie: "table=count …".
sub where_is {
	my ($table, $id) = @_;
	return $db->sql("select string_agg(t, ' ' order by t) from (select
		distinct tableoid::regclass::text || '=' || count(*) t
		from $table where id = '$id' group by tableoid) x");
}

# A message and its quarantine entry of an instant; its id.
sub put {
	my ($at, $class, $received) = @_;
	my $id = $db->sql("select overlay(id_floor($at)::text placing
		substr(gen_random_uuid()::text, 20) from 20)");
	$received //= $at;
	$db->sql(qq{
		insert into message values ('$id', 'a', $received, null, '',
			'', '', '', '', '', '', 1, 0, 0, 'quarantined', 1, '');
		insert into message_rcpt values ('$id', 0, 'r\@example.org',
			'quarantined', 'Spam');
		insert into message_event (id, key, at, who, what) values
			('$id', gen_random_uuid(), now(), 'x', 'viewed');
		insert into quarantine values ('$class', '$id', 'a', $received,
			null, '', '', '', 'Spam', 1, 0, 0, 1, '{}', '');
		insert into quarantine_rcpt (class, id, n, rcpt, address,
			reason) values ('$class', '$id', 0, 'r', 'r', 'Spam');
		insert into quarantine_body values ('$class', '$id', 0, 'x');
	});
	return $id;
}

my @log = qw(message message_rcpt message_event);
my @held = qw(quarantine quarantine_rcpt quarantine_body);
my $day = $db->sql("select to_char(now() at time zone 'UTC', 'YYYYMMDD')");

my $id = put('now()', 'standard');
is(where_is($_, $id), "${_}_$day=1", "$_: in the partition of its day")
	for @log;
is(where_is($_, $id), "${_}_standard_$day=1", "$_: of its class and day")
	for @held;
is($db->sql('select partition_make(current_date - 1, current_date + 7)'), 0,
	'made again: nothing is missing');

# The ends of a day: the first id of it, and the last of the day before.
$db->sql("insert into message_event (id, key, at, who, what) values
	(id_floor('$day'::date::timestamp at time zone 'UTC'),
	 gen_random_uuid(), now(), 'first', 'viewed'),
	((split_part(id_floor('$day'::date::timestamp at time zone 'UTC' -
	 interval '1 ms')::text, '-0000-', 1) || '-7fff-bfff-ffffffffffff')::uuid,
	 gen_random_uuid(), now(), 'last', 'viewed')");
is($db->sql("select tableoid::regclass from message_event
	where who = 'first'"), "message_event_$day", 'the first id of a day');
is($db->sql("select tableoid::regclass from message_event
	where who = 'last'"), 'message_event_' . $db->sql("select
	to_char('$day'::date - 1, 'YYYYMMDD')"), 'the last id of a day');

# Nobody made partitions for a while.
my $ahead = put("now() + interval '12 days'", 'standard');
is(where_is($_, $ahead), "${_}_other=1", "$_: no partition, DEFAULT takes it")
	for @log;
is($db->sql('select partition_make(current_date, current_date + 14)'),
	7 * 7, 'the days that were missing');
my $then = $db->sql("select to_char(current_date + 12, 'YYYYMMDD')");
is(where_is($_, $ahead), "${_}_$then=1", "$_: moved to its partition") for @log;
is(where_is($_, $ahead), "${_}_standard_$then=1", "$_: moved, too") for @held;
is($db->sql('select count(*) from message_other'), 0, 'DEFAULT is empty');

# A class that comes after its mail.
my $legal = put('now()', 'legal');
is(where_is('quarantine', $legal), 'quarantine_other=1', 'an unknown class');
$db->sql("insert into retention values ('legal', 365)");
$db->sql('select partition_make(current_date, current_date)');
is(where_is($_, $legal), "${_}_legal_$day=1", "$_: moved to its class")
	for @held;

# Ids of no sensible time: the age is that of the receipt.
my $zero = put("'1970-01-01'", 'standard', 'now()');
my $last = put("'99999-01-01'", 'standard', "now() - interval '95 days'");
is(where_is('message', $zero), 'message_other=1', 'an id of time 0');
is(where_is('quarantine_rcpt', $last), 'quarantine_rcpt_standard_other=1',
	'an id of the greatest time');

# Retention: 30 days of quarantine, 93 of the log, 365 of the legal class.
my $old = put("now() - interval '31 days'", 'standard');
my $held = put("now() - interval '3000 days'", 'held');
is($db->sql('select partition_make(current_date - 31, current_date - 31)'), 10,
	'made for what came late');

# Released, and no injector came yet: what it is made from stays.
my $stray = put("'1970-01-02'", 'standard', "now() - interval '95 days'");
for my $state (qw(waiting leased)) {
	$db->sql(qq{delete from job; insert into job (key, kind, message,
		rcpts, made_by, state) select gen_random_uuid(), 'release', x,
		'{r}', 'x', '$state' from unnest('{$old,$stray}'::uuid[]) x});
	is($db->sql('select partition_drop(current_date)'), 0,
		"a $state job: its day is not dropped");
	like(where_is($_, $old), qr/=1/, "$_: there") for @held;
	like(where_is($_, $stray), qr/other=1/, "$_: in DEFAULT, too")
		for @held;
}
$db->sql("update job set state = 'handed'");
is($db->sql('select partition_drop(current_date)'), 3,
	'one day of the quarantine is over');
is(where_is($_, $stray), '', "$_: handed over, gone") for @held;
is(where_is('quarantine', $old), '', 'gone');
like(where_is('message', $old), qr/=1/, 'the log is kept for longer');
like(where_is($_, $zero), qr/=1/, "$_: received today, kept") for @log, @held;
is(where_is($_, $last), '', "$_: received long ago, gone") for @log, @held;
like(where_is($_, $held), qr/held=1/, "$_: held, kept") for @held;
# Each day has its indexes for parts of subjects and addresses.
is($db->sql(q{select string_agg(distinct kind || n, ' ' order by kind || n)
	from (select regexp_replace(c.relname, '_[0-9]{8}$', ' ') kind,
		count(x.oid) n
		from pg_class c left join pg_index i on i.indrelid = c.oid
		left join pg_class x on x.oid = i.indexrelid
		and pg_get_indexdef(x.oid) ~ 'gin_trgm_ops'
		where c.relkind = 'r'
		and c.relname ~ '^message(_rcpt)?_[0-9]{8}$' group by 1,
		c.oid) y}),
	'message 2 message_rcpt 1', 'parts of texts have their indexes');
is($db->sql("select like_part('50%_\\x')"), '%50\%\_\\\\x%',
	'what a person types is no pattern');

$db->sql("select partition_drop(current_date + 40)");
is(where_is('quarantine', $id), '', '40 days later: gone');
like(where_is('quarantine', $legal), qr/legal/, 'but not of the legal class');
like(where_is('message', $id), qr/=1/, 'and the log is there');
$db->sql("select partition_drop(current_date + 94)");
is(where_is($_, $id), '', "$_: 94 days later: gone") for @log;
$db->sql("select partition_drop(current_date + 366)");
is(where_is('quarantine', $legal), '', 'and after a year the legal class');
done_testing;
