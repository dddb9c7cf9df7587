#!/usr/bin/perl
# A digest's links from the mail to the job: a page that only shows, a button
# that does it once; what is forged, cut, late or of another purpose does
# nothing; the database away loses nothing. Then the same in Chromium.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Temp qw(tempdir);
use JSON::PP;
use MIME::QuotedPrint qw(decode_qp);
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use Appliance;
use Db;
use Nobody;

plan skip_all => 'curl is not installed' if system('curl --version >/dev/null');
my ($node) = grep { -x } map { "$_/node" } split /:/, $ENV{PATH};
my $browser = abs_path('tests/web/enduser.js');
my $can_browse = $node && -x '/usr/bin/chromium' &&
	-d 'tests/web/node_modules/playwright-core';
my $shots = $ENV{PM_SHOTS} && abs_path($ENV{PM_SHOTS});
# Below a closed home folder nobody finds script or modules.
my $open;
if ($can_browse && $> == 0 && !Appliance::reachable(abs_path('tests/web'))) {
	$open = tempdir('pm-eu-web-XXXXXX', TMPDIR => 1, CLEANUP => 1);
	system('cp', '-rL', $browser, 'tests/web/node_modules', $open) == 0 &&
		system('chown', '-R', '65534:65534', $open) == 0
		or die "$open: cannot copy what the browser needs\n";
	$browser = "$open/enduser.js";
}
my $pm = Nobody::become();
chdir '/';
my $db = Db->new(migrate => 1);
my $root = tempdir('pm-eu-XXXXXX', TMPDIR => 1, CLEANUP => 1);
my $port = Appliance::free_port();
my $url = "https://127.0.0.1:$port";
my $supervisor;
alarm 240;

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

sub until_true {
	my ($seconds, $what) = @_;
	my $end = time + $seconds;
	while (time < $end) {
		return 1 if $what->();
		sleep 0.05;
	}
	return 0;
}

sub status {
	my $s = eval { decode_json(pm('status', '--json')) } or return {};
	return { map { ("$_->{role}/$_->{process}" => $_) }
		@{ $s->{processes} } };
}

END {
	local $?;
	if ($supervisor) {
		kill 'TERM', $supervisor;
		waitpid $supervisor, 0;
	}
}

