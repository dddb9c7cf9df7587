#!/usr/bin/perl
# The CSM's processes over a database of the tests: the one-time password,
# log-in, what wrong passwords cost, new passwords, and what the pages say
# when the database is away.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use IO::Socket::UNIX;
use JSON::PP;
use POSIX ();
use Socket qw(SOCK_SEQPACKET);
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use Appliance;
use Db;
use Nobody;

plan skip_all => 'curl is not installed' if system('curl --version >/dev/null');
my $pm = Nobody::become();
chdir '/';
my $db = Db->new(migrate => 1);
my $root = tempdir('pm-csm-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $port = Appliance::free_port();
my $url = "https://127.0.0.1:$port";
my $log_in = join '', "^log in at \Q$url\E/ as admin with the one-time ",
	'password ((?:\w{4}-){3}\w{4})\n',
	'\(good once, within 7 days; then you choose your own\)$';
$log_in = qr/$log_in/m;
my $supervisor;

sub spew {
	my ($path, $text) = @_;
	open my $out, '>', $path or die "$path: $!";
	print $out $text;
	close $out or die;
}

# Runs a command; what it said on both streams.
sub run {
	my (@command) = @_;
	open my $out, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1', @command or die;
	local $/;
	return <$out> // '';
}

sub pm { return run($pm, $_[0], '--root', $root, @_[1 .. $#_]) }

sub status {
	my $s = eval { decode_json(pm('status', '--json')) } or return {};
	return { map { ("$_->{role}/$_->{process}" => $_) }
		@{ $s->{processes} } };
}

sub until_true {
	my ($seconds, $what) = @_;
	my $end = time + $seconds;
	while (time < $end) {
		return 1 if $what->();
		sleep 0.1;
	}
	return 0;
}

sub start {
	$supervisor = fork // die;
	if (!$supervisor) {
		open STDOUT, '>>', "$root/out";
		open STDERR, '>&', \*STDOUT;
		exec 'setpriv', '--pdeathsig', 'TERM', $pm, 'supervise', '--root',
			$root or POSIX::_exit(127);
	}
}

END {
	local $?;
	if ($supervisor) {
		kill 'TERM', $supervisor;
		waitpid $supervisor, 0;
	}
}

# One request by curl; (status, location, body). Form fields as pairs.
my $jar = "$root/jar";
sub browse {
	my ($path, @fields) = @_;
	my @form = map { ('--data-urlencode', "$_->[0]=$_->[1]") }
		map { [@fields[2 * $_, 2 * $_ + 1]] } 0 .. @fields / 2 - 1;
	@form = ('-H', "Origin: $url", @form) if @form;
	my $text = run('curl', '-ks', '--max-time', 30, '-b', $jar, '-c', $jar,
		'-D', "$root/head", @form, "$url$path");
	open my $in, '<', "$root/head" or return (0, '', $text);
	my $head = do { local $/; <$in> } // '';
	my ($code) = $head =~ m{^HTTP/\S+ (\d+)}m;
	my ($to) = $head =~ /^location: (\S+)/mi;
	unlink "$root/head";
	return ($code // 0, $to // '', $text);
}

sub csrf {
	my ($text) = @_;
	return $text =~ /name="csrf" value="([^"]+)"/ ? $1 : '';
}

sub cookie {
	open my $in, '<', $jar or return '';
	local $/;
	return (<$in> // '') =~ /__Host-pm-csm\s+(\S+)/ ? $1 : '';
}

sub try_log_in {
	my ($name, $password) = @_;
	return browse('/log-in', name => $name, password => $password);
}

# The log-in helper asked by hand, as from that peer: (result, text).
sub ask_helper {
	my ($peer, $name, $password) = @_;
	my $s = IO::Socket::UNIX->new(Type => SOCK_SEQPACKET,
		Peer => "$root/run/pm/csm/login.sock") or die "login.sock: $!";
	syswrite $s, pack 'V C V/a V/a V/a', 0x706d7731, 1, $name, $password,
		$peer;
	sysread $s, my $answer, 16384 or return (-1, '');
	my ($magic, $result, $change, $wait, $cookie, $text) =
		unpack 'V C C V V/a V/a', $answer;
	return ($result, $text);
}

spew("$root/wanted.lua", <<"LUA");
return {
	name = "demo", site = "example.org", roles = { "csm" },
	db = { connection = "host=$db->{dir} dbname=pm" },
	web = { csm = "127.0.0.1:$port" },
}
LUA
my $said = pm('setup', '--wiring', "$root/wanted.lua");
like($said, $log_in, 'set-up prints how to log in');
my ($once) = $said =~ $log_in;
like(pm('setup', '--wiring', "$root/wanted.lua"), qr/^the one-time password printed before still holds; pm csm password makes a new one$/m,
	'run again, it keeps the password');
unlike(run('cat', "$root/var/lib/pm/csm/first-login"), qr/\Q$once\E/,
	'which is kept as a hash');

start();
ok(until_true(20, sub { my $s = status();
	return 3 == grep { $_->{role} eq 'csm' && $_->{state} eq 'ready' &&
		$_->{degraded} eq '' } values %$s }), 'web, log-in helper and viewer are ready and well')
	or die join "\n", pm('status'), run('tail', '-n', 30, "$root/var/log/pm/pm.log");

subtest 'who is not logged in' => sub {
	my ($code, $to) = browse('/');
	is("$code $to", '303 /log-in', 'goes to the log-in');
	($code) = browse('/log-in');
	is($code, 200, 'which is for everybody');
	is((stat "$root/etc/pm/web/key.pem")[2] & 07777, 0640,
		'the key that was made is not for all');
};

subtest 'the one-time password' => sub {
	my ($code, $to, $text) = try_log_in('admin', 'wrong');
	like($text, qr/The name or the password is wrong\./, 'a wrong one');
	my $before = cookie();
	($code, $to, $text) = try_log_in('nobody', $once);
	like($text, qr/The name or the password is wrong\./,
		'of another name: the same words');
	($code, $to) = try_log_in('admin', $once);
	is($code, 303, 'the right one is taken');
	isnt(cookie(), $before, 'and a session begins');
	($code, $to) = browse('/');
	is("$code $to", '303 /password', 'only a password can be set then');
	my $session = cookie();
	is((ask_helper('192.0.2.4', 'admin', $once))[0], 1, 'it is good once');
	($code, $to, $text) = browse('/password');
	my $csrf = csrf($text);
	($code, $to, $text) = browse('/password', csrf => $csrf,
		new => 'short', again => 'short');
	like($text, qr/at least 12 characters/, 'a short one is refused');
	($code, $to, $text) = browse('/password', csrf => $csrf,
		new => 'Password2026!', again => 'Password2026!');
	like($text, qr/one of those that are tried first/, 'a known one, too');
	($code, $to, $text) = browse('/password', csrf => $csrf,
		new => $once, again => $once);
	like($text, qr/The new password is the old one\./, 'and the old one');
	($code, $to, $text) = browse('/password', csrf => $csrf,
		new => 'seven green bottles', again => 'seven green bottles');
	is($code, 303, 'a good one is taken');
	isnt(cookie(), $session, 'under a new token');
	is((browse('/'))[0], 200, 'and the pages are open');
	ok(!-e "$root/var/lib/pm/csm/first-login",
		'the one-time password is gone');
	unlike(pm('setup', '--wiring', "$root/wanted.lua"), qr/one-time/,
		'and set-up offers no other');
};

is($db->sql("select string_agg(what, ', ' order by n) from audit"),
	'logged in with a one-time password, set a password',
	'what was done is in the audit');
is($db->sql(q{select count(*) from session where length(token) <> 32}), 0,
	'sessions are kept by a hash');

subtest 'sessions' => sub {
	my $old = cookie();
	unlink $jar;
	is((try_log_in(' ADMIN ', 'seven green bottles'))[0], 303,
		'a second log-in');
	my (undef, undef, $text) = browse('/password');
	my ($code) = browse('/password', csrf => csrf($text),
		old => 'seven green bottles', new => 'eight green bottles',
		again => 'eight green bottles');
	is($code, 303, 'sets another password');
	is((browse('/'))[0], 200, 'its own session goes on');
	my $now = cookie();
	is($db->sql('select count(*) from session'), 1, 'the others ended');
	is(run('curl', '-ks', '-o', '/dev/null', '-w', '%{http_code}', '-H',
		"Cookie: __Host-pm-csm=$old", "$url/"), '303',
		'the first one is nobody');
};

subtest 'who was deleted does not come back' => sub {
	my $mine = do { local (@ARGV, $/) = $jar; <> };
	unlink $jar;
	$db->sql("insert into account (name, password, rights, must_change)
		select 'gone', password, '{log}', true from account
		where name = 'admin'");
	is((try_log_in('gone', 'eight green bottles'))[0], 303, 'logs in');
	my (undef, undef, $text) = browse('/password');
	$db->sql("delete from account where name = 'gone'");
	(undef, undef, $text) = browse('/password', csrf => csrf($text),
		new => 'nine green bottles', again => 'nine green bottles');
	like($text, qr/The session has ended: log in again\./, 'too late');
	is($db->sql("select count(*) from account where name = 'gone'"), 0,
		'no account was made');
	spew($jar, $mine);
};

subtest 'too many wrong passwords' => sub {
	my @answers = map { [ask_helper('192.0.2.1', 'root', "x$_")] } 1 .. 6;
	is(join(' ', map { $_->[0] } @answers), '1 1 1 1 1 2',
		'the sixth for a name waits');
	is($answers[5][1], 'Too many wrong passwords. Try again in 10 minutes.',
		'and is told so');
	@answers = map { (ask_helper('192.0.2.2', 'admin', "x$_"))[0] } 1 .. 6;
	is("@answers", '1 1 1 1 1 2', 'a name that exists is no other');
	is((ask_helper('192.0.2.3', 'admin', 'eight green bottles'))[0], 2,
		'its right password waits, too');
	is((ask_helper('192.0.2.9', 'x' x 5000, 'y' x 5000))[0], 1,
		'endless names and passwords are wrong');
};

like(pm('csm', 'password'), $log_in, 'root makes a new one-time password');

like(pm('csm', 'password', 'Bob Smith'), qr/^pm csm: Bob Smith: a name has up/,
	'for a name that can be one');

subtest 'the database is away' => sub {
	$db->stop;
	ok(until_true(20, sub { status()->{'csm/web'}{degraded} }),
		'pm status tells');
	ok(until_true(20, sub { status()->{'csm/login'}{degraded} }),
		'of the log-in helper, too');
	my $s = status();
	is($s->{'csm/web'}{state}, 'ready', 'the pages stand');
	is($s->{'csm/web'}{degraded}, 'the database does not answer: pages ' .
		'can show nothing, and nobody can log in; mail is not affected',
		'with what it means');
	like($s->{'csm/login'}{degraded},
		qr/: nobody can log in; mail is not affected$/,
		'and so does that');
	my ($code, undef, $text) = browse('/');
	is($code, 503, 'a page says it, too');
	like($text, qr/The database does not answer\. Mail is not affected/,
		'in words');
	($code) = try_log_in('someone', 'whatever it is');
	is($code, 503, 'nobody can log in');
	$db->start;
	ok(until_true(20, sub { (browse('/'))[0] == 200 }),
		'it comes back, and the session still stands');
	ok(until_true(20, sub { !status()->{'csm/web'}{degraded} &&
		!status()->{'csm/login'}{degraded} }), 'and all is well');
};

done_testing();
