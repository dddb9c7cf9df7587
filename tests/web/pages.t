#!/usr/bin/perl
# The CSM's pages on a running appliance, in Debian's Chromium: log-in with
# the one-time password, hostile mail shown as text, released, deleted,
# restored; without JavaScript, with the keyboard alone, at 360 px, by axe
# (tests/web/browser.js); then what a browser never sends.
use strict;
use warnings;
use Cwd qw(abs_path);
use File::Path qw(make_path);
use JSON::PP;
use MIME::Base64;
use Test::More;
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use Appliance;
use Db;

plan skip_all => 'PostgreSQL is not installed' unless Db::installed();
my ($node) = grep { -x } map { "$_/node" } split /:/, $ENV{PATH};
my ($chromium) = grep { -x } '/usr/bin/chromium', '/usr/bin/chromium-browser';
plan skip_all => 'node or chromium is not installed'
	unless $node && $chromium;
plan skip_all => 'run npm ci in tests/web first'
	unless -d 'tests/web/node_modules/playwright-core';
alarm 240;

# PM_SHOTS=FOLDER: a picture of each page.
my $shots = $ENV{PM_SHOTS};
make_path($shots = abs_path($shots)) if $shots;

my $app = Appliance->new(db => 1, policy => <<'LUA')->setup;
local p = policy("sales", function() return true end)
p:rule("sale", function(m)
	if m.subject:find("sale", 1, true) then return quarantine("Spam") end
end)
LUA
my ($url, $name, $password) = $app->{said} =~
	m{^log in at https://(\S+)/ as (\S+) with the one-time password (\S+)$}m;
ok(defined $password, 'pm setup prints how to log in') or
	BAIL_OUT("pm setup said:\n$app->{said}");
$app->start(60);

my $mark = 'mark-of-the-hostile-one';
my $run = 'window.pwned=1';
my %hostile = (
	subject => qq(sale <script>$run</script>"><img src=x onerror=$run> )
		. qq('; drop table pm.message; -- {{7*7}} &lt;b&gt;),
	from => qq{"<svg/onload=$run>'); delete from quarantine; --" }
		. '<carol@example.net>',
	mark => $mark,
);
# In two pieces, so that this file is no spam itself.
my $gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*' .
	'GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';
my $html = <<"HTML";
<html><head><base href="https://evil.test/">
<meta http-equiv="refresh" content="0;url=https://evil.test/meta">
<link rel="stylesheet" href="https://evil.test/css">
<style>body { background: url(https://evil.test/bg) }</style>
<script>$run; fetch("https://evil.test/fetch")</script></head>
<body onload="$run"><img src="https://evil.test/pixel" onerror="$run">
<iframe src="https://evil.test/frame"></iframe><svg onload="$run"></svg>
<a href="javascript:$run">Click for kangaroos</a>
<a href="https://evil.test/phish">your bank</a>
<form action="https://evil.test/form"><input name="pin" autofocus
onfocus="$run"></form><i-am-mail>text of the mail</i-am-mail>
&lt;script&gt;$run&lt;/script&gt; </pre></main><script>$run</script>
'; drop table pm.quarantine; -- {{r.csrf}} {% os.exit() %}
$gtube</body></html>
HTML
# A word that a person reads in the preview, and an attachment's name.
my @names = (qq("><img src=x onerror=$run>.html),
	qq('; delete from pm.account; --.pdf));
$hostile{shown} = ['Click for kangaroos', 'text of the mail',
	"<script>$run</script>", '{{r.csrf}}', 'https://evil.test/phish',
	@names];

sub attachment {
	my ($file) = @_;
	my $quoted = $file =~ s/(["\\])/\\$1/gr;
	return "--b\nContent-Type: application/octet-stream; "
		. "name=\"$quoted\"\nContent-Disposition: attachment; "
		. "filename=\"$quoted\"\n\n<script>$run</script>\n";
}

my $message = "From: $hostile{from}\nTo: alice\@example.org\n"
	. "Subject: $hostile{subject}\nX-Mark: $mark\n"
	. "X-Other: <script>$run</script>\nMessage-ID: <a\"><b>\@example.net>\n"
	. "Content-Type: multipart/mixed; boundary=b\n\n"
	. "--b\nContent-Type: text/html; charset=utf-8\n\n$html\n"
	. join('', map { attachment($_) } @names) . "--b--\n";

sub send_one {
	my ($subject, $to, $text) = @_;
	my $r = $app->send_mail(from => 'carol@example.net', helo => 'a.test',
		rcpts => [map { "$_\@example.org" } @$to], message => $text //
		"From: Carol <carol\@example.net>\nTo: $to->[0]\@example.org\n"
		. "Subject: $subject\n\nCheap things, only today.\n");
	is($r->{code}, 250, "sent: " . substr $subject, 0, 40);
}

send_one($hostile{subject}, ['alice', 'bob'], $message);
send_one($_, ['carl']) for 'wombat sale', 'koala sale', 'quokka sale';
send_one('hello', ['dora']);

is($app->send_mail(from => 'carol@example.net', rcpts =>
	['far@elsewhere.test'], message => "Subject: x\n\nx\n")
	->{rcpts}{'far@elsewhere.test'}, 554, 'one is refused');

sub psql {
	my ($sql) = @_;
	my (undef, $out) = $app->pm('db', 'psql', '--', '-XAtqc', $sql);
	chomp $out;
	return $out;
}

# The quarantine as the database has it: subject -> id.
my %mail;
for (1 .. 100) {
	%mail = map { reverse split / /, $_, 2 } split /\n/,
		psql("select id || ' ' || subject from pm.quarantine");
	last if keys %mail == 4 && psql('select count(*) from pm.message') == 5
		&& psql("select count(*) from pm.smtp_event where kind in
			('refused', 'delivered')") >= 2;
	sleep 0.1;
}
is(scalar keys %mail, 4, 'four are held');
ok($mail{$hostile{subject}}, 'the hostile one by its subject')
	or diag join "\n", keys %mail;

my $file = "$app->{root}/browser.json";
Appliance::write_file($file, JSON::PP->new->utf8->canonical->encode({
	url => "https://$url", name => $name, password => $password,
	root => $app->{root}, pm => $Appliance::PM, chromium => $chromium,
	shots => $shots, hostile => \%hostile, mail => \%mail, held => 4 }));

# Each line of the browser's is one of ours.
open my $walk, '-|', 'setpriv', '--pdeathsig', 'TERM', $node,
	'tests/web/browser.js', $file or die "node: $!";
binmode $walk, ':utf8';
binmode Test::More->builder->$_, ':utf8'
	for qw(output failure_output todo_output);
my $planned;
while (my $line = <$walk>) {
	chomp $line;
	if ($line =~ /^(not )?ok \d+ - (.*)/) {
		ok(!$1, $2);
	} elsif ($line =~ /^1\.\.\d+$/) {
		$planned = 1;
	} else {
		diag $line =~ s/^# //r;
	}
}
close $walk;
ok($planned && $? == 0, 'the browser came to its end')
	or diag $app->log_tail(40);

# One request by curl: (status, head, body).
sub ask {
	my ($path, @args) = @_;
	open my $out, '-|', 'curl', '-sik', '--max-time', 20, @args,
		"https://$url$path" or die "curl: $!";
	my $text = do { local $/; <$out> } // '';
	close $out;
	my ($head, $body) = split /\r?\n\r?\n/, $text, 2;
	my ($status) = ($head // '') =~ m{^HTTP/1.1 (\d+)};
	return ($status // 0, $head // '', $body // '');
}

sub form { return map { ('--data-urlencode', $_) } @_ }
my @us = ('-H', "Origin: https://$url");

subtest 'headers' => sub {
	my ($status, $head) = ask('/log-in');
	is($status, 200, 'the log-in');
	my %h = map { lc((split /:/)[0]) => s/^[^:]*:\s*//r }
		grep { /:/ } split /\r?\n/, $head;
	my $csp = $h{'content-security-policy'} // '';
	for my $rule ("default-src 'none'", "frame-ancestors 'none'",
		"base-uri 'none'", "form-action 'self'") {
		like($csp, qr/(^|; ?)\Q$rule\E(;|$)/, "CSP: $rule");
	}
	unlike($csp, qr/unsafe|\*|data:|https?:/, 'CSP: nothing loose');
	is($h{'x-content-type-options'}, 'nosniff', 'nosniff');
	like($h{'referrer-policy'}, qr/^(no-referrer|same-origin)$/,
		'referrer');
	like($h{'strict-transport-security'}, qr/max-age=\d{7}/, 'HSTS');
	like($h{'cache-control'}, qr/no-store/, 'not kept');
	ok(!exists $h{server}, 'who serves is nobody\'s business');
	is(scalar(grep { /^set-cookie/i } split /\r?\n/, $head), 0,
		'no session before somebody logged in');
};

# Logs in; the cookie's token and the Set-Cookie line.
my $pass = 'correct horse battery staple';
sub log_in {
	my ($who, $word, @more) = @_;
	my ($status, $head) = ask('/log-in', @us, @more,
		form("name=$who", "password=$word"));
	my ($line) = $head =~ /^set-cookie:\s*(.*?)\r?$/mi;
	my ($token) = ($line // '') =~ /^__Host-pm-csm=([^;]+)/;
	return ($status, $token, $line // '');
}

sub cookie { return ('-H', "Cookie: __Host-pm-csm=$_[0]") }

subtest 'session' => sub {
	my $fixed = 'A' x 43;
	my ($status, $token, $line) = log_in($name, $pass, cookie($fixed));
	is($status, 303, 'logged in');
	isnt($token, $fixed, 'a token that came from outside is not taken');
	like($line, qr/; *\Q$_\E(;|$)/i, "cookie: $_")
		for 'Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict';
	unlike($line, qr/Domain=/i, 'cookie: no domain');
	is((ask('/quarantine', cookie($fixed)))[0], 303, 'the fixed one: none');
	my (undef, undef, $page) = ask('/quarantine', cookie($token));
	my ($csrf) = $page =~ /name="csrf" value="([^"]+)"/;
	ok(length($csrf // '') >= 20, 'a secret in the form');
	my $id = $mail{'quokka sale'};
	my $state = "select state from pm.quarantine_rcpt where id = '$id'";
	my @delete = ("m=$id 00000000-0000-7000-8000-000000000000",
		'do=delete');
	is((ask('/quarantine', @us, cookie($token), form(@delete)))[0], 403,
		'no secret: refused');
	is((ask('/quarantine', @us, cookie($token),
		form(@delete, "csrf=x$csrf")))[0], 403,
		'a wrong secret: refused');
	is((ask('/quarantine', '-H', 'Origin: https://evil.test',
		cookie($token), form(@delete, "csrf=$csrf")))[0], 403,
		'from another site: refused');
	is((ask('/quarantine', cookie($token),
		form(@delete, "csrf=$csrf")))[0], 403,
		'from nobody knows where: refused');
	is((ask('/quarantine?do=delete', cookie($token)))[0], 200,
		'an address does nothing');
	is(psql($state), 'held', 'it is still held');
	my ($other, $second) = log_in($name, $pass);
	my (undef, undef, $theirs) = ask('/quarantine', cookie($second));
	my ($another) = $theirs =~ /name="csrf" value="([^"]+)"/;
	is((ask('/quarantine', @us, cookie($token),
		form(@delete, "csrf=$another")))[0], 403,
		'the secret of another session: refused');
	is((ask('/log-out', @us, cookie($token), form("csrf=$csrf")))[0], 303,
		'logged out');
	is((ask('/quarantine', cookie($token)))[0], 303, 'it is over');
	is((ask('/quarantine', cookie($second)))[0], 200, 'the other is not');
};

subtest 'rights' => sub {
	psql("insert into pm.account (name, password, rights) select "
		. "'viewer', password, '{log}' from pm.account "
		. "where name = '$name'");
	my ($status, $token) = log_in('viewer', $pass);
	is($status, 303, 'somebody with the right "log" only');
	is((ask('/mail', cookie($token)))[0], 200, 'the log: yes');
	my $id = $mail{'quokka sale'};
	for my $path ('/quarantine', "/quarantine/$id/preview",
		"/quarantine/$id/source") {
		my ($s, undef, $body) = ask($path, cookie($token));
		is($s, 403, "$path: no");
		unlike($body, qr/quokka/, "$path: nothing of it");
	}
	my (undef, undef, $page) = ask("/message/$id", cookie($token));
	my ($csrf) = $page =~ /name="csrf" value="([^"]+)"/;
	unlike($page, qr/name="do"/, 'the message page has no buttons');
	my $key = '00000000-0000-7000-8000-000000000001';
	is((ask("/message/$id", @us, cookie($token), form("csrf=$csrf",
		"key=$key", 'do=delete')))[0], 403, 'and takes no orders');
	is(psql("select state from pm.quarantine_rcpt where id = '$id'"),
		'held', 'it is still held');
};

subtest 'may deliver, may not read' => sub {
	psql("insert into pm.account (name, password, rights) select "
		. "'desk', password, '{quarantine}' from pm.account "
		. "where name = '$name'");
	my (undef, $token) = log_in('desk', $pass);
	my $id = $mail{'quokka sale'};
	my (undef, undef, $page) = ask("/message/$id", cookie($token));
	my ($csrf) = $page =~ /name="csrf" value="([^"]+)"/;
	like($page, qr/value="deliver"/, 'has the button to deliver');
	unlike($page, qr/value="forward"|\/preview"/, 'none that shows it');
	my (undef, undef, $body) = ask("/message/$id", @us, cookie($token),
		form("csrf=$csrf", 'do=forward', 'to=desk@example.org',
		'key=00000000-0000-7000-8000-000000000002'));
	like($body, qr/quarantine\.body/, 'cannot forward it to himself');
	is(psql("select count(*) from pm.job where kind = 'forward' and
		message = '$id'"), 0, 'no order was made');
	is((ask("/quarantine/$id/preview", cookie($token)))[0], 403,
		'no preview');
};

subtest 'guessing' => sub {
	psql("insert into pm.account (name, password, rights) select "
		. "'victim', password, '{all}' from pm.account "
		. "where name = '$name'");
	my $started = time;
	my @status = map { (log_in('victim', "guess number $_"))[0] } 1 .. 12;
	is(scalar(grep { $_ == 303 } @status), 0, 'no guess is right');
	my ($status, $token) = log_in('victim', $pass);
	is($status, 403, 'after many the right one is refused, too');
	ok(!defined $token, 'no session');
	cmp_ok(time - $started, '<', 60, 'without long waits');
	my (undef, undef, $nobody) = ask('/log-in', @us,
		form('name=nosuchbody', 'password=whatever it is'));
	my (undef, undef, $wrong) = ask('/log-in', @us,
		form('name=viewer', 'password=whatever it is'));
	my $said = sub { ($_[0] =~ m{role="alert"[^>]*>([^<]*)<})[0] };
	is($said->($nobody), $said->($wrong), 'who exists is not told');
	($status) = log_in($name, $pass);
	is($status, 303, 'others can log in');
};

done_testing;
