#!/usr/bin/perl
# make bench-db: 2 million rows (message log and quarantine, as a site of 65
# thousand messages a day has them after a month) in a private cluster, then
# the time of each search statement as its login carries it out, beside the
# aim of p95 < 200 ms. PM_ROWS and PM_RUNS change the numbers.
use strict;
use warnings;
use lib 'tests/lib';
use POSIX ();
use Time::HiRes qw(time);
use Db;
use Rows;
use Statements;

use constant { DAYS => 31, AIM_MS => 200, EACH => 4 };
my $rows = $ENV{PM_ROWS} // 2_000_000;
my $runs = $ENV{PM_RUNS} // 40;
my $messages = int($rows * EACH / (EACH + 1));
my $a_day = int($messages / DAYS) || 1;
my $begin = time;
$| = 1;
die "bench-db: PostgreSQL is not installed\n" unless Db::installed();

sub say_line { printf "%6.1f s  %s\n", time - $begin, "@_" }

# As pm db tune sets a host of 8 GB; nothing is synced, nobody else works.
my $db = Db->new(migrate => 1, conf => [qw(shared_buffers=1GB
	effective_cache_size=4GB work_mem=16MB maintenance_work_mem=512MB
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
share(map {
	join ';', Rows::day($days[$_], $_ * $a_day, ($_ + 1) * $a_day,
		$a_day, EACH)
} 0 .. $#days);
$db->sql(join ';', map {
	my ($table, $step, $back) = @$_;
	"insert into $table select date_trunc('hour', now()) - i * interval
		'$step', 'mx' || a, name, 40, 900000 from generate_series(0,
		$back) i, generate_series(1, 5) a, unnest('{delivered,tagged,
		quarantined,rejected,quarantined/Spam,quarantined/Virus,
		rejected/Blocked}'::text[]) name"
} ['counter_5min', '5 min', 432], ['counter_hour', '1 h', 2160],
	['counter_day', '1 day', 730]);
say_line($messages, 'messages, and', int($messages / EACH),
	'of them in the quarantine');
share(map { s{\A[^|]*\|}{}r =~ s{ ON ONLY }{ ON }r } @indexes);
say_line(scalar @indexes, 'indexes');
1 while $db->sql('select partition_index(current_date)') eq 't';
say_line('parts of texts are indexed, but of the last day');
$db->sql('vacuum analyze');
say_line('analysed;', $db->sql("select pg_size_pretty(pg_database_size('pm'))"));

# --- searches ---------------------------------------------------------------
my $now = int(time * 1000);
sub day_ago { return $now - $_[0] * 86_400_000 }
sub one_of { return $_[rand @_] }
sub word { return one_of(@Rows::words) }
sub sender { return 'user' . int(rand 300) . '@sender' .
	int(5000 * rand() ** 3) . '.example' }
sub rcpt { return 'person' . int(20_000 * rand() ** 3) . '@example.org' }
sub outcome { return one_of(qw(delivered quarantined)) }
sub nth { return int rand $messages }

my @hashes = split /\n/, $db->sql('select distinct unnest(words) from
	(select words from quarantine limit 500) q limit 500');
my @ids = split /\n/, $db->sql('select id from quarantine limit 5000');
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
	$#v = 11;
	$v[$n - 1] = $value if $n;
	return @v;
}

# What people look for: statement, what it is, its values anew for each run.
my @cases = (
	[page_outcomes => 'dashboard: outcomes of a day', sub { () }],
	[page_mail => 'mail: the newest 50', sub {
		(day_ago(31), 0, '', '', '', '', 50) }],
	[page_mail => 'mail: one outcome, 7 days', sub {
		(day_ago(7), 0, '', outcome(), '', '', 50) }],
	[page_mail => 'mail: a common subject word, 7 days', sub {
		(day_ago(7), 0, '', '', word(), '', 50) }],
	[page_mail => 'mail: a rare subject word, 7 days', sub {
		(day_ago(7), 0, '', '', 'parcel ' . nth(), '', 50) }],
	[page_mail_part => 'mail: a part of an address, 7 days', sub {
		(day_ago(7), 0, '', '', '', 'person' . int(rand 20_000), 50) }],
	[page_mail_of => 'mail: a sender, 31 days', sub {
		(day_ago(31), 0, '', '', '', sender(), 50) }],
	[page_mail_of => 'mail: a recipient, 31 days', sub {
		(day_ago(31), 0, '', '', '', rcpt(), 50) }],
	[page_find => 'mail: a Message-ID', sub {
		('m' . nth() . '@sender.example', 50) }],
	[quarantine_list => 'quarantine: the newest 51', sub { held() }],
	[quarantine_list_of => 'quarantine: part of a recipient', sub {
		held(5, '%son' . int(rand 20_000) . '@%') }],
	[quarantine_list_of => 'quarantine: everybody of a domain', sub {
		held(5, '%@example.org') }],
	[quarantine_list_of => 'quarantine: a recipient', sub {
		held(5, rcpt()) }],
	[quarantine_list => 'quarantine: a sender', sub {
		held(6, '%' . sender() . '%') }],
	[quarantine_list => 'quarantine: a common subject word', sub {
		held(7, word()) }],
	[quarantine_list => 'quarantine: two subject words', sub {
		held(7, word() . ' ' . word()) }],
	[quarantine_list => 'quarantine: a rare subject word', sub {
		held(7, nth()) }],
	[quarantine_list => 'quarantine: a word of the text', sub {
		held(8, '{' . one_of(@hashes) . '}') }],
	[quarantine_list => 'quarantine: a relay', sub {
		held(9, '198.51.' . int(200 * rand() ** 3) . '.' .
		int rand 250) }],
	[quarantine_list => 'quarantine: a relay\'s network', sub {
		held(9, '198.51.' . int(200 * rand() ** 3) . '.0/24') }],
	[quarantine_list => 'quarantine: a score', sub {
		held(10, 7000 + int rand 1000) }],
	[quarantine_list => 'quarantine: a reason', sub {
		held(11, '{' . one_of(qw(Spam Virus Suspect)) . '}') }],
	[quarantine_list => 'quarantine: a reason that never came', sub {
		held(11, '{Offensive}') }],
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

# Milliseconds of each run, as the server's client sees them.
sub times_of {
	my ($s, $values) = @_;
	my $file = "$db->{dir}/script";
	open my $out, '>', $file or die "$file: $!";
	# As lib/db has it.
	print $out "set plan_cache_mode = force_custom_plan;\n",
		"prepare p as $s->{text};\n\\o /dev/null\n";
	for (0 .. $runs) {
		my $list = join ', ', map { literal($_) } $values->();
		print $out "\\timing on\nexecute p", $list && "($list)",
			";\n\\timing off\n";
	}
	close $out;
	my $text = $db->psql($s->{login}[0], 'pm', '-f', $file);
	my (undef, @ms) = $text =~ /^Time: ([\d.]+) ms/mg;
	die "bench-db: $s->{name}: $text\n" if @ms != $runs;
	return sort { $a <=> $b } @ms;
}

my %statement = map { $_->{name} => $_ } Statements::all();
my $slow = 0;
printf "%-52s %8s %8s\n", "p50 and p95 of $runs runs, ms; aim: " . AIM_MS,
	'p50', 'p95';
for my $case (@cases) {
	my ($name, $what, $values) = @$case;
	my $s = $statement{$name} or die "bench-db: no statement $name\n";
	my @ms = times_of($s, $values);
	my ($p50, $p95) = map { $ms[int($_ * $#ms)] } 0.5, 0.95;
	$slow++ if $p95 > AIM_MS;
	printf "%-52s %8.1f %8.1f%s\n", $what, $p50, $p95,
		$p95 > AIM_MS ? '  over the aim' : '';
}
say_line($slow ? "$slow over the aim" : 'all within the aim');
