#!/usr/bin/perl
# pm backup and pm restore of a real appliance: into an empty root, where the
# withheld mail is there, can be delivered, people can log in, and the policy
# is the same; cut and changed files, which change nothing.
use strict;
use warnings;
use Test::More;
use POSIX ();
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use Appliance;
use Db;

plan skip_all => 'PostgreSQL is not installed' unless Db::installed();
my $app = Appliance->new(db => 1, lists => { 'blocked-senders' =>
	['bad@example.net'], mine => ['x@example.org'] }, policy => <<'LUA');
local p = policy("all", function() return true end)
p:rule("hold", function(m) if m.subject == "hold" then
	return quarantine("Suspect") end end)
LUA
$app->setup->start(60);
my $root = $app->{root};
my $dir = "$root/files";
mkdir $dir or die;

sub slurp {
	my ($path) = @_;
	open my $in, '<:raw', $path or return undef;
	local $/;
	return <$in>;
}

sub until_true {
	my ($seconds, $test) = @_;
	my $end = time + $seconds;
	sleep 0.05 until $test->() || time > $end;
	return $test->();
}

my $r = $app->send_mail(from => 'a@example.net', rcpts => ['b@example.org'],
	message => "Subject: hold\nFrom: a\@example.net\n\nthe secret words\n");
is($r->{code}, 250, 'mail is taken');
ok(until_true(20, sub { $app->sql('select count(*) from quarantine_body')
	eq '1' }), 'and withheld, in the database');
my $id = $app->sql('select id from quarantine');
my $list = $app->sql("select count(*) from message");

# --- making one -----------------------------------------------------------------
like(join(' ', $app->pm('backup', '--out', "$dir/x")),
	qr/^2 pm backup: no key: name one/, 'without a key there is none');
like(join(' ', $app->pm('backup', 'key')), qr/^0 .*keep a copy/, 'a key');
is(sprintf('%o', (stat "$root/etc/pm/backup.key")[2] & 07777), '600',
	'for root only');
my ($code, $out) = $app->pm('backup', '--bodies', '--out', "$dir/whole");
is($code, 0, 'a backup of what runs') or diag $out;
like($out, qr/whole: demo of example\.org, .* the database, with bodies$/m,
	'what it is');
is(sprintf('%o', (stat "$dir/whole")[2] & 07777), '600', 'for its owner');
ok(!-e "$dir/whole.part", 'nothing else is left');
is((slurp("$dir/whole") =~ /secret words|blocked|example/) ? 1 : 0, 0,
	'nobody reads it');
Appliance::write_file("$dir/words", "a long passphrase\nnot this\n");
($code, $out) = $app->pm('backup', '--passphrase', "$dir/words", '--out',
	"$dir/small");
is($code, 0, 'by a passphrase, without bodies') or diag $out;
is(($app->pm('backup', 'verify', "$dir/small", '--passphrase',
	"$dir/words"))[0], 0, 'verify');
like(join(' ', $app->pm('backup', 'verify', "$dir/small")),
	qr/^2 .*opened by a passphrase/, 'not by the key');
Appliance::write_file("$dir/wrong", "another passphrase\n");
like(join(' ', $app->pm('backup', 'verify', "$dir/small", '--passphrase',
	"$dir/wrong")), qr/^2 .*not its key or passphrase/, 'nor by another');
for (1 .. 3) {
	($code, $out) = $app->pm('backup', '--keep', '2');
	is($code, 0, "by time, $_") or diag $out;
	sleep 1.05 - (time - int time) if $_ < 3;
}
is(scalar(() = ($app->pm('backup', 'list'))[1] =~ /\.pmbackup$/mg), 2,
	'the newest two stay');
like(join(' ', $app->pm('restore', "$dir/whole")), qr/^2 .*is running: stop/,
	'a running appliance is not restored into');
ok($app->stop, 'the old one stops');
like(join(' ', $app->pm('restore', "$dir/whole")), qr/^2 .*is not empty/,
	'nor a root that has files');

# --- cut, changed, put together ----------------------------------------------------
my $empty = Appliance->new(root => "$dir/empty", smtp => $app->{smtp});
my @key = ('--key', "$root/etc/pm/backup.key");
my $good = slurp("$dir/whole");
my $size = length $good;

