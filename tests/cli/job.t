#!/usr/bin/perl
# The scheduler: jobs as data, one run at a time on an appliance and in a site,
# missed ones once, failures as alarms, bad files that change nothing.
use strict;
use warnings;
use Test::More;
use JSON::PP;
use POSIX ();
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use Appliance;
use Db;

plan skip_all => 'PostgreSQL is not installed' unless Db::installed();
$ENV{PM_TEST_ALARM_RAISE_MS} = $ENV{PM_TEST_ALARM_HOLD_MS} = 0;
$ENV{PM_TEST_ALARM_ROUND_MS} = 100;
my $db = Db->new(migrate => 1);
my ($one, $two) = map { my $app = Appliance->new(mta => '',
	roles => '"filter"', top => 'db = { connection = "' . $db->conninfo .
	'" },'); $app->setup; rename_to($app, $_); $app } qw(mx1 mx2);

sub rename_to {
	my ($app, $name) = @_;
	my $path = "$app->{root}/etc/pm/wiring.lua";
	my $text = slurp($path);
	$text =~ s/name = "demo"/name = "$name"/ or die;
	Appliance::write_file($path, $text);
}

sub slurp {
	my ($path) = @_;
	open my $in, '<', $path or return '';
	local $/;
	return <$in> // '';
}

sub write_jobs {
	my ($app, $text) = @_;
	Appliance::write_file("$app->{root}/etc/pm/jobs.lua",
		"return {\n$text\n}\n");
}

sub until_true {
	my ($seconds, $test) = @_;
	my $end = time + $seconds;
	sleep 0.05 until $test->() || time > $end;
	return $test->();
}

# pm as a process of its own; a handle to read its end from.
sub later {
	my ($app, @words) = @_;
	my $pid = open my $in, '-|' // die;
	return $in if $pid;
	my ($code, $out) = $app->pm(@words);
	print "$code $out";
	POSIX::_exit(0);
}

sub job { my ($app, $name) = @_;
	return decode_json(($app->pm('job', 'show', $name, '--json'))[1]) }
sub runs { my ($app, $name) = @_;
	return map { decode_json($_) } split /\n/,
		($app->pm('job', 'history', $name, '--json'))[1] }

# Its state as a file, as if time had passed.
sub put_log {
	my ($app, $name, $last_s) = @_;
	my $path = "$app->{root}/var/lib/pm/jobs/$name.log";
	open my $out, '>', "$path.t" or die "$path: $!";
	print $out pack 'C Q< C L<', 1, $last_s * 1000, 0, 0;
	close $out;
	rename "$path.t", $path or die;
}

# Somebody who can be waited for: a list is a file that is no file.
my $slow = 'slow = { when = "daily 03:30", command = { "list", "import", ' .
	"\"slow\", \"$one->{root}/fifo\" }, user = \"root\",";
POSIX::mkfifo("$one->{root}/fifo", 0600) or die;

# --- what there is --------------------------------------------------------------
my ($code, $out) = $one->pm('job');
is($code, 0, 'list');
like($out, qr/^backup +off +daily 03:30 +- +- *$/m, 'the shipped ones are off')
	if $out =~ /backup/;
unlike($out, qr/^$_ /m, "no applet $_: its job is left out")
	for grep { system("$Appliance::PM help $_ >/dev/null 2>&1") }
		qw(digest backup);
write_jobs($one, 'table = { when = "weekly sun 04:00", zone = "UTC", command =
	{ "alarm", "conditions" }, enabled = true, about = "what can be" },
	alarms = { when = "monthly 1 00:05" },');
is(join(' ', $one->pm('job', 'check')) =~ s/\d+ jobs/N jobs/r,
	"0 N jobs, all well\n", 'check');
is(job($one, 'alarms')->{when}, 'monthly 1 00:05', 'a shipped one is changed');
is(job($one, 'alarms')->{command}, 'alarm test', 'and else stays as it is');
my $table = job($one, 'table');
is((gmtime $table->{next_ms} / 1000)[6] . ' ' .
	POSIX::strftime('%H:%M', gmtime $table->{next_ms} / 1000), '0 04:00',
	'next is on a Sunday');

# --- a run ------------------------------------------------------------------------
($code, $out) = $one->pm('job', 'run', 'table');
is($code, 0, 'run');
like($out, qr/^database +error +the database does not answer$/m,
	'its output is ours');
