#!/usr/bin/perl
# What an administrator teaches the classifier counts in the living filter
# after a reload, and no more once it is taken back.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 60;

my $app = Appliance->new(policy => <<'LUA');
policy("p"):rule("taught", function(m)
	if m.spam:has("CONTENT_FEEDBACK") then
		return reject("5.7.1", "like what was reported")
	end
end)
LUA
$app->setup->start;
my $mail = "From: carol\@example.net\nTo: alice\@example.org\nSubject: " .
	"storage webinar\n\n" . 'our webinar about storage for modern plants ' .
	"begins on monday, reserve\na seat with the organisers, places are " .
	"few and the coffee is good\n";
Appliance::write_file("$app->{root}/reported", $mail);

sub answer {
	return $app->send_mail(from => 'carol@example.net',
		rcpts => ['alice@example.org'], message => $mail)->{text};
}

like(answer(), qr/^250 /, 'nothing is taught');
my ($code, $out) = $app->pm('train', '--message', "$app->{root}/reported",
	'--as', 'spam');
is($code, 0, 'reported') or diag($out);
($code) = $app->pm('reload', 'filter');
is($code, 0, 'reloaded');
like(answer(), qr/^550 5\.7\.1 like what was reported/, 'it counts');
$app->pm('train', '--message', "$app->{root}/reported", '--undo');
# Nobody need say so: front looks each second.
my $end = time + 3 * 2;
my $answer;
do {
	$answer = answer();
	sleep 0.1;
} until $answer =~ /^250/ || time > $end;
like($answer, qr/^250 /, 'taken back, without a reload');
done_testing;
