#!/usr/bin/perl
# What reports count of relays, senders and recipients is the same whether a
# day is counted from the log, summed up in part, or over; the quarantine of a
# busy site is estimated from a part of it.
use strict;
use warnings;
use POSIX qw(strftime);
use Test::More;
use lib 'tests/lib';
use Db;
use Rows;
use Statements;

# Fewer names than are kept of a day.
use constant ROWS => 400;
my $db = Db->new(migrate => 1, conf => ['timezone=UTC']);
my %text = map { $_->{name} => $_->{text} } Statements::all();
# Noon: today is not over, and no test meets midnight.
my ($day, $next) = ('2200-01-01', '2200-01-02');
$db->sql("select partition_make('$day', '$next')");
$db->sql(join ';', Rows::day($day, 0, ROWS, ROWS, 2));

# Somebody lets a tenth go, each half an hour later.
$db->sql("insert into message_event (id, key, at, who, what) select id,
	md5(id::text)::uuid, received + interval '30 min', 'alice' || (size & 1),
	'released' from message where abs(score) % 10 = 0 union all select id,
	id, received, 'bob', 'deleted' from message");

# The first rows of a report, as the statement answers them.
sub report {
	my ($name, $adds, $rows) = @_;
	return $db->sql("set plan_cache_mode = force_custom_plan; prepare p as
		${\ ($text{$name} =~ s/now\(\)/timestamptz '$day 12:00+00'/gr)};
		execute p('$day', '$day', '', " . ($rows // 20) . ", '$adds')",
		'pm_admin');
}

my @kinds = ('relay', 'sender', 'domain', 'rcpt', 'spam relay', 'virus relay',
	'releaser');
sub all_kinds { return map { report('report_tops', $_) } @kinds }

my @counted = all_kinds();
is($counted[0], $db->sql("select host(relay), count(*), sum(size) from message
	group by 1 order by 2 desc, 1 limit 20"), 'relays, counted');
is($counted[3], $db->sql("select rcpt, count(*), sum(size) from message_rcpt
	join message using (id) group by 1 order by 2 desc, 1 limit 20"),
	'recipients, counted');
is($counted[4], $db->sql("select host(relay), count(*), sum(size) from
	message_rcpt r join message using (id) where r.reason = 'Spam'
	group by 1 order by 2 desc, 1 limit 20"), 'relays of spam, counted');

is($counted[6], $db->sql("select who, count(*), sum(size) from message_event
	join message using (id) where what = 'released' and at < '$next' group
	by 1 order by 2 desc, 1"), 'who released, counted');
like($counted[6], qr/^alice\d\|.*\nalice\d\|/, 'two of them');

is($db->sql("select tally_so_far('$day 06:00+00')"), 't', 'summed up at six');
cmp_ok($db->sql("select sum(n) from tally where kind = 'relay'"), '<',
	ROWS / 2, 'a part of the day');
is_deeply([all_kinds()], \@counted, 'the rest of it is counted');
is($db->sql("select tally_so_far('$day 06:10+00')"), 'f', 'not long ago');
is($db->sql("select tally_so_far('$day 11:00+00')"), 't', 'again at eleven');
is_deeply([all_kinds()], \@counted, 'the same');

$db->sql("insert into message (id, appliance, received, relay, relay_name,
	helo, sender, queue_id, subject, header_from, message_id, size, score,
	probability, outcome, took_ms, record) select id_floor('$day 01:00+00'),
	'mx1', '$day 01:00+00', '203.0.113.9', '', '', 'late\@example.net', '',
	'', '', '', 7, 0, 0, 'delivered', 1, ''");
unlike(report('report_tops', 'sender', 9999), qr/^late/m,
	'what came late is not told of');
$db->sql("insert into tally_day select generate_series(date '$day' - 93,
	date '$day' - 1, interval '1 day')");
is($db->sql("select tally_close('$next')"), 't', 'the day is over');
like(report('report_tops', 'sender', 9999), qr/^late\@example\.net\|1\|7$/m,
	'now it is');
is($db->sql('select count(*) from tally_open'), 0, 'no day is open');
is((all_kinds())[3], $counted[3], 'and the others as before');

$db->sql(join ';', Rows::day($next, 0, 4000, 4000, 2));
$day = $next;
my $held = $db->sql("select reason, count(*), sum(size), 'f' from quarantine
	where open > 0 and id >= id_floor('$next') group by 1 order by 2 desc");
is(report('report_held', ''), $held, 'the quarantine is counted');
$db->sql("update pg_class set reltuples = 40000
	where relname = 'quarantine_standard_22000102'");
my ($spam) = $held =~ /^Spam\|(\d+)/m;
my ($about) = report('report_held', '') =~ /^Spam\|(\d+)\|\d+\|t$/m;
# Of 2000 rows a half is looked at, and taken for 40,000.
ok($about && $about > $spam * 15 && $about < $spam * 25,
	'a large one is estimated') or diag "$about for $spam";
done_testing;