# One line, exit 2, and the root has nothing.
sub refused {
	my ($bytes) = @_;
	open my $f, '>:raw', "$dir/bad" or die;
	print $f $bytes;
	close $f;
	my ($bad, $said) = $empty->pm('restore', "$dir/bad", @key);
	my @left = grep { !m{/(?:etc|var|var/lib)\z} }
		split /\n/, qx(find $dir/empty -mindepth 1);
	return $bad == 2 && $said =~ /\Apm restore: \S+bad: [^\n]+\n\z/ &&
		!@left ? '' : "$bad $said @left";
}
srand 7;
my @cuts = (0, 1, 11, 12, 30, 59, 60, 61, 65536, 65613, 65614, 131150,
	$size - 65600, $size - 18, $size - 17, $size - 1,
	map { int rand $size } 1 .. 4);
is(join('; ', grep { length } map { refused(substr $good, 0, $_) } @cuts), '',
	'cut anywhere: refused, nothing is touched');
my @flips = (0, 11, 12, 28, 36, 59, 60, 77, 65613, $size - 1, map {
	int rand $size } 1 .. 6);
is(join('; ', grep { length } map { my $b = $good; substr($b, $_, 1) ^= chr(1 << rand 8);
	refused($b) } @flips), '', 'a bit changed anywhere: refused');
is(refused($good . 'x'), '', 'more behind the end: refused');
is(refused($good . $good), '', 'twice the same: refused');
if ($size > 3 * 65553 + 60) {
	my ($at, $n) = (60, 65553);
	is(refused(substr($good, 0, $at) . substr($good, $at + $n)), '',
		'a piece is missing');
	is(refused(substr($good, 0, $at + $n) . substr($good, $at, $n) .
		substr($good, $at + $n)), '', 'a piece comes twice');
}

# --- back -------------------------------------------------------------------------
($code, $out) = $empty->pm('restore', "$dir/whole", @key);
is($code, 0, 'restore') or diag $out;
like($out, qr/^\S+whole restored: \d+ files and the database of demo;/m,
	'what was restored');
is(qx(cd $root && find etc/pm -printf '%p %M %u:%g %l\\n' | sort),
	qx(cd $dir/empty && find etc/pm -printf '%p %M %u:%g %l\\n' | sort),
	'etc/pm: the same files, rights and owners');
is(qx(cd $root && find etc/pm var/lib/pm/generations -type f -print0 |
	sort -z | xargs -0 sha256sum),
	qx(cd $dir/empty && find etc/pm var/lib/pm/generations -type f -print0 |
	sort -z | xargs -0 sha256sum), 'and content, generations too');
is(join(' ', glob "$dir/empty/{etc,var/lib}/*"), "$dir/empty/etc/pm " .
	"$dir/empty/var/lib/pm", 'nothing else is left');
my $back = $empty;
$back->{$_} = $app->{$_} for qw(dns web smtp reinject);
$back->start(60);
is($back->sql('select count(*) from message'), $list, 'the message log');
is(($back->quarantined)[0]{id}, $id, 'the withheld message is there');
like(($back->pm('quarantine', 'show', '--raw', $id))[1] . join('',
	$back->pm('quarantine', 'show', $id)), qr/hold/, 'it can be seen');
($code, $out) = $back->pm('quarantine', 'release', $id);
is($code, 0, 'and released') or diag $out;
ok(until_true(30, sub { my @all = $back->delivered('b@example.org'); @all }),
	'it is delivered') or diag $back->log_tail;
like(slurp(($back->delivered('b@example.org'))[0]) // '',
	qr/the secret words/, 'every word of it');
is($back->send_mail(from => 'bad@example.net', rcpts => ['b@example.org'],
	message => "Subject: hold\n\nx\n")->{code}, 250, 'it judges mail');
my $login = qx(curl -sk -o /dev/null -H 'Origin: https://127.0.0.1:$app->{web}' -w '%{http_code}' \\
	-d 'name=admin&password=$app->{password}' \\
	https://127.0.0.1:$app->{web}/log-in);
is($login, 303, 'the one-time password is good');
like(slurp("$dir/empty/var/lib/pm/csm/first-login") // '', qr/\S/,
	'the first log-in is as it was');
ok($back->stop, 'it stops');

# --- beside what is there; without bodies ---------------------------------------------
($code, $out) = $back->pm('restore', "$dir/small", '--force', '--passphrase',
	"$dir/words");
is($code, 0, '--force') or diag $out;
is(scalar(() = glob "$dir/empty/{etc,var/lib}/pm.before-*"), 2,
	'what was there is beside it');
$back->start(60);
is($back->sql("select (select count(*) from quarantine) || '/' ||
	(select count(*) from quarantine_body)"), '1/0',
	'without bodies the entry alone is there');
ok($back->stop, 'it stops again');
done_testing;
