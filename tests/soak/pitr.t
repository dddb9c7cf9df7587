#!/usr/bin/perl
# Point-in-time recovery: the log is kept elsewhere, a copy to begin with, and
# back to a moment between two writes.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use POSIX ();
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use Appliance;
use Db;

plan skip_all => 'PostgreSQL is not installed' unless Db::installed();
my $app = Appliance->new(db => 1, roles => '"db", "csm"', mta => '')->setup;
$app->start(60);
my $away = tempdir('pm-wal-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chmod 0755, $away;
my $dir = "$away/it's \$HOME";

sub until_true {
	my ($seconds, $test) = @_;
	my $end = time + $seconds;
	sleep 0.1 until $test->() || time > $end;
	return $test->();
}

is(join(' ', $app->pm('db', 'archive')), "0 off\n", 'off at first');
like(join(' ', $app->pm('db', 'base')), qr/^2 .*archive is off/, 'no base');
my ($code, $out) = $app->pm('db', 'archive', 'on', $dir);
is($code, 0, 'on, in a folder of an odd name') or diag $out;
is(($app->pm('restart', 'db'))[0], 0, 'restart');
($code, $out) = $app->pm('db', 'base');
is($code, 0, 'base') or diag $out;
sleep 1.1;
$app->sql("insert into list (name) values ('wanted')");
sleep 1.1;
my $moment = POSIX::strftime('%Y-%m-%d %H:%M:%S', gmtime);
sleep 1.1;
$app->sql("insert into list (name) values ('mistake')");
$app->sql('select pg_switch_wal()');
ok(until_true(30, sub { ($app->pm('db', 'archive', 'status'))[1] =~
	/^mode +on\nlast +[0-9A-F]{24}/ }), 'the log is kept') or
	diag $app->pm('db', 'archive', 'status');
like(join(' ', $app->pm('restore', '--until', $moment)),
	qr/^3 .*running already|^2 /, 'not while it runs');
ok($app->stop, 'it stops');
like(join(' ', $app->pm('restore', '--until', 'yesterday')),
	qr/^2 .*must be a time/, 'no such time');
like(join(' ', $app->pm('restore', '--until', '2020-01-01 00:00')),
	qr/^2 .*no copy from before/, 'before the first copy');
($code, $out) = $app->pm('restore', '--until', $moment);
is($code, 0, 'restore --until') or diag $out;
$app->start(60);
is($app->sql("select string_agg(name, ' ') from list
	where name in ('wanted', 'mistake')"), 'wanted',
	'what was before is there, what came after is not');
ok(until_true(30, sub { $app->sql('select pg_is_in_recovery()') eq 'f' }),
	'it takes writes again');
$app->sql("insert into list (name) values ('after')");
is(scalar(() = glob "$app->{root}/var/lib/pm/db/pg.before-*"), 1,
	'the old cluster is kept');
ok($app->stop, 'it stops');
done_testing;
