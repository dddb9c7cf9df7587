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
my @shipped = grep { -f } glob 'root/etc/pm/policy/*.lua ' .
	'root/etc/pm/policy/templates/*.txt root/etc/pm/lists/*';
my $shipped = @shipped;
my $store = 'root/var/lib/pm/generations';
my $mode = sprintf '%o', (stat 'root/var/lib/pm/publisher/key.pem')[2] & 07777;
is($mode, '600', 'the key is for one user alone');
is(get("$store/active"), "1\n", 'it is active');
is_deeply([policy('publish')], [0,
	"nothing to publish: the draft is as generation 1\n"], 'no changes');

# Which of them judges: what is in force, or what is written.
sub judged {
	my ($verb, @options) = @_;
	put('mail.eml', "Subject: x\r\n\r\nhello\r\n");
	my ($code, $text) = pm(@$verb, 'mail.eml', '--resolver',
		'127.0.0.1:9', @options);
	return "$code " . join ' ', $text =~ /(judging\ by\ .*|^policy\ .*|(?<=\t)
		(?:deliver|discard)(?=\t)|(?<=^\ \ )(?:Delivered|Dropped))/gmx;
}
rules("\treturn discard()");
is(judged(['scan']), "0 judging by generation 1, which is active deliver",
	'pm scan: what is in force');
is(judged(['scan'], '--active'), "0 judging by generation 1, which is active "
	. "deliver", 'the same in words');
is(judged(['scan'], '--draft'), "0 judging by the draft discard",
	'--draft');
like(judged(['policy', 'test']), qr/^0 Dropped policy draft \w{16}$/,
	'pm policy test: the draft');
like(judged(['policy', 'test'], '--active'),
	qr/^0 Delivered policy generation 1$/, '--active');
is(judged(['scan'], '--active', '--draft'), '2 ', 'not both');

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
like($out, qr/^      1  $time  $who +$shipped files  pm setup\n\z/m, 'the first');
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

