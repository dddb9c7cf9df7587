#!/usr/bin/perl
# Groups: made and changed; the quarantine, the log and reports searched by
# them; all that a group has found is acted upon for its people alone.
use strict;
use warnings;
use Test::More;
use lib 'tests/lib';
use Cwd qw(abs_path);
use Db;
use File::Temp qw(tempdir);
use JSON::PP;
use POSIX qw(strftime);

plan skip_all => 'PostgreSQL is not installed' unless Db::installed();
my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $db = Db->new(migrate => 1);
my $root = tempdir('pm-group-XXXXXX', TMPDIR => 1, CLEANUP => 1);
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
delete $ENV{SUDO_USER};
my $me = getpwuid($<);

chmod 0755, $root;
system('mkdir', '-p', "$root/etc/pm") == 0 or die;
open my $out, '>', "$root/etc/pm/wiring.lua" or die;
print $out 'return { name = "mx1", site = "example.org", roles = { "csm" }, ' .
	'domains = { "example.org" }, mta = { kind = "postfix" }, ' .
	"db = { connection = \"host=$db->{dir} dbname=pm\" } }";
close $out;

# Runs it: (exit code, stdout, stderr).
sub pm {
	my ($applet, @args) = @_;
	my @said;
	my $pid = fork() // die;
	if (!$pid) {
		open STDOUT, '>', "$root/out" or die;
		open STDERR, '>', "$root/err" or die;
		exec $pm, $applet, '--root', $root, @args or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	my $code = $? >> 8;
	for my $name (qw(out err)) {
		open my $in, '<:raw', "$root/$name" or die;
		local $/;
		push @said, <$in> // '';
	}
	return ($code, @said);
}
sub ok_pm {
	my ($code, $said, $error) = pm(@_);
	is("$code$error", 0, "pm @_");
	return $said;
}
sub wrong_pm {
	my ($like, @args) = @_;
	my ($code, $said, $error) = pm(@args);
	like("$code|$said|$error", qr/\A2\|\|[^\n]*$like[^\n]*\n\z/, "@args");
}

# --- groups themselves --------------------------------------------------------
like(ok_pm('group'), qr/no group yet/, 'none yet');
ok_pm('group', 'make', 'clinic', '--about', 'Everybody <b>');
ok_pm('group', 'make', 'wards', '--in', 'clinic');
ok_pm('group', 'make', 'empty');
ok_pm('group', 'add', 'clinic', 'Dean@Example.org');
ok_pm('group', 'add', 'wards', 'nurse@example.org', 'eye.example',
	'.lab.example', 'a_b.example');
is(ok_pm('group', 'show', 'wards'),
	".lab.example\na_b.example\neye.example\nnurse\@example.org\n", 'its own');
is(ok_pm('group', 'show', 'clinic'), "dean\@example.org\n",
	'in lower case, without those below');
is(ok_pm('group', 'show', 'clinic', '--deep') =~ tr/\n//, 5,
	'--deep: with those below');
is(ok_pm('group', 'show', 'empty'), '', 'one without members');
is_deeply([map { decode_json($_) } split /\n/,
	ok_pm('group', 'list', '--json')], [
	{ name => 'clinic', parent => '', about => 'Everybody <b>', members => 1 },
	{ name => 'empty', parent => '', about => '', members => 0 },
	{ name => 'wards', parent => 'clinic', about => '', members => 4 }],
	'the list');
ok_pm('group', 'make', 'wards', '--about', 'Beds');
like(ok_pm('group'), qr/^wards +clinic +4 +Beds$/m, 'changed, where it stood');

wrong_pm('there is no group nobody', 'group', 'show', 'nobody');
wrong_pm('there is no group nobody', 'group', 'add', 'nobody', 'a@b.example');
wrong_pm('there is no group nobody', 'group', 'drop', 'nobody');
wrong_pm('cannot stand in wards', 'group', 'make', 'clinic', '--in', 'wards');
wrong_pm('cannot stand in clinic', 'group', 'make', 'clinic', '--in', 'clinic');
wrong_pm('cannot stand in nobody', 'group', 'make', 'new', '--in', 'nobody');
wrong_pm('no name of a group', 'group', 'make', $_)
	for "x'y", 'UPPER', '', '.x', 'a b', 'x' x 65;
wrong_pm('a member is an address', 'group', 'add', 'empty', 'ok@example.org', $_)
	for 'a b@example.org', '@example.org', 'x@', 'x@.example', '*', '%',
	'a@b@c.example', "a\nb\@example.org", '..example', 'x' x 400 . '@x.example';
is(ok_pm('group', 'show', 'empty'), '', 'a wrong one: none was added');
wrong_pm('has groups below it, wards', 'group', 'drop', 'clinic');
wrong_pm('usage: pm group add', 'group', 'add', 'empty');
wrong_pm('did you mean show', 'group', 'shwo', 'x');
wrong_pm('drop has no --in', 'group', 'drop', 'empty', '--in', 'x');
like(ok_pm('group', 'remove', 'wards', 'NURSE@example.org', 'x@example.org'),
	qr/^1 of 2 were members$/, 'removed');
ok_pm('group', 'add', 'wards', 'nurse@example.org', 'nurse@example.org');
ok_pm('group', 'make', 'top', '--in', 'empty');
ok_pm('group', 'make', 'top', '--in', '');
ok_pm('group', 'drop', 'top');
is($db->sql("select count(*), min(who) from pm.audit where what like
	'group: %'"), "11|$me", 'who did it is in the audit');

# --- what they find -----------------------------------------------------------
my $day = strftime('%Y-%m-%d', gmtime);
my $n = 0;
sub mail {
	my ($from, $held, @rcpts) = @_;
	my $id = $db->sql("select overlay(id_floor(now() - interval '1 h' +
		interval '${\ $n++} s')::text placing '7' from 15 for 1)");
	my ($outcome, $reason) = $held ? ('quarantined', 'Spam') :
		('delivered', '');
	# As the recorder writes it; the record is what track_details reads.
	$db->sql("insert into pm.message values ('$id', 'mx1', id_time('$id'),
		'203.0.113.$n', '', '', '$from', 'Q$n', 'subject $n', '$from',
		'm$n\@x.example', 100, 0, 50, '$outcome', 1, '')");
	$db->sql("insert into pm.quarantine values ('standard', '$id', 'mx1',
		id_time('$id'), '203.0.113.$n', '$from', '$from', 'subject $n',
		'Spam', 100, 0, 97, @{[scalar @rcpts]}, '{}', '')") if $held;
	for my $i (0 .. $#rcpts) {
		my $low = lc $rcpts[$i];
		$db->sql("insert into pm.message_rcpt values ('$id', $i,
			'$low', '$outcome', '$reason')");
		$db->sql("insert into pm.quarantine_rcpt (class, id, n, rcpt,
			address, reason) values ('standard', '$id', $i,
			'$low', '$rcpts[$i]', 'Spam')") if $held;
	}
	return $id;
}
my %id = (
	nurse => mail('x@out.example', 1, 'Nurse@example.org', 'other@example.org'),
	eye => mail('x@out.example', 1, 'doc@eye.example'),
	below => mail('x@out.example', 1, 'doc@deep.lab.example'),
	lab => mail('x@out.example', 1, 'doc@lab.example'),
	dean => mail('y@out.example', 1, 'dean@example.org'),
	like => mail('y@out.example', 1, 'doc@axb.example'),
	notdean => mail('y@out.example', 1, 'xdean@example.org'),
	plain => mail('y@out.example', 0, 'dean@example.org'),
	sent => mail('doc@eye.example', 0, 'z@out.example'),
	nobody => mail('y@out.example', 0, 'z@out.example'),
);
my %name = reverse %id;
sub found {
	my (@args) = @_;
	return join ' ', sort map { $name{decode_json($_)->{id}} } split /\n/,
		ok_pm(@args, '--json');
}
my @list = ('quarantine', 'list');
is(found(@list, '--group', 'wards'), 'below eye nurse',
	'held for a group: an address, a domain, those below a domain');
is(found(@list, '--group', 'clinic'), 'below dean eye nurse',
	'and with the groups below it');
is(found(@list, '--group', 'empty'), '', 'a group without members: nothing');
is(found(@list, '--group', 'clinic', '--rcpt', 'other@'), '',
	'the same recipient is asked for by both');
is(found(@list, '--group', 'clinic', '--sender', 'y@out'), 'dean',
	'with another option');
is(found(@list, '--group', 'clinic', '--limit', '2') =~ tr/ //, 1, 'a page');
wrong_pm('there is no group nobody', @list, '--group', 'nobody');

is($db->sql("select count(*) from pm.message"), 10, 'the log has ten');
is(ok_pm('report', 'categories', '--group', 'clinic', '--csv') =~
	s/^"(\S+?)",(\d+),\d+\r?$/$1=$2/mgr =~ s/\A.*\n//r,
	"quarantined=4\ndelivered=1\n", 'a report of a group, by recipients');
like(ok_pm('report', 'recipients', '--group', 'wards', '--csv'),
	qr/^"nurse\@example\.org",1,100\r?$/m, 'its recipients');
unlike(ok_pm('report', 'recipients', '--group', 'wards', '--csv'),
	qr/other\@example/, 'and no others');
like(ok_pm('report', 'withheld', '--group', 'clinic', '--csv'),
	qr/^"$day",[1-4],/m, 'by day');
wrong_pm('"viruses" is not counted for groups', 'report', 'viruses',
	'--group', 'clinic');
wrong_pm('there is no group nobody', 'report', 'volume', '--group', 'nobody');

# --- all that is found for a group --------------------------------------------
like(ok_pm('quarantine', 'release', '--found', '--group', 'wards',
	'--dry-run'), qr/^3 messages would be released$/m, 'a dry run');
my ($action) = ok_pm('quarantine', 'delete', '--found', '--group', 'wards') =~
	/undo (\S+)/;
sub states { return $db->sql("select string_agg(rcpt || '=' || state, ' '
	order by rcpt) from pm.quarantine_rcpt where id = '$id{$_[0]}'") }
is(states('nurse'), 'nurse@example.org=deleted other@example.org=held',
	'for its people, not for who else has the message');
is(states('eye'), 'doc@eye.example=deleted', 'of a domain');
is(states('lab'), 'doc@lab.example=held', 'not what the group does not have');
like(ok_pm('quarantine', 'actions'), qr/--group wards/, 'as it was asked');
ok_pm('quarantine', 'undo', $action);
is(states('nurse'), 'nurse@example.org=held other@example.org=held',
	'taken back');

wrong_pm('there is no group nobody', 'log', 'search', '--group', 'nobody');
done_testing;
