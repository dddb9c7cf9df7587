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
# What pm policy publish says of the draft.
sub publish_says {
	my ($want, $what) = @_;
	my ($code, $out) = $app->publish;
	is($code, 2, "$what: nothing is published");
	is($out, "pm policy: $want\n", $what);
	like(answer(), qr/^250 /, 'mail still flows');
}

Appliance::write_file("$etc/lists/blocked-relays", "198.51.100.0/24\n");
like([$app->publish]->[1], qr/^generation \d+ is live /, 'mended');
is(status_says(''), '', 'after mending all is well');
like(answer(), qr/^250 /, 'mail flows');

my $stays = '(the policy before it stays in force)';
Appliance::write_file("$etc/lists/blocked-relays", "\n300.1.2.3/99\n");
publish_says("the filter refuses it: $bad $stays; generation 3 is active " .
	'again', 'a malformed line');
is(status_says(''), '', 'nothing is degraded');
Appliance::write_file("$etc/lists/blocked-relays", "198.51.100.0/24\n");

rename "$etc/policy", "$etc/away";
publish_says('etc/pm/policy: cannot be read: No such file or directory',
	'the policy folder is away');
mkdir "$etc/policy";
publish_says('etc/pm/policy: no policy: there is no file *.lua in it',
	'the policy folder is empty');
reload_says('', 'which are drafts: the filter does not read them');
rmdir "$etc/policy";
rename "$etc/away", "$etc/policy";

# The generation itself.
my $store = "$app->{root}/var/lib/pm/generations";
my ($list) = do {
	local @ARGV = "$store/000003";
	grep { s/^file (\S+) \d+ lists\/blocked-relays\n/$1/ } <>;
};
my $object = "var/lib/pm/generations/objects/$list";
chmod 0, "$app->{root}/$object";
reload_says("$object: cannot open: Permission denied $stays",
	'an object is unreadable');
chmod 0644, "$app->{root}/$object";
reload_says('', 'it is readable again');
Appliance::write_file("$app->{root}/$object", "198.51.100.0/25\n");
reload_says("$object: is damaged: it is not what was published as " .
	"lists/blocked-relays $stays", 'an object is damaged');
like(answer(), qr/^250 /, 'mail still flows');
Appliance::write_file("$app->{root}/$object", "198.51.100.0/24\n");
reload_says('', 'it is whole again');
my $manifest = do { local (@ARGV, $/) = ("$store/000003"); <> };
Appliance::write_file("$store/000003", $manifest =~ s/message /message x/r);
my ($key) = $manifest =~ /^key (\S+)$/m;
reload_says('var/lib/pm/generations/000003: its signature by key ' .
	"$key is not good $stays", 'the manifest was changed');
Appliance::write_file("$store/000003", $manifest);
my $keys = do { local (@ARGV, $/) = ("$etc/publishers"); <> };
Appliance::write_file("$etc/publishers", '');
reload_says("var/lib/pm/generations/000003: signed by key $key, which is " .
	"not in etc/pm/publishers $stays", 'the key is not believed');
Appliance::write_file("$etc/publishers", $keys);
rename "$store/active", "$store/away";
reload_says("no policy was published: pm policy publish $stays",
	'nothing is active');
rename "$store/away", "$store/active";
reload_says('', 'all is well again');

chmod 0, "$etc/wiring.lua";
reload_says("etc/pm/wiring.lua: cannot open: Permission denied $stays",
	'the wiring is unreadable');
chmod 0644, "$etc/wiring.lua";
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
