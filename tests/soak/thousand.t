#!/usr/bin/perl
# A thousand recipients with five outcomes, again and again, while front and
# the recorder are killed: each recipient has what his rule says, once for
# each time that the message was sent, nobody has nothing.
use strict;
use warnings;
use FindBin;
use POSIX qw(:sys_wait_h);
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Soak;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';

my $count = $ENV{THOUSAND_N} // 20;
my $app = Appliance->new(policy => <<'LUA');
local p = policy("p", function() return true end)
p:rule("by number", function(m, rcpt, plan)
	local n = tonumber(rcpt.local_part:match("^u(%d+)$"))
	if not n then return end
	if n % 10 == 4 then plan:mark("another", "trace") end
	if n % 5 == 1 then return quarantine("Suspect") end
	if n % 5 == 2 then return discard() end
	if n % 5 == 3 then plan:prefix_subject("[three]") end
	if n % 5 == 4 then return redirect("all@example.org") end
end)
LUA
$app->setup->start;

# Sends each message until it is taken; lines "NUMBER TRIES".
my @rcpts = map { "u$_\@example.org" } 0 .. 999;
my $sender = fork // die "fork: $!";
if (!$sender) {
	$SIG{PIPE} = 'IGNORE';
	open my $out, '>', "$app->{root}/tries" or POSIX::_exit(1);
	for my $n (1 .. $count) {
		my ($tries, $taken) = (0, 0);
		while (!$taken && $tries < 100) {
			$tries++;
			my $r = $app->send_mail(from => 'carol@example.net',
				rcpts => \@rcpts,
				message => "Subject: m$n\n\nhi\n");
			my $all = @rcpts == grep { $_ == 250 }
				values %{ $r->{rcpts} // {} };
			$taken = $all && ($r->{code} // 0) == 250;
			sleep 0.2 unless $taken;
		}
		print $out "$n ", $taken ? $tries : 0, "\n";
	}
	close $out;
	POSIX::_exit(0);
}

my ($turn, %killed) = (0);
my $end = time + 600;
while (waitpid($sender, WNOHANG) == 0 && time < $end) {
	sleep 1 + rand 3; # a process that dies too often is started later
	my $who = (qw(filter/front filter/recorder))[$turn++ % 2];
	my $pid = $app->pid_of($who) or next;
	$killed{$who}++ if kill 'KILL', $pid;
}
diag('killed: ' . join ', ', map { "$_ $killed{$_}" } sort keys %killed);
ok($killed{$_}, "$_ was killed") for qw(filter/front filter/recorder);
is(Soak::settle($app, 240), '', 'spool and queue run empty');

my %tries;
open my $in, '<', "$app->{root}/tries" or die $!;
while (<$in>) {
	my ($n, $tries) = split;
	$tries{"m$n"} = $tries;
}
is(join(' ', grep { !$tries{$_} } sort keys %tries), '', 'all were taken');
is(scalar keys %tries, $count, 'every message has an answer');

# user => subject => how often
my %have;
for my $path ($app->delivered) {
	my ($user) = $path =~ m{/([^/]+)/Maildir/};
	my ($subject) = Soak::without_trace($path) =~ /^Subject: (.*)$/m;
	$have{$user}{$subject}++;
}
for my $q ($app->quarantined('--limit', 100000)) {
	$have{s/\@.*//r}{"held $q->{subject}"}++ for @{ $q->{recipients} };
}

# What a recipient must have of a message; undef: nothing.
sub wanted {
	my ($n, $subject) = @_;
	return ($subject, "held $subject", undef, "[three] $subject",
		undef)[$n % 5];
}

my (@lost, @twice, @astray);
my $more = 0;
for my $subject (sort keys %tries) {
	for my $user ((map { "u$_" } 0 .. 999), 'all') {
		my $want = $user eq 'all' ? $subject :
			wanted($user =~ /(\d+)/, $subject);
		next unless defined $want;
		my $n = delete($have{$user}{$want}) // 0;
		push @lost, "$user $subject" if $n == 0;
		push @twice, "$user $subject: $n, sent $tries{$subject}"
			if $n > $tries{$subject};
		$more++ if $n > 1;
	}
}
push @astray, map { my $u = $_; map { "$u $_" } keys %{ $have{$u} } }
	sort keys %have;
is(scalar @lost, 0, 'nothing is lost') or diag join "\n", @lost[0 .. 9];
is(scalar @twice, 0, 'once for each time it was sent')
	or diag join "\n", @twice[0 .. 9];
is(scalar @astray, 0, 'nobody has what is not his')
	or diag join "\n", @astray[0 .. 9];
my $again = 0;
$again += $_ - 1 for values %tries;
diag(scalar(keys %tries) . " messages, sent again $again times; recipients " .
	"who have one more than once: $more");
ok($app->stop, 'stops within the deadline');
done_testing;
