#!/usr/bin/perl
# A policy that does not work, on a living appliance: the sender hears a
# neutral 451, the people here hear file, line and rule; a policy that cannot
# be read leaves the one before it in force.
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

my $app = Appliance->new(policy => <<'LUA');
local p = policy("p", function() return true end)
p:rule("broken" function() end)
LUA
$app->setup->start;
my $file = "$app->{root}/etc/pm/policy/50-test.lua";
my $LATER = '451 4.7.1 mail filter: temporary failure, try again later';
my $FAILED = '451 4.7.1 policy failed, try again later';
my $log = "$app->{root}/var/log/pm/pm.log";

sub answer {
	my ($subject) = @_;
	return $app->send_mail(from => 'carol@example.net',
		rcpts => ['alice@example.org'],
		message => "Subject: $subject\n\nhello\n")->{text};
}

# What pm status says of front, once it says that (all lines below its row).
sub status_says {
	my ($want) = @_;
	my ($code, $line);
	for (1 .. 100) {
		my ($s) = grep { "$_->{role}/$_->{process}" eq 'filter/front' }
			@{ $app->status->{processes} };
		($line, $code) = ($s->{degraded}, $s->{well} ? 0 : 1);
		return $line if $line eq $want;
		sleep 0.05;
	}
	return $line;
}

sub logged {
	open my $in, '<', $log or die "$log: $!";
	local $/;
	return <$in>;
}

# Publishes a policy; the filter refuses it, and says that, or it is live. The
# rule begins in line 2.
sub policy {
	my ($text, $says) = @_;
	Appliance::write_file($file, $text);
	my ($code, $out) = $app->publish;
	is($code, defined $says ? 2 : 0, 'was it put in force?');
	like($out, $says // qr/^generation \d+ is live \(\d\.\d\d s\): 1 file/,
		'says what became of it');
}

sub rule {
	my ($name, $body) = @_;
	return "local p = policy(\"p\", function() return true end)\n" .
		"p:rule(\"$name\", function(m)\n$body\nend)\n";
}

my $BROKEN = "50-test.lua:2: ')' expected near 'function'";
my $why = "$BROKEN (no mail is accepted: every message is answered 451)";
is(status_says($why), $why, 'a syntax error at the start: status');
is(answer('one'), $LATER, 'the sender is asked to try again');
is(answer('two'), $LATER, 'and each other');
my ($code, $out) = $app->pm('status');
is($code, 1, 'pm status exits 1');
like($out, qr/\Adegraded: filter\/front is ready, with trouble$/m,
	'its first line');
like($out, qr/^    \Q$why\E$/m, 'its line about the policy');
is(scalar(() = $app->delivered), 0, 'nothing was let through');

policy(rule(good => "\tif m.subject == \"no\" then\n" .
	"\t\treturn reject(\"5.7.1\", \"not here\")\n\tend"));
is(status_says(''), '', 'after mending all is well');
like(answer('yes'), qr/^250 /, 'mail flows');
is(answer('no'), '550 5.7.1 not here', 'by the new policy');

$why = "$BROKEN (the policy before it stays in force)";
policy("local p = policy(\"p\", function() return true end)\n" .
	"p:rule(\"broken\" function() end)\n", qr/^pm policy: the filter refuses it: \Q$why\E; generation \d+ is active again$/);
is(status_says(''), '', 'a syntax error: nothing has changed');
like(answer('yes'), qr/^250 /, 'mail still flows');
is(answer('no'), '550 5.7.1 not here', 'by the policy before it');

policy(rule(waits => "\treturn delay(5)"), qr/^pm policy: the filter refuses it: 50-test\.lua:3: delay: not in this version: needs the delay queue \(the policy before it stays in force\); generation \d+ is active again$/);
is(answer('no'), '550 5.7.1 not here', 'what is not in this version, too');

