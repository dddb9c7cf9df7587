#!/usr/bin/perl
# Files that cannot be read, or cannot be understood, on a living appliance:
# what was in force stays, `pm status` names file and line. (This version has
# no keys of its own; an unreadable one is tested when there are.)
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

my $app = Appliance->new(
	lists => { 'blocked-relays' => ['198.51.100.0/24', '300.1.2.3/99'] });
$app->setup->start;
my $etc = "$app->{root}/etc/pm";

sub status_says {
	my ($want) = @_;
	my $line;
	for (1 .. 100) {
		my ($f) = grep { $_->{process} eq 'front' }
			@{ $app->status->{processes} };
		$line = $f->{degraded};
		return $line if $line eq $want;
		sleep 0.05;
	}
	return $line;
}

sub reload_says {
	my ($want, $what) = @_;
	$app->pm('reload', 'filter');
	is(status_says($want), $want, $what);
}

sub answer {
	return $app->send_mail(from => 'carol@example.net',
		rcpts => ['alice@example.org'],
		message => "Subject: x\n\nhello\n")->{text};
}

my $bad = 'lists/blocked-relays:2: "300.1.2.3/99" is not a network; write ' .
	'ADDRESS/BITS';
my $why = "$bad (no mail is accepted: every message is answered 451)";
is(status_says($why), $why, 'a malformed line in a list at the start');
is(answer(), '451 4.7.1 mail filter: temporary failure, try again later',
	'mail waits');
Appliance::write_file("$etc/lists/blocked-relays", "198.51.100.0/24\n");
reload_says('', 'after mending all is well');
like(answer(), qr/^250 /, 'mail flows');

my $stays = '(the policy before it stays in force)';
Appliance::write_file("$etc/lists/blocked-relays", "\n300.1.2.3/99\n");
reload_says("$bad $stays", 'a malformed line at a reload');
like(answer(), qr/^250 /, 'mail still flows');
Appliance::write_file("$etc/lists/blocked-relays", '');

for my $file ('policy/50-default.lua', 'lists/blocked-relays') {
	chmod 0, "$etc/$file";
	reload_says("etc/pm/$file: cannot open: Permission denied $stays",
		"$file is unreadable");
	chmod 0644, "$etc/$file";
	reload_says('', "$file is readable again");
}
chmod 0, "$etc/wiring.lua";
reload_says("etc/pm/wiring.lua: cannot open: Permission denied $stays",
	'the wiring is unreadable');
chmod 0644, "$etc/wiring.lua";
rename "$etc/policy", "$etc/away";
reload_says("etc/pm/policy: cannot be read: No such file or directory $stays",
	'the policy folder is away');
mkdir "$etc/policy";
reload_says("etc/pm/policy: no policy: there is no file *.lua in it $stays",
	'the policy folder is empty');
like(answer(), qr/^250 /, 'mail flows by the policy before');
rmdir "$etc/policy";
rename "$etc/away", "$etc/policy";
reload_says('', 'all is well again');

my $wiring = do { local (@ARGV, $/) = ("$etc/wiring.lua"); <> };
Appliance::write_file("$etc/wiring.lua", $wiring =~ s/reinject/reinjct/r);
is_deeply([$app->pm('reload')], [2, 'pm reload: etc/pm/wiring.lua: ' .
	"mta.reinjct: unknown key; did you mean \"reinject\"?\n"],
	'pm reload with a mistyped key');
like(answer(), qr/^250 /, 'mail flows');
is_deeply([$app->pm('status')]->[0], 0, 'and nothing is degraded');
ok($app->stop, 'stops within the deadline');
done_testing;
