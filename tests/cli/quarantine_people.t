#!/usr/bin/perl
# What administrators do with much held mail at once and take back, what people
# ask for, and what is kept beyond its retention.
use strict;
use warnings;
use Test::More;
use lib 'tests/lib';
use Cwd qw(abs_path);
use Db;
use File::Temp qw(tempdir);
use JSON::PP;
use POSIX qw(strftime);
use Time::HiRes qw(sleep time);

plan skip_all => 'PostgreSQL is not installed' unless Db::installed();
my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $db = Db->new(migrate => 1);
my $root = tempdir('pm-quar-XXXXXX', TMPDIR => 1, CLEANUP => 1);
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
delete $ENV{SUDO_USER};
my $me = getpwuid($<);
use constant DAY => 86400;

chmod 0755, $root;
system('mkdir', '-p', "$root/etc/pm") == 0 or die;
open my $out, '>', "$root/etc/pm/wiring.lua" or die;
print $out 'return { name = "mx1", site = "example.org", roles = { "csm" }, ' .
	'domains = { "example.org" }, mta = { kind = "postfix" }, ' .
	"db = { connection = \"host=$db->{dir} dbname=pm\" } }";
close $out;

sub spawn {
	my ($file, @args) = @_;
	my $pid = fork() // die;
	return $pid if $pid;
	open STDOUT, '>', "$file.out" or die;
	open STDERR, '>', "$file.err" or die;
	exec $pm, 'quarantine', '--root', $root, @args
		or POSIX::_exit(127);
}

sub slurp {
	my ($path) = @_;
	open my $f, '<:raw', $path or die "$path: $!";
	local $/;
	return <$f> // '';
}

# Runs it: "exit code|stdout|stderr".
sub run_pm {
	waitpid spawn("$root/one", @_), 0;
	return ($? >> 8) . '|' . slurp("$root/one.out") . '|' .
		slurp("$root/one.err");
}

sub json_of { return map { decode_json($_) } split /\n/, (split /\|/, run_pm(@_,
	'--json'), 3)[1] }

