#!/usr/bin/perl
# The archiver: what the journal and the quarantine on disk have comes into
# the database, each once, whatever is in it and whoever dies meanwhile.
use strict;
use warnings;
use Test::More;
use lib 'tests/lib';
use Db;
use File::Temp qw(tempdir);
use Journal;
use POSIX ();
use Time::HiRes qw(sleep time);

my $pm = $ENV{PM} // 'build/rel/pm';
my $db = Db->new(migrate => 1);
my $root = tempdir('pm-archive-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $state = "$root/var/lib/pm";
my $journal = "$state/spool/journal";
my ($pid, $files) = (undef, 0);

# --- a root as set-up makes it, and an archiver on it -------------------------

chmod 0755, $root;
system('mkdir', '-p', "$root/etc/pm", "$state/quarantine",
	map { "$state/spool/$_" } qw(tmp new inject bad journal)) == 0 or die;
spew("$root/etc/pm/wiring.lua", 'return { name = "t", site = "example.org", ' .
	'roles = { "filter" }, domains = { "example.org" }, db = { connection = "'
	. $db->conninfo('pm_recorder') . '" } }');
spew("$root/etc/pm/body.key", '5a' x 32 . "\n");
if ($> == 0 && defined getpwnam 'pm-rec') {
	my @rec = (getpwnam 'pm-rec')[2, 3];
	chown @rec, "$root/etc/pm/body.key", $_ for glob("$state/*"),
		glob("$state/spool/*");
}

sub spew {
	my ($path, $bytes) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $bytes;
	close $f or die;
}

sub log_text {
	open my $f, '<', "$root/log" or return '';
	local $/;
	return <$f> // '';
}

sub start {
	$pid = fork() // die;
	return if $pid;
	open STDERR, '>>', "$root/log" or die;
	open STDOUT, '>>', "$root/status" or die;
	local $^F = 255;
	$ENV{PM_STATUS_FD} = 1;
	exec $pm, 'filter', 'archiver', '--root', $root or POSIX::_exit(127);
}

sub stop {
	my ($signal) = @_;
	kill $signal // 'TERM', $pid;
	waitpid $pid, 0;
	undef $pid;
	return $?;
}

END { if ($pid) { local $?; stop('KILL') } }

sub status {
	open my $f, '<', "$root/status" or return '';
	my @lines = <$f>;
	return $lines[-1] // '';
}

# What it last said of an alarm: "": it is over.
sub alarm_said {
	my ($name) = @_;
	open my $f, '<', "$root/status" or return undef;
	return (map { /^alarm \Q$name\E ?(.*)/ ? $1 : () } <$f>)[-1];
}

sub until_ok {
	my ($seconds, $what, $test) = @_;
	my $end = time + $seconds;
	my $good;
	sleep 0.05 until ($good = $test->()) || time > $end;
	ok($good, $what) or diag(log_text(), status());
}

# A file of the journal that its writer has let go.
sub put_journal {
	my $path = sprintf "$journal/20261122.%d", ++$files;
	Journal::write($path, @_);
	return $path;
}

sub journal_done {
	my @left = glob "$journal/*";
	return !@left;
}

sub all_read {
	my ($what) = @_;
	until_ok(20, $what, \&journal_done);
}

# --- the messages -------------------------------------------------------------

my $now = int(time) * 1000;
my @plain = map { Journal::id($now) } 1 .. 3;
put_journal(
	Journal::record(id => $plain[0], from => 'Sender@Example.NET',
		rcpts => ['A@example.org', 'b@example.org'], size => 100,
		trace => "a b/tag 50-x.lua:3: breaks-dkim(x.example); "
		. "prefix_subject([x])\n",
		groups => [['delivered', '', 0], ['quarantined', 'Spam', 1]]),
	Journal::record(id => $plain[1], why => 'scanner busy',
		groups => [['deferred', '', 0]], relay => 'local'),
	Journal::record(id => $plain[2], rcpts => [], size => 0,
		groups => [['rejected', 'Rejected']], received => $now));
start();
all_read('a complete journal is read and removed');
is($db->sql("select sender, outcome, relay, size, subject, appliance from
	message where id = '$plain[0]'"),
	'sender@example.net|quarantined|192.0.2.1|100|Hello|t',
	'the row of a message');
is($db->sql("select n, rcpt, outcome, reason from message_rcpt
	where id = '$plain[0]' order by n"),
	"0|a\@example.org|delivered|\n1|b\@example.org|quarantined|Spam",
	'a row for each recipient, with his own outcome');
is($db->sql("select outcome, relay is null from message
	where id = '$plain[1]'"), 'deferred|t', 'no address: a null');
is($db->sql("select outcome, (select count(*) from message_rcpt r
	where r.id = m.id) from message m where id = '$plain[2]'"),
	'rejected|0', 'a refused session has a row, and no recipients');
my $counters = "select name, sum(n), sum(bytes) from counter_5min
	group by name order by name";
is($db->sql($counters), join("\n", 'breaks-dkim/a b/tag|1|100',
	'deferred|1|1234', 'delivered|1|100',
	'quarantined|1|100', 'quarantined/Spam|1|100', 'rejected|1|0',
	'rejected/Rejected|1|0'), 'counters by outcome and reason, and rules that broke a signature');

# --- again, and cut ------------------------------------------------------------

my @repeat = (Journal::record(id => $plain[0],
	rcpts => ['A@example.org', 'b@example.org'], size => 100,
	groups => [['delivered', '', 0], ['quarantined', 'Spam', 1]]),
	(Journal::record(id => Journal::id($now))) x 2);
my $before = $db->sql($counters) =~ s/^delivered.*$/delivered|2|1334/mr;
my $torn = put_journal(@repeat);
truncate $torn, (-s $torn) - 1;
all_read('a torn end is no obstacle');
is($db->sql("select count(*) from message"), 4, 'each id has one row');
is($db->sql($counters), $before, 'and is counted once');
like(log_text(), qr/20261122\.2: its end was never written whole/,
	'the log tells of it');

# --- what no form should hold ----------------------------------------------------

my $sql = q{'; drop table pm.message; --};
my $html = '<script>alert(1)</script>';
my @rows = (
	['NUL', subject => "a\0b\0", from => "\0\@x", helo => "\0"],
	['invalid UTF-8', map { $_ => "\xff\xfe\xc3(\xed\xa0\x80" } qw(subject
		from helo relay relay_name header_from message_id queue why)],
	['a megabyte', map { $_ => 'w ' x 500_000 } qw(subject from helo
		relay relay_name header_from message_id queue)],
	['a megabyte of wrong bytes', map { $_ => join '', map { chr(128 +
		$_ * 7919 % 128) } 1 .. 100_000 } qw(subject from helo
		relay_name header_from message_id queue)],
	['year 0', received => -62167219200000, id => Journal::id(0)],
	['year 99999', received => 3093527980799999,
		id => Journal::id(281474976710655)],
	['before time', received => -9223372036854775808],
	['after time', received => 9223372036854775807],
	['SQL', map { $_ => $sql } qw(subject from helo relay relay_name
		header_from message_id queue why)],
	['HTML', map { $_ => $html } qw(subject from helo relay relay_name
		header_from message_id queue why)],
	['numbers', size => 18446744073709551615, score => -2147483648,
		took => 4294967295, probability => 100],
);
my %hostile;
put_journal(map {
	my ($name, %r) = @$_;
	$hostile{$name} = $r{id} //= Journal::id($now);
	Journal::record(%r, rcpts => [$r{from} // 'r'],
		groups => [['quarantined', $r{subject} // 'x', 0]]);
} @rows);
all_read('hostile rows are taken');
is($db->sql("select count(*) from message where id = '$hostile{$_}'"), 1,
	"$_: there") for map { $_->[0] } @rows;
is($db->sql("select subject, sender from message where id =
	'$hostile{SQL}'"), "$sql|$sql", 'SQL is text');
is($db->sql("select subject from message where id = '$hostile{NUL}'"),
	"a\x{ef}\x{bf}\x{bd}b\x{ef}\x{bf}\x{bd}", 'NUL is U+FFFD');
is($db->sql("select length(subject), length(sender), octet_length(record) >
	8000000 from message where id = '$hostile{'a megabyte'}'"),
	'4000|512|t', 'columns are cut, the record has all');
is($db->sql("select extract(year from received) from message where id =
	'$hostile{'year 99999'}'"), '99999', 'year 99999');
is(scalar(() = glob "$state/spool/bad/*"), 0, 'none was set aside');

my @many = map { "r$_\@example.org" } 1 .. 10_000;
my $crowd = Journal::id($now);
put_journal(Journal::record(id => $crowd, rcpts => \@many,
	groups => [['delivered', '', 0 .. 9999]]));
all_read('ten thousand recipients');
is($db->sql("select count(*), max(n) from message_rcpt
	where id = '$crowd'"), '10000|9999', 'each has his row');

# --- poison -----------------------------------------------------------------------

$db->sql("create function pm.poison() returns trigger language plpgsql as
	\$\$ begin raise 'poison'; end \$\$;
	create trigger poison before insert on pm.message for each row
	when (new.subject = 'poison') execute function pm.poison()");
my @good = map { Journal::id($now) } 1 .. 20;
my $bad = Journal::id($now);
put_journal((map { Journal::record(id => $_) } @good[0 .. 12]),
	Journal::record(id => $bad, subject => 'poison'), 'not a record',
	map { Journal::record(id => $_) } @good[13 .. 19]);
all_read('poison does not stop the rest');
is($db->sql("select count(*) from message where id in ('" .
	join("','", @good) . "')"), 20, 'all others are there');
my @aside = sort map { s{.*/}{}r } glob "$state/spool/bad/*";
is(scalar @aside, 2, 'two records were set aside');
is($aside[0], "journal.$bad", 'one under its id');
like($aside[1], qr/^journal\.unreadable-[0-9a-f]{8}$/, 'one without any');
until_ok(10, 'and the status says so', sub { 0 == index status(), 'degraded 2 '
	. 'records that the message log does not take are in ' });
like(alarm_said('message-log-record'), qr/^2 records that the message log/,
	'an alarm is raised');
$db->sql('drop trigger poison on pm.message');
rename "$state/spool/bad/journal.$bad", "$journal/20261122.99";
unlink glob "$state/spool/bad/*";
all_read('a record that was set aside can be given again');
is($db->sql("select count(*) from message where id = '$bad'"), 1,
	'and is taken then');
until_ok(10, 'the status is well', sub { status() =~ /^well/ });
is(alarm_said('message-log-record'), '', 'the alarm ends');

# --- withheld mail -----------------------------------------------------------------

# An entry as the recorder makes it; its id.
sub entry {
	my (%o) = @_;
	my $id = $o{id} // Journal::id($now);
	my $body = $o{body} // "Subject: x\r\n\r\nbody of $id\r\n";
	my $rcpts = $o{rcpts} // ['A@b'];
	my $head = pack('V/a q< l< C', $id, $now, 5, 50)
		. pack('(V/a)8', '192.0.2.1', 'mx', 'h', 's@t', 'Q',
			$o{subject} // 'hello world', 'f', 'facts')
		. pack('V/a V/a', 'm@x', $o{words} // "hello\nworld\n")
		. pack('V', 1)
		. pack('C V/a V/a V (V/a)*', 1, $o{reason} // 'Spam', "t\n",
			scalar @$rcpts, @$rcpts) . pack('V', 0);
	my $day = POSIX::strftime('%Y%m%d', gmtime $now / 1000);
	my $dir = "$state/quarantine/$day";
	if (!-d $dir) {
		mkdir $dir or die;
		chown((getpwnam 'pm-rec')[2, 3], $dir)
			if $> == 0 && defined getpwnam 'pm-rec';
	}
	spew("$dir/$id.state", $o{state}) if $o{state};
	spew("$dir/.$id", 'pmS2' . pack('V/a Q<', $head, length $body) . $body
		. 'end!');
	chmod 0660, "$dir/.$id", "$dir/$id.state";
	chown((getpwnam 'pm-rec')[2, 3], "$dir/.$id", "$dir/$id.state")
		if $> == 0 && defined getpwnam 'pm-rec';
	if ($o{age}) {
		my $then = time - $o{age};
		utime $then, $then, "$dir/.$id";
	}
	put_journal(Journal::record(id => $id, rcpts => $rcpts,
		groups => [['quarantined', 'Spam', 0 .. $#$rcpts]]))
		unless $o{alone};
	rename "$dir/.$id", "$dir/$id" or die;
	return $id;
}

sub entries_left { return grep { -f } glob "$state/quarantine/*/*" }

my $held = entry(rcpts => ['A@b', 'c@d']);
until_ok(10, 'an entry leaves the disk', sub { !entries_left() });
is($db->sql("select class, sender, subject, reason, size > 0, open,
	cardinality(words), octet_length(record) > 100 from quarantine
	where id = '$held'"), 'standard|s@t|hello world|Spam|t|2|2|t',
	'and is in the database');
is($db->sql("select n, rcpt, convert_from(address, 'UTF8'), reason, state
	from quarantine_rcpt where id = '$held' order by n"),
	"0|a\@b|A\@b|Spam|held\n1|c\@d|c\@d|Spam|held", 'its recipients');
is($db->sql("select part, octet_length(sealed) > 40 from quarantine_body
	where id = '$held'"), '0|t', 'its body');
is($db->sql("select count(*) from quarantine where id = '$held' and
	(position('hello\nworld\n'::bytea in record) > 0)"), 0,
	'no word of its text stands there in the clear');

my $stamp = '2026-11-22T20:17:05.123Z';
my $released = entry(rcpts => ['a@b', 'c@d'], state => "released 1\n" .
	"$stamp alice released to a\@b\n");
my $large = entry(body => join '', map { pack 'N', $_ * 2654435761 %
	4294967296 } 1 .. 900_000);
my $alone = entry(alone => 1, age => 120, reason => 'Virus');
my $young = entry(alone => 1);
until_ok(15, 'all entries but one leave the disk',
	sub { 1 == scalar grep { !/\.state$/ } entries_left() });
is($db->sql("select string_agg(state, ' ' order by n), (select open from
	quarantine q where q.id = r.id) from quarantine_rcpt r
	where id = '$released' group by id"), 'released held|1',
	'who had his copy is released, others are held');
is($db->sql("select who, what, detail, at at time zone 'UTC'
	from message_event where id = '$released'"),
	'alice|released|to a@b|2026-11-22 20:17:05.123',
	'what people did on disk is told');
is($db->sql("select count(*), max(octet_length(sealed)) from quarantine_body
	where id = '$large'"), '4|1048576', 'a large body is in pieces');
is($db->sql("select outcome, (select reason from message_rcpt r where r.id =
	m.id) from message m where id = '$alone'"), 'quarantined|Virus',
	'a message that the journal does not know gets its row');
is($db->sql("select count(*) from message where id = '$young'"), 0,
	'but the journal is given time');
ok((grep { /$young$/ } entries_left()), 'so long the entry is on disk');
put_journal(Journal::record(id => $young,
	groups => [['quarantined', 'Spam', 0]]));
until_ok(10, 'then it goes, too', sub { !entries_left() });

# Somebody holds an entry: it stays until he lets it go.
$db->sql("update quarantine set class = 'held' where id = '$held'");
entry(id => $held, rcpts => ['A@b', 'c@d']);
until_ok(10, 'an entry that comes again goes again',
	sub { !entries_left() });
is($db->sql("select string_agg(class, ' ') from quarantine
	where id = '$held'"), 'held', 'and is there once, where it was put');

# --- an entry that the database refuses ------------------------------------------------

$db->sql("create trigger poison before insert on pm.quarantine_rcpt for each
	row when (new.rcpt = 'poison\@x') execute function pm.poison()");
# A mark that is there before its entry would be taken for a leftover.
stop();
my $refused = entry(rcpts => ['poison@x']);
my $doubtful = entry(rcpts => ['poison@x'], state => "held 0 moving\n");
my $next = entry();
start();
sub entry_state {
	local (@ARGV, $/) = glob "$state/quarantine/*/$_[0].state";
	return @ARGV ? <> : '';
}
until_ok(10, 'an entry that is refused is told of', sub {
	2 == (() = log_text() =~ /stays in the quarantine on disk: .*poison/g) });
until_ok(10, 'others go on', sub { !grep { /$next$/ } entries_left() });
is(entry_state($refused), "held 0\n", 'it is free to be acted upon on disk');
is(entry_state($doubtful), "held 0 moving\n",
	'but not one that an earlier commit may have stored');
until_ok(10, 'and the status says so', sub { 0 == index status(), 'degraded 2 '
	. 'quarantine entries that the database does not take stay on disk: ' .
	'pages do not show them, pm quarantine does' });
like(alarm_said('quarantine-entry'), qr/^2 quarantine entries/,
	'an alarm is raised');
$db->sql('drop trigger poison on pm.quarantine_rcpt');
stop();
start();
until_ok(10, 'the next archiver tries again', sub { !entries_left() });

# --- killed, again and again ----------------------------------------------------------

my @entries;
srand 7;
for my $round (1 .. 8) {
	put_journal(map { Journal::record(subject => 'round', size => 10) }
		1 .. 300);
	push @entries, map { entry() } 1 .. 5;
	sleep rand 0.15;
	stop('KILL');
	start();
}
until_ok(30, 'after eight kills all is read', sub {
	journal_done() && !entries_left() });
is($db->sql("select count(*), count(distinct id) from message
	where subject = 'round'"), '2400|2400', 'each message is there once');
is($db->sql("select count(*) from message_rcpt where id in (select id from
	message where subject = 'round')"), 2400,
	'each recipient is there once');
my $list = "('" . join("','", @entries) . "')";
is($db->sql("select (select count(*) from quarantine where id in $list),
	(select count(*) from quarantine_body where id in $list)"), '40|40',
	'each entry and body is there once');
is($db->sql("select sum(n) from counter_5min where name = 'delivered'"),
	$db->sql("select count(*) from message_rcpt
	where outcome = 'delivered'"), 'and all are counted once');

# --- the database is away ----------------------------------------------------------------

$db->stop('INT');
my @wait = map { Journal::id($now) } 1 .. 40;
put_journal(map { Journal::record(id => $_, received => $now) } @wait);
my $kept = entry();
until_ok(15, 'the status says what waits', sub { status() =~ /^degraded
	\ database:.*:\ since\ 20\S+Z;\ 41\ messages\ and\ 1\ quarantine
	\ entries\ wait\ for\ it,\ the\ oldest\ from\ 20\S+Z;\ mail\ is\ not
	\ affected/x });
unlike(do { local (@ARGV, $/) = glob "$state/quarantine/*/$kept.state"; @ARGV ?
	<> : '' }, qr/moving/, 'meanwhile the entry is free on disk');
$db->start;
until_ok(20, 'it goes on when the database is back', sub {
	journal_done() && !entries_left() });
is($db->sql("select count(*) from message where id in ('" .
	join("','", @wait) . "')"), 40, 'with all that waited');
until_ok(10, 'and is well', sub { status() =~ /^well/ });
is(scalar(() = log_text() =~ /takes what waited again, after/g), 1,
	'told once');
is(stop(), 0, 'TERM ends it well');
done_testing;
