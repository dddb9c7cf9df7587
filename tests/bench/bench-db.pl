#!/usr/bin/perl
# make bench-db: 50 million messages in the log (as a site of 1.6 million a day
# has them after a month), 10 million of them in the quarantine, the newest
# 200,000 with bodies, and the mail server's log of every 20th, in a private
# cluster; fewer where the disk has no room. Then the time of each search
# statement as its login carries it out, beside the aim of p95 < 200 ms, and
# of what dashboards and reports ask, < 100 ms: over the same values a second
# time, as those find them who look at what somebody just looked at; the first
# time stands beside it. PM_ROWS (messages) and PM_RUNS change the numbers.
use strict;
use warnings;
use lib 'tests/lib';
use POSIX ();
use Time::HiRes qw(time);
use Db;
use Rows;
use Statements;

use constant { DAYS => 31, AIM_MS => 200, PAGE_MS => 100, EACH => 5,
	LOGGED => 20, BODIES => 200_000, BODY_BYTES => 3000,
	BYTES => 1250 };	# of a message with all that belongs to it
my $runs = $ENV{PM_RUNS} // 40;
my %statement = map { $_->{name} => $_ } Statements::all();
my $begin = time;
$| = 1;
die "bench-db: PostgreSQL is not installed\n" unless Db::installed();

# How many messages the disk has room for, a fifth of it left over.
sub room {
	my ($wanted) = @_;
	my $dir = $ENV{TMPDIR} // '/tmp';
	my ($free) = `df -B1 --output=avail '$dir'` =~ /(\d+)\s*\z/;
	die "bench-db: df does not say what is free in $dir\n" unless $free;
	my $most = int(($free * 0.8 - 2e9) / BYTES);
	printf "disk: %.1f GB free in %s; %d messages need about %.1f GB\n",
		$free / 1e9, $dir, $wanted, $wanted * BYTES / 1e9 + 2;
	return $wanted if $wanted <= $most;
	die "bench-db: that is no room for 100,000\n" if $most < 1e5;
	print "disk: only $most messages, not $wanted: there is no room\n";
	return $most;
}

