#!/usr/bin/perl
# What a user sets reaches every scanner within seconds, without a restart;
# without the database the filter goes on with what it has.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Db;
use Filter;
use Time::HiRes qw(time);

plan skip_all => 'no PostgreSQL here' unless Db::installed();
alarm 120;
my $db = Db->new(migrate => 1);
my $f = Filter->new(mta => '', top => 'db = { connection = "' .
	$db->conninfo('pm_recorder') . '" },', policy => <<'LUA');
local p = policy("p")
p:rule("own", function(m, rcpt, plan)
	if rcpt:member("staff") then return reject("5.7.1", "staff") end
	if m:sender_listed("approved-senders", rcpt) then return end
	return reject("5.7.1", "not approved")
end)
LUA
$f->start('archiver');

# Seconds until messages to that recipient have that answer; 5 in a row.
sub until_answer {
	my ($want, $rcpt) = @_;
	my ($start, $row) = (time, 0);
	$f->wait_until(15, sub {
		$row = $f->answer("Subject: x\r\n\r\nx\r\n", $rcpt) =~ $want ?
			$row + 1 : 0;
		return $row == 5;
	}) or return undef;
	return time - $start;
}

sub in_time {
	my ($name, @args) = @_;
	my $took = until_answer(@args);
	ok(defined $took, "$name within 15 s")
		or diag $f->log('archiver'), $f->log('front');
	note sprintf '%s: %.1f s', $name, $took // -1;
}

my $put = "insert into pm.user_data (owner, kind, key, changed_by) values";
like($f->answer("Subject: x\r\n\r\nx\r\n"), qr/not approved/, 'at first');
$db->sql("$put ('B\@example.org', 'approved', 'example.net', 'test')");
in_time('an approved sender', qr/\Aa/, 'b@example.org');
like($f->answer("Subject: x\r\n\r\nx\r\n", 'c@example.org'),
	qr/not approved/, 'of nobody else');
$db->sql("insert into pm.mail_group (name) values ('staff')");
$db->sql("insert into pm.mail_group_member values ('staff', 'd\@example.org')");
in_time('a member of a group', qr/staff/, 'd@example.org');
Appliance::write_file("$f->{root}/x.eml", "Subject: x\n\nx\n");
like(scalar `$ENV{PM} scan --json --root $f->{root} --rcpt d\@example.org \\
	$f->{root}/x.eml 2>&1`, qr/reject\(staff\)/, 'pm scan knows it, too');
like(scalar `$ENV{PM} policy test --root $f->{root} --to d\@example.org \\
	$f->{root}/x.eml 2>&1`, qr/5\.7\.1 staff/, 'and pm policy test');

$db->stop;
$f->signal('front', 'TERM');
$f->signal('archiver', 'TERM');
$f->start('front')->start('archiver');
in_time('the same without the database', qr/\Aa/, 'b@example.org');

$db->start;
$db->sql("update pm.user_data set gone = true, version = " .
	"nextval('pm.user_data_version')");
in_time('and when it is taken back', qr/not approved/, 'b@example.org');
done_testing;
