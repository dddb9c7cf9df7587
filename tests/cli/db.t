#!/usr/bin/perl
# pm db: a PostgreSQL that starts by itself, survives what kills it, keeps its
# house, and whose content goes into a file and back.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Appliance;
use Db;
use POSIX ();
use Time::HiRes qw(sleep time);

plan skip_all => 'PostgreSQL is not installed' unless Db::installed();

# Every migration there is; and alarms that do not take their time.
my @schema = map { s{.*/}{}r } sort glob 'sql/schema/*.sql';
my ($schema_at) = $schema[-1] =~ /^(\d+)/;
$ENV{PM_TEST_ALARM_RAISE_MS} = $ENV{PM_TEST_ALARM_HOLD_MS} = 0;
$ENV{PM_TEST_ALARM_ROUND_MS} = 100;
my $app = Appliance->new(roles => '"db", "csm"',
	web => Appliance::free_port());
my $root = $app->{root};
$app->setup;
# The pages are not needed here.
my $wiring = slurp("$root/etc/pm/wiring.lua");
$wiring =~ s/^(\s*roles = ).*$/$1\{ "db" },/m or die;
spew("$root/etc/pm/wiring.lua", $wiring);

sub slurp {
	my ($path) = @_;
	open my $in, '<:raw', $path or die "$path: $!";
	local $/;
	return <$in> // '';
}

sub spew {
	my ($path, $text) = @_;
	open my $out, '>:raw', $path or die "$path: $!";
	print $out $text;
	close $out or die "$path: $!";
}

# What a statement answers, or what psql complains of.
sub sql {
	my ($text) = @_;
	my ($code, $out) = $app->pm('db', 'psql', '--', '-Atqc', $text);
	chomp $out;
	return $out;
}

sub wait_for {
	my ($what, $seconds) = @_;
	my $until = time + $seconds;
	my $got;
	sleep 0.05 until ($got = $what->()) || time > $until;
	return $got;
}

sub process {
	my ($name) = @_;
	my $s = $app->status or return {};
	my ($p) = grep { "$_->{role}/$_->{process}" eq $name }
		@{ $s->{processes} };
	return $p // {};
}

# --- the first start --------------------------------------------------------
# A start that was interrupted has left half a cluster.
mkdir "$root/var/lib/pm/db";
mkdir "$root/var/lib/pm/db/pg.new";
spew("$root/var/lib/pm/db/pg.new/PG_VERSION", "15\n");
chown +(getpwnam 'pm-db')[2, 3], "$root/var/lib/pm/db/pg.new" if $> == 0;
$app->start(60);
my $data = "$root/var/lib/pm/db/pg";
ok(!-e "$root/var/lib/pm/db/pg.new", 'a half-made cluster is not used');
is(sprintf('%o', (stat "$root/var/lib/pm/db")[2] & 07777), '700',
	'the folder is closed');
is((stat $data)[4], (getpwnam 'pm-db')[2], 'and pm-db\'s') if $> == 0;
is(sql('select current_user'), 'pm', 'psql is the owner');
is(sql('show data_checksums'), 'on', 'pages have checksums');
is(sql('show listen_addresses'), '', 'nothing listens on the network');
is(sql('select name from public.pm_migration order by number'),
	join("\n", @schema), 'the schema is there');
my ($code, $out) = $app->pm('db', 'psql', '--', '-c', 'select 1/0');
is($code, 1, 'psql\'s own exit code');
like($out, qr/division by zero/, 'and words');
my $today = POSIX::strftime('%Y-%m-%d', gmtime);
my $yesterday = POSIX::strftime('%Y-%m-%d', gmtime(time - 86400));
($code, $out) = $app->pm('db', 'status');
is($code, 0, 'status');
like($out, qr/\APostgreSQL \s+1\d\..*\nsize \s+\d+\ MB\n
	connections \s+\d+\ of\ \d+\nschema \s+$schema_at\n
	message\ log \s+9\ days,\ from\ (?:$yesterday|$today)\n
	outside \s+0\ rows\ in\ no\ partition\ of\ a\ day\n\z/x, 'what it says');

