#!/usr/bin/perl
# From the first connection to the last delivery: a real Postfix, its log in
# the database, and what pm log makes of it.
use strict;
use warnings;
use FindBin;
use IO::Socket::INET;
use JSON::PP;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Db;

plan skip_all => 'needs root, Postfix and PostgreSQL' unless $> == 0 &&
	-x '/usr/sbin/postconf' && Db::installed();
alarm 300;

# Nobody listens there: mail for others cannot go on.
my $nobody = Appliance::free_port();
my $app = Appliance->new(db => 1,
	mta => "relay_host = \"127.0.0.1:$nobody\",");
$app->setup->start(60);

# Until the command's answer has all of it; the answer.
sub pm_log_has {
	my ($want, @args) = @_;
	my $end = time + 20;
	my $out = '';
	while (time < $end) {
		(my $code, $out) = $app->pm('log', @args);
		last if !grep { $out !~ $_ } @$want;
		sleep 0.2;
	}
	for my $w (@$want) {
		like($out, $w, "pm log @args") or diag $app->log_tail(5);
	}
	return $out;
}

sub mail {
	my ($name, %o) = @_;
	return $app->send_mail(from => 'carol@example.net', rcpts =>
		['alice@example.org'], %o, message => "From: carol\@example.net\n" .
		"To: x\@example.org\nSubject: about $name\n" .
		"Message-ID: <$name\@example.net>\n\n" . ($o{body} // "hello\n"));
}

# --- delivered --------------------------------------------------------------
is(mail('plain')->{code}, 250, 'sent');
my $out = pm_log_has([qr/^\S+Z: delivered to alice\@example\.org.*: delivered/m,
	qr/^\S+Z  .*\[127\.0\.0\.1\] connected$/m,
	qr/^\S+Z  came from .*\[127\.0\.0\.1\] under queue id \w+$/m,
	qr/^\S+Z  judged in \d+ ms: delivered; spam with a probability of \d+ %$/m,
	qr/^\S+Z  in the queue, from carol\@example\.net, \d+ bytes$/m,
	qr/^\S+Z  left the queue$/m, qr/disconnected$/m,
	qr{^The\ mail\ server's\ log\n(?:.*\n)*.*postfix/pipe\[\d+\]:\ \w+:\ 
		to=<alice\@example\.org>.*status=sent}mx],
	'show', '<plain@example.net>');
like($out, qr/connected\n.*came from.*\n(?:.*\n)*.*judged.*\n(?:.*\n)*.*in the queue.*\n(?:.*\n)*.*delivered to.*\n(?:.*\n)*.*left the queue/,
	'in their order');
my ($queue) = $out =~ /^queue id    (\w+)$/m;
my ($id) = $out =~ /^id          (\S+)$/m;
is(($app->pm('log', 'show', $queue))[1], $out, 'the queue id is a name, too');
is(($app->pm('log', 'show', $id))[1], $out, 'and the id');
my ($code, $text) = $app->pm('log', 'show', '--json', $id);
my $json = decode_json($text);
is($json->{queue_id}, $queue, 'as JSON');
is((grep { $_->{kind} eq 'delivered' } @{ $json->{timeline} })[0]{queue_id},
	$queue, 'with its events');

# --- refused ----------------------------------------------------------------
my $r = $app->send_mail(from => 'carol@example.net', rcpts =>
	['x@elsewhere.test'], message => "Subject: x\n\nx\n");
is($r->{rcpts}{'x@elsewhere.test'}, 554, 'no relay');
pm_log_has([qr/rejected\s+carol\@example\.net\s+x\@elsewhere\.test\s+554 5\.7\.1/],
	'search', '--to', 'x@elsewhere.test');
is(($app->pm('log', 'search', '--to', 'y@elsewhere.test'))[0], 1, 'nobody else');

# --- the next hop is away; nobody judged it ---------------------------------
$r = mail('away', rcpts => ['far@elsewhere.test'], port => $app->{reinject});
is($r->{code}, 250, 'taken by the unfiltered listener');
pm_log_has([qr/^\S+Z: not delivered yet to far\@elsewhere\.test.*Connection refused/m],
	'show', 'away@example.net');

# --- withheld, then released: the copy belongs to it ------------------------
my $gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-' .
	"EMAIL*C.34X\n";
is(mail('spam', body => $gtube)->{code}, 250, 'withheld');
$out = pm_log_has([qr/\AQuarantined .*because/, qr/judged in \d+ ms: quarantined/],
	'show', 'spam@example.net');
($id) = $out =~ /^id          (\S+)$/m;
my $end = time + 15;
sleep 0.2 while time < $end && ($app->pm('quarantine', 'release', $id))[0] != 0;
pm_log_has([qr/^\S+Z  released by/m, qr/^\S+Z: delivered to alice\@example\.org/m,
	qr{postfix/reinject/smtpd\[\d+\]:.*client=}], 'show', 'spam@example.net');

# --- finding ----------------------------------------------------------------
pm_log_has([qr/delivered\s+carol\@example\.net\s+alice\@example\.org\s+about plain/],
	'search', '--from', 'carol@example.net', '--subject', 'plain');
($code, $text) = $app->pm('log', 'search', '--outcome', 'quarantined', '--json');
is_deeply([map { decode_json($_)->{subject} } split /\n/, $text], ['about spam'],
	'by outcome');
my ($rule) = $out =~ m{^because   (\S+/.+?) \S+:\d+: }m;
($code, $text) = $app->pm('log', 'search', '--rule', $rule // '', '--json');
like($text, qr/about spam/, 'by rule');
unlike($text, qr/about plain/, 'and no other');
like(($app->pm('log', 'search', '--relay', '127.0.0.1', '--limit', '2'))[1],
	qr/\A.*\n.*\n\z/, 'by relay, two of them');
my @all = map { decode_json($_)->{id} } split /\n/,
	($app->pm('log', 'search', '--json'))[1];
my ($first) = map { decode_json($_)->{id} } split /\n/,
	($app->pm('log', 'search', '--json', '--limit', '1'))[1];
my @rest = map { decode_json($_)->{id} } split /\n/,
	($app->pm('log', 'search', '--json', '--before', $first))[1];
is_deeply([$first, @rest], \@all, 'page by page');
for my $net ('127.0.0.0/24', '127.0.0.1') {
	is(($app->pm('log', 'search', '--relay', $net, '--json'))[1],
		($app->pm('log', 'search', '--relay', '127.0.0.0/8',
		'--json'))[1], "a network, $net");
}
is(($app->pm('log', 'search', '--relay', '127.0.1.0/24'))[0], 1,
	'another network');
is(($app->pm('log', 'search', '--relay', 'localhost'))[0], 2,
	'a relay is an address');
# What no filter judged, by address; what one did is not there again.
for my $by (['--to', 'far@elsewhere.test'], ['--from', 'carol@example.net']) {
	($code, $text) = $app->pm('log', 'search', @$by, '--json');
	my @bare = grep { $_->{kind} eq 'unjudged' } map { decode_json($_) }
		split /\n/, $text;
	is_deeply([map { "$_->{message_id} $_->{outcome} @{ $_->{recipients} }" }
		@bare], ['away@example.net deferred far@elsewhere.test'],
		"not judged: @$by") or diag $text;
	like(($app->pm('log', 'show', $bare[0]{id} // 'none'))[1],
		qr/not delivered yet to far/, 'and shown by its id');
}
is((grep { decode_json($_)->{kind} eq 'unjudged' } split /\n/, ($app->pm('log',
	'search', '--to', 'alice@example.org', '--json'))[1]), 0,
	'the copy of a released one is no other mail');
is(($app->pm('log', 'search', '--since', 'yesterday'))[0], 2, 'a time that is none');
is(($app->pm('log', 'show', 'no-such'))[0], 1, 'a name that is none');

# --- as it comes ------------------------------------------------------------
sub followed {
	open my $in, '<', "$app->{root}/followed" or return '';
	local $/;
	return <$in> // '';
}
my $pid = fork // die "fork: $!";
if (!$pid) {
	open STDOUT, '>', "$app->{root}/followed";
	exec $Appliance::PM, 'log', 'search', '--root', $app->{root},
		'--follow', '--since', '1h', '--to', 'alice@example.org'
		or POSIX::_exit(127);
}
$end = time + 15;
sleep 0.1 while time < $end && followed() !~ /about spam/;
like(followed(), qr/about plain\n(?:.*\n)*.*about spam\n\z/,
	'--follow: what was, the oldest first');
mail($_) for qw(comes too);
$end = time + 15;
sleep 0.1 while time < $end && followed() !~ /about too/;
sleep 1.2;
like(followed(), qr/about spam\n.*about comes\n.*about too\n\z/,
	'what comes, each once');
kill 'TERM', $pid;
waitpid $pid, 0;

# --- the log is kept within bounds ------------------------------------------
my $mail_log = "$app->{root}/var/lib/pm/mta/log/mail.log";
truncate $mail_log, 40 << 20;
$end = time + 10;
sleep 0.1 while time < $end && !-e "$mail_log.1";
ok(-e "$mail_log.1", 'a large log is put aside');
mail('later');
pm_log_has([qr/^\S+Z: delivered to alice/m], 'show', 'later@example.net');
done_testing;
