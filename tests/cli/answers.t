#!/usr/bin/perl
# Answers to digests, by mail through a whole appliance: what its writer may
# have is delivered, once; everything else is consumed in silence.
use strict;
use warnings;
use MIME::QuotedPrint qw(decode_qp encode_qp);
use Test::More;
use Time::HiRes qw(sleep time);
use lib 'tests/lib';
use Appliance;
use Db;
use ZoneDns;

plan skip_all => 'PostgreSQL is not installed' unless Db::installed();
plan skip_all => 'Postfix is not installed' unless -x '/usr/sbin/postfix';
plan skip_all => 'needs root: Postfix does' if $>;
alarm 240;

# 127.0.0.1 may send as example.org, 127.0.0.2 not; 127.0.0.3 is ours.
my $dns = ZoneDns->new({
	'example.org' => [[TXT => 'v=spf1 ip4:127.0.0.1 -all']],
	'_dmarc.example.org' => [[TXT => 'v=DMARC1; p=none']],
	'evil.example' => [[TXT => 'v=spf1 ip4:127.0.0.1 -all']],
	'_dmarc.evil.example' => [[TXT => 'v=DMARC1; p=none']],
});
my $app = Appliance->new(db => 1, networks => ['127.0.0.3/32'],
	top => 'resolver = "' . $dns->resolver . '", enduser = { reply = ' .
		'"release@example.org" },', policy => <<'LUA')->setup;
local p = policy("sales", function() return true end)
p:at_rcpt("known", function(s, rcpt)
	if rcpt.address:find("release", 1, true) then return reject("5.1.1", "no") end
end)
p:rule("sale", function(m)
	if m.subject:find("sale", 1, true) then return quarantine("Spam") end
end)
p:rule("all", function(m)
	if m.subject:find("pm:", 1, true) then return reject("5.7.1", "no") end
end)
LUA
Appliance::write_file("$app->{root}/etc/pm/digests.lua", 'return { { name = ' .
	'"spam", who = { "example.org" } } }');
$app->start(60);

sub until_true {
	my ($seconds, $what) = @_;
	my $end = time + $seconds;
	while (time < $end) {
		my $found = $what->();
		return $found if $found;
		sleep 0.05;
	}
	return 0;
}

sub mail {
	my ($from, $to, $head, $text, %o) = @_;
	return $app->send_mail(from => $o{envelope} // $from, rcpts => [$to],
		source => $o{source}, helo => 'a.test',
		message => "From: $from\nTo: $to\n$head\n\n$text\n")->{code};
}

