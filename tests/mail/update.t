#!/usr/bin/perl
# An update of rules and model is in force in the living filter at once; one
# that is damaged on the disk is told and keeps no mail waiting.
use strict;
use warnings;
use FindBin;
use Test::More;
use lib "$FindBin::Bin/../lib";
use Appliance;

$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 60;

my $app = Appliance->new(policy => <<'LUA');
policy("p"):rule("new", function(m)
	if m.spam:has("NEW_TEAPOTS") then return reject("5.7.1", "teapots") end
end)
LUA
$app->setup->start;
my $root = $app->{root};
my $mail = "From: carol\@example.net\nTo: alice\@example.org\nSubject: x\n\n" .
	"Some quixotic teapots\n";

sub answer {
	return $app->send_mail(from => 'carol@example.net',
		rcpts => ['alice@example.org'], message => $mail)->{text};
}

Appliance::write_file("$root/new.lua", "return { group = 'new', about = 'g'," .
	"{ 'NEW_TEAPOTS', 700, text = 'quixotic teapots', about = 'a' } }\n");
my (undef, $key) = $app->pm('update', 'key', "$root/key.pem");
Appliance::write_file("$root/etc/pm/update.pub", $key);
for my $number (10, 20) {
	my ($code, $out) = $app->pm('update', 'make', '--key',
		"$root/key.pem", '--rules', "$root/new.lua", '--number',
		$number, '--out', "$root/$number");
	is($code, 0, "update $number") or diag($out);
}
my ($pid) = ($app->pm('status'))[1] =~ /^filter\/zygote .* (\d+)$/m;
like(answer(), qr/^250 /, 'not known yet');
my ($code, $out) = $app->pm('update', 'load', "$root/10");
is($code, 0, 'loaded');
like($out, qr/^update 10 is in force: .*\nthe filter judges by it\n$/,
	'the filter has it');
like(answer(), qr/^550 5\.7\.1 teapots/, 'so it judges the next message');
like(($app->pm('status'))[1], qr/^rules: update 10, made \d+ s ago$/m,
	'pm status tells it');
$app->pm('update', 'load', "$root/20");

open my $f, '+<', "$root/var/lib/pm/update/20" or die $!;
seek $f, 500, 0;
print $f "damage";
close $f;
($code, $out) = $app->pm('reload', 'filter');
is($code, 1, 'a damaged one is told');
like($out, qr{^filter/front is ready: update: var/lib/pm/update/20: its signature by key \w+ is not good \(the rules and the model of the executable judge\)$}m,
	'… with what judges instead');
like(answer(), qr/^250 /, 'mail goes on');
($code, $out) = $app->pm('update', 'undo');
is($code, 0, 'undone') or diag($out);
like(answer(), qr/^550 5\.7\.1 teapots/, 'the one before judges');
is(($app->pm('status'))[1] =~ /^filter\/zygote .* (\d+)$/m ? $1 : 0, $pid,
	'nothing was started again');

# What the site's own rules compile to is kept, by front in its sandbox.
mkdir "$root/etc/pm/policy/rules";
Appliance::write_file("$root/etc/pm/policy/rules/x.lua", "return { group = " .
	"'x', about = 'g', { 'OURS', 100, text = 'sugar', about = 'a' } }\n");
$app->publish;
my @kept = glob "$root/var/lib/pm/compiled/rules-*";
is(scalar @kept, 1, 'compiled rules are kept');
my $before = (stat $kept[0])[1];
$app->pm('reload', 'filter');
is((stat $kept[0])[1], $before, 'and used the next time');
done_testing;