my @runs = runs($one, 'table');
is(scalar @runs, 1, 'it is written down');
is_deeply([@{ $runs[0] }{qw(state code)}, $runs[0]{by}], ['done', 0,
	(getpwuid $>)[0]], 'how it ended, who asked');
like($runs[0]{output}, qr/None is needed\.\z/, 'the end of what it said');
cmp_ok(length $runs[0]{output}, '<=', 2000, 'and no more');
like(($one->pm('job', 'history', 'table'))[1],
	qr/^\S+ \S+  done +\d+ s  by \w+\n    /, 'for people');

# --- wrong files -----------------------------------------------------------------
my @wrong = (
	['x = { wen = "daily 03:30", command = { "list" } }',
		'x.wen: unknown key; did you mean "when"?'],
	['x = { when = "dayly", command = { "list" } }', 'x.when: "dayly" is not'],
	['x = { when = "daily 03:30" }', 'x: command is missing'],
	['x = { when = "daily 03:30", command = "rm -rf /" }',
		'x.command: must be a list of words'],
	['x = { when = "daily 03:30", command = { "sh", "-c" } }',
		'x.command: pm has no applet "sh"'],
	['x = { when = "daily 03:30", command = { "supervise" } }',
		'x.command: must be an applet that'],
	['x = { when = "daily 03:30", command = { "list" }, user = "mail" }',
		'x.user: must be "root" or'],
	['x = { when = "daily 03:30", command = { "list" }, zone = "Bonn" }',
		'x.zone: must be a time zone'],
	['x = { when = "daily 03:30", command = { "list" }, timeout = "2 d" }',
		'x.timeout: must be a time'],
	['["../x"] = { when = "daily 03:30", command = { "list" } }',
		'../x: must be a name'],
	['x = 1', 'x: must be a name'],
	['x = {', "'}' expected"],
);
for my $w (@wrong) {
	write_jobs($one, $w->[0]);
	($code, $out) = $one->pm('job', 'check');
	like("$code $out", qr/^2 pm job: etc\/pm\/jobs\.lua:? ?.*\Q$w->[1]\E/,
		$w->[1]);
}
if ($> == 0) {
	write_jobs($one, '');
	chmod 0666, "$one->{root}/etc/pm/jobs.lua";
	like(($one->pm('job', 'check'))[1], qr/others than its owner root may/,
		'a file that others may write is refused');
	chmod 0644, "$one->{root}/etc/pm/jobs.lua";
}
is(join(' ', $one->pm('job', 'run', 'bakup')) =~ s/: .*//sr, '2 pm job',
	'no such job');

# --- one at a time -----------------------------------------------------------------
write_jobs($one, "$slow timeout = \"1 s\" }");
my $first = later($one, 'job', 'run', 'slow');
until_true(5, sub { job($one, 'slow')->{running} });
is(join(' ', $one->pm('job', 'run', 'slow')),
	"3 pm job: slow is running already\n", 'a second run is refused');
is((runs($one, 'slow'))[0]{state}, 'runs', 'history: it runs');
like(scalar <$first> // '', qr/^143 /, 'it took too long: ended');
close $first;
like((runs($one, 'slow'))[0]{output}, qr/it took too long and was ended\z/,
	'and says so');
ok(!job($one, 'slow')->{running}, 'it is over');

# Its user, where there are users.
SKIP: {
	skip 'not root', 1 if $> != 0;
	write_jobs($one, $slow =~ s/"root"/"pm-agent"/r . '}');
	chmod 0666, "$one->{root}/fifo";
	my $run = later($one, 'job', 'run', 'slow');
	my $uid;
	until_true(5, sub {
		for my $f (glob '/proc/[0-9]*/cmdline') {
			next unless slurp($f) =~ /^pm\0list\0--root\0\.\0import/;
			($uid) = slurp($f =~ s/cmdline/status/r) =~
				/^Uid:\s+(\d+)/m;
		}
		return defined $uid && $uid;
	});
	is($uid, scalar getpwnam('pm-agent'), 'it runs as its user');
	open my $feed, '>', "$one->{root}/fifo";
	close $feed;
	close $run;
}

# --- one of the site -------------------------------------------------------------------
write_jobs($_, 'once = { when = "daily 03:30", command = { "alarm",
	"conditions" }, site = true, enabled = true }') for $one, $two;