# diff, rollback, export.
($code, $out) = policy('diff');
is($code, 1, 'diff: the draft has changes');
like($out, qr{\A---\ 2/lists/blocked-relays\n
	\+\+\+\ draft/lists/blocked-relays\n@@\ -1,5\ \+1\ @@\n
	(-\#.*\n){5}\+192\.0\.2\.1\n\z}x, 'what they are');
like([policy('status')]->[1], qr/^generation 2, published $time by \S+: why .*
1 file of the draft changed since: pm policy diff
  $time  changed  lists\/blocked-relays\n\z/, 'status: what, and when');
like([policy('show')]->[1], qr/\Ageneration 2, .*
after generation 1, signed by key [0-9a-f]{16}
 +\d+  lists\/anti-spam-optouts\n/, 'show');
is([policy('show', '2', 'policy/50-default.lua')]->[1],
	get('root/etc/pm/policy/50-default.lua'), 'show a file');
is_deeply([policy('show', '1', 'nix')], [2, 'pm policy: generation 1 has no ' .
	"file nix: pm policy show 1 lists them\n"], 'one that is not there');
is_deeply([policy('rollback')], [2, 'pm policy: 1 file of the draft would ' .
	'be lost: publish or undo the changes (pm policy diff), or give ' .
	"--force\n"], 'rollback would lose them');
is((policy('publish', '-m', 'one relay'))[0], 0, 'so they are published');
is_deeply([policy('diff')], [0, ''], 'and there is no difference');
is([policy('status')]->[0], 0, 'which status tells');
(my $active = [policy('diff', '2', 'active')]->[1]) =~ s/ 3/ draft/;
is($active, [policy('diff', '2')]->[1], 'an old one against the active one');
($code, $out) = policy('diff', '3', '1');
like($out, qr{^\+\+\+ 1/policy/50-default\.lua$}m, 'in the order asked for');
like([policy('rollback')]->[1], qr/^generation 4 is .*: 1 file changed$/,
	'rollback to the one before');
like([policy('log')]->[1], qr/\A\*     4 .* rollback to 2\n/, 'is logged');
unlike(get('root/etc/pm/lists/blocked-relays'), qr/^192/m,
	'the draft is the same');
put('root/etc/pm/policy/60-more.lua', "-- lost\n");
like([policy('rollback', '3', '--force', '-m', 'back')]->[1],
	qr/^generation 5 is .*: 1 file changed$/, 'rollback N --force');
ok(!-e 'root/etc/pm/policy/60-more.lua', 'the change is gone');
is(get('root/etc/pm/lists/blocked-relays'), "192.0.2.1\n", 'list restored');
is_deeply([policy('rollback', '99')], [2, 'pm policy: generation 99 is not ' .
	"kept: pm policy log shows those that are\n"], 'an unknown one');

is_deeply([policy('export', 'out')], [0, 'generation 5 is in out: ' .
	"$shipped files; back again: pm policy publish --from out\n"],
	'export');
is(get('out/policy/50-default.lua'), get('root/etc/pm/policy/50-default.lua'),
	'is the draft');
is((policy('export', '1', 'out'))[0], 0, 'another one into the same folder');
isnt(get('out/policy/50-default.lua'),
	get('root/etc/pm/policy/50-default.lua'), 'is that one');
like([policy('publish', '--from', 'out', '-m', 'as at first')]->[1],
	qr/^generation 6 is .*: 2 files changed$/, 'publish --from');
is_deeply([policy('diff', '1', '6')], [0, ''], 'is what was exported');
is_deeply([policy('diff')], [0, ''], 'and so is the draft');

# Options.
is_deeply([policy('option')], [0, ''], 'no options');
is_deeply([policy('option', 'tag', 'yes')], [0, 'changed in the draft; in ' .
	"force after pm policy publish\n"], 'one is set');
policy('option', 'limit', '9');
policy('option', 'TAG', 'no');
is(get('root/etc/pm/policy/options'), "TAG = no\nlimit = 9\n", 'the file');
is_deeply([policy('option')], [0, "TAG = no\nlimit = 9\n"], 'all are shown');
is_deeply([policy('option', 'Limit')], [0, "9\n"], 'or one');
is_deeply([policy('option', 'other')], [1, ''], 'or none');
like([policy('option', 'a b', 'x')]->[1], qr/^pm policy: "a b" is no name /,
	'a bad name');
is((policy('publish'))[0], 0, 'options are published');
like([policy('log', '--json')]->[1], qr/"changed": ?\["policy\/options"\]/,
	'as a file of the generation');

# The whole history for git.
SKIP: {
	skip 'git is not installed', 6 unless -x '/usr/bin/git';
	local @ENV{qw(GIT_CONFIG_GLOBAL GIT_CONFIG_SYSTEM HOME)} =
		('/dev/null', '/dev/null', "$dir");
	my $git = sub { return scalar qx(git -C repo @_ 2>&1) };
	qx(git init -q repo 2>&1);
	is(qx("$pm" policy export --git --root root 2>&1 >stream),
		"7 generations\n", 'export --git');
	qx(git -C repo fast-import --quiet <stream 2>&1);
	is($?, 0, 'git takes it');
	is($git->('log --format="%an <%ae> %at %s" --reverse main'), join('',
		map { my ($t) = get("$store/$_") =~ /^time (\d+)$/m;
			my ($who) = get("$store/$_") =~ /^who (.*)$/m;
			my ($m) = get("$store/$_") =~ /^message ?(.*)$/m;
			($m //= '') eq '' and $m = 'generation ' . ($_ + 0);
			"$who <> $t $m\n" } map { sprintf '%06d', $_ } 1 .. 7),
		'a commit of each generation: who, when, why');
	$git->('checkout -q main~1');
	is(qx(cd repo && find policy lists -type f | sort), qx(cd out &&
		find policy lists -type f | sort), 'the files of one of them');
	is(qx(diff -r repo/policy out/policy && diff -r repo/lists out/lists),
		'', 'as they were');
	qx("$pm" policy export --git --root root >again 2>/dev/null);
	is(get('again'), get('stream'), 'the same generations, the same bytes');
}

# A long list is told in short.
put('root/etc/pm/lists/blocked-relays', join '',
	map { "host$_.example\n" } 1 .. 9000);
policy('publish');
put('root/etc/pm/lists/blocked-relays', join '',
	map { "host$_.example\n" } 2 .. 9030);
($code, $out) = policy('diff');
like($out, qr/\A---\ 8\S+\n\+\+\+\ \S+\n-host1\.example\n
	(\+host90\d\d\.example\n){19}
	30\ added,\ 1\ removed,\ the\ first\ 20\ shown\n\z/x,
	'diff of a long list');
unlink 'root/etc/pm/policy/options';
put('root/etc/pm/lists/blocked-relays', "192.0.2.1\n");

# Fifty are kept, and what they name.
for my $n (9 .. 62) {
	rules("\treturn deliver() -- $n");
	policy('publish', '-m', "number $n");
}
($code, $out) = policy('log');
is(scalar(() = $out =~ /\n/g), 50, 'the last fifty are kept');
like($out, qr/\A\*    62 .* number 62\n.* number 61\n/, 'the newest first');
like($out, qr/^     13 .* number 13\n\z/m, 'and the oldest');
is(scalar(() = glob "$store/objects/*"), 50 + $shipped - 1,
	'and what they name');
is(scalar(() = glob "$store/*.sig"), 50, 'with their signatures');
is_deeply([policy('publis')], [2, "pm policy: did you mean publish: pm help " .
	"policy tells all verbs\n"], 'a misspelt verb');
done_testing;
