#!/usr/bin/perl
# Rows with NUL, invalid UTF-8, a megabyte of subject, ten thousand
# recipients, times of year 0 and 99999, SQL and HTML in every field: stored
# by the recorder's functions, found by those of the quarantine, and harmless.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Db;
use Statements;

my $db = Db->new(migrate => 1);
my $tables = $db->sql("select count(*) from pg_class where relnamespace =
	'pm'::regnamespace");
$ENV{PM_TEST_DB} = "host=$db->{dir} dbname=pm";
my $program = ($ENV{PM_BUILD} // 'build/rel') . '/unit/store_hostile';
my $n = 0;
open my $out, '-|', $program or die "$program: $!";
while (<$out>) {
	if (/^(not )?ok \d+ - (\S+)/) {
		ok(!$1, $2);
		$n++;
	} elsif (!/^(?:1\.\.|# ok)/) {
		diag($_);
	}
}
close $out;
is($?, 0, 'it ended well');
is($n, 3, 'all of its tests ran');

is($db->sql("select count(*) from pg_class where relnamespace =
	'pm'::regnamespace"), $tables, 'no table is gone');
is($db->sql('select count(*) from quarantine'), 16 + 1 + 4,
	'each message once');
is($db->sql('select count(*) from message'), 16 + 1 + 4,
	'and in the message log');
is($db->sql('select count(*) from quarantine_rcpt'), 16 + 10_000 + 4,
	'each recipient once');
is($db->sql("select count(*) from message_other"), 4,
	'ids of no sensible time are in the DEFAULT partition');
is($db->sql("select min(extract(year from received)) || ' ' ||
	max(extract(year from received)) from message_other"), '-1 99999',
	'from the year 0 (1 BC) to 99999');
is($db->sql("select string_agg(distinct what, ' ') from (select case
	when strpos(subject || sender || helo, chr(65533)) > 0 then 'replaced'
	end as what from message) x where what is not null"), 'replaced',
	'what is no text shows as U+FFFD');
my ($find) = grep { $_->{name} eq 'page_find' } Statements::all();
for my $what ("m'; drop table pm.message; --", 'm<script>alert(1)</script>' .
    '<img src=x onerror=alert(1)>', 'mNULL', "m\\") {
	(my $quoted = $what) =~ s/'/''/g;
	like($db->psql('pm_csm', 'pm', '-c', "prepare p as $find->{text}",
		'-c', "execute p('$quoted', 5)"), qr/^[0-9a-f-]{36}$/,
		"found by its Message-ID: $what");
}
done_testing;
