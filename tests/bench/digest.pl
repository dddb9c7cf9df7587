#!/usr/bin/perl
# make bench-digest: digests for 10,000 people over 1 million withheld
# messages of 30 days, all of them new, beside the aim of 60 s. PM_ROWS and
# PM_PEOPLE change the numbers.
use strict;
use warnings;
use lib 'tests/lib';
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use Time::HiRes qw(time);
use Db;

use constant { DAYS => 30, AIM_S => 60 };
my $rows = $ENV{PM_ROWS} // 1_000_000;
my $people = $ENV{PM_PEOPLE} // 10_000;
my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
die "bench-digest: PostgreSQL is not installed\n" unless Db::installed();
my $root = tempdir('pm-digest-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $db = Db->new(migrate => 1, conf => [qw(shared_buffers=1GB
	effective_cache_size=4GB work_mem=16MB random_page_cost=1.1 jit=off
	max_wal_size=8GB wal_level=minimal max_wal_senders=0 timezone=UTC)]);

sub spew {
	my ($path, $bytes) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $bytes;
	close $f or die;
}

# Without the indexes for parts of words, which digests do not use and which
# would take most of the time here.
sub fill {
	my $at = "now() - interval '1 h' - i * interval '" . (DAYS - 1) .
		" days' / $rows";
	my $id = "overlay(id_floor($at)::text placing '7000-8000-' ||
		lpad(to_hex(i), 12, '0') from 15)::uuid";
	$db->sql('drop index quarantine_sender, quarantine_subject,
		quarantine_words, quarantine_rcpt_part, quarantine_relay,
		quarantine_score');
	$db->sql('select partition_make(current_date - ' . DAYS .
		', current_date + 1)');
	$db->sql("insert into quarantine select 'standard', $id, 'mx1', $at,
		null, 'user' || i % 300 || '\@sender.example', 'User ' || i %
		300 || ' <user' || i % 300 || '\@sender.example>',
		'Your invoice number ' || i || ' is overdue', 'Spam', 20000,
		9000, 99, 1, '{}', '\\x00' from generate_series(1, $rows) i;
		insert into quarantine_rcpt (class, id, n, rcpt, address,
		reason) select 'standard', $id, 0, 'person' || i % $people ||
		'\@example.org', 'x', 'Spam' from generate_series(1, $rows) i;
		analyze");
}

system('mkdir', '-p', "$root/etc/pm") == 0 or die;
spew("$root/etc/pm/body.key", '5a' x 32 . "\n");
spew("$root/etc/pm/link.key", '5b' x 32 . "\n");

sub wiring {
	my ($more) = @_;
	spew("$root/etc/pm/wiring.lua", 'return { name = "mx1", ' .
		'site = "example.org", roles = { "filter" }, ' .
		"domains = { \"example.org\" }, $more " .
		"db = { connection = \"host=$db->{dir} dbname=pm\" } }");
}
wiring('');
spew("$root/etc/pm/digests.lua",
	'return { { name = "spam", who = { "example.org" } } }');
fill();
for my $how ('unsigned', 'signed', 'signed, with links and codes') {
	if ($how eq 'signed') {
		system("$pm dkim --root $root keygen example.org >/dev/null " .
			"2>&1 && for k in \$(cut -d' ' -f1 $root/var/lib/pm/" .
			"dkim/example.org/keys); do $pm dkim --root $root " .
			'activate example.org $k --unchecked; done ' .
			'>/dev/null 2>&1');
	}
	wiring('enduser = { url = "https://mail.example.org:28443", ' .
		'reply = "release@example.org" },') if $how =~ /links/;
	$db->sql('truncate job, digest_mail, digest_run, digest_sent');
	my $begin = time;
	system($pm, 'digest', '--root', $root, 'run', '--now') == 0 or die;
	my $took = time - $begin;
	my ($n, $mb) = split /\|/, $db->sql('select count(*),
		sum(length(sealed)) / 1000000 from digest_mail');
	printf "%d digests over %d messages, %s: %.1f s (aim: %d), %d MB " .
		"sealed%s\n", $n, $rows, $how, $took, AIM_S, $mb, $took > AIM_S ? '  over the aim' : '';
	die "bench-digest: $n digests for $people people\n" if $n != $people;
}
