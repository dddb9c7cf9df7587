#!/usr/bin/perl
# What administrators say of withheld mail, by command or page, comes through
# the database to the filter and teaches it: once, and taken back.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Db;

$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
plan skip_all => 'needs root, Postfix and PostgreSQL' unless $> == 0 &&
	-x '/usr/sbin/postconf' && Db::installed();
alarm 120;

my $app = Appliance->new(db => 1, policy => <<'LUA');
policy("p"):rule("all", function(m) return quarantine("Spam") end)
LUA
$app->setup->start(60);
my $dir = "$app->{root}/var/lib/pm/feedback";

sub until_true {
	my ($test) = @_;
	my $end = time + 20;
	while (time < $end) {
		return 1 if $test->();
		sleep 0.1;
	}
	return 0;
}

# Sends it; its id when the database has it.
sub keep {
	my ($subject) = @_;
	my $id;
	$app->send_mail(from => 'carol@example.net',
		rcpts => ['alice@example.org'], message => "From: c\@example." .
		"net\nTo: alice\@example.org\nSubject: $subject\n\nour " .
		"webinar about storage for modern plants begins on monday, " .
		"reserve a seat\nwith the organisers, places are few\n");
	until_true(sub {
		my $out = ($app->pm('quarantine', 'list', '--all', '--json',
			'--subject', $subject))[1];
		$out =~ /"id":"([^"]+)"[^\n]*"place":"database"/ and $id = $1;
	}) or diag $app->log_tail;
	return $id;
}

# The reports, "ham" or "spam" each.
sub said {
	return join ' ', sort map {
		open my $in, '<', $_ or die "$_: $!";
		(split ' ', <$in>)[0];
	} grep { m{/[0-9a-f]{16}-[0-9a-f]{16}$} } glob "$dir/*";
}

sub becomes {
	my ($want, $name) = @_;
	ok(until_true(sub { said() eq $want }), $name) or
		diag "it is: " . said() . "\n" . $app->log_tail;
}

my ($one, $two) = (keep('first'), keep('second'));
is_deeply([$app->pm('quarantine', 'report', $one)],
	[0, "$one learnt as spam\n"], 'reported');
is_deeply([$app->pm('quarantine', 'release', $two, '--learn', '--wait',
	'600')], [0, "$two released\n$two learnt as wanted\n"],
	'another is released');
is(($app->pm('quarantine', 'report', $one, '--user', 'ann'))[0], 0,
	'a user says the same');
becomes('ham spam spam', 'the filter learns them all');
ok(until_true(sub { -s "$dir/content.model" }),
	'there is a model of them');
like(($app->pm('quarantine', 'show', $one))[1],
	qr/^history    \S+ \w+ learnt as spam$/m, 'its story says so');
is(($app->pm('quarantine', 'restore', $two))[0], 0, 'not released after all');
is(($app->pm('quarantine', 'report', $one))[0], 0, 'said again');
becomes('spam spam', '… and not learnt; twice said is once');
is(($app->pm('quarantine', 'report', $one, '--undo', '--user', 'ann'))[0], 0,
	'the user no longer');
is(($app->pm('quarantine', 'report', $one, '--undo'))[0], 0, 'taken back');
becomes('', 'nothing is left');
is_deeply([$app->pm('quarantine', 'report', $one, '--undo')],
	[2, "pm quarantine: $one: was not learnt\n"], 'nothing to take back');
my ($pid) = ($app->pm('status'))[1] =~ /^filter\/learner +ready.* (\d+)$/m;
ok($pid, 'the learner lives');

# What root teaches beside it is the learner's, too.
Appliance::write_file("$app->{root}/mail", "Subject: y\n\ncheap pills " x 9);
$app->pm('train', '--message', "$app->{root}/mail", '--as', 'spam');
my ($file) = grep { m{/[0-9a-f]{16}-0{16}$} } glob "$dir/*";
is((stat $file)[4], (stat $dir)[4], 'a report of the command line');
$app->pm('train', '--message', "$app->{root}/mail", '--undo');

# A message that its worker does not survive is passed over.
my ($worker) = split ' ', `cat /proc/$pid/task/$pid/children`;
kill 'KILL', $worker;
$app->pm('quarantine', 'report', $one);
$app->pm('quarantine', 'report', $two);
becomes('spam', 'the one behind it is learnt');
done_testing;
