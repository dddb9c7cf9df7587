#!/usr/bin/perl
# A policy is published while mail comes in: live on all scanners soon, no
# message is refused for it, and after pm policy publish has returned every
# new message is judged by the new generation.
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

use constant SENDERS => 4;

# The name of a generation stands in the delivered message.
sub rules {
	my ($name) = @_;
	return <<"LUA";
local p = policy("p", function() return true end)
p:rule("name", function(m, rcpt, plan)
	plan:add_header("X-Generation", "$name")
	if m:sender_listed("blocked-senders") then
		return reject("5.7.1", "you are on a list")
	end
end)
LUA
}

my $app = Appliance->new(policy => rules('first'));
$app->setup->start;
my $file = "$app->{root}/etc/pm/policy/50-test.lua";

sub answer {
	my ($subject) = @_;
	return $app->send_mail(from => 'carol@example.net',
		rcpts => ['alice@example.org'],
		message => "Subject: $subject\n\nhello\n")->{text};
}

# Senders that go on until they are told to end; each writes what it got as
# lines "TIME-OF-CONNECTION REPLY".
my @pids;
for my $w (1 .. SENDERS) {
	my $pid = fork // die "fork: $!";
	if ($pid) {
		push @pids, $pid;
		next;
	}
	my ($end, $n) = (0, 0);
	local $SIG{TERM} = sub { $end = 1 };
	open my $out, '>', "$app->{root}/sender$w" or die $!;
	while (!$end) {
		my $time = time;
		my $subject = sprintf '%d.%06d-%d', $time,
			($time - int $time) * 1e6, $w;
		print $out "$subject ", answer($subject), "\n";
	}
	close $out;
	POSIX::_exit(0);
}

sub publish {
	my ($name) = @_;
	Appliance::write_file($file, rules($name));
	my ($code, $out) = $app->pm('policy', 'publish', '-m', $name);
	is($code, 0, "$name is published") or diag $out;
	my ($live) = $out =~ /^generation \d+ is live \((\d+\.\d+) s\): 1 file/;
	ok(defined $live, 'and live') or diag $out;
	return ($live // 99, time);
}

# Published while the machine is busy; then mail for a while.
my (@live, @from);
sleep 0.5;
for my $n (1 .. 5) {
	my ($live, $at) = publish("number$n");
	push @live, $live;
	push @from, [$at, "number$n"];
	sleep 0.4;
}
# A list alone, under the same load; what comes after it is judged by it.
my ($code, $out) = $app->pm('list', 'add', 'blocked-senders',
	'dora@example.net');
like($out, qr/^1 added: generation \d+ is live \((\d+\.\d+) s\): 1 file/,
	'a list, changed alone');
my ($took) = $out =~ /\((\d+\.\d+) s\)/;
cmp_ok($took // 99, '<', 3, 'is live within 1 s (3 asserted)');
like($app->send_mail(from => 'dora@example.net',
	rcpts => ['alice@example.org'],
	message => "Subject: x\n\nhello\n")->{text}, qr/^550 5\.7\.1 you are/,
	'and judged by');
kill 'TERM', @pids;
waitpid $_, 0 for @pids;

my (%reply, @bad);
for my $w (1 .. SENDERS) {
	open my $in, '<', "$app->{root}/sender$w" or die $!;
	while (<$in>) {
		my ($subject, $reply) = /^(\S+) (.*)/;
		$reply{$subject} = $reply;
		push @bad, $_ if $reply !~ /^250 /;
	}
}
my $sent = keys %reply;
is(join('', @bad), '', "$sent messages, 5 generations: not one is refused");
cmp_ok($sent, '>', 20, 'there was load');
my ($worst) = sort { $b <=> $a } @live;
cmp_ok($worst, '<', 3, 'live within three seconds');
diag "live after @live s under load, $sent messages";

# What each was judged by; Postfix delivers a little later.
my @mail;
for (1 .. 200) {
	@mail = $app->delivered('alice@example.org');
	last if @mail == $sent;
	sleep 0.05;
}
is(scalar @mail, $sent, 'every message arrived once');
my ($late, %seen) = (0);
for my $path (@mail) {
	open my $in, '<', $path or die "$path: $!";
	my $text = do { local $/; <$in> };
	my ($sent_at) = $text =~ /^Subject: ([\d.]+)-/m;
	my @names = $text =~ /^X-Generation: (\S+)/mg;
	my ($least) = map { $_->[1] } grep { $sent_at > $_->[0] }
		reverse @from;
	$seen{$names[0] // ''}++;
	my $n = ($names[0] // '') =~ /(\d+)/ ? $1 : 0;
	my $needed = ($least // '') =~ /(\d+)/ ? $1 : 0;
	$late++ if @names != 1 || $n < $needed;
}
is($late, 0, 'after publish returned, none is judged by an older one');
cmp_ok(scalar keys %seen, '>=', 4, 'several generations were in force');
is($app->restarted, '', 'no process had to be restarted');

# What pm status says.
($code, $out) = $app->pm('status');
like($out, qr/^policy: generation 8 is live$/m, 'pm status: what is in force');
Appliance::write_file($file, rules('draft'));
($code, $out) = $app->pm('status');
like($out, qr/^policy:\ generation\ 8\ is\ live;\ 1\ file\ of\ the\ draft\ is
	\ not\ published,\ changed\ since\ 20\d\d-\d\d-\d\d\ \d\d:\d\d
	\ \(pm\ policy\ status\)$/mx, 'and what is not yet');
my $state = $app->status->{policy};
cmp_ok(abs(delete($state->{draft}[0]{at_ms}) / 1000 - time), '<', 60,
	'since when');
is_deeply($state, { live => 8, active => 8, unpublished => 1, draft =>
	[{ path => 'policy/50-test.lua', what => 'changed' }] },
	'pm status --json');
ok($app->stop, 'stops within the deadline');
done_testing;