my @failing = (
	[spins => "\twhile true do end",
		'3: rule "spins": ran longer than 20000000 steps'],
	[eats => "\tlocal s = \"xxxxxxxx\"\n\twhile true do s = s .. s end",
		'4: rule "eats": used more than 32768 KiB of memory'],
	[indexes => "\tlocal t\n\treturn t.x",
		'4: rule "indexes": attempt to index a nil value ' .
		"(local 't')"],
	[misspells => "\treturn m.subjet",
		'3: rule "misspells": message has no field "subjet"; did ' .
		'you mean "subject"?'],
);
for my $f (@failing) {
	my ($name, $body, $says) = @$f;
	policy(rule($name, $body));
	is(status_says(''), '', "$name: nothing to say before mail comes");
	my $start = time;
	is(answer($name), $FAILED, "$name: the sender is asked to try again");
	cmp_ok(time - $start, '<', 10, "$name: soon");
	my $line = "policy: 50-test.lua:$says: mail is answered 451";
	is(status_says($line), $line, "$name: status");
	ok(logged() =~ / error: message [0-9a-f-]{36}: \Q$line\E$/m,
		"$name: the log has the message's id");
}

# The host's time zones are where mail is judged.
policy(rule(zoned => "\treturn reject(\"5.7.1\", \"it was \" .. " .
	"clock(0, \"Europe/Berlin\").hour)"));
is(answer('zone'), '550 5.7.1 it was 1', 'a zone by its name');

# Which message it was: its sender can be asked.
policy(rule(broken => "\terror(\"x\")"));
is($app->send_mail(from => 'carol@example.net', rcpts => ['alice@example.org'],
	message => "Message-ID: <7\@example.net>\nSubject: x\n\nhello\n")->{text},
	$FAILED, 'a message that has an id');
$why = 'policy: 50-test.lua:3: rule "broken": x (Message-ID 7@example.net): ' .
	'mail is answered 451';
is(status_says($why), $why, 'status names it');
ok(logged() =~ / error: message [0-9a-f-]{36}: \Q$why\E$/m &&
	logged() =~ / reply=tempfail .* why=the policy failed$/m,
	'the log, too');

# Where the site says so, a rule that fails is passed over, and seen.
policy("local p = policy(\"p\", function() return true end, " .
	"{ on_error = \"skip\" })\np:rule(\"skips\", function(m)\n" .
	"\treturn m.subjet\nend)\np:rule(\"next\", function(m)\n" .
	"\tif m.subject == \"no\" then return reject(\"5.7.1\", \"no\") end\n" .
	"end)\n");
like(answer('yes'), qr/^250 /, 'a rule is passed over: mail flows');
$why = 'policy: 50-test.lua:3: rule "skips": message has no field "subjet"; ' .
	'did you mean "subject"?: this rule is skipped';
is(status_says($why), $why, 'status says which');
is(answer('no'), '550 5.7.1 no', 'the next rule is asked');

# Published under load: not one 4xx. Two policies alternate, both accept.
policy(rule(good => "\treturn deliver()"));
is(status_says(''), '', 'well again');
my @pids;
for my $w (1 .. 4) {
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	if ($pid) {
		push @pids, $pid;
		next;
	}
	my $bad = 0;
	for (1 .. 25) {
		$bad++ unless answer("load $w") =~ /^250 /;
	}
	POSIX::_exit($bad);
}
my ($reloads, $bad, @left) = (0, 0, @pids);
while (@left) {
	Appliance::write_file($file, rule("turn$reloads", "\treturn deliver()"));
	$app->publish;
	$reloads++;
	@left = grep { waitpid($_, POSIX::WNOHANG()) == 0 ? 1 :
		($bad += $? >> 8, 0) } @left;
}
is($bad, 0, "100 messages, $reloads generations: not one is refused");
cmp_ok($reloads, '>=', 2, 'there were several');
is($app->restarted, '', 'no process had to be restarted');
ok($app->stop, 'stops within the deadline');
done_testing;
