#!/usr/bin/perl
# The way out of the quarantine: a released message arrives once, as it came,
# and is not judged again.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Soak;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 120;

my $app = Appliance->new;
$app->setup->start;
my $gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-' .
	'EMAIL*C.34X';
my ($alice, $bob, $dave) = map { "$_\@example.org" } qw(alice bob dave);
my $log = "$app->{root}/var/log/pm/pm.log";

sub until_true {
	my ($test) = @_;
	for (1 .. 200) {
		return 1 if $test->();
		sleep 0.05;
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

# Sends it; its id in the quarantine.
sub keep {
	my ($subject, @rcpts) = @_;
	my $r = $app->send_mail(from => 'carol@example.net',
		rcpts => \@rcpts, message => message($subject));
	like($r->{text}, qr/^250 /, "$subject: accepted");
	my $q;
	ok(until_true(sub { ($q) = grep { $_->{subject} eq $subject }
		$app->quarantined }), "$subject: in the quarantine");
	return $q->{id};
}

# How often front judged.
sub judged {
	open my $in, '<', $log or die "$log: $!";
	return scalar grep { m{filter/front\[\d+\] info: message } } <$in>;
}

my $id = keep('first', $alice);
is(scalar(() = $app->delivered), 0, 'nothing is delivered');
my $before = judged();
is_deeply([$app->pm('quarantine', 'release', $id)],
	[0, "$id released\n"], 'release');
ok(until_true(sub { 1 == (() = $app->delivered($alice)) }), 'it arrives');
is(Soak::settle($app, 10), '', 'spool and queue run empty');
my @files = $app->delivered($alice);
is(scalar @files, 1, 'once');
is(Soak::without_trace($files[0]), message('first'), 'as it was sent');
is(judged(), $before, 'it is not judged again');
my $TIME = qr/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/;
my ($code, $out) = $app->pm('quarantine', 'release', $id);
is($code, 2, 'a second release is refused');
like($out, qr/\Apm quarantine: $id was released at $TIME by \w+: use --again\n\z/,
	'with the exact line');
is_deeply([$app->pm('quarantine', 'release', '--again', $id)],
	[0, "$id released\n"], 'but for --again');
ok(until_true(sub { (() = $app->delivered($alice)) == 2 }),
	'then it arrives once more');

my $two = keep('second', $alice, $bob);
is_deeply([$app->pm('quarantine', 'forward', $two, '--rcpt', $dave)],
	[0, "$two forwarded\n"], 'forward to another address');
ok(until_true(sub { 1 == (() = $app->delivered($dave)) }), 'it arrives there');
@files = $app->delivered($dave);
is(Soak::without_trace($files[0]), message('second'), 'as it was sent');
ok((grep { $_->{id} eq $two } $app->quarantined), 'it stays held');
is_deeply([$app->pm('quarantine', 'release', $two, '--rcpt', $bob)],
	[0, "$two released\n"], 'release to one of two');
ok(until_true(sub { 1 == (() = $app->delivered($bob)) }), 'it arrives with him');
is(Soak::settle($app, 10), '', 'spool and queue run empty');
is(scalar(() = $app->delivered($alice)), 2, 'and not with the other');

my $three = keep('third', $alice);
is_deeply([$app->pm('quarantine', 'delete', $three)],
	[0, "$three deleted\n"], 'delete');
is(scalar(grep { $_->{id} eq $three } $app->quarantined), 0, 'it is gone');
($code, $out) = $app->pm('quarantine', 'release', $three);
is($code, 2, 'and cannot be released');
like($out, qr/\Apm quarantine: $three was deleted at $TIME by \w+\n\z/,
	'with the exact line');
($code, $out) = $app->pm('quarantine', 'release',
	'01a2052a-414b-74ba-b090-5e3ede0a8872');
is("$code $out", "2 pm quarantine: no message " .
	"01a2052a-414b-74ba-b090-5e3ede0a8872 in the quarantine: " .
	"`pm quarantine list --all` shows them\n", 'an unknown id');
ok($app->stop, 'stops within the deadline');
done_testing;
