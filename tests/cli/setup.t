#!/usr/bin/perl
# pm setup: every rule of a plan in the words users see, unattended and asked,
# what is written, what is kept, what is refused.
use strict;
use warnings;
use Cwd qw(abs_path getcwd);
use File::Temp qw(tempdir);
use IO::Socket::INET;
use Test::More;

my $pm = abs_path($ENV{PM} // 'build/pm');
my $shipped = abs_path('lua/policy');
my $dir = tempdir('pm-setup-XXXXXX', TMPDIR => 1, CLEANUP => 1);
chdir $dir or die;

sub spew {
	my ($file, $text) = @_;
	open my $out, '>', $file or die "$file: $!";
	print $out $text;
	close $out;
}

sub slurp {
	open my $in, '<', $_[0] or return undef;
	local $/;
	return scalar(<$in>) // '';
}

# Runs pm setup with stdin; (exit code, stdout, stderr).
sub setup {
	my ($in, @args) = @_;
	spew('in', $in);
	my $pid = fork;
	die "fork: $!" unless defined $pid;
	if (!$pid) {
		open STDIN, '<', 'in';
		open STDOUT, '>', 'out';
		open STDERR, '>', 'err';
		exec $pm, 'setup', @args or POSIX::_exit(127);
	}
	waitpid $pid, 0;
	return ($? >> 8, slurp('out'), slurp('err'));
}

# A wiring with roles and further text.
sub wiring {
	my ($roles, $more) = @_;
	$more //= '';
	my $list = join ', ', map { "\"$_\"" } split ' ', $roles;
	return qq(return { name = "mx1", site = "example.org", )
		. qq(roles = { $list }, domains = { "example.org" }, $more });
}

my $server = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 5);
my $csm = '127.0.0.1:' . $server->sockport;
my $nobody = IO::Socket::INET->new(LocalAddr => '127.0.0.1', Listen => 1);
my $silent = '127.0.0.1:' . $nobody->sockport;
close $nobody;

my $postfix = 'mta = { kind = "postfix" }';
my $e3 = 'a Mail Filter takes its policy from the Centralized Server Manager '
	. 'and its database, which must exist first';
