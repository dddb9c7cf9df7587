#!/usr/bin/perl
# A whole appliance with its pages, over HTTPS by curl: log in with the
# one-time password, find a hostile message in the quarantine, look into it,
# deliver it with two clicks at once: it is in the Maildir, once.
use strict;
use warnings;
use Test::More;
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use Appliance;
use Db;

plan skip_all => 'PostgreSQL is not installed' unless Db::installed();
plan skip_all => 'Postfix is not installed' unless -x '/usr/sbin/postfix';
plan skip_all => 'needs root: Postfix does' if $>;

my $app = Appliance->new(db => 1);
my $url = "https://127.0.0.1:$app->{web}";
my $jar = "$app->{root}/jar";

sub until_true {
	my ($seconds, $what) = @_;
	my $end = time + $seconds;
	while (time < $end) {
		my $found = $what->();
		return $found if $found;
		sleep 0.1;
	}
	return 0;
}

# One request: (status, location, body). Fields: "name=value" texts.
sub browse {
	my ($path, @fields) = @_;
	my @form = map { ('--data-urlencode', $_) } @fields;
	@form = ('-H', "Origin: $url", @form) if @form;
	open my $out, '-|', 'curl', '-ksi', '--max-time', 30, '-b', $jar,
		'-c', $jar, @form, "$url$path" or die;
	my $text = do { local $/; <$out> } // '';
	my ($head, $body) = split /\r\n\r\n/, $text, 2;
	my ($code) = ($head // '') =~ m{^HTTP/\S+ (\d+)};
	my ($to) = ($head // '') =~ /^location: (\S+)/mi;
	return ($code // 0, $to // '', $body // '', $head // '');
}

sub csrf { return $_[0] =~ /name="csrf" value="([^"]+)"/ ? $1 : '' }

# As a person reads it: no tags, one blank.
sub words {
	my ($html) = @_;
	$html =~ s/.*<main[^>]*>(.*)<\/main>.*/$1/s;
	$html =~ s/<[^>]*>/ /g;
	$html =~ s/\s+/ /g;
	return $html;
}

$app->setup;
my (undef, $said) = $app->pm('csm', 'password');
my ($once) = $said =~ /the one-time password (\S+)/;
ok($once, 'a one-time password');
$app->start(60);
ok(until_true(30, sub { ($app->pm('status'))[0] == 0 }), 'all is well')
	or diag(($app->pm('status'))[1]);

my $gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-' .
	'EMAIL*C.34X';
my $sent = $app->send_mail(from => 'evil@example.net',
	rcpts => ['bob@example.org', 'eve@example.org'], message => <<"MAIL");
From: "<script>alert(1)</script>" <evil\@example.net>
To: bob\@example.org
Subject: <img src=x onerror=alert(2)>{{v}}
Content-Type: text/html

<p>$gtube</p><script>alert(3)</script>
<a href="javascript:alert(4)">click</a> <a href="http://evil.example/?a&amp;b">b</a>
MAIL
is($sent->{code}, 250, 'a message was taken');

subtest 'log in' => sub {
	is((browse('/log-in', 'name=admin', "password=$once"))[0], 303,
		'with the one-time password');
	my (undef, undef, $page) = browse('/password');
	is((browse('/password', 'csrf=' . csrf($page),
		'new=seven green bottles', 'again=seven green bottles'))[0],
		303, 'a password is set');
	my ($code, undef, $text) = browse('/');
	is($code, 200, 'the dashboard');
	like(words($text), qr/Centralized Server Manager/,
		'shows the roles');
	like(words($text), qr/Policy: generation \d+ is in force\./,
		'and the policy in force');
	unlike($text, qr/id="(?:breaks|draft)"/, 'nothing else to say');
	$app->sql("insert into counter_5min (at, appliance, name, n, "
		. "bytes) values (now(), 't', 'breaks-dkim/p/<b>', 1234, 9)");
	Appliance::write_file("$app->{root}/etc/pm/policy/60-new.lua", "\n");
	chmod 0644, "$app->{root}/etc/pm/policy/60-new.lua";
	$text = words((browse('/'))[2]);
	like($text, qr/Signatures that rules broke.* p\/&lt;b&gt; 1,234 0 /,
		'a rule that breaks signatures');
	like($text, qr/1 file of the policy is not published, changed since .* policy\/60-new\.lua new /,
		'a file that is not published');
	unlink "$app->{root}/etc/pm/policy/60-new.lua";
};

my $id = until_true(20, sub {
	return (browse('/quarantine'))[2] =~ m{/message/([0-9a-f-]{36})} ?
		$1 : '' });
ok($id, 'it is in the list of the quarantine') or BAIL_OUT('no entry');

subtest 'nothing hostile gets into a page' => sub {
	for my $path ('/', '/quarantine', '/mail', "/message/$id",
		"/quarantine/$id/preview") {
		my ($code, undef, $text, $head) = browse($path);
		is($code, 200, $path);
		unlike($text, qr/<script>|<img[^>]*onerror|javascript:[^<]*"/,
			"$path: no script");
		like($text, qr/&lt;img src=x onerror=alert\(2\)&gt;\{\{v\}\}/,
			"$path: its subject, escaped");
		like($head, qr/^content-security-policy: default-src 'none';/mi,
			"$path: its policy");
	}
};

subtest 'a look into it' => sub {
	my $seen = words((browse("/quarantine/$id/preview"))[2]);
	like($seen, qr/\Q$gtube\E/, 'its text');
	unlike($seen, qr/alert\(3\)/, 'without its script');
	like($seen, qr/javascript:alert\(4\)/, 'where a link leads');
	like($seen, qr{http://evil\.example/\?a&amp;b}, 'and another');
	my (undef, undef, $source, $head) = browse("/quarantine/$id/source");
	like($head, qr/^content-disposition: attachment; filename="$id\.eml"/mi,
		'the source is a download');
	like($source, qr/^Subject: <img src=x/m, 'of its very bytes');
	my $story = words((browse("/message/$id"))[2]);
	like($story, qr/admin/, 'who looked is in its story');
	like($story, qr/Quarantined for Spam because the spam probability is \d+ \(limit 90\), mostly through GTUBE[^;]*; rule [^,]+, [\w.-]+:\d+\. It would be delivered if (?:the hit GTUBE were absent|the spam probability were below 90)\./,
		'why, and what would have had it delivered');
	like($story, qr/ GTUBE .*the line that stands for spam in tests/,
		'what a check means');
	like(($app->pm('quarantine', 'show', $id))[1],
		qr/^ +\+\d+\.\d{3} GTUBE: .*\(the line that stands for spam in tests\)$/m,
		'… on the command line, too');
};

subtest 'it is spam' => sub {
	for my $do (qw(spam restore)) {
		my (undef, undef, $page) = browse("/message/$id");
		my ($key) = $page =~ /name="key" value="([^"]+)"/;
		is((browse("/message/$id", 'csrf=' . csrf($page), "key=$key",
			"do=$do"))[0], 303, $do);
	}
	my $story = words((browse("/message/$id?done=spam"))[2]);
	like($story, qr/It was deleted; the filters learn that it is spam\./,
		'what was done is said');
	like($story, qr/Learnt as spam by admin.*Unlearnt by admin/, 'and is in its story');
};

subtest 'what people ask for' => sub {
	$app->pm('quarantine', 'reason', 'Spam', '--release', 'request');
	my @ask = ('quarantine', 'request', $id, '--rcpt', 'bob@example.org',
		'--user', 'bob', '--note', 'please <b>now</b>');
	is(($app->pm(@ask))[0], 0, 'asked');
	like(words((browse('/'))[2]), qr/1 request for held mail/,
		'the dashboard says so');
	for my $do (qw(no yes)) {
		my (undef, undef, $page) = browse('/requests');
		like($page, qr/please &lt;b&gt;now&lt;\/b&gt;.*&lt;img src=x onerror/s,
			"$do: what is asked, escaped");
		my ($key) = $page =~ /name="key" value="([^"]+)"/;
		is((browse('/requests', 'csrf=' . csrf($page), "id=$id",
			'rcpt=bob@example.org', "key=$key", 'note=not at work',
			"do=$do"))[0], 303, $do);
		like(words((browse('/requests'))[2]), qr/No request is open/,
			'it is answered');
		$app->pm(@ask) if $do eq 'no';
	}
	like(words((browse('/requests?all=1'))[2]), qr/approved by admin/,
		'and stands there');
	is((browse('/requests', 'csrf=' . csrf((browse('/'))[2]), "id=$id",
		'rcpt=eve@example.org', 'do=no'))[0], 400, 'nobody asked that');
	is(($app->pm('quarantine', 'restore', $id))[0], 0, 'taken back');
};