sub held { return $app->sql("select count(*) from pm.quarantine_rcpt where
	state = 'held' and reason = '$_[0]'") }

# Mail for alice that is withheld, and its codes, by subject.
sub hold {
	my (@subjects) = @_;
	my $had = held('Spam');
	mail('eve@evil.example', 'alice@example.org', "Subject: sale $_", 'x')
		for @subjects;
	until_true(20, sub { held('Spam') == $had + @subjects }) or
		BAIL_OUT('not withheld: ' . $app->log_tail(30));
	my (undef, $digest) = $app->pm('digest', 'preview',
		'alice@example.org');
	my ($text, $html) = map { decode_qp($_) } $digest =~
		/--=_texts\r\n.*?\r\n\r\n(.*?)(?=--=_texts)/sg;
	my %code = $text =~ /^  sale (\w+)\r?\n.*?^    (\[pm:[\w-]{58}\])\r?$/smg;
	return ($digest, $text, $html, \%code);
}

# An answer, and what came of it; it is always taken and always consumed.
sub answer {
	my ($name, $from, $head, $text, %o) = @_;
	is(mail($from, 'Release@example.org', $head, $text, %o), 250,
		"$name: taken");
	ok(until_true(20, sub { held('Answer') == 1 }), "$name: kept");
	my ($code, $said) = $app->pm('digest', 'answers');
	is($code, 0, "$name: carried out");
	is(held('Answer'), 0, "$name: consumed");
	chomp $said;
	return $said;
}

sub jobs { return $app->sql("select count(*) from pm.job where
	kind = 'release'") }

my $alice = 'alice@example.org';
my ($digest, $text, $html, $code) = hold(qw(one two three four));
is(join(' ', sort keys %$code), 'four one three two', 'a code each');
like($digest, qr/^Reply-To: <release\@example\.org>\r$/m, 'answer where');
like($text, qr/answer this mail, to release\@example\.org/, 'how');
unlike($text, qr/%%|https:/, 'nothing that is not there');
my ($bare) = $code->{one} =~ /\[pm:(.*)\]/;
like($html, qr/mailto:release\@example\.org\?subject=%5Bpm:\Q$bare\E%5D"/,
	'a prepared answer');

# --- what is refused, in silence -------------------------------------------------
my $quoted = join '', map { "> $_\n" } split /\r?\n/, $text;
my $no = '1 answers, 0 messages delivered, 1 answers refused';
my $none = '1 answers, 0 messages delivered, 0 answers refused';
is(answer('not proved', $alice, 'Subject: Re', $quoted,
	source => '127.0.0.2'), $no, 'DMARC did not pass');
is(answer('another', 'eve@evil.example', 'Subject: Re', $quoted), $none,
	'DMARC passed for another: no code is hers');
is(answer('two authors', "$alice, eve\@evil.example", 'Subject: Re', $quoted,
	envelope => 'eve@evil.example'), $no, 'two authors');
is(answer('a vacation', $alice, "Subject: Re\nAuto-Submitted: auto-replied",
	$quoted), $no, 'a program');
is(answer('forged', $alice, 'Subject: Re', '[pm:' . 'A' x 58 . "]\n[pm:x]"),
	$none, 'forged codes');
is(answer('nothing', $alice, 'Subject: thanks', 'hello'), $no, 'no code');
is(jobs(), 0, 'nothing was delivered');

# --- what is done ----------------------------------------------------------------
is(answer('some', $alice, 'Subject: Re: Held back', "I want it\n> $code->{one}\n"
	. "> [pm:broken]\n>   $code->{two}"),
	'1 answers, 2 messages delivered, 0 answers refused', 'two codes');
is(jobs(), 2, 'two jobs');
is($app->sql("select string_agg(distinct who || ' ' || what, ',') from
	pm.message_event where what = 'released'"),
	"$alice, by a digest released", 'in the timeline');
like($app->sql("select string_agg(distinct via, ',') from pm.audit where what =
	'quarantine released'"), qr/\Aanswer 127\.0\.0\.1\z/, 'and the audit');
is(answer('again', $alice, 'Subject: Re', $quoted =~ s/^.*\Q$code->{four}\E.*$//mr),
	'1 answers, 1 messages delivered, 0 answers refused',
	'all that is quoted, but what was delivered');
is(jobs(), 3, 'each once');
is(answer('prepared', $alice, "Subject: $code->{four}", $quoted,
	source => '127.0.0.3'),
	'1 answers, 1 messages delivered, 0 answers refused',
	'a prepared one, from our own network');
is(jobs(), 4, 'all four');
ok(until_true(20, sub {
	4 == (() = $app->delivered($alice)) }), 'they arrive');

# Beside others, of whom each has his own.
is($app->send_mail(from => $alice, source => '127.0.0.2', helo => 'a.test',
	rcpts => ['carol@example.org', 'release@example.org',
	'dave@example.org'], message => "From: $alice\nTo: x\@example.org\n" .
	"Subject: sale\n\n$quoted")->{code}, 250, 'beside others: taken');
ok(until_true(20, sub { held('Answer') == 1 && held('Spam') >= 2 }), 'kept');
like($app->sql("select string_agg(rcpt || ' ' || reason, ', ' order by rcpt) from
	pm.quarantine_rcpt where state = 'held' and rcpt !~ 'alice'"),
	qr/^carol\S+ Spam, dave\S+ Spam, release\S+ Answer$/, 'each for his reason');
is(($app->pm('digest', 'answers'))[1], "$no\n", 'refused');
is($app->sql("select count(*) from pm.quarantine_rcpt where state = 'held' and
	rcpt ~ '^(carol|dave)'"), 2, 'what is held for others stays');

(undef, undef, undef, $code) = hold('five');
is(answer('encoded', $alice, "Subject: Re\nMIME-Version: 1.0\nContent-Type: " .
	'multipart/alternative; boundary=b', "--b\nContent-Type: text/html\n" .
	"Content-Transfer-Encoding: quoted-printable\n\n" .
	encode_qp("<blockquote><p>$code->{five}</p></blockquote>") . "\n--b--"),
	'1 answers, 1 messages delivered, 0 answers refused', 'as a page');
is(($app->pm('digest', 'answers'))[1], '', 'nothing is left to do');
is(scalar(() = $app->delivered("release\@example.org")), 0,
	 'no answer was delivered');
is($app->restarted, '', 'nothing died');
done_testing();
