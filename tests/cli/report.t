#!/usr/bin/perl
# pm report: what mail was, counted by a real filter and archiver; days that
# are over; hostile names; what is no question.
use strict;
use warnings;
use JSON::PP qw(decode_json);
use MIME::Base64 qw(encode_base64);
use POSIX qw(strftime);
use Test::More;
use lib 'tests/lib';
use Appliance;
use Db;
use Milter;
use Time::HiRes qw(sleep time);

plan skip_all => 'needs root and PostgreSQL' unless $> == 0 && Db::installed();
my $a = Appliance->new(db => 1, roles => '"filter", "db", "csm"',
	policy => <<'LUA')->setup->start;
local inbound = policy("inbound", function() return true end)
inbound:rule("shade", function(m, rcpt, plan)
	plan:mark("shade", m.subject)
end)
inbound:rule("refuse", function(m)
	if m.subject == "no" then return reject("5.7.1", "no") end
end)
inbound:rule("keep", function(m)
	if m.subject == "spam" then return quarantine("Spam") end
end)
LUA

sub bring {
	my ($subject, $from, $name) = @_;
	my $m = Milter->new("$a->{root}/run/pm/milter.sock", timeout => 40);
	$m->connect_from('mail.example.net', '203.0.113.7');
	$m->helo('mail.example.net');
	$m->transaction($from, ['b@example.org', 'c@example.org'],
		"From: <a\@example.net>\nTo: <b\@example.org>\n" .
		"Subject: $subject\nMIME-Version: 1.0\n" .
		"Date: Mon, 23 Nov 2026 10:00:00 +0000\n" .
		"Content-Type: multipart/mixed; boundary=\"=x\"\n\n" .
		"--=x\nContent-Type: text/plain\n\nSee the file.\n" .
		"--=x\nContent-Type: application/octet-stream; " .
		"name=\"$name\"\nContent-Transfer-Encoding: base64\n\n" .
		encode_base64('x' x 1000) . "--=x--\n");
	$m->quit;
}

bring('yes', 'al@one.example', 'a.PDF');
bring('yes', 'al@one.example', 'b.pdf');
bring('spam', '=cmd()@two.example', 'c.exe');
bring('no', '"<b>&"@three.example', 'noextension');
my $end = time + 60;
sleep 0.2 until $a->sql('select count(*) from pm.message') == 4 ||
	time > $end;

