#!/usr/bin/perl
# pm mta jobs: what people release from the database reaches the spool once,
# whoever dies between two steps.
use strict;
use warnings;
use Test::More;
use lib 'tests/lib';
use Cwd qw(abs_path);
use Db;
use File::Temp qw(tempdir);
use POSIX ();
use Time::HiRes qw(sleep time);

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $db = Db->new(migrate => 1);
my $top = tempdir('pm-jobs-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $root = "$top/mx1";
my $state = "$root/var/lib/pm";
my $inject = "$state/spool/inject";
my %running;
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';

sub spew {
	my ($path, $bytes) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $bytes;
	close $f or die;
}

sub slurp {
	my ($path) = @_;
	open my $f, '<:raw', $path or return '';
	local $/;
	return <$f> // '';
}

sub wire {
	my ($name, $db_part) = @_;
	spew("$top/$name/etc/pm/wiring.lua", "return { name = \"$name\", " .
		'site = "example.org", roles = { "mta", "filter" }, ' .
		'domains = { "example.org" }, mta = { kind = "postfix" }' .
		"$db_part }");
}

mkdir $root;
chmod 0755, $top, $root;
system('mkdir', '-p', "$root/etc/pm", "$state/quarantine",
	map { "$state/spool/$_" } qw(tmp new inject bad journal)) == 0 or die;
my $wired = ", db = { connection = \"host=$db->{dir} dbname=pm\" }";
wire('mx1', $wired);
spew("$root/etc/pm/body.key", '5a' x 32 . "\n");
if ($> == 0 && defined getpwnam 'pm-rec' && defined getpwnam 'pm-inj') {
	my @rec = (getpwnam 'pm-rec')[2, 3];
	chown @rec, glob("$state/*"), glob("$state/spool/*");
	chown +(getpwnam 'pm-inj')[2, 3], $inject;
	chown 0, (getgrnam('pm-body') // $rec[1]), "$root/etc/pm/body.key";
	chmod 0640, "$root/etc/pm/body.key";
	chmod 02770, "$state/quarantine";
}

# The second appliance: the same site, a disk of its own.
system('cp', '-a', $root, "$top/mx2") == 0 or die;
wire('mx2', $wired);

# Starts a process of an appliance; its pid.
sub start_on {
	my ($appliance, $role, $process, %env) = @_;
	my $pid = fork() // die;
	if ($pid) {
		$running{$pid} = 1;
		return $pid;
	}
	open STDERR, '>>', "$root/log" or die;
	$ENV{$_} = $env{$_} for keys %env;
	exec $pm, $role, $process, '--root', "$top/$appliance" or
		POSIX::_exit(127);
}

sub start {
	return start_on('mx1', @_);
}

sub stop {
	my ($pid, $signal) = @_;
	kill $signal // 'TERM', $pid;
	waitpid $pid, 0;
	delete $running{$pid};
	return $?;
}

END {
	local $?;
	stop($_, 'KILL') for keys %running;
}

sub until_ok {
	my ($what, $test) = @_;
	my $end = time + 15;
	my $good;
	sleep 0.05 until ($good = $test->()) || time > $end;
	return ok($good, $what) || diag(slurp("$root/log"));
}

sub quarantine {
	my @args = @_;
	open my $out, '-|', $pm, 'quarantine', '--root', $root, @args or die;
	my $text = do { local $/; <$out> } // '';
	close $out;
	return $text;
}

# --- a message in the database -------------------------------------------------

my $text = "Subject: hello\r\nFrom: a\@b.example\r\n\r\nthe text\r\n";
spew("$root/m", $text);
chomp(my $id = quarantine('add', "$root/m", qw(--rcpt Alice@example.org
	--rcpt bob@example.org --reason Spam --sender carol@example.net)));
utime 1, 1, grep { !/state$/ } glob "$state/quarantine/*/*";
my $archiver = start('filter', 'archiver');
until_ok('the message is in the database', sub {
	!(grep { -e } glob "$state/quarantine/*/$id") &&
	$db->sql("select count(*) from quarantine") eq 1 });
stop($archiver);

# What lies in the injector's folder; hidden ones have a dot.
sub copies {
	opendir my $d, $inject or die;
	return join ' ', map { s/\Q$id\E-j[0-9a-f]{12}/ID/r }
		sort grep { !/^\.\.?$/ } readdir $d;
}

sub clear {
	unlink glob("$inject/* $inject/.??*");
	$db->sql("truncate job; update quarantine_rcpt set state = 'held';
		update quarantine set open = 2");
}

sub job_state {
	return $db->sql('select state from job order by made');
}

sub release {
	is(quarantine('release', $id), "$id released\n", 'release');
}

# Sleeps between two steps: the hidden copy is there, and the job is so far.
sub sleeps {
	my ($step) = @_;
	return sub { copies() eq '.ID' && job_state() eq $step };
}

# --- the way -------------------------------------------------------------------

my $jobs = start('mta', 'jobs');
until_ok('ready', sub { $db->sql("select count(*) from pg_stat_activity
	where usename = 'pm_injector'") eq 1 });
my $begun = time;
release();
until_ok('it is handed over', sub { copies() eq 'ID' });
cmp_ok(time - $begun, '<', 4, 'at once: a notice wakes it');
is(job_state(), 'handed', 'and so says its job');
my ($file) = glob "$inject/*";
my $bytes = slurp($file);
my ($magic, $head, $n) = unpack 'a4 V/a Q<', $bytes;
my ($from, @rcpts) = unpack 'V/a V/(V/a)', $head;
is("$magic <$from> (@rcpts)", 'pmC1 <carol@example.net> ' .
	'(Alice@example.org bob@example.org)', 'the envelope as it came');
is(substr($bytes, 8 + length($head) + 8, $n), $text, 'the bytes as they came');
clear();
is(quarantine('release', $id, '--wait', 2), "$id released\n", 'one that waits');
sleep 0.5;
is(copies(), '', 'waits');
is(quarantine('restore', $id), "$id held again\n", 'and is undone');
is(job_state(), 'cancelled', 'for good');
clear();
is(stop($jobs), 0, 'ends when it is told to');

# --- killed between two steps ----------------------------------------------------

for my $try (1 .. 2) {
	my $pid = start('mta', 'jobs', PM_TEST_STOP => 'written');
	release();
	until_ok('sleeps before the commit', sleeps('leased'));
	stop($pid, 'KILL');
	$pid = start('mta', 'jobs');
	sleep 0.5;
	is(copies(), '.ID', 'the lease is kept to its end');
	$db->sql("update job set lease_until = now()");
	until_ok('then it is sent', sub { copies() eq 'ID' });
	is(job_state(), 'handed', 'once');
	stop($pid);
	clear();

	$pid = start('mta', 'jobs', PM_TEST_STOP => 'handed');
	release();
	until_ok('sleeps after the commit', sleeps('handed'));
	stop($pid, 'KILL');
	$pid = start('mta', 'jobs');
	until_ok('the next one hands it over', sub { copies() eq 'ID' });
	unlink glob "$inject/*";	# the injector has sent it
	stop($pid);
	$pid = start('mta', 'jobs');
	sleep 0.5;
	is(copies(), '', 'what was sent is not made again');
	stop($pid);
	clear();
}

# A lease that is over while its holder sleeps: another takes it.
my $pid = start('mta', 'jobs', PM_TEST_STOP => 'written');
release();
until_ok('one sleeps with a lease', sleeps('leased'));
$db->sql("update job set lease_until = now()");
my $other = start_on('mx2', 'mta', 'jobs');
until_ok('another appliance takes the job', sub { job_state() eq 'handed' });
until_ok('and sends it', sub {
	(my @sent = glob "$top/mx2/var/lib/pm/spool/inject/*") == 1 });
until_ok('the first one does not', sub { copies() eq '' });
stop($_) for $pid, $other;
clear();

# A connection that ends in the commit: nobody knows, it is sent once.
$db->sql(q{
	create function cut() returns trigger language plpgsql
		security definer set search_path = pm as $$
	begin
		if new.state = 'handed' and new.tries < 2 then
			perform pg_terminate_backend(pg_backend_pid());
		end if;
		return null;
	end $$;
	create constraint trigger cut after update on job
		deferrable initially deferred
		for each row execute function cut()});
$pid = start('mta', 'jobs');
release();
until_ok('a commit fails', sub { copies() eq '.ID' && slurp("$root/log") =~
	/jobs: .*connection lost/ });
$db->sql("update job set lease_until = now()");
until_ok('it is tried again', sub { copies() eq 'ID' });
is(job_state(), 'handed', 'and sent once');
$db->sql('drop trigger cut on job');
clear();

# --- what can never be sent ----------------------------------------------------

$db->sql("update quarantine_body set sealed = '\\x01' || sealed");
release();
until_ok('a body that does not open', sub { job_state() eq 'failed' });
is(copies(), '', 'is not sent');
is($db->sql("select text from alarm"), "message $id cannot be sent: its body " .
	"does not open with etc/pm/body.key", 'an alarm says so');
like(quarantine('show', $id), qr/ failed its body does not open with/,
	'and the message\'s story');
is(quarantine('restore', $id), "$id held again\n",
	'it can be held again, to be released when that is mended');
stop($pid);

# --- no database ------------------------------------------------------------------

wire('mx1', '');
$pid = start('mta', 'jobs');
sleep 0.5;
is(waitpid($pid, POSIX::WNOHANG()), 0, 'no database: it waits for its end');
is(stop($pid), 0, 'and ends well');
done_testing;