my @plans = (
	# name, roles, more, exit, lines
	['whole', 'mta filter', $postfix, 0],
	['unknown', 'mta filtre', $postfix, 1,
		'error: roles: "filtre" is not a role: did you mean "filter"?',
		'error, rule 11: an MTA with no filter wired takes mail from '
		. 'this appliance only (mta.listen has "0.0.0.0:25"): add '
		. '"filter" to roles, or listen on loopback (mta.listen = '
		. '{ "127.0.0.1:25" })'],
	['1', 'csm', '', 1, 'error, rule 1: the Centralized Server Manager '
		. 'keeps everything in the Database Server: add "db" to '
		. 'roles, or name a database elsewhere (db.connection), or '
		. 'take out "csm"'],
	['1 elsewhere', 'csm', 'db = { connection = "host=db.test" }', 0],
	['2', 'mta', qq(csm = "$silent", mta = { kind = "postfix",
		listen = { "127.0.0.1:25" } }), 1,
		"error, rule 2: the Centralized Server Manager must answer "
		. "before another appliance can be set up ($silent does not "
		. "answer): set up and start the CSM's appliance first, or "
		. "correct csm"],
	['2 answers', 'mta filter', qq(csm = "$csm", $postfix), 0],
	['3', 'filter mta', qq(csm = "$silent", $postfix), 1,
		"error, rule 2: the Centralized Server Manager must answer "
		. "before another appliance can be set up ($silent does not "
		. "answer): set up and start the CSM's appliance first, or "
		. "correct csm",
		"error, rule 3: $e3 ($silent does not answer): set up and "
		. "start the appliance with csm and db first"],
	['4', 'csm db', qq(csm = "$silent"), 0,
		'note, rule 4: the Centralized Server Manager of many '
		. 'appliances sends digests and notices itself: added "mta" '
		. 'to roles'],
	['5', 'groups', '', 1, 'error, rule 5: the Groups and End User web '
		. 'interfaces come together: add "enduser" to roles, or take '
		. 'out "groups"'],
	['6', 'mta filter', '', 1, 'error, rule 6: an appliance has exactly '
		. 'one kind of MTA (mta.kind is not set): set mta.kind to '
		. '"postfix", "sendmail" or "external"'],
	['7', 'csm db mta filter', $postfix, 0,
		'warning, rule 7: mail filtering and the database compete for '
		. 'the same processors and disk: put "filter" and "db" on '
		. 'appliances of their own when there is much mail'],
	['8', 'csm db history', '', 0,
		'warning, rule 8: the Sender History works best on an '
		. 'appliance of its own: put "history" on another appliance',
		'warning, rule 8: the Sender History beside the Database '
		. 'Server: each message asks and writes it, and both '
		. 'databases contend for disk and memory: put "history" on '
		. 'another appliance'],
	['9', 'filter', '', 0, 'warning, rule 9: without an MTA beside it a '
		. 'Mail Filter cannot send copies and released mail itself: '
		. 'add "mta" to roles, or wire an MTA elsewhere to this '
		. 'filter'],
	['10', 'csm db enduser groups', 'mailboxes = 5001', 0,
		'warning, rule 10: the End User web interface of more than '
		. '5,000 mailboxes slows the Database Server beside it '
		. '(mailboxes = 5001): put "enduser" and "groups" on another '
		. 'appliance'],
	['10 few', 'csm db enduser groups', 'mailboxes = 5000', 0],
	['11', 'mta', $postfix, 1,
		'error, rule 11: an MTA with no filter wired takes mail from '
		. 'this appliance only (mta.listen has "0.0.0.0:25"): add '
		. '"filter" to roles, or listen on loopback (mta.listen = '
		. '{ "127.0.0.1:25" })'],
);
for my $plan (@plans) {
	my ($name, $roles, $more, $exit, @lines) = @$plan;
	spew('w.lua', wiring($roles, $more));
	my ($code, $out, $err) = setup('', '--check', '--wiring', 'w.lua');
	is($code, $exit, "rule $name: exit");
	is($err, join('', map { "pm setup: $_\n" } @lines),
		"rule $name: lines");
}
is((setup('', '--check', '--wiring', 'w.lua'))[1],
	"w.lua: 1 error, 0 warnings\n", 'check counts');

# A bad plan leaves nothing behind.
my ($code, $out, $err) = setup('', '--wiring', 'w.lua', '--root', 'bad');
is($code, 1, 'a bad plan is refused');
like($err, qr/^pm setup: 1 error: nothing was changed$/m, 'and says so');
ok(!-e 'bad', 'nothing was made');

# Mistyped keys, options, files.
spew('w.lua', wiring('mta filter', 'mta = { kind = "postfix", lisen = {} }'));
($code, $out, $err) = setup('', '--wiring', 'w.lua', '--root', 'bad');
is($code, 2, 'a mistyped key');
like($err, qr/^pm setup: w\.lua: mta\.lisen: .*did you mean "listen"\?$/,
	'names the nearest');
ok(!-e 'bad', 'nothing was made');
($code, $out, $err) = setup('', '--wirring', 'w.lua');
is("$code $err", "2 pm setup: unknown option --wirring: did you mean "
	. "--wiring?\n", 'a mistyped option');
($code, $out, $err) = setup('', '--wiring', 'none.lua');
is("$code $err", "2 pm setup: none.lua: cannot open: No such file or "
	. "directory\n", 'a file that is not there');
($code, $out, $err) = setup('', 'w.lua');
is("$code $err", "2 pm setup: w.lua: what is that? a wiring file is named "
	. "with --wiring FILE\n", 'an operand');
