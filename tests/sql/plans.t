#!/usr/bin/perl
# The plan of every named statement, on a small fixed data set, is the one in
# tests/sql/plans/NAME.plan; and uses what its "-- plan:" line says. Parameters
# get a sample of their type, or what tests/sql/plans/values says.
# PM_PLANS=write perl tests/sql/plans.t writes the files: look at the diff.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Db;
use Rows;
use Statements;

my $plans = 'tests/sql/plans';
my @days = qw(2200-01-01 2200-01-02);
my $db = Db->new(migrate => 1, conf => [qw(jit=off random_page_cost=1.1
	effective_cache_size=1GB work_mem=4MB timezone=UTC
	max_parallel_workers_per_gather=0 plan_cache_mode=force_custom_plan
	default_statistics_target=100 cpu_operator_cost=0.0025)]);

Statements::prepare($db);

# Days of a far future, so that "now" means the same next year.
$db->sql("select partition_drop('9999-01-01')");
$db->sql("select partition_make('$days[0]', '$days[1]')");
$db->sql(join ';', map { Rows::day($_, 0, 4000, 4000, 2) } @days);
my $id = Rows::id($db, $days[0], 1000, 4000);
my $at = "'2200-01-01'::timestamptz + i * interval";
$db->sql(qq{
	insert into quarantine_body select 'standard', id, 0, '\\x00'
		from quarantine;
	insert into message_event (id, key, at, who, what) select id,
		md5(id::text)::uuid, received, 'alice', 'released' from
		message where score % 3 = 0;
	insert into smtp_event select id, appliance, received, k, 'postfix/x',
		7, case when k = 'refused' then '' else queue_id end, '',
		case when k = 'queued' then null else relay end, '', '',
		case when k in ('queued', 'refused') then sender else '' end,
		case when k in ('delivered', 'refused') then
		'person' || score % 1000 || '\@example.org' else '' end,
		case when k = 'named' then message_id else '' end, '', '', '',
		1, 1, '\\x00' from (select *, (array['connect', 'accepted',
		'named', 'queued', 'delivered', 'refused'])[1 + mod(abs(score), 6)] as k from message) m;
	insert into job (key, kind, message, rcpts, made, made_by,
		not_before, state) select md5(id::text)::uuid, 'release',
		id, '{x}', received, 'alice', received, case when score % 50
		= 0 then 'waiting' else 'handed' end from quarantine;
	insert into counter_5min select $at '5 min', 'mx1', n, 5, 9 from
		generate_series(0, 575) i, unnest('{delivered,quarantined,
		quarantined/Spam}'::text[]) n;
	insert into counter_hour select $at '1 h', 'mx1', n, 5, 9 from
		generate_series(0, 575) i, unnest('{delivered,quarantined,
		quarantined/Spam}'::text[]) n;
	insert into counter_day select $at '1 day', 'mx1', n, 5, 9 from
		generate_series(0, 575) i, unnest('{delivered,quarantined,
		quarantined/Spam}'::text[]) n;
	insert into session (token, scope, who, rights, csrf, made, seen,
		ends, peer) select sha256(i::text::bytea), 'csm', 'user' || i
		% 50, '{all}', 'c', $at '1 min', $at '1 min', $at '1 h', '::1'
		from generate_series(1, 1000) i;
	insert into account (name, password, rights, made) select 'user' || i,
		'x', '{all}', $at '1 h' from generate_series(1, 200) i;
	insert into audit (at, who, via, what) select $at '1 min', 'user' || i
		% 50, 'page', 'released' from generate_series(1, 2000) i;
	insert into user_data (owner, kind, key, changed, changed_by) select
		'person' || i % 100, 'approved', 'a' || i, $at '1 min', 'x'
		from generate_series(1, 2000) i;
	update feedback_clock set version = 2000;
	insert into feedback (message, who, spam, version, changed) select
		md5(i::text)::uuid, '', true, i, $at '1 min'
		from generate_series(1, 2000) i;
	insert into alarm (name, since, text, means, remedy) select 'a' || i,
		$at '1 h', 't', 'm', 'r' from generate_series(1, 20) i;
	insert into list select 'list-' || i from generate_series(1, 10) i;
	insert into list_entry (list, entry, made, made_by) select 'list-' || 1
		+ i % 10, 'e' || i, $at '1 h', 'x' from
		generate_series(1, 2000) i;
});
$db->sql('vacuum analyze');