# One request by curl: { code, head, text }.
sub browse {
	my ($path, @options) = @_;
	my $said = run('curl', '-ksi', '--max-time', 30, @options,
		"$url$path");
	my ($head, $text) = split /\r\n\r\n/, $said, 2;
	my ($code) = ($head // '') =~ m{^HTTP/\S+ (\d+)};
	return { code => $code // 0, head => $head // '',
		text => $text // '' };
}

sub look { return browse("/link?t=$_[0]&l=" . ($_[1] // 'en')) }

sub press {
	my ($ticket, @more) = @_;
	return browse('/link', '-H', "Origin: $url", '--data-urlencode',
		"t=$ticket", '--data-urlencode', 'l=en', @more);
}

# Withheld mail for alice; its id.
my $n = 0;
sub hold {
	my ($subject, $sender) = @_;
	my $id = sprintf '019b0000-0000-7000-8000-%012x', ++$n;
	$sender //= 'eve@bad.example';
	$db->sql("insert into quarantine (class, id, appliance, received,
		sender, header_from, subject, reason, size, score, probability,
		open, words, record) values ('standard', '$id', 'mx1',
		'2026-11-23 14:02:00Z', '$sender', 'Eve <eve\@bad.example>',
		\$s\$$subject\$s\$, 'Spam', 5000, 1, 99, 2, '{}', '');
		insert into quarantine_rcpt (class, id, n, rcpt, address,
		reason) values ('standard', '$id', 0, 'bob\@example.org',
		'bob\@example.org', 'Spam'), ('standard', '$id', 1,
		'alice\@example.org', 'Alice\@example.org', 'Spam')");
	return $id;
}

# The tickets of alice's digest by subject and action; both forms agree.
sub tickets {
	my (@options) = @_;
	my $mail = pm('digest', 'preview', 'alice@example.org', @options);
	my ($text, $html) = map { decode_qp($_ =~ s/.*?\r\n\r\n//sr) }
		($mail =~ /\r\n\r\n(.*)/s ? $1 : '') =~
		/--=_texts\r\n(.*?)(?=--=_texts)/sg;
	my (%found, $subject);
	for (split /\r?\n/, $text // '') {
		$subject = $1 if /^  (\S.*)/;
		$found{$subject}{$1} = $2
			if /^    ([\w ,]+): \Q$url\E\/link\?t=([\w-]+)&l=en$/;
		$found{''}{off} = $1 if /^No more.*\?t=([\w-]+)&l=en$/;
	}
	$found{html} = $html;
	$found{mail} = $mail;
	return \%found;
}

# All that a link could change.
sub state_of_all {
	return $db->sql("select (select string_agg(t::text, ' ') from
		(select * from quarantine_rcpt order by id, n) t),
		(select count(*) from job), (select count(*) from message_event),
		(select count(*) from audit), (select string_agg(u::text, ' ')
		from (select owner, kind, key, gone from user_data order by 1,
		2, 3) u), (select count(*) from link_use)");
}

spew("$root/wanted.lua", <<"LUA");
return {
	name = "demo", site = "example.org", roles = { "enduser" },
	db = { connection = "host=$db->{dir} dbname=pm" },
	enduser = { listen = "127.0.0.1:$port", url = "$url" },
}
LUA
my $said = pm('setup', '--wiring', "$root/wanted.lua");
like($said, qr/is enduser$/m, 'set up') or die $said;
is((stat "$root/etc/pm/link.key")[2] & 07777, 0640, 'the key is no one\'s');
spew("$root/etc/pm/digests.lua", 'return { { name = "spam", who = { ' .
	'"example.org" }, from = "q@example.org" } }');
$supervisor = fork // die;
if (!$supervisor) {
	open STDOUT, '>>', "$root/out";
	open STDERR, '>&', \*STDOUT;
	exec 'setpriv', '--pdeathsig', 'TERM', $pm, 'supervise', '--root',
		$root or POSIX::_exit(127);
}
ok(until_true(20, sub { my $s = status();
	return 2 == grep { $_->{role} eq 'enduser' && $_->{state} eq 'ready' &&
		$_->{degraded} eq '' } values %$s }), 'web and links are well')
	or die join "\n", pm('status'), run('tail', '-n', 30,
		"$root/var/log/pm/pm.log");

my $evil = '<script>alert(1)</script>{{v.t}} %s';
my $first = hold("one $evil");
my $second = hold('two');
my $third = hold('three');
my $bounce = hold('four', '');
my $t = tickets();
my $one = $t->{"one $evil"};

subtest 'the mail' => sub {
	like($t->{mail}, qr{^List-Unsubscribe: <\Q$url\E/link\?t=[\w-]+&l=en>\r$}m,
		'a way out for mail programs');
	is(join(',', sort keys %$one), 'Delete,Deliver,Deliver, '
		. 'always allow sender', 'three links a message');
	like($t->{html}, qr/href="\Q$url\E\/link\?t=$_&amp;l=en"/,
		'in both forms') for values %$one;
	my %all = map { $_ => 1 } map { values %{ $t->{$_} } }
		grep { ref $t->{$_} } keys %$t;
	is(scalar keys %all, 13, 'no two of them are the same');
	like(pm('digest', 'rules'), qr/links    \Q$url\E, good for 5 days/,
		'pm digest rules says so');
};

subtest 'a link only shows' => sub {
	my $before = state_of_all();
	for (1 .. 2) {
		my $page = look($one->{Deliver});
		is($page->{code}, 200, 'it opens');
		like($page->{text}, qr/Deliver this message\?/, 'it asks');
		like($page->{text}, qr/one &lt;script&gt;alert\(1\)&lt;/,
			'the subject, escaped');
		like($page->{text}, qr/Eve &lt;eve\@bad\.example&gt;/, 'from whom');
		like($page->{text}, qr/2026-11-23 14:02 UTC/, 'when');
		is(scalar(() = $page->{text} =~ /<button/g), 1, 'one button');
		unlike($page->{text}, qr/bob|<script|<a /,
			'nobody else, nothing that runs, nowhere else to go');
		like($page->{head}, qr/^$_/mi, $_) for
			'Content-Security-Policy: default-src \'none\'',
			'X-Content-Type-Options: nosniff', 'Cache-Control: no-store',
			'Referrer-Policy: same-origin', 'X-Frame-Options: DENY',
			'Strict-Transport-Security: ';
		unlike($page->{head}, qr/^set-cookie/mi, 'no cookie');
	}
	my @all = map { "$url/link?t=$_&use=1" } values %$one;
	for my $how (['-I'], ['-H', 'Purpose: prefetch']) {
		my $said = run('curl', '-ksi', @$how, @all);
		is(scalar(() = $said =~ m{^HTTP/1.1 200}mg), 3,
			"as scanners do: @$how");
	}
	like(look($one->{Deliver}, 'de')->{text}, qr/lang="de".*Zustellen/s,
		'in German');
	is(state_of_all(), $before, 'nothing has changed');
};

subtest 'what one may not release' => sub {
	my $before = state_of_all();
	for my $rule (qw(request nobody)) {
		$db->sql("insert into quarantine_rule values ('Spam', '$rule')
			on conflict (reason) do update set release = '$rule'");
		for my $page (look($one->{Deliver}), press($one->{Deliver}),
			press($one->{'Deliver, always allow sender'})) {
			is($page->{code}, 403, "$rule: refused");
			like($page->{text}, qr/released by your administrators/,
				'and why');
			unlike($page->{text}, qr/<button/, 'no button');
		}
	}
	is(look($one->{Delete})->{code}, 200, 'to delete it is his right');
	is(state_of_all(), $before, 'nothing has changed');
	$db->sql("delete from quarantine_rule where reason = 'Spam'");
};

subtest 'a form of elsewhere' => sub {
	my $before = state_of_all();
	my @form = ('--data-urlencode', "t=$one->{Deliver}");
	is(browse('/link', @form)->{code}, 403, 'without an Origin');
	is(browse('/link', '-H', 'Origin: https://evil.example', @form)->{code},
		403, 'of another host');
	is(browse("/link?t=$one->{Deliver}", '-H', "Origin: $url", @form)->{code},
		400, 'a ticket in both places');
	is(browse("/link?t=$one->{Deliver}", '-X', 'PUT')->{code}, 405, 'PUT');
	is(state_of_all(), $before, 'nothing has changed');
};

subtest 'the button' => sub {
	my $page = press($one->{Deliver});
	is($page->{code}, 200, 'is taken');
	like($page->{text}, qr/On its way/, 'and says so');
	is($db->sql("select kind, message, convert_from(rcpts[1], 'UTF8'),
		cardinality(rcpts), state from job"),
		"release|$first|Alice\@example.org|1|waiting",
		'a job, for her alone');
	is($db->sql("select who, what, detail from message_event"),
		'alice@example.org, by a digest|released|to Alice@example.org',
		'in the timeline');
	is($db->sql('select who, via, what from audit'), 'alice@example.org, ' .
		'by a digest|link 127.0.0.1|quarantine released',
		'and in the audit');
	is($db->sql("select string_agg(state, ' ' order by n) from
		quarantine_rcpt where id = '$first'"), 'held released',
		'what is held for others stays');
	my $before = state_of_all();
	$page = press($one->{Deliver});
	is($page->{code}, 409, 'pressed again');
	like($page->{text}, qr/done already.*delivered at .*nothing was done/s,
		'it is told');
	is(look($one->{Deliver})->{code}, 200, 'looked at again');
	$page = press($one->{Delete});
	like($page->{text}, qr/no longer held back.*was delivered at/s,
		'another link comes too late');
	is(state_of_all(), $before, 'nothing was done twice');
	# An administrator holds it again: the link stays used.
	$db->sql("update quarantine_rcpt set state = 'held' where id = '$first'");
	is(press($one->{Deliver})->{code}, 409, 'held again: still once');
	is($db->sql('select count(*) from job'), 1, 'one job');
};

subtest 'at once' => sub {
	my $ticket = $t->{two}{'Deliver, always allow sender'};
	like(look($ticket)->{text}, qr/mail from eve\@bad\.example is\s+always/,
		'whom it would allow');
	my @pids = map {
		my $pid = fork() // die;
		POSIX::_exit(press($ticket)->{code} == 200 ? 0 : 1) if !$pid;
		$pid;
	} 1 .. 6;
	my $done = grep { waitpid $_, 0; $? == 0 } @pids;
	cmp_ok($done, '>=', 1, 'six presses');
	is($db->sql("select count(*) from job where message = '$second'"), 1,
		'one job');
	is($db->sql("select owner, key from user_data where kind = 'approved'
		and not gone"), 'alice@example.org|eve@bad.example',
		'and the sender is allowed for her');
	like(look($t->{four}{'Deliver, always allow sender'})->{text},
		qr/<button[^>]*>Deliver<\/button>/, 'who is nobody is not');
	is(press($t->{four}{'Deliver, always allow sender'})->{code}, 200,
		'but what he sent is delivered');
	is($db->sql("select count(*) from job where message = '$bounce'"), 1,
		'by a job');
};

subtest 'delete' => sub {
	like(look($t->{three}{Delete})->{text}, qr/btn-danger/, 'it asks');
	is(press($t->{three}{Delete})->{code}, 200, 'pressed');
	is($db->sql("select string_agg(state, ' ' order by n) from
		quarantine_rcpt where id = '$third'"), 'held deleted',
		'deleted for her');
};

subtest 'digests off and on' => sub {
	my $page = look($t->{''}{off});
	like($page->{text}, qr/No more digests\?/, 'it asks');
	$page = press($t->{''}{off});
	like($page->{text}, qr/gets no more digests \(spam\)/, 'off');
	is($db->sql("select owner, key, gone from user_data where kind =
		'option'"), 'alice@example.org|digest-opt-outs/spam|f', 'kept');
	hold('five');
	is(pm('digest', 'run', '--now', '--dry-run'),
		"bob\@example.org: 5\nspam: would be 1 digests\n", 'none for her');
	my ($back) = $page->{text} =~ /name="t" value="([\w-]+)"/;
	like(press($back)->{text}, qr/gets digests \(spam\) again/, 'on again');
	like(pm('digest', 'run', '--now', '--dry-run'),
		qr/^alice\@example\.org: 2$/m, 'she gets them');
	is(press($t->{''}{off})->{code}, 409, 'the first link is used');
	is(press($back)->{code}, 409, 'and that one');
	is($db->sql("select string_agg(what, ', ' order by n) from audit where
		what ~ '^digest'"), 'digest opt-out, digest opt-in', 'audited');
};

subtest 'what is no link of ours' => sub {
	my $late = tickets('--at', 1700000000)->{five}{Deliver};
	my $good = tickets()->{five}{Deliver};
	my $before = state_of_all();
	for ([$late, 410, 'late'], ['', 404, 'empty'], ['x' x 5000, 404, 'long'],
	    [substr($good, 0, -1), 404, 'cut'], ["${good}A", 404, 'longer'],
	    [$good =~ s/(.{30})(.)/$1 . ($2 eq 'A' ? 'B' : 'A')/er, 404,
		'forged'], ['%00%ff', 404, 'rubbish']) {
		my ($ticket, $code, $what) = @$_;
		is(press($ticket)->{code}, $code, $what);
	}
	like(look($late)->{text}, qr/too old.*good until 2023-11-1/s,
		'late: until when');
	my @codes = run('curl', '-ksi', '-H', "Origin: $url", '-d', 't=forged',
		("$url/link") x 20) =~ m{^HTTP/\S+ (\d+)}mg;
	like("@codes", qr/\A(?:404 )+(?:429 ?)+\z/, 'too many of them: wait');
	is(look($good)->{code}, 200, 'who has a good one does not');
	is(state_of_all(), $before, 'nothing has changed');
	like(run('cat', "$root/var/log/pm/pm.log"), qr/20 forged tickets from 127\.0\.0\.1/, 'the log says it');
	unlike(run('cat', "$root/var/log/pm/pm.log"), qr/\Q$good\E/,
		'and holds no ticket');
	$db->sql("delete from quarantine_rcpt where rcpt = 'alice\@example.org'
		and id = (select id from quarantine where subject = 'five')");
	is(press($good)->{code}, 410, 'no longer kept');
};

SKIP: {
	skip 'node or chromium is not here', 1 unless $can_browse;
	hold("eight $evil");
	my $all = tickets();
	my $late = tickets('--at', 1700000000)->{"eight $evil"}{Delete};
	spew("$root/given.json", encode_json({ shots => $shots, pages => {
		release => "$url/link?t=$all->{\"eight $evil\"}{Deliver}&l=de",
		off => "$url/link?t=$all->{''}{off}&l=en",
		late => "$url/link?t=$late&l=en" } }));
	local $ENV{HOME} = $root;
	my $out = run($node, $browser, "$root/given.json");
	like($out, qr/^ok \d+ - all was seen$/m, 'Chromium went through');
	is(join("\n", $out =~ /^(not ok .*(?:\n#.*)*)/mg), '', 'and saw nothing wrong')
		or diag($out);
	is($db->sql("select count(*) from job j join quarantine q on q.id =
		j.message where q.subject ~ '^eight'"), 1, 'and delivered it');
}

subtest 'without a URL' => sub {
	spew("$root/etc/pm/wiring.lua", <<"LUA");
return { name = "demo", site = "example.org", roles = { "enduser" },
	db = { connection = "host=$db->{dir} dbname=pm" } }
LUA
	hold('seven');
	my $mail = decode_qp(pm('digest', 'preview', 'alice@example.org'));
	unlike($mail, qr/https:|Deliver|List-Unsub|%%/, 'no links');
	like($mail, qr/seven/, 'the rest stands');
	like(pm('digest', 'check'), qr/no links: the wiring has no enduser\.url/,
		'pm digest check says so');
	spew("$root/etc/pm/wiring.lua", <<"LUA");
return { name = "demo", site = "example.org", roles = { "enduser" },
	db = { connection = "host=$db->{dir} dbname=pm" },
	enduser = { url = "http://pm.example.org" } }
LUA
	like(pm('digest', 'check'), qr/enduser\.url: .* is not "https:/,
		'a URL without TLS is refused');
	spew("$root/etc/pm/wiring.lua", do { local (@ARGV, $/) =
		"$root/wanted.lua"; <> });
};

# Last: a role is patient with a database for ten seconds from its start.
subtest 'the database is away' => sub {
	my $id = hold('six');
	my $ticket = tickets()->{six}{Deliver};
	$db->stop;
	my $page = press($ticket);
	is($page->{code}, 503, 'a page says so');
	like($page->{text}, qr/Nothing is lost, and the link stays good/,
		'and what that means');
	like($page->{head}, qr/^Retry-After: \d/mi, 'and when to try again');
	ok(until_true(20, sub { status()->{'enduser/links'}{degraded} }),
		'pm status tells');
	$db->start;
	ok(until_true(20, sub { press($ticket)->{code} == 200 }),
		'it comes back: done');
	is($db->sql("select count(*) from job where message = '$id'"), 1, 'once');
};

done_testing();