($code, $out, $err) = setup('', '--check', '--root', '.');
is("$code $err", "2 pm setup: etc/pm/wiring.lua does not exist: run pm "
	. "setup, or name a file with --wiring\n", 'nothing to check');

# Unattended; the file's name is the caller's, not the root's.
mkdir 'root';
spew('w.lua', wiring('mta filter', $postfix));
($code, $out, $err) = setup('', '--wiring', 'w.lua', '--root', 'root',
	'--high-ports');
is($code, 0, 'unattended') or diag $err;
like($out, qr{^root/etc/pm/wiring\.lua written: mx1 is mta filter$}m,
	'what was written');
like($out, qr{^start it: pm supervise --root root$}m, 'how to go on');
my $text = slurp('root/etc/pm/wiring.lua');
like($text, qr/"0\.0\.0\.0:2525"/, 'high SMTP port');
like($text, qr/"127\.0\.0\.1:12526"/, 'high re-injection port');
ok(-d "root/$_", "$_ is there") for qw(etc/pm/policy etc/pm/lists run/pm
	var/log/pm var/lib/pm/spool/new var/lib/pm/spool/inject);
my @policy = glob 'root/etc/pm/policy/*.lua';
my @lists = glob 'root/etc/pm/lists/*';
ok(@policy > 0 && @lists > 0, 'default policy and lists');
is((setup('', '--check', '--root', 'root'))[0], 0, 'what is there is right');
if ($> == 0) {
	ok(defined getpwnam $_, "user $_") for qw(pm-milt pm-scan pm-net
		pm-rec pm-key pm-inj pm-mail);
	ok(defined getgrnam 'pm', 'group pm');
	is((getpwnam 'pm-scan')[8], '/usr/sbin/nologin', 'no shell');
	like((stat 'root/var/lib/pm/spool/new')[4], qr/^@{[
		(getpwnam 'pm-milt')[2]]}$/, 'the spool is given away');
} else {
	like($out, qr/^not root: every role runs as you; .* pm-milt/m,
		'not root: says who would be needed');
}

# Again: edits stay, roles change in place.
spew($policy[0], "-- mine\n");
unlink $lists[0];
spew('w.lua', wiring('mta filter', 'mailboxes = 7, ' . $postfix));
is((setup('', '--wiring', 'w.lua', '--root', 'root'))[0], 0, 'again');
is(slurp($policy[0]), "-- mine\n", 'an edited policy stays');
ok(!-e $lists[0], 'a list that was removed stays away');
like(slurp('root/etc/pm/wiring.lua'), qr/mailboxes = 7/, 'a new value');

# A role with data cannot just go.
mkdir 'data';
spew('w.lua', wiring('csm db'));
is((setup('', '--wiring', 'w.lua', '--root', 'data'))[0], 0, 'with a db');
like((setup('', '--wiring', 'w.lua', '--root', 'data'))[1],
	qr/^the one-time password printed before still holds; pm csm password makes a new one$/m,
	'set up again, the one-time password stays');
is(sprintf('%o', (stat 'data/etc/pm/wiring.lua')[2] & 07777), '644',
	'the wiring is for all');
spew('w.lua', wiring('csm', 'db = { connection = "host=db1 password=x" }'));
is((setup('', '--wiring', 'w.lua', '--root', 'far'))[0], 0,
	'a database elsewhere');
is(sprintf('%o %s', (stat 'far/etc/pm/wiring.lua')[2] & 07777,
	scalar getgrgid((stat _)[5])),
	'640 ' . ($> == 0 ? 'pm' : scalar getgrgid($) + 0)),
	'its connection string is for the roles');
spew('w.lua', wiring('history'));
like((setup('', '--wiring', 'w.lua', '--root', 'later'))[1],
	qr/^history cannot be started: not in this version$/m, 'not built');