# By group, over disk and database.
for (['make', 'letters'], ['add', 'letters', 'C@example.org'],
	['make', 'numbers'], ['add', 'numbers', 'one.example', '9@example.org']) {
	my ($code, $said) = $a->pm('group', @$_);
	is($code, 0, "pm group @$_") or diag $said;
}
sub subjects_of {
	my ($code, $said) = $a->pm(@_, '--json');
	return join ' ', sort map { decode_json($_)->{subject} }
		grep { /^\{/ } split /\n/, $said;
}
is(subjects_of(qw(log search --group letters)), 'no spam yes yes',
	'the log: mail to somebody of a group');
is(subjects_of(qw(log search --group numbers)), 'yes yes',
	'or from somebody of it');
is(subjects_of(qw(log search --group numbers --subject spam)), '',
	'and what else is asked for');
is(subjects_of(qw(quarantine list --group letters)), 'spam',
	'the quarantine: mail for somebody of a group');
is(subjects_of(qw(quarantine list --group numbers)), '', 'not from him');

# A report as { name => n }.
sub report {
	my ($code, $said) = $a->pm('report', @_, '--json');
	return "$code $said" if $code;
	my $o = decode_json($said);
	return { map { $_->{name} => $_->{n} } @{ $o->{rows} } };
}

my $today = strftime('%Y-%m-%d', gmtime);
my ($code, $said) = $a->pm('report');
is($code, 0, 'the reports there are');
my @names = $said =~ /^(\S+)/mg;
cmp_ok(scalar @names, '>=', 20, 'are many');
for my $name (@names) {
	for my $form ('--csv', '--json', '--svg') {
		($code, $said) = $a->pm('report', $name, $form);
		is($code, 0, "$name $form") or diag $said;
	}
}
is_deeply(report('categories'), { delivered => 4, quarantined => 2,
	rejected => 2 }, 'what became of recipients');
is_deeply(report('reasons'), { 'quarantined/Spam' => 2,
	'rejected/Rejected' => 2 }, 'and why');
is_deeply(report('volume'), { $today => 8 }, 'by day');
is_deeply(report('rejected'), { $today => 2 }, 'refusals by day');
is_deeply(report('hosts'), { demo => 8 }, 'by appliance');
is_deeply(report('relays'), { '203.0.113.7' => 4 }, 'relays');
is_deeply(report('spam-relays'), { '203.0.113.7' => 2 }, 'of spam');
is_deeply(report('virus-relays'), {}, 'of viruses');
is_deeply(report('senders'), { 'al@one.example' => 2,
	'=cmd()@two.example' => 1, '"<b>&"@three.example' => 1 }, 'senders');
is_deeply(report('domains', '--limit', 1), { 'one.example' => 2 },
	'their domains, the first');
is_deeply(report('recipients'), { 'b@example.org' => 4,
	'c@example.org' => 4 }, 'recipients');
is_deeply(report('marks'), { shade => 4, 'shade=yes' => 2,
	'shade=spam' => 1, 'shade=no' => 1 }, 'marks of rules');
is_deeply(report('rules'), { 'inbound/shade' => 4, 'inbound/refuse' => 1,
	'inbound/keep' => 1 }, 'rules');
is_deeply(report('files'), { pdf => 2, exe => 1, '(other)' => 1 },
	'files by extension');
is(report('hits')->{NAME_PROGRAM}, 1, 'hits');
is_deeply(report('quarantine'), { Spam => 1 }, 'what is withheld');
# Of the appliance itself, as its agent sees it.
for my $kind ('memory', 'disk') {
	my $end = time + 60;
	sleep 0.3 until keys %{report($kind)} || time > $end;
	my ($used, $size) = split /\|/, $a->sql("select used, size from
		pm.host_use where kind = '$kind'");
	is_deeply(report($kind), { demo => int($used * 100 / $size) }, $kind);
	cmp_ok($used, '>', 1e7, "$kind: some");
	cmp_ok($used, '<=', $size, "$kind: of what there is");
}
# As if it were one of many that are like it.
$a->sql("update pg_class set reltuples = 20001 where relname =
	'quarantine_standard_' || to_char(now() at time zone 'UTC', 'YYYYMMDD')");
($code, $said) = $a->pm('report', 'quarantine');
like($said, qr/^Spam +≈ +20001  /m, 'an estimate says so');
($code, $said) = $a->pm('report', 'quarantine', '--json');
ok(decode_json($said)->{estimated}, 'to programs, too');
($code, $said) = $a->pm('report', 'quarantine', '--svg');
like($said, qr/>≈ 20001</, 'and in the picture');
my $took = report('took');
my $all = 0;
$all += $_ for values %$took;
is($all, 4, 'times');
is_deeply(report('categories', '--host', 'other'), {}, 'of no appliance');
is_deeply(report('categories', '--until', '2026-01-01'), {}, 'of no day');

my ($held) = grep { $_->{reason} eq 'Spam' }
	map { decode_json($_) } split /\n/,
	($a->pm('quarantine', 'list', '--json'))[1];
$a->pm('quarantine', 'release', $held->{id});
is((values %{ report('releasers') })[0], 1, 'who releases');

# Names are what outside says.
($code, $said) = $a->pm('report', 'senders', '--csv');
like($said, qr/^"'=cmd\(\)\@two\.example",1,\d+\r$/m, 'no formula');
like($said, qr/^"""<b>&""\@three\.example",1,\d+\r$/m, 'quotes are doubled');
($code, $said) = $a->pm('report', 'senders', '--svg');
like($said, qr/&quot;&lt;b>&amp;&quot;\@three\.example/, 'no element');
unlike($said, qr/<b>|<script/, 'of theirs');
($code, $said) = $a->pm('report', 'senders');
like($said, qr/^sender\s+messages\s+size$/m, 'a table for people');
like($said, qr/^al\@one\.example\s+2\s+\d/m, 'with rows');

# A day that is over keeps its first: from then on the log is not asked.
$a->sql("select pm.tally_close(current_date + 1) from generate_series(1, 99)");
is($a->sql("select count(*) from pm.tally_day where day = '$today'"), 1,
	'the day is closed');
is_deeply(report('recipients'), { 'b@example.org' => 4,
	'c@example.org' => 4 }, 'the same from the day that is over');
$a->sql('delete from pm.tally where kind = \'rcpt\'');
is_deeply(report('recipients'), {}, 'which the log is not asked for');

for my $wrong (['senderz'], ['senders', '--since', '2026-02-30'],
	['senders', '--since', '2026-12-02', '--until', '2026-12-01'],
	['senders', '--since', '2001-01-01'], ['senders', 'hits'],
	['senders', '--csv', '--json'], ['senders', '--limit', '99999']) {
	($code, $said) = $a->pm('report', @$wrong);
	is($code, 2, "@$wrong");
	like($said, qr/\Apm report: [^\n]+\n\z/, 'one line');
}
$a->stop;
($code, $said) = $a->pm('report', 'senders');
is($code, 3, 'no database: later');
done_testing;