# Sample values by type, as literals.
my %sample = (text => "'x'", bigint => 10, integer => 10, smallint => 1,
	boolean => 'true', uuid => "'$id'", bytea => "'\\x00'",
	'double precision' => 1, inet => "'198.51.100.1'",
	'timestamp with time zone' => "'2200-01-01 12:00+00'");
my %given;
open my $in, '<', "$plans/values" or die "$plans/values: $!";
while (<$in>) {
	s/ID/$id/g;
	$given{$1} = $2 if /^(\w+):\s*(.*)/;
}
close $in;

# The values for a statement whose parameters have these types.
sub values_of {
	my ($s, @types) = @_;
	return $given{ $s->{name} } if $given{ $s->{name} };
	my @values;
	for my $n (1 .. @types) {
		my $type = $types[$n - 1] =~ s/\[\]\z//r;
		# "$1::text::uuid": the type that it becomes.
		$type = $1 if $type eq 'text' &&
			$s->{text} =~ /\$$n(?:::text(?:\[\])?)?::(uuid|inet)/;
		my $value = $sample{$type} // 'null';
		$value .= '::text' if $value =~ /^'/ &&
			$types[$n - 1] =~ /^text/;
		push @values, $types[$n - 1] =~ /\[\]/ ?
			"array[$value]::$types[$n - 1]" : $value;
	}
	return join ', ', @values;
}

# psql's answers to a script, by statement.
sub run_script {
	my ($login, $each, @statements) = @_;
	my $file = "$db->{dir}/script";
	open my $out, '>', $file or die $!;
	for my $s (@statements) {
		print $out "\\echo \@\@ $s->{name}\n",
			"prepare p as $s->{text};\n", $each->($s),
			";\ndeallocate all;\n";
	}
	close $out;
	return map { /^(\w+)\n(.*)/s } split /^\@\@ /m, $db->psql($login, 'pm',
		'-v', 'ON_ERROR_STOP=0', '-f', $file) . "\n";
}

my @all = grep { !Statements::utility($_) } Statements::all();
my %types = run_script('pm', sub {
	"select unnest(parameter_types) from pg_prepared_statements" }, @all);
my %of;
push @{ $of{ ($_->{login}[0] // 'all') eq 'all' ? 'pm' :
	$_->{login}[0] } }, $_ for @all;
my %plan = map { run_script($_, sub {
	my ($s) = @_;
	my $values = values_of($s, split /\n/, $types{ $s->{name} });
	return 'explain (costs off) execute p' . ($values && "($values)");
}, @{ $of{$_} }) } sort keys %of;

for my $s (@all) {
	my $file = "$plans/$s->{name}.plan";
	my $plan = $plan{ $s->{name} } // "no answer\n";
	if (($ENV{PM_PLANS} // '') eq 'write') {
		open my $out, '>', $file or die "$file: $!";
		print $out $plan;
		close $out;
	}
	my $golden = '';
	if (open my $f, '<', $file) {
		local $/;
		$golden = <$f>;
	}
	unlike($plan, qr/^psql:|ERROR/m, "$s->{name}: planned");
	is($plan, $golden, "$s->{name}: as in $file");
	next unless defined $s->{plan};
	like($plan, qr/\Q$_\E/, "$s->{name} uses $_")
		for split /, */, $s->{plan};
}
my %there = map { ("$plans/$_->{name}.plan" => 1) } @all;
is(join(' ', grep { !$there{$_} } glob "$plans/*.plan"), '',
	'no plan of a statement that is gone');
done_testing;