spew('w.lua', wiring('mta filter', $postfix));
($code, $out, $err) = setup('', '--wiring', 'w.lua', '--root', 'data');
is($code, 1, 'the db cannot be removed');
is($err, qq(pm setup: error: "db" holds the message log, the quarantine, )
	. qq(lists and users, which need a new home, and moving them is not )
	. qq(in this version: keep "db" in roles\n)
	. "pm setup: 1 error: nothing was changed\n", 'and why');

# Asked.
my @answers = ('mx7.example.net', 'two words', 'example.net', 'no',
	('no') x 3, 'yes', 'no', 'no', 'maybe', 'yes',	# roles
	'example.net example.com', '10.0.0.0/8 nonsense', '10.0.0.0/8',
	'postfux', 'postfix', '127.0.0.1:2525', '127.0.0.1:12526', 'none',
	'tcp:1', 'none', 'yes');
($code, $out, $err) = setup(join("\n", @answers) . "\n", '--root', 'asked');
is($code, 0, 'asked') or diag $out, $err;
like($out, qr/^.*"maybe" is neither yes nor no\.$/m, 'yes or no');
like($out, qr/"nonsense" is not a network such as "10\.0\.0\.0\/8"\.$/m,
	'a network');
like($out, qr/"two words" is not a host or domain name\.$/m, 'a site');
like($out, qr/"postfux" is not "postfix", "sendmail" or "external"\.$/m,
	'a kind');
like($out, qr/"tcp:1" is not "own", "unix:PATH" or "inet:ADDRESS:PORT"\.$/m,
	'a virus scanner');
$text = slurp('asked/etc/pm/wiring.lua') // '';
like($text, qr/name = "mx7\.example\.net"/, 'the name');
like($text, qr/roles = \{ "filter", "mta" \}/, 'the roles');
like($text, qr/domains = \{ "example\.net", "example\.com" \}/, 'domains');
like($text, qr/networks = \{ "10\.0\.0\.0\/8" \}/, 'networks');
($code, $out) = setup("\n" x 30, '--root', 'asked');
is($code, 0, 'Enter takes what is there') or diag $out;
is(slurp('asked/etc/pm/wiring.lua'), $text, 'nothing changed');
($code, $out, $err) = setup("mx8\n", '--root', 'early');
is("$code $err", "2 pm setup: the answers ended before set-up was done: "
	. "nothing was changed\n", 'the end of the answers');
ok(!-e 'early', 'nothing was made');

# Roles that are records only.
for my $role (qw(standby groups history)) {
	my $line = qx($pm $role 2>&1);
	is(($? >> 8) . " $line", "3 pm $role: not in this version\n",
		"pm $role");
}
chdir '/';
# --- killed in the middle -------------------------------------------------------
# The folder was made, files were begun: the next set-up brings them all.
for my $left ('policy/50-default.lua.new', 'policy.new/50-default.lua',
	'lists.new/approved-senders') {
	my $again = "$dir/again-" . $left =~ tr{/.}{--}r;
	my ($folder) = "$again/etc/pm/$left" =~ m{(.*)/};
	system('mkdir', '-p', "$again/etc/pm/policy", $folder) == 0 or die;
	chmod 0755, $again;
	open my $half, '>', "$again/etc/pm/$left" or die "$left: $!";
	print $half 'return';
	close $half;
	open my $plan, '>', "$again/plan.lua" or die;
	print $plan 'return { name = "t", site = "example.org", roles = ' .
		'{ "filter" }, domains = { "example.org" } }';
	close $plan;
	my $said = qx($pm setup --root $again --wiring $again/plan.lua 2>&1);
	is($?, 0, "set-up after one that left $left") or diag $said;
	is(-s "$again/etc/pm/policy/50-default.lua",
		-s "$shipped/50-default.lua", 'the policy is whole');
	is(scalar(() = glob "$again/etc/pm/lists/*"),
		scalar(() = glob "$shipped/lists/*"), 'all lists are there');
	ok(!-e "$again/etc/pm/policy.new" && !-e "$again/etc/pm/lists.new",
		'nothing is left');
}

done_testing;