# --- who may come in --------------------------------------------------------
sub as_user {
	my ($user, $login) = @_;
	my @psql = ((glob '/usr/lib/postgresql/*/bin/psql')[-1], '-XAtqc',
		'select current_user',
		"host=/proc/self/cwd/run/pm/db dbname=pm user=$login");
	my $pid = open my $in, '-|' // die;
	if (!$pid) {
		open STDERR, '>&', \*STDOUT;
		chdir $root;
		exec 'setpriv', "--reuid=$user",
			'--regid=' . (getpwnam $user)[3],
			$user eq 'nobody' ? '--clear-groups' : '--groups=pm',
			@psql;
	}
	my $text = do { local $/; <$in> };
	close $in;
	chomp $text;
	return $text;
}
SKIP: {
	skip 'only root has other users', 5 if $> != 0;
	is(as_user('pm-rec', 'pm_recorder'), 'pm_recorder', 'its own login');
	like(as_user('pm-rec', 'pm'), qr/Peer authentication failed/,
		'not another one');
	like(as_user('pm-inj', 'pm_recorder'), qr/Peer authentication failed/,
		'nor another\'s');
	is(as_user('pm-db', 'pm'), 'pm', 'the keeper owns it');
	like(as_user('nobody', 'pm_admin'), qr/Permission denied/,
		'others do not get that far');
}

# --- killed -----------------------------------------------------------------
sql("insert into list (name) values ('before')");
my ($postmaster) = slurp("$data/postmaster.pid") =~ /\A(\d+)/;
my $parent = $app->pid_of('db/postgres');
isnt($postmaster, $parent, 'the server has a parent of ours');

sub restarted {
	my ($what, $victim) = @_;
	kill 'KILL', $victim;
	ok(wait_for(sub {
		my ($pid) = -e "$data/postmaster.pid" ?
			slurp("$data/postmaster.pid") =~ /\A(\d+)/ : ();
		return $pid && $pid != $postmaster &&
			sql('select name from list') eq 'before';
	}, 60), "$what was killed: it is back, with what was committed")
		or diag $app->log_tail(30);
	($postmaster) = slurp("$data/postmaster.pid") =~ /\A(\d+)/;
}
restarted('the server', $postmaster);
like(slurp("$root/var/log/pm/pm.log"),
	qr/error: PostgreSQL was killed by signal 9/, 'its end is told');
restarted('its parent', $app->pid_of('db/postgres'));
kill 'KILL', $app->{pid};
waitpid $app->{pid}, 0;
$app->start(60);
is(sql('select name from list'), 'before', 'the supervisor was killed');
ok(wait_for(sub { process('db/keeper')->{state} eq 'ready' }, 30),
	'the keeper comes back too');

# --- the keeper's work ------------------------------------------------------
my $before = $app->pid_of('db/keeper');
# One round of it, now.
sub round {
	kill 'HUP', $app->pid_of('db/keeper');
}
sql(q{insert into counter_5min (at, appliance, name, n, bytes) values
	(date_trunc('hour', now() - interval '50 h'), 'a', 'x', 3, 30),
	(date_trunc('hour', now() - interval '50 h') + interval '5 min', 'a', 'x',
		4, 40),
	(date_trunc('hour', now() - interval '2 h'), 'a', 'x', 5, 50)});
sql(q{insert into counter_hour (at, appliance, name, n, bytes) values
	(now() - interval '91 days', 'a', 'old', 7, 70)});
sql(q{insert into counter_day (at, appliance, name, n, bytes) values
	(now() - interval '3 years', 'a', 'older', 9, 90)});
sql(q{insert into session (token, scope, who, rights, csrf, ends, peer) values
	('a', 'csm', 'w', '{}', '', now() - interval '1 s', ''),
	('b', 'csm', 'w', '{}', '', now() + interval '1 h', '')});
sql(q{insert into job (key, kind, message, rcpts, made, made_by, state)
	select gen_random_uuid(), 'release', gen_random_uuid(), '{}',
	now() - interval '31 days', 'w', s
	from unnest('{waiting,handed,failed}'::text[]) s});
round();
my $counted = "select string_agg(n || '/' || bytes, ' ' order by at) from ";
ok(wait_for(sub { sql("$counted counter_day where name = 'old'") eq '7/70' },
	20), 'hours go into days before they go');
