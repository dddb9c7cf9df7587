#!/usr/bin/perl
# The pages' server (lib/web/http) against good, slow, broken and hostile
# clients. fake/web is three handlers in the sandbox of the real role; a
# request has 1.5 s to arrive there, and an idle connection 2 s.
use strict;
use warnings;
use IO::Select;
use IO::Socket::INET;
use IPC::Open2;
use POSIX ();
use Test::More;
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use WebServer;

my $web = WebServer->new;
# Sends pieces (a reference: seconds to wait, or what to do) over TLS; all that comes until the
# server closes, and how long that took.
sub raw {
	my (@pieces) = @_;
	my $from = time;
	my $tls = open2(my $out, my $in, 'sh', '-c', 'exec openssl s_client '
		. "-quiet -connect ${\ server_address()} 2>/dev/null");
	local $SIG{PIPE} = 'IGNORE';
	for my $piece (@pieces) {
		ref $piece eq 'CODE' ? $piece->() : ref $piece ?
			sleep $$piece : syswrite $in, $piece;
	}
	my $text = '';
	my $wait = IO::Select->new($out);
	while ($wait->can_read(8)) {
		last unless sysread $out, $text, 65536, length $text;
	}
	kill KILL => $tls;
	close $in;
	waitpid $tls, 0;
	return ($text, time - $from);
}

