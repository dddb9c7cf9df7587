#!/usr/bin/perl
# pm policy publish, log: drafts become generations, numbered and signed, on
# an appliance that does not run.
use strict;
use warnings;
use Test::More;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use JSON::PP;

my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $dir = tempdir(CLEANUP => 1);
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
delete $ENV{SUDO_USER};
chdir $dir or die;
my $WAITS = 'active, the filter takes it at its start \(pm supervise is not ' .
	'running in .*\)';

sub put {
	my ($path, $text) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $text;
	close $f or die;
}

sub get {
	my ($path) = @_;
	local (@ARGV, $/) = ($path);
	return <>;
}

# Runs pm; (exit code, both streams).
sub pm {
	my ($applet, @args) = @_;
	open my $run, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1', $pm, $applet,
		@args, '--root', 'root' or die;
	local $/;
	my $out = <$run> // '';
	close $run;
	return ($? >> 8, $out);
}

sub policy { return pm('policy', @_) }

sub rules {
	my ($body) = @_;
	put('root/etc/pm/policy/50-default.lua',
		"local p = policy(\"p\", function() return true end)\n" .
		"p:rule(\"r\", function(m)\n$body\nend)\n");
}

put('wanted.lua', 'return { name = "mx1", site = "ours.example", roles = ' .
	'{ "filter" }, domains = { "ours.example" }, mta = { kind = ' .
	'"postfix" } }');
my ($code, $out) = pm('setup', '--wiring', 'wanted.lua');
is($code, 0, 'pm setup') or diag $out;
like($out, qr/^policy and lists published: generation 1$/m,
	'makes the key and the first generation');
my $store = 'root/var/lib/pm/generations';
my $mode = sprintf '%o', (stat 'root/var/lib/pm/publisher/key.pem')[2] & 07777;
is($mode, '600', 'the key is for one user alone');
is(get("$store/active"), "1\n", 'it is active');
is_deeply([policy('publish')], [0,
	"nothing to publish: the draft is as generation 1\n"], 'no changes');

rules("\treturn deliver()");
is_deeply([policy('publish', '--dry-run')], [0,
	"would be published: 1 file changed; nothing was done\n"],
	'publish --dry-run');
is(get("$store/active"), "1\n", 'indeed');
my @objects = glob "$store/objects/*";
($code, $out) = policy('publish', '-m', "why \e[1m not");
is($code, 0, 'publish');
like($out, qr/^generation 2 is $WAITS: 1 file changed$/, 'says so');
is(scalar(() = glob "$store/objects/*"), @objects + 1,
	'only what changed was copied');
like(get("$store/000002"), qr/^pm generation 1\nnumber 2\nparent 1\ntime \d+
key [0-9a-f]{16}\nwho \S+\nmessage why .*not\nfile [0-9a-f]{64} \d+ lists/,
	'the manifest');

my $who = getpwuid $>;
my $time = qr/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d/;
($code, $out) = policy('log');
is($code, 0, 'log');
like($out, qr/\A\*     2  $time  $who +1 file  why \\x1b\[1m not\n/,
	'the active one, the newest first');
like($out, qr/^      1  $time  $who +6 files  pm setup\n\z/m, 'the first');
($code, $out) = policy('log', '--json');
my @log = map { decode_json($_) } split /\n/, $out;
is_deeply([map { [@$_{qw(number parent who)}] } @log],
	[[2, 1, $who], [1, 0, $who]], 'log --json');
is_deeply($log[0]{changed}, ['policy/50-default.lua'], 'what changed');
ok($log[0]{active} && !$log[1]{active}, 'which is active');

rules("\treturn deliver(");
is_deeply([policy('publish')], [2, "pm policy: 50-default.lua:4: unexpected " .
	"symbol near 'end'\npm policy: nothing was published: generation 2 " .
	"stays active\n"], 'a policy that does not load');
rules("\tif m.subjet then return deliver() end");
($code, $out) = policy('publish');
is($code, 2, 'a misspelt word');
like($out, qr/^pm policy: 50-default\.lua:3: .*subjet/, 'with file and line');
put('root/etc/pm/lists/blocked-relays', "300.1.2.3/99\n");
rules("\treturn deliver()");
is_deeply([policy('publish')], [2, 'pm policy: lists/blocked-relays:1: ' .
	'"300.1.2.3/99" is not a network; write ADDRESS/BITS' . "\n"],
	'a list that cannot be read');
is(get("$store/active"), "2\n", 'the one before stays');
put('root/etc/pm/lists/blocked-relays', "192.0.2.1\n");

SKIP: {
	skip 'needs root', 2 if $> != 0;
	chmod 0644, 'root/var/lib/pm/publisher/key.pem';
	is_deeply([policy('publish')], [2, 'pm policy: var/lib/pm/publisher/' .
		'key.pem: others may read or change it: make it mode 0600 ' .
		"and give it to pm-sign\n"], 'a key that others can read');
	chmod 0600, 'root/var/lib/pm/publisher/key.pem';
	is(get("$store/active"), "2\n", 'signs nothing');
}

# Fifty are kept, and what they name.
for my $n (3 .. 60) {
	rules("\treturn deliver() -- $n");
	policy('publish', '-m', "number $n");
}
($code, $out) = policy('log');
is(scalar(() = $out =~ /\n/g), 50, 'the last fifty are kept');
like($out, qr/\A\*    60 .* number 60\n.* number 59\n/, 'the newest first');
like($out, qr/^     11 .* number 11\n\z/m, 'and the oldest');
is(scalar(() = glob "$store/objects/*"), 50 + 5, 'and what they name');
is(scalar(() = glob "$store/*.sig"), 50, 'with their signatures');
is_deeply([policy('publis')], [2, "pm policy: did you mean publish: pm help " .
	"policy tells all verbs\n"], 'a misspelt verb');
done_testing;