is(sql("$counted counter_hour where name = 'x'"), '7/70 5/50', 'hours');
is(sql("select sum(n) from counter_day where name = 'x'"), '12', 'days');
ok(wait_for(sub { sql('select count(*) from counter_5min') eq '1' }, 10),
	'five minutes are kept for 36 hours');
is(sql("select count(*) from counter_hour where name = 'old'"), '0',
	'hours for 90 days');
is(sql("select count(*) from counter_day where name = 'older'"), '0',
	'days for two years');
is(sql("select encode(token, 'escape') from session"), 'b',
	'sessions end');
ok(wait_for(sub { sql('select state from job') eq 'waiting' }, 10),
	'jobs that are done go after a month');

# Late ones, and those that are still counted.
sql(q{insert into counter_5min (at, appliance, name, n, bytes) values
	(date_trunc('hour', now() - interval '50 h'), 'a', 'x', 1, 10)});
sql(q{update counter_5min set n = n + 1, bytes = bytes + 1
	where at > now() - interval '3 h'});
round();
ok(wait_for(sub { sql("$counted counter_hour where name = 'x'") eq
	'8/80 6/51' }, 20), 'what comes late is added once');
round();
sleep 0.5;
is(sql("select sum(n) || '/' || sum(bytes) from counter_day
	where name = 'x'"), '14/131', 'another round adds nothing');

# --- what has no partition --------------------------------------------------
sub put {
	my ($at) = @_;
	sql(qq{insert into message select overlay(id_floor($at)::text placing
		substr(gen_random_uuid()::text, 20) from 20)::uuid, 'mx9', $at,
		null, '', '', '', '', '', '', '', 1, 0, 0, 'delivered', 1, ''});
}
put("now() - interval '20 days'");
round();
my $then = POSIX::strftime('%Y%m%d', gmtime(time - 20 * 86400));
ok(wait_for(sub { sql("select count(*) from message_$then") eq '1' }, 20),
	'mail of an older day gets its partition');
put("now() + interval '30 days'");
put("now() + interval '1 hour'");
round();
# A round of the keeper's own may come between the two rows.
ok(wait_for(sub { (process('db/keeper')->{degraded} // '') =~
	/outside.*clocks/ }, 20),
	'what is odd is told');
like(process('db/keeper')->{degraded}, qr/^rows\ outside\ all\ partitions:\ 1
	\ in\ message_other;\ clocks\ are\ ahead\ of\ the\ database's:
	\ mx9\ by\ 2\d+\ s$/x, 'in which partition, whose clock');
ok(wait_for(sub { sql("select string_agg(name, ' ' order by name) from alarm
	where cleared is null and appliance = 'demo'") eq 'clock partition' },
	20), 'and as alarms');
sql("delete from message where received > now()");
round();
ok(wait_for(sub { (process('db/keeper')->{degraded} // '') eq '' }, 20),
	'well again');
ok(wait_for(sub { sql("select count(*) from alarm
	where cleared is null") eq '0' }, 20), 'alarms are cleared');
is($app->pid_of('db/keeper'), $before, 'all by one keeper');

# --- into a file and back ---------------------------------------------------
my $file = "$root/dump";
sql("insert into job (key, kind, message, rcpts, made_by, not_before) select
	gen_random_uuid(), 'release', id_floor('2200-01-01'), '{a}', 'al',
	now() + interval '1 h'");
is(join(' ', $app->pm('db', 'dump', $file)), '0 ', 'dump');
is(sprintf('%o', (stat $file)[2] & 07777), '600', 'for its owner only');
sql("insert into list (name) values ('after')");
my $started = $app->pid_of('db/postgres');
is(join(' ', $app->pm('db', 'load', $file)), "0 $file loaded\n", 'load');
is(sql('select name from list'), 'before', 'as it was');
is(sql('select count(*) from session'), '0', 'nobody is logged in');
is(sql('select count(*) from job'), '2', 'jobs are there');
is(sql("select state || ': ' || error from job where made_by = 'al'"),
	'failed: a dump was loaded: it may be sent already',
	'but what waited then is not sent by itself');
is(sql("select who from message_event where what = 'failed'
	and id = id_floor('2200-01-01')"), 'al', 'its timeline says so');
like(sql("select text from alarm where name = 'jobs-of-a-dump'
	and cleared is null"), qr/^\d releases, forwards and digests waited .*-0000-/,
	'and an alarm');
is(sql("select has_table_privilege('pm_login', 'account', 'update')"), 't',
	'logins keep their rights');
is(sql("select string_agg(datname, ' ' order by datname) from pg_database"),
	'pm postgres template0 template1', 'nothing else stays');
is($app->pid_of('db/postgres'), $started, 'nothing was restarted');
spew("$root/rubbish", 'no dump');
($code, $out) = $app->pm('db', 'load', "$root/rubbish");
is($code, 3, 'rubbish is refused');
like($out, qr/^pm db load: pg_restore failed, and has said why above$/m,
	'and it is said');
my ($bin) = (glob '/usr/lib/postgresql/*/bin')[-1];
spew("$root/cut", substr slurp($file), 0, (-s $file) * 0.7);
is(($app->pm('db', 'load', "$root/cut"))[0], 3, 'half a dump, too');
sql('create database other');
system("cd $root && setpriv --pdeathsig KILL $bin/pg_dump -Fc -f other " .
	"'host=/proc/self/cwd/run/pm/db dbname=other user=pm'");
is(join(' ', $app->pm('db', 'load', "$root/other")), "2 pm db load: $root" .
	"/other is not a dump of pm's database\n", 'a dump of something else');
is(sql('select name from list'), 'before', 'nothing has changed');
is(sql("select string_agg(datname, ' ' order by datname) from pg_database"),
	'other pm postgres template0 template1', 'nothing is left');
system("$Appliance::PM db dump - --root $root >$root/piped");
sql("delete from list");
is(system("$Appliance::PM db load - --root $root <$root/piped >/dev/null"), 0,
	'through pipes');
is(sql('select name from list'), 'before', 'there and back');
is(join(' ', $app->pm('db', 'dump')), '2 pm db dump: name one FILE, or - ' .
	"for the standard output\n", 'dump needs a file');
is(join(' ', $app->pm('db', 'dupm', 'x')), '2 pm db: no command or process ' .
	"\"dupm\": did you mean \"dump\"?\n", 'a word nobody knows');

# --- what it does not start with --------------------------------------------
sub stopped_by {
	my ($name, $do, $undo, $state, $words) = @_;
	$app->pm('stop', 'db');
	ok(wait_for(sub { process('db/postgres')->{state} eq 'down' }, 60),
		"$name: stopped");
	$do->();
	$app->pm('start', 'db');
	ok(wait_for(sub { (process('db/postgres')->{degraded} // '') =~
		$words }, 20), "$name: told")
		or diag explain(process('db/postgres')), $app->log_tail;
	is(process('db/postgres')->{state}, $state, "$name: $state");
	$undo->();
}
my $site = "$root/etc/pm/postgresql.conf";
stopped_by('a bad configuration', sub { spew($site, "work_mem = 4MB\nwrok = 1\n") },
	sub { unlink $site }, 'failed',
	qr/unrecognized configuration parameter "wrok" in file ".*" line 2/);
my $version = slurp("$data/PG_VERSION");
stopped_by('another version', sub { spew("$data/PG_VERSION", "9\n") },
	sub { spew("$data/PG_VERSION", $version) }, 'failed',
	qr/the cluster is of PostgreSQL 9, which is not installed/);
SKIP: {
	skip 'only root gives files away', 3 if $> != 0;
	stopped_by('another owner', sub { chown 0, 0, $data },
		sub { chown +(getpwnam 'pm-db')[2, 3], $data }, 'failed',
		qr/pg belongs to uid 0, but the database runs as uid \d+/);
}
$app->pm('start', 'db');
ok(wait_for(sub { sql('select name from list') eq 'before' }, 60),
	'mended, it starts');
my $stop = time;
ok($app->stop, 'it stops');
cmp_ok(time - $stop, '<', 15, 'in time');
ok(!-e "$data/postmaster.pid", 'in order');
done_testing;