my $detour;
sub server_address { return $detour // $web->address }

sub get { return $web->get(@_) }
sub post { return $web->post(@_) }

sub plain {
	return IO::Socket::INET->new(PeerAddr => '127.0.0.1',
		PeerPort => $web->{port}, Timeout => 5) // die "connect: $!";
}

# What a connection without TLS gets for its bytes.
sub plain_answer {
	my ($bytes) = @_;
	my $s = plain();
	syswrite $s, $bytes;
	my $text = '';
	my $wait = IO::Select->new($s);
	while ($wait->can_read(5)) {
		last unless sysread $s, $text, 65536, length $text;
	}
	return $text;
}

my $crlf = "\r\n";
my $host = "Host: pm$crlf";
my $end = "Connection: close$crlf$crlf";

$web->start(2);
my $port = $web->{port};

# --- every reply ------------------------------------------------------------
my @always = (
	"Content-Security-Policy: default-src 'none'; script-src 'self'; "
	. "style-src 'self'; img-src 'self'; font-src 'self'; connect-src "
	. "'self'; form-action 'self'; frame-ancestors 'none'; base-uri "
	. "'none'; object-src 'none'",
	'X-Content-Type-Options: nosniff', 'X-Frame-Options: DENY',
	'Referrer-Policy: same-origin',
	'Cross-Origin-Opener-Policy: same-origin',
	'Cross-Origin-Resource-Policy: same-origin',
	'Strict-Transport-Security: max-age=31536000');

sub has_headers {
	my ($text, $what, @more) = @_;
	my ($head) = split /\n\n/, $text =~ s/\r//gr;
	my @missing = grep { $head !~ /^\Q$_\E$/m } @always, @more;
	is("@missing", '', "$what: the headers");
}

my $text = get('/fields?a=1&a=2&b=%3Cx%3E+y');
is(status($text), 200, 'a page');
has_headers($text, 'a page', 'Content-Type: text/plain; charset=utf-8',
	'Cache-Control: no-store', 'Connection: keep-alive');
like($text, qr/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$/m, 'a date');
is((split /\n\n/, $text)[1], "get /fields from 127.0.0.1 at 127.0.0.1:$port "
	. "session no trouble none\na=1\na=2\nb=<x> y\n", 'fields in order');
my ($length) = $text =~ /^Content-Length: (\d+)$/m;
my $head = get('/fields?a=1&a=2&b=%3Cx%3E+y', '-I');
like($head, qr/^Content-Length: $length$/m, 'HEAD: the same length');
has_headers($head, 'HEAD');
like($head, qr/\n\n\z/, 'HEAD: no body');
like(get('/static/x.css'), qr{^Cache-Control: public, max-age=3600, immutable$}m,
	'static files may be kept');
unlike($text, qr/^Server:/mi, 'no name and version of the server');

# --- what a page says -------------------------------------------------------
$text = get('/go?to=/quarantine%3Fa%3Db');
is(status($text), 303, 'a redirection');
has_headers($text, '303', 'Location: /quarantine?a=b');
for my $to ('//evil', 'https://evil/', '/\\evil', '/a%0d%0aSet-Cookie:%20x=y',
	'/a%20b', '', '/%C3%BC') {
	$text = get("/go?to=$to");
	is(status($text), 500, "to \"$to\": not sent");
	unlike($text, qr/^(?:Location|Set-Cookie)/m, 'nor is a part of it');
}
has_headers(get('/login'), 'a log-in', 'Set-Cookie: __Host-pm-test='
	. 'abc_DEF-0123456789; Path=/; Secure; HttpOnly; SameSite=Strict');
has_headers(get('/logout'), 'a log-out', 'Set-Cookie: __Host-pm-test=; '
	. 'Path=/; Secure; HttpOnly; SameSite=Strict; Max-Age=0');
has_headers(get('/name?f=..%2f%22a%0d%0ab%C3%BC.eml'), 'a download',
	'Content-Disposition: attachment; filename="_.__a__b__.eml"');

# --- addresses --------------------------------------------------------------
is(status(get($_)), 400, "$_ is refused") for '/..', '/../etc/passwd',
	'/a/../b', '/%2e%2e/a', '/a%2fb', '/a//b', '//evil', '/a%00b',
	'/a;b=c', '/%0d%0aX:y', '/a%5cb', '/%ff', '/%zz', '/?a=%', '/?a=%00',
	'/?a=%ff', '/?=a', '/?a%0d=b';
is(status(get('/m%C3%BCll%20x+y')), 200, 'UTF-8 is not');
has_headers(get('/..'), 'refused', 'Connection: keep-alive');

# --- methods ----------------------------------------------------------------
for my $method (qw(PUT DELETE TRACE OPTIONS PATCH CONNECT FOO get)) {
	$text = get('/fields', '-X', $method);
	is(status($text), 405, "$method is refused");
	like($text, qr/^Allow: GET, HEAD, POST$/m, 'and told which are not');
}

# --- forms ------------------------------------------------------------------
my $form = 'application/x-www-form-urlencoded';
my $us = "Origin: https://127.0.0.1:$port";
$text = post('/fields?q=1', 'a=%0D%0Ab&c', $us);
is(status($text), 200, 'a form');
like($text, qr/^post .*\nq=1\na=\\x0d\\x0ab\nc=\n/m, 'its fields');
is(status(post('/fields', 'a=b', "Referer: https://127.0.0.1:$port/x?y")), 200,
	'a Referer will do');
for my $header ('X: y', 'Origin: null', 'Origin: https://evil',
	'Origin: https://127.0.0.1', "Origin: http://127.0.0.1:$port",
	"Origin: https://127.0.0.1:$port.evil", "$us/", 'Referer: https://e/',
	"Referer: https://evil/https://127.0.0.1:$port/",
	"Referer: https://127.0.0.1:$port\@evil/", 'Referer: x',
	"Referer: https://127.0.0.1:$port", 'Origin;') {
	my $want = $header =~ /^Referer.*$port$/ ? 200 : 403;
	is(status(post('/fields', 'a=b', $header)), $want,
		"with \"$header\": $want");
}
is(status(post('/fields', 'a=b', 'Origin: https://evil',
	"Referer: https://127.0.0.1:$port/")), 403, 'Origin counts first');
for my $type ('multipart/form-data; boundary=x', 'text/plain',
	'application/json', "${form}x") {
	is(status(post('/fields', 'a=b', $us, "Content-Type: $type")), 415,
		"$type is refused");
}
is(status(post('/fields', 'a=b', $us, "Content-Type: $form; charset=UTF-8")),
	200, 'a charset is not');
is(status(post('/fields?csrf=1', 'csrf=2', $us)), 400,
	'a name in query and form');
is(status(post('/fields', 'a=%zz', $us)), 400, 'a bad escape in a form');
like(get('/fields', '-H', 'Cookie: __Host-pm-test=' . 'a' x 43),
	qr/trouble no database is wired$/m, 'a session without a database');
like(get('/fields', '-H', 'Cookie: __Host-pm-test=' . 'a' x 42),
	qr/trouble none$/m, 'no token at all');

# --- heads that could be read in two ways -----------------------------------
sub is_raw {
	my ($what, $want, @pieces) = @_;
	my ($got) = raw(@pieces);
	is(status($got), $want, "$what: $want");
	has_headers($got, $what) if $want >= 400;
}
is_raw('an absolute form', 200, "GET https://pm/fields HTTP/1.1$crlf$host$end");
is_raw('of another host', 400, "GET https://evil/ HTTP/1.1$crlf$host$end");
is_raw('two hosts', 400, "GET / HTTP/1.1$crlf${host}Host: evil$crlf$end");
is_raw('no host', 400, "GET / HTTP/1.1$crlf$end");
is_raw('a host with more in it', 400, "GET / HTTP/1.1${crlf}Host: a/b$crlf$end");
is_raw('bare line feeds', 400, "GET / HTTP/1.1\nHost: pm\n\n");
is_raw('a folded line', 400, "GET / HTTP/1.1$crlf$host b$crlf$end");
is_raw('two lengths', 400, "POST / HTTP/1.1$crlf${host}Content-Length: 5$crlf"
	. "Transfer-Encoding: chunked$crlf${crlf}0$crlf$crlf");
is_raw('chunks', 411, "POST / HTTP/1.1$crlf${host}Transfer-Encoding: chunked"
	. "$crlf${crlf}0$crlf$crlf");
is_raw('HTTP/2.0', 505, "GET / HTTP/2.0$crlf$host$end");
is_raw('HTTP/1.0', 200, "GET /x HTTP/1.0$crlf$host$crlf");
is_raw('NUL', 400, "GET / HTTP/1.1$crlf${host}X: \0$crlf$end");
is_raw('empty lines first', 200, "$crlf${crlf}GET /x HTTP/1.1$crlf$host$end");

# --- limits -----------------------------------------------------------------
is_raw('a huge head', 431, "GET / HTTP/1.1$crlf${host}X: " . 'y' x 40000);
is_raw('a huge address', 414, 'GET /' . 'y' x 40000);
is_raw('a large address', 414, 'GET /' . 'y' x 9000 . " HTTP/1.1$crlf$host$end");
is_raw('many lines', 431, "GET / HTTP/1.1$crlf$host" . "X: y$crlf" x 101
	. $crlf);
is_raw('a huge body', 413, "POST / HTTP/1.1$crlf${host}Content-Length: 100001"
	. "$crlf$crlf" . 'x' x 100001);
is(status(post('/fields', 'a=' . 'x' x 99998, $us)), 200, 'a large body');
is(status(get('/fields', '--data-binary', 'a=' . 'x' x 90000, '-H', $us, '-H',
	'Expect: 100-continue')), 100, 'a client that asks first');

# --- time -------------------------------------------------------------------
my $took;
($text, $took) = raw("GET / HT", \0.7, 'TP/1.1', \0.7, $crlf, \0.7, 'X: y');
is(status($text), 408, 'a slow head');
has_headers($text, '408', 'Connection: close');
($text) = raw("POST / HTTP/1.1$crlf${host}Content-Length: 9$crlf$crlf",
	\0.8, 'a', \0.8, 'b', \0.8, 'c');
is(status($text), 408, 'a slow body');
($text, $took) = raw("GET /x HTTP/1.1$crlf$host$crlf");
is(status($text), 200, 'kept alive');
cmp_ok($took, '>', 1.8, 'for as long as it may be idle');
cmp_ok($took, '<', 6, 'and not longer');
($text) = raw(map { ($_, \0.005) } split //, "GET /x HTTP/1.1$crlf$host$end");
is(status($text), 200, 'a byte at a time');

# --- one connection ---------------------------------------------------------
my $one = "GET /fields?n=%d HTTP/1.1$crlf$host";
($text) = raw(sprintf($one, 1) . $crlf, \0.3, sprintf($one, 2) . $crlf, \0.3,
	sprintf($one, 3) . $end);
is(join(',', $text =~ /^n=(\d)$/mg), '1,2,3', 'three, one after the other');
($text) = raw(join '', map { sprintf($one, $_) . ($_ == 5 ? $end : $crlf) }
	1 .. 5);
is(join(',', $text =~ /^n=(\d)$/mg), '1,2,3,4,5', 'five at once');
($text) = raw("POST /fields HTTP/1.1$crlf${host}Origin: https://pm$crlf"
	. "Content-Type: $form${crlf}Content-Length: 3$crlf${crlf}a=b$crlf"
	. sprintf($one, 2) . $end);
is(() = $text =~ m{^HTTP/1\.1 200 OK}mg, 2, 'an empty line after a form');
($text) = raw("GET / HTTP/1.1$crlf$crlf" . sprintf($one, 1) . $end);
is(() = $text =~ m{^HTTP/}mg, 1, 'nothing is read after a bad head');

# The client has said all it wants; the answer still comes.
my $door = IO::Socket::INET->new(Listen => 1, LocalAddr => '127.0.0.1')
	// die;
my $relay = fork // die;
if ($relay == 0) {
	my $client = $door->accept;
	my $there = plain();
	my $wait = IO::Select->new($client, $there);
	my $quiet = 0;
	$SIG{ALRM} = sub { POSIX::_exit(1) };
	alarm 10;
	while (1) {
		my @ready = $wait->can_read(0.3);
		if (!@ready && !$quiet++) {
			shutdown $there, 1;
			$wait->remove($client);
		}
		for my $from (@ready) {
			POSIX::_exit(0) unless sysread $from, my $b, 65536;
			syswrite $from == $client ? $there : $client, $b;
		}
	}
}
$detour = '127.0.0.1:' . $door->sockport;
($text) = raw("GET /slow HTTP/1.1$crlf$host$crlf");
undef $detour;
waitpid $relay, 0;
is(status($text), 200, 'half-closed');

$text = get('/big?n=20000000', '-H', 'Connection: close', '-o', '/dev/null',
	'-w', '%{size_download}', '--limit-rate', '20M');
is($text, 20000000, 'a large answer, whole, to a slower reader');

# --- without TLS ------------------------------------------------------------
$text = plain_answer("GET / HTTP/1.1$crlf${host}$crlf") =~ s/\r//gr;
is(status($text), 400, 'plain HTTP');
like($text, qr{<p>This port speaks HTTPS\. Write https:// at the beginning of },
	'is told what to do');
unlike($text, qr/^Strict-Transport/m, 'without HSTS');
is(plain_answer("\x16\x03\x01\x00\x05hello world" . "\xff" x 500) =~
	/^HTTP/ ? 'HTTP' : 'none', 'none', 'garbage in a TLS record');
is(plain_answer("\0" x 100), '', 'garbage');
my $silent = plain();
is(status(get('/x')), 200, 'silence disturbs nobody');
ok(IO::Select->new($silent)->can_read(5), 'and is ended');

# --- TLS --------------------------------------------------------------------
sub tls {
	my (@args) = @_;
	my $args = WebServer::quote('-connect', "127.0.0.1:$port", @args);
	return `sleep 0.2 | openssl s_client $args 2>&1`;
}
like(tls('-tls1_2'), qr/Cipher is ECDHE-ECDSA-AES\d+-GCM/, 'TLS 1.2');
unlike(tls($_, '-cipher', 'ALL:@SECLEVEL=0'), qr/Cipher is ECDHE/, "no $_")
	for '-tls1', '-tls1_1';
unlike(tls('-tls1_2', '-cipher', $_), qr/Cipher is E/, "not $_")
	for 'ECDHE-ECDSA-AES128-SHA256', 'ECDHE-ECDSA-AES256-SHA';
like(tls('-alpn', 'h2,http/1.1'), qr/ALPN protocol: http\/1\.1/, 'ALPN');
unlike(tls('-alpn', 'h2'), qr/Cipher is ECDHE/, 'nothing but HTTP/1.1');
unlike(tls('-tls1_2'), qr/TLS session ticket:/, 'no tickets');
unlike(`(sleep 0.3; echo R; sleep 0.5) | openssl s_client -tls1_2 -connect \\
	127.0.0.1:$port 2>&1` =~ s/.*RENEGOTIATING//sr, qr/verify return/,
	'no renegotiation');

$web->stop;

# --- many -------------------------------------------------------------------
$web->start(2, 20000);
$port = $web->{port};
my $codes = '%{http_code}\n';
my @got = split /\n/, `curl -skZ --parallel-immediate --parallel-max 300 \\
	--max-time 30 -o /dev/null -w '$codes' --no-progress-meter \\
	'https://127.0.0.1:$port/fields?n=[1-300]'`;
is(scalar(grep { $_ eq '200' } @got), 300, '300 connections at once');
my @flood = map { plain() } 1 .. 700;
my $from = time;
is(status(get('/x')), 200, 'an answer beside 700 that say nothing');
cmp_ok(time - $from, '<', 9, 'soon');
undef @flood;

# --- workers ----------------------------------------------------------------
is(status(get('/die')), 'no answer', 'a worker that dies');
is(status(get('/x')), 200, 'takes nobody with it');
like($web->log, qr/^error: web: worker \d+ was killed by signal 6; another is started$/m,
	'and is told of');
my $slow = open2(my $out, my $in, 'curl', '-ski', '--max-time', 8,
	"https://127.0.0.1:$port/slow");
sleep 0.5;
my ($code, $seconds) = $web->stop;
is($code, 0, 'TERM ends it');
cmp_ok($seconds, '<', 3, 'in less than 3 s');
is(status(join '', <$out>), 200, 'after what was begun');
waitpid $slow, 0;
unlike($web->log, qr/Sanitizer|runtime error|signal (?!6;)/,
	'nothing was found by the way');

# A handler that takes long lets others be heard late, but heard.
$web->start(1, 700);
($text) = raw(\0.3, sub {
	$slow = open2($out, $in, 'curl', '-sk', '--max-time', 8,
		'https://' . $web->address . '/slow');
}, \0.2, "GET /x HTTP/1.1$crlf$host$end");
is(status($text), 200, 'who spoke in time is answered, though later');
waitpid $slow, 0;
$web->stop;

$web->start(1);
open my $broken, '>', "$web->{dir}/broken" or die;
close $broken;
get('/die');
for (1 .. 100) {
	last if $web->log =~ /degraded/;
	sleep 0.05;
}
like($web->log, qr/^warn: degraded: the pages' workers end again and again/m,
	'no worker comes up: told');
unlink "$web->{dir}/broken";
for (1 .. 100) {
	last if $web->log =~ /no more/;
	sleep 0.05;
}
is(status(get('/x')), 200, 'one does again');
($code, $seconds) = $web->stop;
is($code, 0, 'TERM again');
done_testing;
