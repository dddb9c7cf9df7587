#!/usr/bin/perl
# pm digest: one mail a person about what is new, once, whoever dies between.
use strict;
use warnings;
use Test::More;
use lib 'tests/lib';
use Cwd qw(abs_path);
use Db;
use File::Temp qw(tempdir);
use MIME::QuotedPrint qw(decode_qp);
use POSIX ();
use Time::HiRes qw(sleep time);

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $db = Db->new(migrate => 1);
my $top = tempdir('pm-digest-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $root = "$top/root";
my $inject = "$root/var/lib/pm/spool/inject";
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

# Runs pm digest; output and errors together, the exit code in $?.
sub digest {
	my @args = @_;
	open my $out, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1', $pm, 'digest',
		'--root', $root, @args or die;
	my $text = do { local $/; <$out> } // '';
	close $out;
	$? >>= 8;
	return $text;
}

sub rules { spew("$root/etc/pm/digests.lua", "return { $_[0] }\n") }

chmod 0755, $top;
system('mkdir', '-p', "$root/etc/pm", map { "$root/var/lib/pm/spool/$_" }
	qw(tmp new inject bad journal)) == 0 or die;
spew("$root/etc/pm/body.key", '5a' x 32 . "\n");
spew("$root/etc/pm/wiring.lua", "return { name = \"mx1\", " .
	'site = "example.org", roles = { "mta", "filter" }, ' .
	'domains = { "example.org" }, mta = { kind = "postfix" }, ' .
	"db = { connection = \"host=$db->{dir} dbname=pm\" } }");
if ($> == 0 && defined getpwnam 'pm-inj') {
	chown +(getpwnam 'pm-inj')[2, 3], $inject;
	chown 0, (getgrnam('pm-body') // (getpwnam 'pm-inj')[3]),
		"$root/etc/pm/body.key";
	chmod 0640, "$root/etc/pm/body.key";
}

# Withheld mail: hold(RCPT, SUBJECT, …); its id.
my $n = 0;
sub hold {
	my ($rcpt, $subject, %o) = @_;
	my $id = sprintf '%s-7000-8000-%012x', $o{time} // '019b0000-0000',
		++$n;
	my $reason = $o{reason} // 'Spam';
	$db->sql("insert into quarantine (class, id, appliance, received,
		sender, header_from, subject, reason, size, score, probability,
		open, words, record) values ('standard', '$id', 'mx1', now(),
		'x\@bad.example', 'Eve <x\@bad.example>', \$s\$$subject\$s\$,
		'$reason', 5000, 1, 99, 1, '{}', '');
		insert into quarantine_rcpt (class, id, n, rcpt, address,
		reason) values ('standard', '$id', 0, '$rcpt', '$rcpt',
		'$reason')");
	return $id;
}

sub jobs {
	return $db->sql("select convert_from(rcpts[1], 'UTF8') from job where
		kind = 'digest' order by made, 1") =~ s/\n/ /gr;
}

sub clear { $db->sql('truncate job, digest_mail, digest_run, digest_sent') }

# --- rules ---------------------------------------------------------------------

like(digest('rules'), qr/there are no rules/, 'no file, no rules');
like(digest('run'), qr/\A\z/, 'and nothing to do');
rules('{ name = "spam", who = { "example.org" }, tims = { "07:00" } }');
like(digest('check'), qr/rule 1: tims: unknown key; did you mean "times"/,
	'an unknown key');
is($?, 2, 'is wrong');
for (['times = { "7:00" }', 'times'], ['days = { 8 }', 'days'],
    ['zone = "../x"', 'zone'], ['from = "a b@c"', 'from'],
    ['most = 0', 'most'], ['template = "../x"', 'template'],
    ['who = { }', 'who'], ['template = "none"', 'no digest template'],
    ['map = "none"', 'no policy was published'], ['zone = "Mars/Base"', 'time zone'],
    ['who = { "list:none" }', 'no policy was published']) {
	rules("{ name = \"spam\", who = { \"example.org\" }, $_->[0] }");
	like(digest('check'), qr/\Q$_->[1]\E/, "wrong: $_->[0]");
}
my $spam = 'name = "spam", who = { "example.org", "!boss@example.org" }, ' .
	'from = "quarantine@example.org"';
rules("{ $spam }");
like(digest('check'), qr/1 rules are good/, 'a good one');
like(digest('prewiev'), qr/did you mean preview/, 'a verb near');

# --- who gets what -------------------------------------------------------------

my $evil = '<script>alert(1)</script> %s "x"';
hold('alice@example.org', "first $evil");
hold('alice2@example.org', 'to her second address');
hold('sales@example.org', 'to an alias');
hold('bob@example.org', 'for bob');
hold('boss@example.org', 'not for the boss');
hold('carol@example.org', 'a virus', reason => 'Virus');
hold('dora@example.org', 'opted out');
hold('eve@elsewhere.example', 'not of this rule');
$db->sql("insert into mailbox values ('alice\@example.org',
	'alice\@example.org', 'de'), ('alice2\@example.org',
	'alice\@example.org', ''); insert into user_data (owner, kind, key,
	changed_by) values ('alice\@example.org', 'alias',
	'sales\@example.org', 'x')");
is(digest('opt-out', 'Dora@example.org'), "dora\@example.org gets no " .
	"digests\n", 'opted out');
my $dry = digest('run', '--now', '--dry-run');
is($dry, "alice\@example.org: 3\nbob\@example.org: 1\n" .
	"spam: would be 2 digests\n", 'a dry run says who gets how many');
is($db->sql('select count(*) from digest_run'), 0, 'and changes nothing');
is(digest('run', '--now'), "spam: 2 digests\n", 'a run');
is(jobs(), 'alice@example.org bob@example.org', 'one a person');
is(digest('run', '--now'), "spam: 0 digests\n", 'nothing is new');
hold('bob@example.org', 'late, with an old id', time => '01900000-0000');
is(digest('run', '--now'), "spam: 1 digests\n", 'what comes late is new');
is(digest('opt-in', 'dora@example.org'), "dora\@example.org gets digests\n",
	'opted in');

# --- the mail ------------------------------------------------------------------

sub start {
	my ($pm_test) = @_;
	my $pid = fork() // die;
	if ($pid == 0) {
		open STDERR, '>>', "$root/log" or die;
		exec $pm, 'mta', 'jobs', '--root', $root or POSIX::_exit(127);
	}
	$running{$pid} = 1;
	return $pid;
}

sub stop {
	my ($pid, $signal) = @_;
	kill $signal // 'TERM', $pid;
	waitpid $pid, 0;
	delete $running{$pid};
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

my $jobs = start();
until_ok('an injector takes them', sub {
	$db->sql("select count(*) from job where state = 'handed'") eq 3 });
stop($jobs);
my @files = glob "$inject/*";
is(scalar @files, 3, 'a copy each');
is($db->sql('select count(*) from digest_mail'), 0, 'the database has none');
is($db->sql('select count(*) from message_event'), 0, 'nor a timeline');
my ($copy) = grep { /alice\@example.org/ } map { slurp($_) } @files;
my ($magic, $head, $size) = unpack 'a4 V/a Q<', $copy;
my ($from, @rcpts) = unpack 'V/a V/(V/a)', $head;
is("<$from> (@rcpts)", '<> (alice@example.org)', 'no bounce comes of it');
my $mail = substr $copy, 8 + length($head) + 8, $size;
my ($fields, $body) = split /\r\n\r\n/, $mail, 2;
like($fields, qr/^$_\r?$/m, $_) for 'From: <quarantine@example.org>',
	'To: <alice@example.org>', 'Auto-Submitted: auto-generated',
	'List-Id: <digest-spam.example.org>', 'Precedence: bulk',
	'Message-ID: <digest\.[0-9a-f-]{36}@example.org>';
like($fields, qr{multipart/alternative}, 'two forms');
unlike($fields, qr/DKIM-Signature/, 'unsigned: there is no key');
my ($text, $html) = map { decode_qp($_ =~ s/.*?\r\n\r\n//sr) }
	(split /--=_texts(?:--)?\r\n/, $body)[1, 2];
like($text, qr/Nachrichten an alice\@example.org.*: 3/, 'in her language');
like($text, qr/first \Q$evil\E/, 'subjects as they are');
like($text, qr/to sales\@|an sales\@/, 'of all her addresses');
like($html, qr/&lt;script&gt;alert\(1\)&lt;\/script&gt; %s &quot;x&quot;/,
	'and escaped');
unlike($html, qr/<script|https?:/, 'nothing runs, nothing is fetched');
unlink @files;

like(digest('preview', 'sales@example.org'), qr/To: <alice\@example.org>/,
	'a preview');
is(digest('send', 'bob@example.org'), "goes to bob\@example.org: 2 " .
	"messages\n", 'on demand');
digest('send', 'nobody@example.org');
is($?, 1, 'nothing is held: nothing is sent');

SKIP: {
	chomp(my $made = `$pm dkim --root $root keygen example.org 2>&1`);
	my ($selector) = slurp("$root/var/lib/pm/dkim/example.org/keys") =~
		/^(\S+)/ or skip("no key: $made", 1);
	system("$pm dkim --root $root activate example.org $selector " .
		'--unchecked >/dev/null 2>&1');
	like(digest('preview', 'bob@example.org'),
		qr/\ADKIM-Signature:.*\bd=example\.org;/s, 'signed');
	# What follows makes thousands, which need no signature.
	system('rm', '-r', "$root/var/lib/pm/dkim") == 0 or die;
}

# --- by hand ---------------------------------------------------------------------

is(digest('run', '--user', 'sales@example.org', '--dry-run'),
	"spam for alice\@example.org: would be 0 digests\n",
	'for one person: nothing is new');
hold('alice@example.org', 'new for alice');
hold('bob@example.org', 'new for bob');
is(digest('run', '--user', 'Sales@example.org'),
	"spam for alice\@example.org: 1 digests\n",
	'what is new, for whom an alias belongs to');
is(jobs() =~ s/.* //r, 'alice@example.org', 'and for nobody else');
my $at = '\d{4}-\d\d-\d\dT[\d:.]+Z';
like(digest('run', '--since', '1h', '--dry-run'), qr/\Aalice\@example.org: 4
bob\@example.org: 3\ndora\@example.org: 1\nspam\ since\ $at:\ would\ be\ 3\ digests
\z/, 'for everybody, since an instant');
like(digest('run', '--since', '1h', '--user', 'bob@example.org', '--rule',
	'spam'), qr/\Aspam for bob\@example.org since $at: 1 digests\n\z/,
	'for both');
like(digest('run', '--since', 'yesterday'), qr/--since yesterday: give a time/,
	'a time that is none');
is(digest('run', '--user', 'nobody@example.org'),
	"spam for nobody\@example.org: 0 digests\n", 'for nobody');
is(digest('run', '--now', '--dry-run'), "alice\@example.org: 1\n" .
	"bob\@example.org: 1\nspam: would be 2 digests\n",
	'what is new stays new for the clock');
digest('run', '--now');

# --- the address map, as it was published ------------------------------------------

sub pm { return scalar qx($pm $_[0] --root $root @_[1 .. $#_] 2>&1) }

rename "$root/etc/pm/wiring.lua", "$root/wiring.lua";
pm('setup', '--wiring', "$root/wiring.lua");
rules("{ $spam, map = \"digest-map\" }");
like(digest('check'), qr/there is no list digest-map in force/,
	'no such list is published');
spew("$root/etc/pm/lists/digest-map", "bob\@example.org\n");
pm('policy', 'publish', '--unchecked');
like(digest('check'), qr/list digest-map is no map/, 'a list is no map');
spew("$root/etc/pm/lists/digest-map", "#pm type=map\n" .
	"bob\@example.org alice\@example.org\n" .
	"dora\@example.org assistant\@example.org\n");
like(digest('check'), qr/is no map/, 'a draft is not in force');
pm('policy', 'publish', '--unchecked');
like(digest('check'), qr/1 rules are good/, 'published, it is');
hold("$_\@example.org", "mapped for $_") for qw(alice bob dora);
is(digest('run', '--now', '--dry-run'), "alice\@example.org: 2\n" .
	"assistant\@example.org: 1\nspam: would be 2 digests\n",
	'two make one digest, one goes elsewhere');
is(digest('run', '--now'), "spam: 2 digests\n", 'so they are sent');
is(digest('run', '--now'), "spam: 0 digests\n", 'once');
unlink "$root/etc/pm/lists/digest-map";
pm('policy', 'publish', '--unchecked');
like(digest('run', '--now'), qr/there is no list digest-map in force/,
	'a map that is gone stops the rule');
is($?, 2, 'until somebody looks');
rules("{ $spam }");
like(digest('run', '--now'), qr/spam: 0 digests/, 'without a map');

# --- "and so many more" ----------------------------------------------------------

rules("{ $spam, most = 2 }");
like(digest('preview', 'alice@example.org'), qr/und 3 weitere/,
	'the rest is counted');
mkdir "$root/etc/pm/digests";
spew("$root/etc/pm/digests/digest.de.txt", "Subject: Ours %%COUNT%%\n\n" .
	"%%ITEM%%\n%%SUBJECT%%\n%%MORE%%\n+%%REST%%\n%%END%%\nend\n");
like(digest('preview', 'alice@example.org'), qr/^Subject: Ours 5\r$/m,
	'the site\'s template');
spew("$root/etc/pm/digests/digest.en.txt", "Subject: x\n\n%%ITEM%%\n" .
	"%%SUBJEKT%%\n%%MORE%%\n%%END%%\n");
like(digest('check'), qr/unknown variable %%SUBJEKT%%/, 'a wrong one');
unlink glob "$root/etc/pm/digests/*";

# --- times -----------------------------------------------------------------------

# Berlin, 2026-03-29: 02:30 does not exist; 2026-10-25: it comes twice.
rules("{ $spam, times = { \"02:30\" }, zone = \"Europe/Berlin\" }");
for (['spring', 1774747500, 1774749000, 1774751400],
    ['autumn', 1792886100, 1792891800, 1792895400]) {
	my ($name, $before, $first, $later) = @$_;
	clear();
	my @did = map { digest('run', '--at', $_) =~ /digests/ ? 1 : 0 }
		$before, $first, $later, $later + 600;
	is("@did[2, 3]", $did[1] ? '0 0' : '1 0', "$name: once");
	is($did[0], 0, "$name: not before");
}
rules("{ $spam, times = { \"07:00\" }, days = { 1 } }");
clear();
like(digest('run', '--at', 1773990000), qr/nothing is due/, 'not on Friday');
like(digest('run', '--at', 1774249500), qr/digests/, 'on Monday');
like(digest('run', '--at', 1774249600), qr/nothing is due/, 'once');
like(digest('run', '--at', 1774877600), qr/nothing is due/, 'not hours later');

# --- faults ----------------------------------------------------------------------

rules("{ $spam }");
clear();
$db->sql("insert into quarantine_rcpt (class, id, n, rcpt, address, reason)
	select 'standard', id, i, 'p' || i || '\@example.org', 'x', 'Spam'
	from quarantine, generate_series(1, 1500) i where subject = 'for bob'");
my $all = ($db->sql("select count(distinct rcpt) from quarantine_rcpt where
	reason = 'Spam' and rcpt ~ '^(p[0-9]+|bob|dora)\@example.org'")) + 1;	# alice

# Starts a run and waits until the first people have theirs.
sub run_until_some {
	my $pid = fork() // die;
	if ($pid == 0) {
		open STDOUT, '>', '/dev/null';
		open STDERR, '>', '/dev/null';
		exec $pm, 'digest', '--root', $root, 'run', '--now' or
			POSIX::_exit(127);
	}
	my $end = time + 15;
	my $have = $db->sql('select count(*) from job');
	sleep 0.005 until $db->sql('select count(*) from job') > $have ||
		time > $end;
	return $pid;
}

my $pid = run_until_some();
kill 'KILL', $pid;
waitpid $pid, 0;
my $some = $db->sql('select count(*) from job');
cmp_ok($some, '<', $all, "killed after $some of $all");
is($db->sql('select count(*) from digest_run where done is null'), 1,
	'its run is not done');
$pid = run_until_some();
$db->stop('KILL');
waitpid $pid, 0;
is($? >> 8, 3, 'the database went away: later');
$db->start;
like(digest('run'), qr/^spam: \d+ digests\n/, 'the next one ends it');
is($db->sql('select count(*), count(distinct rcpts) from job'), "$all|$all",
	'everybody has one');
is($db->sql('select count(*) from digest_mail'), $all, 'and its mail');
like(digest('run', '--now'), qr/spam: 0 digests/, 'and nobody a second');

# Two at once.
clear();
my @pids = map { run_until_some() } 1, 2;
waitpid $_, 0 for @pids;
digest('run');
cmp_ok($db->sql('select count(distinct rcpts) from job'), '==', $all,
	'two at once: everybody');
is($db->sql('select count(*) from job'), $all, 'once');

done_testing();
