#!/usr/bin/perl
# pm db migrate: from nothing, from what a release has left with its rows,
# twice at once; never over a file that was changed, or back.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Cwd qw(abs_path);
use File::Copy qw(copy);
use File::Path qw(make_path);
use File::Temp qw(tempdir);
use Db;

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $db = Db->new;
my $root = tempdir(CLEANUP => 1);
make_path("$root/etc/pm", "$root/sql");
chmod 0755, $root;
spew("$root/etc/pm/wiring.lua", 'return { name = "t", site = "example.org", ' .
	'roles = { "filter" }, domains = { "example.org" }, db = { ' .
	'connection = "' . $db->conninfo . '" } }');
my @ours = sort glob 'sql/schema/*.sql';
copy($_, "$root/sql") or die for @ours;
my $n = @ours;
my $last = $ours[-1] =~ s{.*/}{}r;
# The next ones, of tomorrow.
my ($at) = $last =~ /^0*(\d+)/;
my ($more, $broken) = map { sprintf '%04d_%s.sql', $at + $_->[0], $_->[1] }
	[1, 'more'], [2, 'broken'];

sub spew {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die;
}

# Exit code and both streams.
sub migrate {
	my $text = qx($pm db --root $root migrate @_ 2>&1);
	return ($? >> 8) . " $text";
}

# --- from nothing, twice at once --------------------------------------------
my @both = map { open my $p, '-|', "$pm db --root $root migrate --from " .
	"$root/sql 2>/dev/null" or die; $p } 1, 2;
my @said = map { my $p = $_; local $/; scalar <$p> } @both;
is(join('', sort @said), "0 migrations applied; the schema is at " .
	"$last\n$n migrations applied; the schema is at " .
	"$last\n", 'two at once: one does it, one waits');
is((grep { close $_ } @both), 2, 'both are content');
my ($hash) = split / /, qx(sha256sum $ours[0]);
is($db->sql('select number, name, sha256 from public.pm_migration
	where number = 1'),
	"1|0001_ground.sql|$hash", 'it is written down with its hash');
is(migrate(), "0 0 migrations applied; the schema is at " .
	"$last\n", 'the embedded ones are the same');

# --- from a release, with rows ----------------------------------------------
my $id = '01993a3c-8e00-7000-8000-000000000001';
$db->sql(qq{insert into message values ('$id', 'mx1', id_time('$id'),
	'192.0.2.1', 'host', 'helo', 'a\@example.net', 'Q1', 'subject', 'f',
	'm\@example.net', 100, 5, 50, 'delivered', 9, '\\x00ff')});
spew("$root/sql/$more", <<'SQL');
set search_path = pm, public;
alter table message add column note text not null default 'none';
create table more (n int4 primary key);
SQL
spew("$root/sql/$broken", <<'SQL');
create table pm.half (n int4 primary key);
create table pm.more (n int4 primary key);
SQL
like(migrate('--from', "$root/sql"), qr/\A2\ (?:.*\n)*pm\ db\ migrate:\ .*
	\Q$broken\E.*relation\ "more"\ already\ exists.*\n\z/x,
	'a broken one is told');
is($db->sql('select max(number) from public.pm_migration'), $at + 1,
	'what comes before it is applied');
is($db->sql("select to_regclass('pm.half') is null"), 't',
	'nothing of it is');
is($db->sql('select id, subject, encode(record, \'hex\'), note from message'),
	"$id|subject|00ff|none", 'rows stay');
unlink "$root/sql/$broken";
is(migrate('--from', "$root/sql"), "0 0 migrations applied; the schema is " .
	"at $more\n", 'nothing is done twice');

# --- refused ----------------------------------------------------------------
is(migrate(), '2 pm db migrate: the database is newer than this pm: it has ' .
	"migration $more; install the version of pm that made it, or " .
	"a later one\n", 'a newer database');
spew("$root/sql/$more", "select 1;\n");
like(migrate('--from', "$root/sql"), qr/\A2\ pm\ db\ migrate:\ migration\ 
	\Q$more\E\ was\ changed\ after\ it\ was\ applied\ to\ this\ 
	database\ \(then\ [0-9a-f]{12},\ now\ [0-9a-f]{12}\):\ what\ is\ 
	applied\ is\ never\ edited,\ a\ change\ is\ a\ new\ file\n\z/x,
	'a changed one');
spew("$root/sql/3.sql", '');
is(migrate('--from', "$root/sql"), "2 pm db migrate: 3.sql: a migration is " .
	"called NNNN_name.sql\n", 'a name that is none');
$db->stop;
like(migrate(), qr/\A3 pm db migrate: database: .*\n\z/, 'nobody there');
done_testing;