# Held mail, straight into the tables: id of the n-th message of a day.
my $n = 0;
sub held {
	my ($reason, $rcpts, $days_ago) = @_;
	my $at = strftime('%Y-%m-%d %H:%M:%S+00', gmtime(time - DAY *
		($days_ago // 0)));
	my $id = $db->sql("select overlay(id_floor('$at')::text placing '7" .
		sprintf('%03x-8000-%012x', $n / 4096, ++$n) . "' from 15)");
	$db->sql(join ';', "insert into quarantine (class, id, appliance, received, sender,
		header_from, subject, reason, size, score, probability, open,
		words, record) values ('standard', '$id', 'mx1', '$at',
		'carol\@example.net', '', 'about $n', '$reason', 100, 0, 99, " .
		scalar(@$rcpts) . ", '{}', '\\x00')", (map {
		"insert into quarantine_rcpt (class, id, n, rcpt, address,
			reason) values ('standard', '$id', $_, '$rcpts->[$_]',
			'$rcpts->[$_]', '$reason')" } 0 .. $#$rcpts),
		"insert into quarantine_body values ('standard', '$id', 0, 'x')");
	return $id;
}

sub states {
	my ($id) = @_;
	return $db->sql("select string_agg(state, ' ' order by n)
		from quarantine_rcpt where id = '$id'");
}

my ($alice, $bob) = ('alice@example.org', 'bob@example.org');
my @spam = map { held('Spam', [$alice, $bob]) } 1 .. 5;
my $virus = held('Virus', [$alice]);
my $rude = held('Offensive', [$alice, $bob]);

# --- all that is found ------------------------------------------------------------
is(run_pm('delete', '--found'), "2||pm quarantine: --found: what? Give " .
	"options of list, such as --reason Spam\n", 'not everything by accident');
is(run_pm('delete', '--reason', 'Spam'), "2||pm quarantine: delete has no " .
	"--reason without --found\n", 'nor without saying so');
is(run_pm(qw(delete --found --reason Spam), $virus), "2||pm quarantine: delete: " .
	"$virus is too much\n", 'ids and a search are two things');
is(run_pm(qw(delete --found --rcpt @example.org)), "2||pm quarantine: --rcpt " .
	"\@example.org: with --found it is one whole address\n", 'a part of one');
is(run_pm(qw(delete --found --reason Spam --dry-run)), "0|5 messages would be " .
	"deleted\n|", 'a dry run');
is(states($spam[0]), 'held held', 'does nothing');
# One recipient was dealt with before: undo leaves him alone.
run_pm('delete', $spam[4], '--rcpt', $bob);
my $answer = run_pm(qw(delete --found --reason Spam --since 2));
my ($action) = $answer =~ /\A0\|5 messages deleted\nto take it back: pm quarantine undo (\S{36})\n\|\z/
	or diag $answer;
is(join(',', map { states($_) } @spam), join(',', ('deleted deleted') x 5),
	'all of them');
is(states($virus), 'held', 'and no other');
like(run_pm('actions'), qr/\A0\|\S+ \S+ +$action +$me +deleted +5 +--reason Spam --since 2\n\|\z/,
	'it is remembered');
# Somebody restores one by hand, and it is deleted again: that is no longer ours.
run_pm('restore', $spam[0]);
sleep 0.01;
run_pm('delete', $spam[0]);
# Two at once take it back: each message once.
my @pids = map { spawn("$root/undo$_", 'undo', $action, '--json') } 1 .. 2;
waitpid $_, 0 for @pids;
my @undone = map { decode_json(slurp("$root/undo$_.out")) } 1 .. 2;
is($undone[0]{done} + $undone[1]{done}, 4, 'two undos at once: each once');
is($undone[0]{recipients} + $undone[1]{recipients}, 7, 'for whom it was for');
is(join(',', map { states($_) } @spam), 'deleted deleted,' .
	'held held,held held,held held,held deleted', 'as before');
is(run_pm('undo', $action), "0|0 of 5 messages as before; 5 had been changed " .
	"since, or taken back\n|", 'a third time there is nothing to do');
like(run_pm('actions'), qr/ undone +5 /, 'and it says so');
is(run_pm('undo', $virus), "2||pm quarantine: there is no action $virus: `pm " .
	"quarantine actions` lists them\n", 'an unknown one');

# Released: those that wait come back, one that was sent does not.
($action) = run_pm(qw(release --found --reason Spam --rcpt), $alice) =~
	/\A0\|4 messages released\n.* (\S{36})\n\|\z/;
is(states($spam[1]), 'released held', 'for one recipient');
is($db->sql("select count(*) from job where state = 'waiting'"), 4, 'jobs');
$db->sql("update job set state = 'handed' where message = '$spam[1]'");
is(run_pm('undo', $action), "0|3 of 4 messages as before; 1 had been sent " .
	"already\n|", 'undo');
is(states($spam[1]) . ',' . states($spam[2]), 'released held,held held',
	'what was sent stays so');
is($db->sql("select string_agg(distinct state, ' ' order by state) from job"),
	'cancelled handed', 'the others are not sent');
is(run_pm(qw(release --found --reason Nothing)), "0|0 messages released\n|",
	'nothing found');
is(scalar json_of('actions'), 2, 'is no action');
is($db->sql("select count(*) from audit where what = 'quarantine: all found " .
	"deleted'"), 1, 'the audit has it');

# --- asking ----------------------------------------------------------------------
is(run_pm('request', $spam[2], '--rcpt', $alice), "2||pm quarantine: $spam[2] " .
	"need not be asked for: whoever it is for may release it\n",
	'what everybody may');
is(run_pm('request', $virus, '--rcpt', $alice), "2||pm quarantine: $virus: mail " .
	"that was withheld for this reason is released by administrators alone; " .
	"it cannot be asked for\n", 'what nobody may');
is(run_pm('request', $rude, '--rcpt', 'eve@example.org'), "2||pm quarantine: " .
	"eve\@example.org is no recipient of $rude\n", 'whose it is not');
is(run_pm('request', $rude), "2||pm quarantine: for whom? Give one --rcpt " .
	"ADDRESS\n", 'for nobody');
for my $note ('please', 'It is <b>the</b> contract') {
	is(run_pm('request', $rude, '--rcpt', 'Alice@example.org', '--note', $note,
		'--user', $alice), "0|$rude is asked for; `pm quarantine requests` " .
		"shows it to administrators\n|", "asked: $note");
}
run_pm('request', $rude, '--rcpt', $bob);
my @asked = json_of('requests');
is_deeply([map { [@$_{qw(id recipient asked_by note state reason sender)}] } @asked],
	[[$rude, $alice, $alice, 'It is <b>the</b> contract', 'open',
	'Offensive', 'carol@example.net'], [$rude, $bob, $me, '', 'open',
	'Offensive', 'carol@example.net']], 'one for each of them');
is(states($rude), 'held held', 'it stays held meanwhile');
is(run_pm('deny', $rude, '--rcpt', $bob, '--note', 'not at work'),
	"0|$rude stays held for $bob\n|", 'no');
like(run_pm('deny', $rude, '--rcpt', $bob), qr/\A2\|\|pm quarantine: $bob does not ask for $rude/,
	'once');
is(run_pm('release', $rude, '--rcpt', $alice), "0|$rude released\n|", 'yes');
is_deeply([map { "$_->{recipient} $_->{state} $_->{answer}" }
	sort { $a->{recipient} cmp $b->{recipient} } json_of('requests', '--all')],
	["$alice approved ", "$bob denied not at work"], 'both have their answer');
is(run_pm('requests'), "0|no request is open\n|", 'none is open');
is(run_pm('request', $rude, '--rcpt', $alice), "2||pm quarantine: $rude was " .
	"released for $alice\n", 'what one has is not asked for');
run_pm('request', $rude, '--rcpt', $bob);
is(scalar json_of('requests'), 1, 'after a no one may ask again');
run_pm('delete', $rude, '--rcpt', $bob);
is((json_of('requests', '--all'))[0]{answer}, 'it was deleted', 'deleted: no');
is($db->sql("select string_agg(what, ', ' order by at, key) from message_event
	where id = '$rude'"), 'asked for, asked for, asked for, refused to ' .
	'release, released, asked for, deleted', 'the timeline tells it');
is(run_pm('reason', 'Virus', '--release', 'request'), "0|Virus: whoever it is " .
	"for may ask for it\n|", 'a rule is changed');
like(run_pm('request', $virus, '--rcpt', $alice), qr/\A0\|/, 'and holds');
is(run_pm('reason', 'Virus', '--release', 'all'), "2||pm quarantine: all: user, " .
	"request or nobody may release\n", 'a wrong rule');

# --- how long ---------------------------------------------------------------------
is(run_pm('retention'), "0|standard              30 days    (every other reason)\n|",
	'what there is');
is(run_pm('retention', 'legal', 400), "0|mail of class legal is kept for 400 " .
	"days\n|", 'a class');
is(run_pm('reason', 'Blocked', '--class', 'legal'), "0|mail withheld as Blocked " .
	"is of class legal from now on; what is there stays as it is\n|",
	'for a reason');
like(run_pm('reasons'), qr{\A0\|Blocked +legal +400 days +request$}m, 'told');
like(run_pm('reason', 'Spam', '--class', 'short'), qr/\A2\|\|pm quarantine: short is no class: /,
	'a class that is not there');
for my $bad (['other', 5], ['Legal', 5], ['legal', 4000], ['legal']) {
	like(run_pm('retention', @$bad), qr/\A2\|\|pm quarantine: [^\n]+\n\z/,
		"retention @$bad");
}
is(run_pm(qw(retention legal 300)), "0|mail of class legal is kept for 300 days\n" .
	"what is older goes within the hour\n|", 'fewer days');

# Old mail: some kept for itself, some for who is away.
$db->sql('select partition_make(current_date - 60, current_date + 7)');
my ($kept, $gone, $away, $soon) = (held('Spam', [$bob], 40),
	held('Spam', [$bob], 40), held('Spam', ['dave@example.org'], 40),
	held('Spam', ['dave@example.org'], 30));
is(run_pm('keep', $kept), "0|$kept is kept\n|", 'kept');
is(run_pm('keep', $kept), "2||pm quarantine: $kept is kept already\n", 'once');
my $until = strftime('%Y-%m-%d', gmtime(time + 5 * DAY));
is(run_pm('hold', 'Dave@example.org', $until), "0|what is held for " .
	"Dave\@example.org stays until a week after $until\n|", 'away');
like(run_pm('hold'), qr/\A0\|$until +dave\@example\.org +$me\n\|\z/, 'listed');
for my $bad (['dave', $until], ['dave@example.org', '2020-01-01'],
	['dave@example.org', '2026-02-30']) {
	like(run_pm('hold', @$bad), qr/\A2\|\|pm quarantine: [^\n]+\n\z/,
		"hold @$bad");
}
# As the keeper's statement has it.
sub keeper {
	$db->sql("with kept as materialized (select quarantine_hold_keep(
		current_date) as n) select partition_drop(current_date) from kept");
}
sub there { return join '', map { $db->sql("select count(*) from quarantine q
	join quarantine_rcpt using (class, id) join quarantine_body using
	(class, id) where q.id = '$_'") } $kept, $gone, $away, $soon }
keeper();
is(there(), '1011', 'retention ends what nobody keeps');
is($db->sql("select class from quarantine where id = '$away'"), 'held',
	'what is held for him is out of its reach');
is(run_pm('delete', $away), "0|$away deleted\n|", 'it can be dealt with');
run_pm('restore', $away);
is(run_pm('unkeep', $kept), "0|$kept goes when its time is over\n|", 'let go');
keeper();
is(there(), '0011', 'it goes');
is(run_pm('back', 'dave@example.org'), "0|dave\@example.org: retention counts " .
	"again\n|", 'back');
is(run_pm('back', 'dave@example.org'), "2||pm quarantine: dave\@example.org was " .
	"not away\n", 'once');
keeper();
is(there(), '0001', 'his mail goes like any other');

# A reason whose mail is an archive, and many kept at once.
is(run_pm('reason', 'Virus', '--class', 'held'), "0|mail withheld as Virus is of " .
	"class held from now on; what is there stays as it is\n|", 'an archive');
is(run_pm('keep', $virus), "0|$virus is kept\n|", 'one of before');
is(run_pm('unkeep', $virus), "2||pm quarantine: $virus was withheld for a reason " .
	"whose mail is an archive: `pm quarantine reasons` lists them\n",
	'an archive is not let go by one message');
$db->sql("delete from retention_reason where reason = 'Virus'");
is(run_pm('unkeep', $virus), "0|$virus goes when its time is over\n|",
	'when it is none any more, it is');
is(run_pm(qw(release --found --reason Spam --wait 86401)), "2||pm quarantine: " .
	"--wait 86401: more than a day\n", 'a wait has its limit, with --found, too');
like(run_pm(qw(keep --found --reason Spam)), qr/\A0\|\d messages kept\n/,
	'keep all that is found');
like(run_pm(qw(unkeep --found --reason Spam)), qr/\A0\|5 messages unkept; for 1 there was nothing to do\n/,
	'and let it go');
is($db->sql("select count(*) from quarantine where class = 'held'"), 0,
	'none is left behind');
done_testing;
