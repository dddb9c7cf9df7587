#!/usr/bin/perl
# pm quarantine where a database is wired: entries that were moved there are
# found, shown and acted upon like those on disk, and an order is one order
# whoever dies in its middle.
use strict;
use warnings;
use Test::More;
use lib 'tests/lib';
use Cwd qw(abs_path);
use Db;
use File::Temp qw(tempdir);
use JSON::PP;
use POSIX ();
use Time::HiRes qw(sleep time);

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $db = Db->new(migrate => 1);
my $root = tempdir('pm-quar-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $state = "$root/var/lib/pm";
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
delete $ENV{SUDO_USER};
my $me = getpwuid($<);
my $TIME = qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;

sub spew {
	my ($path, $bytes) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $bytes;
	close $f or die;
}

sub slurp {
	my ($path) = @_;
	open my $f, '<:raw', $path or die "$path: $!";
	local $/;
	return <$f> // '';
}

# --- a root as set-up makes it -----------------------------------------------

chmod 0755, $root;
system('mkdir', '-p', "$root/etc/pm", "$state/quarantine",
	map { "$state/spool/$_" } qw(tmp new inject bad journal)) == 0 or die;
sub wire {
	my ($roles, $connection) = @_;
	spew("$root/etc/pm/wiring.lua", 'return { name = "mx1", ' .
		'site = "example.org", roles = { ' . $roles . ' }, domains = ' .
		'{ "example.org" }, mta = { kind = "postfix" }, db = { ' .
		"connection = \"$connection\" } }");
}
my $conninfo = "host=$db->{dir} dbname=pm";
wire('"filter"', $conninfo);
spew("$root/etc/pm/body.key", '5a' x 32 . "\n");
if ($> == 0 && defined getpwnam 'pm-rec') {
	my @rec = (getpwnam 'pm-rec')[2, 3];
	chown @rec, "$root/etc/pm/body.key", glob("$state/*"),
		glob("$state/spool/*");
	chmod 02770, "$state/quarantine";
}

# Starts pm quarantine; its pid.
sub spawn {
	my ($file, @args) = @_;
	my $pid = fork() // die;
	return $pid if $pid;
	open STDOUT, '>', "$file.out" or die;
	open STDERR, '>', "$file.err" or die;
	exec $pm, 'quarantine', '--root', $root, @args
		or POSIX::_exit(127);
}

# Runs it: "exit code|stdout|stderr".
sub run_pm {
	waitpid spawn("$root/one", @_), 0;
	return ($? >> 8) . '|' . slurp("$root/one.out") . '|' .
		slurp("$root/one.err");
}

# The ids of a list, as the letters under which they were added.
my (%id, %letter);
sub listed {
	my $answer = run_pm('list', '--json', @_);
	$answer =~ /\A0\|(.*)\|\z/s or return $answer;
	return join '', map { $letter{ decode_json($_)->{id} } // '?' }
		split /\n/, $1;
}

# Puts a message in, under a letter.
sub add {
	my ($letter, $text, @args) = @_;
	spew("$root/m", $text);
	my ($id) = run_pm('add', "$root/m", @args) =~ /\A0\|(\S{36})\n\|\z/
		or die "not added: " . slurp("$root/one.err");
	$id{$letter} = $id;
	$letter{$id} = $letter;
	sleep 0.005;
	return $id;
}

# Runs a process of ours until the test is true.
sub while_running {
	my ($role, $process, $test) = @_;
	my $pid = fork() // die;
	if ($pid == 0) {
		open STDERR, '>>', "$root/log" or die;
		exec $pm, $role, $process, '--root', $root
			or POSIX::_exit(127);
	}
	my $end = time + 20;
	sleep 0.05 until $test->() || time > $end;
	kill 'TERM', $pid;
	waitpid $pid, 0;
	return time <= $end;
}

sub move_all {
	my @files = grep { !/state$/ } glob "$state/quarantine/*/*";
	utime 1, 1, @files;	# old: the journal had its time to tell
	ok(while_running('filter', 'archiver', sub {
		!grep { !/state$/ } glob "$state/quarantine/*/*" }),
		'the archiver moves what is on disk') or diag slurp("$root/log");
}

# --- two places, one list ------------------------------------------------------

my $message = "Subject: %s\r\nFrom: %s\r\n\r\n%s\r\n";
add('a', sprintf($message, 'Your invoice 4711', 'Al <al@bank.example>',
	'please pay the zebra'), qw(--rcpt Alice@example.org --rcpt
	bob@example.org --reason Spam --sender Carol@Example.NET));
add('b', sprintf($message, 'hello 100%_x', 'b@b', 'giraffe and zebra'),
	qw(--rcpt bob@example.org --reason Virus --sender dave@evil.example));
add('c', sprintf($message, 'bounce', '', 'x'), qw(--rcpt
	alice@example.org --reason Spam));
is(listed(), 'cba', 'on disk: the newest first');
like(run_pm('show', $id{a}), qr/^place      disk$/m,
	'show says where it is');
move_all();
add('d', sprintf($message, 'fresh invoice', 'd@d', 'zebra'),
	qw(--rcpt bob@example.org --reason Spam --sender x@y.example));
is(listed(), 'dcba', 'disk and database in one list');
is($db->sql("select count(*) from quarantine"), 3, 'three were moved');

is(listed('--limit', 2), 'dc', '--limit');
is(listed('--limit', 2, '--before', $id{c}), 'ba', '--before');
is(listed('--rcpt', 'ALICE@example.org'), 'ca', 'a whole recipient');
is(listed('--rcpt', '@example.org'), 'dcba', 'a domain');
is(listed('--rcpt', 'bo'), 'dba', 'a part of a recipient');
is(listed('--sender', 'carol@'), 'a', 'a part of the sender');
is(listed('--sender', 'BANK'), 'a', 'a part of From');
is(listed('--sender', '%'), '', 'nothing is special in it');
is(listed('--subject', 'invoice'), 'da', 'a word of the subject');
is(listed('--words', 'Zebra'), 'dba', 'a word of the text');
is(listed('--words', 'zebra giraffe'), 'b', 'two words');
is(listed('--words', 'zeb'), '', 'words are whole');
is(run_pm('list', '--words', '!'), "2||pm quarantine: no word of 2 to 40 " .
	"letters or digits to look for\n", 'no word at all');
is(listed('--reason', 'spam'), 'dca', 'a reason');
is(listed('--score', 1), '', 'a score that none has');
is(listed('--since', 1), 'dcba', '--since');
is(listed('--until', 1), '', '--until');
$db->sql("update quarantine set relay = '192.0.2.7' where id = '$id{b}'");
is(listed('--relay', '192.0.2.0/24'), 'b', 'a network');
is(listed('--relay', '192.0.2.7'), 'b', 'a relay');
is(run_pm('list', '--relay', '192.0.2'), "2||pm quarantine: --relay " .
	"192.0.2: must be an address or a network such as 192.0.2.0/24\n",
	'a wrong network');
is(run_pm('list', '--state', 'x'), "2||pm quarantine: --state x: held, " .
	"released or deleted\n", 'a wrong state');

like(run_pm('show', $id{a}), qr{\A0\|id         $id{a}
state      held
place      database
received   [-0-9]+ [:0-9]+ UTC
subject    Your invoice 4711
from       Al <al\@bank\.example>
sender     <Carol\@Example\.NET>
size       80 bytes
spam       0 % \(score 0\.000\)
reason     Spam
recipient  Alice\@example\.org
           bob\@example\.org
because    added by $me
\|\z}, 'show, from the database');
is(run_pm('show', '--source', $id{a}), '0|' . sprintf($message,
	'Your invoice 4711', 'Al <al@bank.example>', 'please pay the zebra') .
	'|', 'its bytes');

# --- orders ------------------------------------------------------------------

sub jobs {
	my ($letter) = @_;
	return $db->sql("select kind || ' ' || state || ' ' || array_to_string(
		array(select convert_from(r, 'UTF8') from unnest(rcpts) r), ',')
		from job where message = '$id{$letter}' order by made");
}

is(run_pm('release', $id{a}, '--rcpt', 'eve@example.org'),
	"2||pm quarantine: eve\@example.org is no recipient of $id{a}: use " .
	"forward\n", 'not to strangers');
is(run_pm('release', $id{a}, '--rcpt', 'alice@EXAMPLE.org'),
	"0|$id{a} released\n|", 'release for one of two');
is(jobs('a'), 'release waiting Alice@example.org', 'a job, as it was sent');
is(listed(), 'dcba', 'still held for the other');
like(run_pm('show', $id{a}), qr/^recipient  Alice\@example\.org \(released\)
           bob\@example\.org$/m, 'show says who has it');
like(run_pm('release', $id{a}, '--rcpt', 'Alice@example.org'),
	qr/\A2\|\|pm quarantine: $id{a} was released at $TIME by $me: use --again\n\z/,
	'not twice');
is(jobs('a'), 'release waiting Alice@example.org', 'no second job');
is(run_pm('release', $id{a}), "0|$id{a} released\n|", 'then for the rest');
is(jobs('a'), "release waiting Alice\@example.org\n" .
	"release waiting bob\@example.org", 'for the rest only');
is(listed(), 'dcb', 'now it is not held any more');
is(listed('--state', 'released'), 'a', '--state released');
is($db->sql("select open from quarantine where id = '$id{a}'"), 0,
	'nobody waits for it');
like(run_pm('show', '--json', $id{a}), qr/"history":\["$TIME $me released to Alice\@example\.org","$TIME $me released to bob\@example\.org"\]/,
	'its history');
is($db->sql("select who || ' ' || via || ' ' || what from audit order by n"),
	"$me cli quarantine released\n$me cli quarantine released", 'audit');

is(run_pm('restore', $id{a}, '--rcpt', 'bob@example.org'),
	"0|$id{a} held again\n|", 'restore what was not sent');
is(jobs('a'), "release waiting Alice\@example.org\n" .
	"release cancelled bob\@example.org", 'its job is cancelled');
is(listed(), 'dcba', 'held again');
$db->sql("update job set state = 'handed' where state = 'waiting'");
like(run_pm('restore', $id{a}, '--rcpt', 'Alice@example.org'),
	qr/\A2\|\|pm quarantine: $id{a} was released at $TIME by $me\n\z/,
	'what was sent stays sent');
is(run_pm('release', $id{a}, '--again', '--wait', 60), "0|$id{a} released\n|",
	'--again');
is($db->sql("select convert_from(rcpts[1], 'UTF8') || ' ' || cardinality(rcpts)
	|| ' ' || (not_before > now() + interval '50 s') from job where message
	= '$id{a}' order by made desc limit 1"), 'Alice@example.org 2 true',
	'for both, later');
is(run_pm('restore', $id{a}), "0|$id{a} held again\n|", 'undone in time');
is($db->sql("select string_agg(state, ' ' order by n) from quarantine_rcpt
	where id = '$id{a}'"), 'released held', 'as it was before');

is(run_pm('release', '--approve', $id{b}), "0|$id{b} released\n|",
	'release and approve');
is($db->sql("select owner, kind, key, gone, changed_by from user_data"),
	"bob\@example.org|approved|dave\@evil.example|f|$me", 'the sender is on ' .
	'the list');
is(run_pm('release', '--approve', $id{c}), "2||pm quarantine: $id{c} has no " .
	"sender that could be approved: release it only\n", 'not of a bounce');
is(jobs('c'), '', 'then nothing is done');

is(run_pm('forward', $id{c}, qw(--rcpt boss@example.org --rcpt x@y.example)),
	"0|$id{c} forwarded\n|", 'forward');
is(jobs('c'), 'forward waiting boss@example.org,x@y.example', 'a job');
is(listed(), 'dca', 'it stays held');
is(run_pm('delete', $id{c}), "0|$id{c} deleted\n|", 'delete');
is(listed(), 'da', 'not listed any more');
like(run_pm('release', $id{c}),
	qr/\A2\|\|pm quarantine: $id{c} was deleted at $TIME by $me: restore it\n\z/,
	'nor released');
is(run_pm('restore', $id{c}), "0|$id{c} held again\n|", 'restore');
is(listed(), 'dca', 'held again');
is(run_pm('restore', $id{c}), "2||pm quarantine: $id{c} is held: there is " .
	"nothing to restore\n", 'once');

# --- on disk, where the database has no say --------------------------------------

is(run_pm('release', '--approve', $id{d}), "2||pm quarantine: $id{d} is still " .
	"on disk: that needs the database\n", 'on disk nobody is approved');
is(run_pm('release', $id{d}), "0|$id{d} released\n|", 'released from disk');
ok(-e "$state/spool/inject/$id{d}-r1", 'it goes straight to the injector');
move_all();
like(run_pm('show', $id{d}), qr/^state      released$/m,
	'moved, it stays released');
like(run_pm('release', $id{d}),
	qr/\A2\|\|pm quarantine: $id{d} was released at $TIME by $me: use --again\n\z/,
	'and is not sent twice');
my $nobody = '0193fd23-0000-7000-8000-000000000000';
is(run_pm('show', $nobody), "2||pm quarantine: no message $nobody in the " .
	"quarantine: `pm quarantine list --all` shows them\n", 'an unknown id');

# --- two at once -------------------------------------------------------------------

for my $try (1 .. 5) {
	$db->sql("update quarantine_rcpt set state = 'held' where id = '$id{c}';
		update quarantine set open = 1 where id = '$id{c}';
		delete from job where message = '$id{c}'");
	my @pids = map { spawn("$root/$_", 'release', $id{c}) } 1 .. 3;
	waitpid $_, 0 for @pids;
	is(join('', sort map { slurp("$root/$_.out") } 1 .. 3),
		"$id{c} released\n", "three clicks: one has an effect ($try)");
	is(jobs('c'), 'release waiting alice@example.org', 'one job');
}

# --- doubt ---------------------------------------------------------------------

# The server ends our connection when it commits.
$db->sql("update quarantine_rcpt set state = 'held' where id = '$id{c}';
	update quarantine set open = 1 where id = '$id{c}';
	delete from job where message = '$id{c}'");
$db->sql(q{
	create function cut() returns trigger language plpgsql
		security definer as $$
	begin
		perform pg_terminate_backend(pg_backend_pid());
		return null;
	end $$;
	create constraint trigger cut after insert on job
		deferrable initially deferred
		for each row execute function cut()});
like(run_pm('release', $id{c}),
	qr/\A3\|\|pm quarantine: database: commit: connection lost[^\n]*\n\z/,
	'a connection that is cut at each commit: one clear line');
is(jobs('c'), '', 'nothing was done');
is(listed('--sender', 'nobody'), '', 'and the list works');
is(listed('--reason', 'Spam', '--limit', 1), 'c', 'it is still held');
$db->sql('drop trigger cut on job');
is(run_pm('release', $id{c}), "0|$id{c} released\n|", 'then it works');
is(jobs('c'), 'release waiting alice@example.org', 'once');

# --- without the database --------------------------------------------------------

add('e', sprintf($message, 'last', 'e@e', 'x'), qw(--rcpt bob@example.org
	--reason Spam));
$db->stop;
my $answer = run_pm('list', '--json');
like($answer, qr/\A3\|\{"id":"$id{e}"[^\n]*\n\|pm quarantine: only what is on disk is shown: database: [^\n]*\n\z/,
	'the list is of disk, and says so');
is(run_pm('release', $id{e}), "0|$id{e} released\n|",
	'what is on disk is released all the same');
ok(-e "$state/spool/inject/$id{e}-r1", 'at once');
like(run_pm('release', $id{a}), qr/\A3\|\|pm quarantine: $id{a} is not on this appliance's disk, and the database does not answer \(database: [^\n]*\): try again\n\z/,
	'and of what is not there one line says why');
SKIP: {
	$> == 0 or skip 'needs root', 1;
	my $pid = spawn_as_nobody();
	waitpid $pid, 0;
	like(slurp("$root/one.err"), qr/\Apm quarantine: the quarantine is for root and for whom etc\/pm belongs to: sudo pm quarantine/,
		'others are told who may');
}

sub spawn_as_nobody {
	my $pid = fork() // die;
	return $pid if $pid;
	open STDOUT, '>', "$root/one.out" or die;
	open STDERR, '>', "$root/one.err" or die;
	POSIX::setgid(65534);
	POSIX::setuid(65534);
	exec $pm, 'quarantine', 'list', '--root', $root or POSIX::_exit(127);
}

done_testing;