my $due = int(time) . '000';
my @both = map { later($_, 'job', 'run', 'once', '--due', $due) } $one, $two;
my @ends = map { my $h = $_; local $/; my $t = <$h>; close $h; $t } @both;
is_deeply(\@ends, ['0 ', '0 '], 'two appliances at once: both content');
my @states = sort map { (runs($_, 'once'))[0]{state} } $one, $two;
is_deeply(\@states, ['done', 'elsewhere'], 'one has run it');
is($db->sql("select ended is not null, code from schedule_run"), 't|0',
	'the database knows');
$one->pm('job', 'run', 'once', '--due', $due);
is((runs($one, 'once'))[0]{code}, -2, 'the same moment is not done again');
# Who died in it gives it up with the time.
$db->sql("update schedule_run set ended = null, appliance = 'mx9'");
$two->pm('job', 'run', 'once', '--due', $due + 1000);
like((runs($two, 'once'))[0]{output}, qr/^mx9 runs it/, 'who has it');
$db->sql("update schedule_run set lease_until = now() - interval '1 s'");
$two->pm('job', 'run', 'once', '--due', $due + 2000);
is((runs($two, 'once'))[0]{state}, 'done', 'a lease that is over');

# --- by itself -------------------------------------------------------------------------
# Three days down: it was due three times, and is done once.
write_jobs($one, 'missed = { when = "daily 03:30", command = { "alarm",
	"conditions" }, enabled = true },
	fails = { when = "daily 03:30", command = { "quarantine", "show",
	"nothing" }, user = "root", enabled = true },
	off = { when = "daily 03:30", command = { "alarm", "conditions" } }, ' .
	"$slow enabled = true },");
put_log($one, $_, time - 3 * 86400) for qw(missed fails off slow);
$one->start;
ok(until_true(20, sub { (runs($one, 'missed'))[0] &&
	(runs($one, 'missed'))[0]{state} eq 'done' }), 'missed: it is done');
is((runs($one, 'missed'))[0]{by}, 'schedule', 'by the schedule');
ok(until_true(20, sub { ($one->pm('alarm', 'list'))[1] =~
	/schedule: job fails failed with code 2/ }), 'a failure is an alarm');
is(scalar runs($one, 'off'), 0, 'one that is off is not done');
is(scalar runs($one, 'missed'), 1, 'three that were missed are one');
like(join(' ', $one->pm('job', 'disable', 'fails')), qr/^0 fails is disabled/,
	'disable');
$one->pm('job', 'run', 'missed');
ok(until_true(20, sub { ($one->pm('alarm', 'list'))[0] == 0 ||
	($one->pm('alarm', 'list'))[1] !~ /schedule/ }), 'the alarm is over');
is(scalar runs($one, 'missed'), 2, 'by hand it runs again');
# The scheduler dies in the middle: the job with it, and it is not doubled.
ok(until_true(10, sub { job($one, 'slow')->{running} }), 'slow is running');
my $scheduler = $one->pid_of('agent/scheduler');
kill 'KILL', $scheduler;
ok(until_true(20, sub { my $p = $one->pid_of('agent/scheduler');
	$p && $p != $scheduler }), 'it is started again');
ok(until_true(10, sub { !job($one, 'slow')->{running} }),
	'nothing of the old one runs on');
sleep 1.5;
is(scalar runs($one, 'slow'), 1, 'nothing is done twice');
# A bad file changes nothing.
write_jobs($one, 'x = 1');
ok(until_true(10, sub { ($one->pm('status'))[1] =~ /jobs\.lua: x: must be/ }),
	'a bad file is told');
write_jobs($one, 'on = { when = "every 1 min", command = { "alarm",
	"conditions" } }');
ok(until_true(10, sub { ($one->pm('status'))[1] !~ /jobs\.lua: x: must be/ }),
	'mended');
like(join(' ', $one->pm('job', 'enable', 'on')), qr/^0 on is enabled; next \d/,
	'enable');

# --- the database is away ----------------------------------------------------------------
$db->stop;
($code, $out) = $two->pm('job', 'run', 'once', '--due', $due + 9000);
is($code, 3, 'one of the site waits for the database') or diag $out;
is(scalar(grep { $_->{due_ms} == $due + 9000 } runs($two, 'once')), 0,
	'its moment is not used up');
$db->start;
($code, $out) = $two->pm('job', 'run', 'once', '--due', $due + 9000);
is("$code " . (runs($two, 'once'))[0]{state}, '0 done', 'and is done then');
ok($one->stop, 'it stops');
done_testing;