subtest 'jobs' => sub {
	my (undef, undef, $page) = browse('/jobs');
	my ($job) = $page =~ m{<td><strong>([\w-]+)</strong>};
	ok($job, 'there are some');
	for my $do (qw(enable disable)) {
		is((browse('/jobs', 'csrf=' . csrf($page), "job=$job", "do=$do"))[0],
			303, "$do $job");
		like(words((browse('/jobs'))[2]), $do eq 'disable' ?
			qr/$job .*?switched off/ : qr/$job .*?UTC/, 'it is so');
	}
	like(words((browse('/jobs', 'csrf=' . csrf($page), 'job=no-such',
		'do=run'))[2]), qr/no-such/, 'one that is not there');
};

subtest 'deliver' => sub {
	my (undef, undef, $page) = browse("/message/$id");
	my ($key) = $page =~ /name="key" value="([^"]+)"/;
	my @order = ("/message/$id", 'csrf=' . csrf($page), "key=$key",
		'do=deliver');
	is((browse(@order))[0], 303, 'a click');
	is((browse(@order))[0], 303, 'and another');
	is(($app->pm('db', 'psql', '--', '-qc', 'update pm.job ' .
		q{set not_before = now(); select pg_notify('job', '')}))[0], 0,
		'the time for undoing it is over');
	ok(until_true(20, sub { 2 <= grep { -s } $app->delivered }),
		'it is delivered') or diag $app->log_tail(30);
	sleep 1;
	for my $who (qw(bob eve)) {
		my @copies = $app->delivered("$who\@example.org");
		is(scalar @copies, 1, "once to $who");
	}
};

subtest 'without rights, without a session' => sub {
	my (undef, undef, $page) = browse('/');
	is((browse("/message/$id", 'csrf=x', 'do=delete'))[0], 403,
		'a form of elsewhere is refused');
	is((browse('/message/01a205e9-00ec-71d2-9be4-5b81f5562f41'))[0], 404,
		'an id that is nobody');
	is((browse('/log-out', 'csrf=' . csrf($page)))[0], 303, 'log out');
	is((browse("/message/$id"))[1] =~ m{^/log-in}, 1, 'then: log in');
	is((browse("/quarantine/$id/source"))[0], 303, 'no source either');
};

ok($app->stop, 'ends');
done_testing();
