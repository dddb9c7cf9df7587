#!/usr/bin/perl
# The way out of the quarantine in the database: a released message arrives
# once, as it came, and is not judged again; whoever is killed meanwhile.
use strict;
use warnings;
use FindBin;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Db;
use Soak;

plan skip_all => 'needs root, Postfix and PostgreSQL' unless $> == 0 &&
	-x '/usr/sbin/postconf' && Db::installed();
alarm 420;

my $app = Appliance->new(db => 1);
$app->setup->start(60);
my $gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-' .
	'EMAIL*C.34X';
my ($alice, $bob, $dave) = map { "$_\@example.org" } qw(alice bob dave);
my $log = "$app->{root}/var/log/pm/pm.log";

sub until_true {
	my ($test, $seconds) = @_;
	my $end = time + ($seconds // 15);
	while (time < $end) {
		return 1 if $test->();
		sleep 0.1;
	}
	return 0;
}

sub message {
	my ($subject) = @_;
	return "From: Carol <carol\@example.net>\nTo: $alice\n" .
		"Subject: $subject\nMessage-ID: <$subject\@example.net>\n" .
		"Date: Sun, 22 Nov 2026 12:00:00 +0000\nX-Odd:  two  blanks \n" .
		"Content-Type: text/plain;\n\tcharset=us-ascii\n\n" .
		"$gtube\n.\n..dots\n \ntrailing  \n";
}

# The entry of that subject in the database, or nothing.
sub entry {
	my ($subject) = @_;
	my ($code, $out) = $app->pm('quarantine', 'list', '--all', '--json',
		'--subject', $subject);
	return $out =~ /"id":"([^"]+)"[^\n]*"place":"database"/ ? $1 : undef;
}

# Sends it; its id when the database has it.
sub keep {
	my ($subject, @rcpts) = @_;
	my $r = $app->send_mail(from => 'carol@example.net',
		rcpts => \@rcpts, message => message($subject));
	like($r->{text}, qr/^250 /, "$subject: accepted");
	my $id;
	ok(until_true(sub { $id = entry($subject) }),
		"$subject: in the database") or diag $app->log_tail;
	return $id;
}

# How often front judged.
sub judged {
	open my $in, '<', $log or die "$log: $!";
	return scalar grep { m{filter/front\[\d+\] info: message } } <$in>;
}

# It arrives with them, and no more often.
sub arrives {
	my ($what, %times) = @_;
	ok(until_true(sub { !grep { $times{$_} > (() = $app->delivered($_)) }
		keys %times }), "$what: it arrives") or diag $app->log_tail(40);
	is(Soak::settle($app, 10), '', "$what: spool and queue run empty");
	is(scalar(() = $app->delivered($_)), $times{$_}, "$what: so often: $_")
		for sort keys %times;
}

my $id = keep('first', $alice);
my $before = judged();
is_deeply([$app->pm('quarantine', 'release', $id)], [0, "$id released\n"],
	'release');
arrives('released', $alice => 1);
is(Soak::without_trace(($app->delivered($alice))[0]), message('first'),
	'as it was sent');
is(judged(), $before, 'it is not judged again');
my ($code, $out) = $app->pm('quarantine', 'release', $id);
is($code, 2, 'a second release is refused');
like($out, qr/\Apm quarantine: $id was released at \S+Z by \w+: use --again\n\z/,
	'with the exact line');
is(($app->pm('quarantine', 'release', '--again', $id))[0], 0, 'but --again');
arrives('again', $alice => 2);

my $two = keep('second', $alice, $bob);
is(($app->pm('quarantine', 'forward', $two, '--rcpt', $dave))[0], 0,
	'forward');
arrives('forwarded', $dave => 1);
is(Soak::without_trace(($app->delivered($dave))[0]), message('second'),
	'as it was sent');
is(($app->pm('quarantine', 'release', $two, '--rcpt', $bob))[0], 0,
	'release for one of two');
arrives('for one', $alice => 2, $bob => 1);
is(($app->pm('quarantine', 'delete', $two))[0], 0, 'delete for the other');
is(entry('second'), $two, 'the log of it stays');
like(($app->pm('quarantine', 'show', $two))[1],
	qr/^recipient  $alice \(deleted\)\n {11}$bob$/m, 'and says for whom');

# --- killed -------------------------------------------------------------------

my @ids = map { keep("kill$_", $dave) } 1 .. 6;
my @pids = map {
	my ($id, $pid) = ($_, fork);
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		for (1 .. 40) {
			my ($c, $text) = $app->pm('quarantine', 'release', $id);
			# Done, by this try or one whose answer was lost.
			POSIX::_exit(0) if $c == 0 || $text =~ /was released/;
			sleep 0.5;
		}
		POSIX::_exit(1);
	}
	$pid } @ids;
for my $victim (qw(mta/jobs db/postgres mta/jobs mta/jobs)) {
	my $pid = $app->pid_of($victim);
	kill 'KILL', $pid if $pid;
	sleep 0.7;
}
is(join(' ', map { waitpid $_, 0; $? >> 8 } @pids), '0 0 0 0 0 0',
	'each release says that it is done');
# A lease that died lasts 60 s; one that failed then waits 60 s more.
ok(until_true(sub { 7 <= (() = $app->delivered($dave)) }, 200),
	'all arrive') or diag $app->log_tail(60), "\n",
	$app->sql('select * from pm.job');
is(Soak::settle($app, 20), '', 'spool and queue run empty');
my %times;
for my $file ($app->delivered($dave)) {
	open my $in, '<', $file or die;
	my ($subject) = grep { /^Subject: / } <$in>;
	$times{ $subject =~ s/^Subject: |\n//gr }++;
}
is_deeply(\%times, { second => 1, map { ("kill$_" => 1) } 1 .. 6 },
	'each once');
is(judged(), $before + 7, 'none of them was judged again');
ok($app->stop, 'stops within the deadline');
done_testing;