my $messages = room($ENV{PM_ROWS} // 50_000_000);
my $a_day = int($messages / DAYS) || 1;

sub say_line { printf "%6.1f s  %s\n", time - $begin, "@_" }

# As pm db tune sets a host of 8 GB; nothing is synced, nobody else works.
my $db = Db->new(migrate => 1, conf => [qw(shared_buffers=2GB
	effective_cache_size=6GB work_mem=16MB maintenance_work_mem=512MB
	random_page_cost=1.1 jit=off autovacuum=off max_wal_size=8GB
	wal_level=minimal max_wal_senders=0 timezone=UTC)]);
my @days = reverse split /\n/, $db->sql('select current_date - i
	from generate_series(0, ' . (DAYS - 1) . ') i');

$db->sql("select partition_make('$days[0]', '$days[-1]')");

# Two sessions share the pieces of work between them.
sub share {
	my (@pieces) = @_;
	my @pids = map {
		my $first = $_;
		my $pid = fork // die "fork: $!";
		if (!$pid) {
			for (my $i = $first; $i < @pieces; $i += 2) {
				$db->sql($pieces[$i]);
			}
			POSIX::_exit(0);
		}
		$pid;
	} 0, 1;
	for (@pids) {
		waitpid $_, 0;
		die "bench-db: a session failed\n" if $?;
	}
}

# Rows first, then the schema's own indexes over them: half the time.
my @indexes = split /\n/, $db->sql("select indexrelid::regclass || '|' ||
	pg_get_indexdef(indexrelid) from pg_index i join pg_class c on
	c.oid = indexrelid where relkind = 'I' and relnamespace =
	'pm'::regnamespace and not relispartition and not indisprimary
	order by 1");
$db->sql(join ';', map { 'drop index ' . (split /\|/)[0] } @indexes);
# One transaction a day, in partitions that it empties itself: no WAL.
share(map {
	my @of = ($days[$_], $_ * $a_day, ($_ + 1) * $a_day, $a_day);
	my $of = $days[$_] =~ s/-//gr;
	join ';', 'truncate ' . join(', ', map { "${_}_$of" } qw(message
		message_rcpt quarantine_standard quarantine_rcpt_standard
		smtp_event)), Rows::day(@of, EACH), Rows::events(@of, LOGGED);
} 0 .. $#days);
$db->sql(join ';', (map {
	my ($table, $step, $back) = @$_;
	"insert into $table select date_trunc('hour', now()) - i * interval
		'$step', 'mx' || a, name, 40, 900000, case when '$table' =
		'counter_day' or i = 0 then 0 else 40 end, case when '$table'
		= 'counter_day' or i = 0 then 0 else 900000 end from
		generate_series(0, $back) i, generate_series(1, 5) a, unnest(
		'{delivered,tagged,quarantined,rejected,quarantined/Spam,
		quarantined/Virus,rejected/Blocked}'::text[]) name"
} ['counter_5min', '5 min', 432], ['counter_hour', '1 h', 2160],
	['counter_day', '1 day', 730]),
	"insert into tally select d, 'mx' || a, kind, kind || n, 9000 / n, 9
		from unnest('{@{[join ',', @days[0 .. $#days - 1]]}}'::date[]) d,
		generate_series(1, 5) a, generate_series(1, 500) n, unnest(
		'{relay,spam relay,virus relay,sender,domain,rcpt,hit,rule,
		releaser}'
		::text[]) kind order by d, kind, a, n",
	"insert into tally_day select unnest('{@{[join ',',
		@days[0 .. $#days - 1]]}}'::date[])",
	"insert into message_event select id, md5(id::text)::uuid, received +
		interval '1 h', 'person' || (score & 15), 'released', '' from
		quarantine where (size + score) & 63 = 0");
$db->sql(qq{insert into quarantine_body select class, id, 0, decode(repeat(
	md5(id::text), @{[int(BODY_BYTES / 16)]}), 'hex') from quarantine order by
	id desc limit @{[BODIES]}});
say_line($messages, 'messages,', int($messages / EACH),
	'of them in the quarantine');
share(map { s{\A[^|]*\|}{}r =~ s{ ON ONLY }{ ON }r } @indexes);
say_line(scalar @indexes, 'indexes');
# The keeper was at the open day fifteen minutes before its end.
$db->sql("select tally_so_far(current_date + interval '23 h 47 min')");
say_line('the day that is not over is summed up');
share(map { "vacuum analyze $_" } split /\n/, $db->sql("select relname from
	pg_class where relkind = 'r' and relnamespace = 'pm'::regnamespace and
	relpages > 0"));
$db->sql('analyze');
my $bytes = $db->sql("select pg_database_size('pm')");
say_line(sprintf 'analysed; %.1f GB, %d bytes a message', $bytes / 1e9,
	$bytes / $messages);

# --- searches ---------------------------------------------------------------
my $now = int(time * 1000);
sub day_ago { return $now - $_[0] * 86_400_000 }
sub one_of { return $_[rand @_] }
sub word { return one_of(@Rows::words) }
sub sender { return 'user' . int(rand 300) . '@sender' .
	int(5000 * rand() ** 3) . '.example' }
sub rcpt { return 'person' . int(20_000 * rand() ** 3) . '@example.org' }
sub outcome { return one_of(qw(delivered quarantined)) }
# So many addresses, as an array of SQL; and those of nobody.
sub group { return '{' . join(',', map { rcpt() } 1 .. $_[0]) . '}' }
sub nobody { return '{' . join(',', map { "nobody$_\@example.org" }
	1 .. $_[0]) . '}' }
sub nth { return int rand $a_day * DAYS }
sub relay { return '198.51.' . int(200 * rand() ** 3) . '.' . int rand 250 }
sub network { return '198.51.' . int(200 * rand() ** 3) . '.0/24' }
# Numbers of marks: of one kind the n-th.
sub marks {
	my @pairs = @_;
	return $db->sql("select array[" . join(', ', map {
		"hashint8extended($_->[1], $_->[0])" } @pairs) . ']');
}
sub skewed { return int($_[0] * rand() ** 3) }

my @hashes = split /\n/, $db->sql('select distinct unnest(words) from
	(select words from quarantine limit 500) q limit 500');
my @ids = split /\n/, $db->sql('select id from quarantine limit 5000');
my @rules = map { marks([21, $_]) } 0 .. 5;
my @rule_and_hits = map { marks([21, skewed(20)], [22, skewed(300)],
	[22, skewed(300)]) } 1 .. 20;
my @hits = map { marks([22, skewed(300)]) } 1 .. 20;
my @names = map { marks([35, skewed(5000)]) } 1 .. 20;
my @files = map { marks([37, int(nth() / EACH) * EACH]) } 1 .. 20;
my @tracked = map { [split /\|/, $_, -1] } split /\n/, $db->sql("select id,
	appliance, queue_id, message_id, host(relay), extract(epoch from
	received)::int8 * 1000, 200 from message where message_id in ('" .
	join("', '", map { 'm' . (int(nth() / LOGGED) * LOGGED + 1) .
	'@sender.example' } 1 .. 100) . "')");
my %floor;
sub floor_of {
	my ($at) = @_;
	return $floor{$at} //= $db->sql("select id_floor('$at')");
}

# The values of quarantine_list: everything, or what has the n-th like this.
sub held {
	my ($n, $value) = @_;
	my @v = ('00000000-0000-0000-0000-000000000000',
		'ffffffff-ffff-ffff-ffff-ffffffffffff', 51, 'true');
	$#v = 13;
	$v[$n - 1] = $value if $n;
	return @v;
}

# What people look for: statement, what it is, its values anew for each run.
my @cases = (
	[page_outcomes => 'dashboard: outcomes of a day', sub { () }, PAGE_MS],
	[page_hours => 'dashboard: hours', sub { () }, PAGE_MS],
	[page_breaks => 'dashboard: broken signatures', sub { () }, PAGE_MS],
	[page_alarms => 'dashboard: alarms', sub { 'mx1' }, PAGE_MS],
	[page_jobs => 'dashboard: jobs', sub { () }, PAGE_MS],
	(map {
		my ($name, $what, $adds) = @$_;
		[$name => "report: $what", sub {
			(@days[0, $#days], '', 50, $adds) }, PAGE_MS]
	} [report_counters => 'outcomes', ''],
		[report_counters => 'reasons', 'reason'],
		[report_days => 'days', ''], [report_hosts => 'hosts', ''],
		[report_tally => 'hits', 'hit'],
		[report_tops => 'relays', 'relay'],
		[report_tops => 'senders', 'sender'],
		[report_tops => 'recipients', 'rcpt'],
		[report_tops => 'spam relays', 'spam relay'],
		[report_tops => 'who released', 'releaser'],
		[report_held => 'the quarantine now', '']),
	[page_mail => 'mail: the newest 50', sub {
		(day_ago(31), 0, '', '', '', '', 50, undef, undef) }],
	[page_mail => 'mail: one outcome, 7 days', sub {
		(day_ago(7), 0, '', outcome(), '', '', 50, undef, undef) }],
	[page_mail => 'mail: a common subject word, 7 days', sub {
		(day_ago(7), 0, '', '', word(), '', 50, undef, undef) }],
	[page_mail => 'mail: a rare subject word, 7 days', sub {
		(day_ago(7), 0, '', '', 'parcel ' . nth(), '', 50, undef, undef) }],
	[page_mail => 'mail: a part of an address, 7 days', sub {
		(day_ago(7), 0, '', '', '', 'person' . int(rand 20_000), 50,
		undef, undef) }],
	[page_mail_of => 'mail: a sender, 31 days', sub {
		(day_ago(31), 0, '', '', '', sender(), 50) }],
	[page_mail_of => 'mail: a recipient, 31 days', sub {
		(day_ago(31), 0, '', '', '', rcpt(), 50) }],
	[page_mail => 'mail: a group of 500, 31 days', sub {
		(day_ago(31), 0, '', '', '', '', 50, group(500), '{}') }],
	[page_mail => 'mail: a group without mail, 31 days', sub {
		(day_ago(31), 0, '', '', '', '', 50, nobody(500),
		'{%@rare.example}') }],
	[page_mail => 'mail: a group that is a domain, 31 days', sub {
		(day_ago(31), 0, '', '', '', '', 50, '{}',
		'{%@example.org}') }],
	[page_find => 'mail: a Message-ID', sub {
		('m' . nth() . '@sender.example', 50) }],
	[track_relay => 'mail: a relay, 31 days', sub {
		(day_ago(31), 0, '', '', '', relay(), 50) }],
	[track_network => 'mail: a network, 31 days', sub {
		(day_ago(31), 0, '', '', '', network(), 50) }],
	[track_refused => 'refused: the newest', sub {
		(day_ago(31), 0, '', '', '', '', 50) }],
	[track_refused => 'refused: a sender, 31 days', sub {
		(day_ago(31), 0, '', sender(), '', '', 50) }],
	[track_refused => 'refused: a recipient, 31 days', sub {
		(day_ago(31), 0, '', '', rcpt(), '', 50) }],
	[track_refused => 'refused: a relay, 31 days', sub {
		(day_ago(31), 0, '', '', '', relay(), 50) }],
	[track_refused => 'refused: a network, 31 days', sub {
		(day_ago(31), 0, '', '', '', network(), 50) }],
	[track_bare => 'unjudged: a sender, 31 days', sub {
		(day_ago(31), 0, '', 'pm@example.org', '', 50) }],
	[track_bare => 'unjudged: a recipient, 31 days', sub {
		(day_ago(31), 0, '', '', rcpt(), 50) }],
	[track_find => 'tracking: a queue id', sub {
		(sprintf('%011x', nth()), 50) }],
	[track_find => 'tracking: a Message-ID', sub {
		('m' . nth() . '@sender.example', 50) }],
	[track_find => 'tracking: a notice\'s queue id', sub {
		(sprintf('N%011x', int(nth() / LOGGED / 40) * LOGGED * 40 + 2),
		50) }],
	[track_timeline => 'tracking: a timeline', sub { @{one_of(@tracked)} }],
	[quarantine_list => 'quarantine: the newest 51', sub { held() }],
	[quarantine_list => 'quarantine: part of a recipient', sub {
		held(5, '%son' . int(rand 20_000) . '@%') }],
	[quarantine_list => 'quarantine: everybody of a domain', sub {
		held(5, '%@example.org') }],
	[quarantine_list => 'quarantine: a recipient', sub {
		held(5, rcpt()) }],
	[quarantine_list => 'quarantine: a group of 500', sub {
		((held())[0 .. 11], group(500), '{}') }],
	[quarantine_list => 'quarantine: a group that is a domain', sub {
		((held())[0 .. 11], '{}', '{%@example.org}') }],
	[quarantine_present => 'quarantine: who of 500 has any', sub {
		((held())[0, 1], one_of(group(500), nobody(500))) }],
	[quarantine_list => 'quarantine: a sender', sub {
		held(6, '%' . sender() . '%') }],
	[quarantine_list => 'quarantine: a common subject word', sub {
		held(7, word()) }],
	[quarantine_list => 'quarantine: two subject words', sub {
		held(7, word() . ' ' . word()) }],
	[quarantine_list => 'quarantine: one of many subject words', sub {
		held(7, 'w' . skewed(20_000)) }],
	[quarantine_list => 'quarantine: a rare subject word', sub {
		held(7, nth()) }],
	[quarantine_list => 'quarantine: a word of the text', sub {
		held(8, '{' . one_of(@hashes) . '}') }],
	[quarantine_list => 'quarantine: a relay', sub {
		held(9, relay()) }],
	[quarantine_list => 'quarantine: a relay\'s network', sub {
		held(9, network()) }],
	[quarantine_list => 'quarantine: a score', sub {
		held(10, 7000 + int rand 1000) }],
	[quarantine_list => 'quarantine: a reason', sub {
		held(11, '{' . one_of(qw(Spam Virus Suspect)) . '}') }],
	[quarantine_list => 'quarantine: a reason that never came', sub {
		held(11, '{Offensive}') }],
	[quarantine_list => 'quarantine: a common rule', sub {
		held(12, one_of(@rules)) }],
	[quarantine_list => 'quarantine: a rule and two hits', sub {
		held(12, one_of(@rule_and_hits)) }],
	[quarantine_list => 'quarantine: a hit', sub {
		held(12, one_of(@hits)) }],
	[quarantine_list => 'quarantine: a file\'s name', sub {
		held(12, one_of(@names)) }],
	[quarantine_list => 'quarantine: a file\'s hash', sub {
		held(12, one_of(@files)) }],
	[quarantine_list => 'quarantine: a hit and a recipient\'s part', sub {
		my @v = held(12, one_of(@hits));
		$v[4] = '%son' . skewed(20_000) . '@%';
		@v }],
	[quarantine_list => 'quarantine: one day', sub {
		my @v = held();
		my $day = one_of(@days[0 .. $#days - 1]);
		$v[0] = floor_of($day);
		$v[1] = floor_of("$day 23:59");
		@v }],
	[quarantine_get => 'quarantine: an id', sub { one_of(@ids) }],
	[quarantine_sealed => 'quarantine: a body', sub { one_of(@ids) }],
);

sub literal {
	my ($value) = @_;
	return 'null' unless defined $value;
	return $value eq 'true' ? $value : $value =~ /^-?\d+\z/ ? $value : "'" . $value =~ s/'/''/gr . "'";
}

# Milliseconds of each run, as the server's client sees them: of the first
# time and of the second.
sub times_of {
	my ($s, $values) = @_;
	my $file = "$db->{dir}/script";
	my @lists = map { join ', ', map { literal($_) } $values->() } 1 .. $runs;
	open my $out, '>', $file or die "$file: $!";
	# As lib/db has it.
	print $out "set plan_cache_mode = force_custom_plan;\n",
		"prepare p as $s->{text};\n\\o /dev/null\n\\timing on\n",
		map { 'execute p' . ($_ && "($_)") . ";\n" } @lists, @lists;
	close $out;
	my $text = $db->psql($s->{login}[0], 'pm', '-f', $file);
	my @ms = $text =~ /^Time: ([\d.]+) ms/mg;
	die "bench-db: $s->{name}: $text\n" if @ms != 2 * $runs;
	return map { [sort { $a <=> $b } @$_] } [@ms[0 .. $runs - 1]],
		[@ms[$runs .. $#ms]];
}

my $slow = 0;
printf "%-48s %8s %8s %8s\n", "ms of $runs runs; aim: " . AIM_MS . ', pages ' .
	PAGE_MS, 'p50', 'p95', 'first p95';
for my $case (grep { $_->[1] =~ ($ENV{PM_ONLY} // '') } @cases) {
	my ($name, $what, $values, $aim) = @$case;
	my $s = $statement{$name} or die "bench-db: no statement $name\n";
	my ($first, $ms) = times_of($s, $values);
	my ($p50, $p95) = map { $ms->[int($_ * $#$ms)] } 0.5, 0.95;
	$aim //= AIM_MS;
	$slow++ if $p95 > $aim;
	printf "%-48s %8.1f %8.1f %8.1f%s\n", $what, $p50, $p95,
		$first->[int(0.95 * $#$first)], $p95 > $aim ? '  over the aim' : '';
}
say_line($slow ? "$slow over the aim" : 'all within the aim');
if ($ENV{PM_STAY}) {
	print 'connect: ', $db->conninfo, "; Enter ends\n";
	<STDIN>;
}
