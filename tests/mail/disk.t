#!/usr/bin/perl
# The spool's file system is full: what must be kept is answered 451 and
# nothing half-done stays; what is only delivered flows; when there is space
# again all goes on without a restart. `pm status` says what to do.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 120;

my $app = Appliance->new(filter => 'memory_mb = 1,', policy => <<'LUA');
local p = policy("p", function() return true end)
p:rule("keep", function(m)
	if m.subject == "keep" then return quarantine("Suspect") end
end)
LUA
$app->setup;
my $spool = "$app->{root}/var/lib/pm/spool";
my @was = (stat $spool)[2, 4, 5];
system('mount', '-t', 'tmpfs', '-o', 'size=4m', 'pm-test', $spool) == 0
	or plan skip_all => 'cannot mount a tmpfs here';
chown @was[1, 2], $spool;
chmod $was[0] & 07777, $spool;
my ($code, $out) = $app->pm('setup', '--wiring', "$app->{root}/wanted.lua");
is($code, 0, 'pm setup again: the spool is made anew') or diag $out;

END {
	my $status = $?;
	$app->stop if $app;
	system('umount', '-l', $spool) if $spool && `mount` =~ /\Q$spool\E/;
	$? = $status;
}
Appliance::write_file("$app->{root}/etc/pm/policy/50-test.lua",
	$app->{policy});
$app->publish;
$app->start;

sub answer {
	my ($subject, $bytes) = @_;
	return $app->send_mail(from => 'carol@example.net',
		rcpts => ['alice@example.org'], message =>
		"Subject: $subject\n\n" . ('x' x 70 . "\n") x
		(($bytes // 0) / 71))->{text};
}

sub front {
	my ($f) = grep { "$_->{role}/$_->{process}" eq 'filter/front' }
		@{ $app->status->{processes} };
	return $f->{degraded};
}

sub fill {
	open my $f, '>', "$spool/filler" or die "$spool/filler: $!";
	my $block = 'f' x 4096;
	while (syswrite $f, $block) { }
	close $f;
}

my $waited = sub {
	my ($test) = @_;
	for (1 .. 100) {
		return 1 if $test->();
		sleep 0.05;
	}
	return 0;
};

like(answer('keep', 100_000), qr/^250 /, 'with space: kept');
ok($waited->(sub { $app->quarantined == 1 }), 'and in the quarantine');
fill();
is(answer('keep', 100_000),
	'451 4.7.1 mail filter: temporary failure, try again later',
	'disk full: the sender keeps it');
my $says;
$waited->(sub { ($says = front()) ne '' });
is($says, 'spool: no space left on var/lib/pm/spool (0 of 4 MB free): ' .
	'delete what is not needed there or enlarge it: mail that must be ' .
	'kept is answered 451', 'pm status: where, what, what to do');
is(join(' ', grep { -f } glob "$spool/new/* $spool/tmp/* $spool/inject/*"),
	'', 'nothing half-done stays');
is(scalar(() = $app->quarantined), 1, 'nothing new in the quarantine');
like(answer('plain', 1000), qr/^250 /, 'plain mail flows');
like(answer('plain', 500_000), qr/^250 /, 'also larger than a slot');
is(answer('plain', 5_000_000),
	'451 4.3.1 mail filter: insufficient system storage',
	'larger than the memory budget: asked to try again');
unlink "$spool/filler";
like(answer('keep', 100_000), qr/^250 /, 'with space again: kept');
ok($waited->(sub { front() eq '' }), 'and all is well');
ok($waited->(sub { $app->quarantined == 2 }), 'and in the quarantine');
is($app->restarted, '', 'no process had to be restarted');
open my $log, '<', "$app->{root}/var/log/pm/pm.log" or die $!;
my @lines = grep { / error: message [0-9a-f-]{36}: cannot keep it: / } <$log>;
is(scalar @lines, 1, 'the log has one line about it');
like($lines[0] // '', qr/: spool: no space left on var\/lib\/pm\/spool /,
	'with the reason');
ok($app->stop, 'stops within the deadline');
done_testing;
