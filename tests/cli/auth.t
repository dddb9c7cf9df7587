#!/usr/bin/perl
# pm auth: SPF, DKIM, DMARC and ARC of one message, asked of a name server of
# our own; and what it says of wrong input.
use strict;
use warnings;
use File::Temp qw(tempdir);
use JSON::PP;
use Test::More;
use Time::HiRes qw(time);
use lib 'tests/lib';
use ZoneDns;

my $pm = $ENV{PM} // 'build/pm';
my $dir = tempdir(CLEANUP => 1);
# RFC 8463, appendix A.
my $rsa = 'v=DKIM1; k=rsa; p=MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQDkHlOQoB' .
	'TzWRiGs5V6NpP3idY6Wk08a5qhdR6wy5bdOKb2jLQiY/J16JYi0Qvx/byYzCNb3W' .
	'91y3FutACDfzwQ/BC/e/8uBsCR+yz1Lxj+PL6lHvqMKrM3rG4hstT5QjvHO9Pzox' .
	'ZyVYLzBfO2EeC3Ip3G+2kryOTIKT+l/K4w3QIDAQAB';
my $dns = ZoneDns->new({
	'example.org' => [[TXT => 'v=spf1 ip4:192.0.2.1 ', '-all'],
		[A => '192.0.2.9']],
	'_dmarc.example.org' => [[TXT => 'v=DMARC1; p=reject; sp=quarantine']],
	'macro.example.org' => [[TXT => 'v=spf1 exists:%{l}.%{d} -all '
		. 'exp=why.example.org']],
	'why.example.org' => [[TXT => '%{i} may not']],
	'a b\\c.macro.example.org' => [[A => '127.0.0.2']],
	'football.example.com' => [[TXT => 'v=spf1 -all']],
	'_dmarc.football.example.com' => [[TXT => 'v=DMARC1; p=quarantine']],
	'brisbane._domainkey.football.example.com' => [[TXT =>
		'v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=']],
	'test._domainkey.football.example.com' => [[TXT => $rsa]],
	'silent.example.org' => [['TIMEOUT']],
	'broken.example.org' => [['SERVFAIL']],
});

# (exit code, what was printed on either output)
sub auth {
	my (@args) = @_;
	my $pid = open(my $out, '-|') // die "fork: $!";
	if (!$pid) {
		open STDERR, '>&', \*STDOUT;
		exec $pm, 'auth', @args, '--resolver', $dns->resolver or die;
	}
	local $/;
	my $text = <$out>;
	close $out;
	return ($? >> 8, $text);
}

sub json {
	my ($code, $text) = auth(@_, '--json');
	return $code ? { result => "exit $code: $text" } : decode_json($text);
}

sub put {
	my ($name, $text) = @_;
	open my $f, '>:raw', "$dir/$name" or die "$name: $!";
	print $f $text;
	close $f;
	return "$dir/$name";
}

my @from = ('--ip', '192.0.2.1', '--from', 'a@example.org');
is_deeply([auth('spf', @from)],
	[0, "pass\tip4:192.0.2.1 of example.org\n"], 'spf for people');
my $o = json('spf', '--ip', '192.0.2.2', '--helo', 'x', '--from',
	'a@example.org');
is($o->{result}, 'fail', 'another address');
is($o->{mechanism}, '-all', 'the term that decided');
is($o->{lookups}, 0, 'no term counts');
is($o->{questions}, 1, 'one question');
$o = json('spf', '--ip', '192.0.2.2', '--from', 'x@macro.example.org');
is("$o->{result} $o->{explanation} $o->{lookups}", 'fail 192.0.2.2 may not 1',
	'an explanation of theirs');
$o = json('spf', '--ip', '192.0.2.2', '--from',
	'a b\\c@macro.example.org');
is($o->{result}, 'pass', 'a name with a blank and a backslash is asked for');
$o = json('spf', '--ip', '192.0.2.9', '--helo', 'example.org');
is("$o->{result} $o->{identity} $o->{domain}", 'fail helo example.org',
	'the null sender: of HELO');
is(json('spf', '--ip', '192.0.2.9', '--from', 'a@none.example')->{result},
	'none', 'no such domain');
is(json('spf', '--ip', '192.0.2.9', '--from', 'a@broken.example.org')
	->{result}, 'temperror', 'a broken server is never none');
my $start = time;
is(json('spf', '--ip', '192.0.2.9', '--from', 'a@silent.example.org')
	->{result}, 'temperror', 'nor one that does not answer');
cmp_ok(time - $start, '<', 15, 'soon');

my $message = <<'END';
DKIM-Signature: v=1; a=ed25519-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=brisbane; t=1528637909; h=from : to :
 subject : date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=/gCrinpcQOoIfuHNQIbq4pgh9kyIK3AQUdt9OdqQehSwhEIug4D11Bus
 Fa3bT3FY5OsU7ZbnKELq+eXdp1Q1Dw==
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed;
 d=football.example.com; i=@football.example.com;
 q=dns/txt; s=test; t=1528637909; h=from : to : subject :
 date : message-id : from : subject : date;
 bh=2jUSOH9NhtVGCQWNr9BrIAPreKQjO6Sn7XIkfJVOzv8=;
 b=F45dVWDfMbQDGHJFlXUNB2HKfbCeLRyhDXgFpEL8GwpsRe0IeIixNTe3
 DhCVlUrSjV4BwcVcOF6+FF3Zo9Rpo1tFOeS9mPYQTnGdaSGsgeefOsk2Jz
 dA+L10TeYt9BgDfQNZtKdN1WO//KgIqXP7OdEFE4LjFYNcUxZQ4FADY+8=
From: Joe SixPack <joe@football.example.com>
To: Suzie Q <suzie@shopping.example.net>
Subject: Is dinner ready?
Date: Fri, 11 Jul 2003 21:00:37 -0700 (PDT)
Message-ID: <20030712040037.46341.5F8J@football.example.com>

Hi.

We lost the game.  Are you hungry yet?

Joe.
END
my $signed = put('signed.eml', $message);
$o = json('dkim', $signed);
is($o->{result}, 'pass', 'dkim');
is_deeply([map { "$_->{algorithm} $_->{selector} $_->{result}" }
	@{ $o->{signatures} }], ['ed25519-sha256 brisbane pass',
	'rsa-sha256 test pass'], 'both signatures');
is($o->{lookups}, 2, 'two keys were asked for');
(my $changed = $message) =~ s/hungry/thirsty/;
my ($code, $text) = auth('dkim', put('changed.eml', $changed));
is($code, 0, 'a result was found');
like($text, qr{^fail\tfootball\.example\.com/brisbane: fail, \w},
	'a body that was changed');
is_deeply([auth('dkim', put('plain.eml', "From: a\@example.org\n\nx\n"))],
	[0, "none\tnot signed\n"], 'not signed');

$o = json('dmarc', $signed, '--ip', '192.0.2.1', '--from',
	'joe@football.example.com');
is("$o->{result} $o->{spf} $o->{dkim} $o->{policy}",
	'pass fail pass quarantine', 'dmarc by a signature');
ok($o->{authors}[0]{dkim_aligned}, 'which is aligned');
is_deeply([auth('dmarc', "$dir/plain.eml", '--ip', '192.0.2.1', '--from',
	'x@football.example.com')], [0, "fail\texample.org: fail, policy "
	. "reject of example.org\n"], 'somebody else');
$o = json('dmarc', put('two.eml', "From: a\@example.org\n"
	. "From: joe\@football.example.com\n\nx\n"), @from);
is("$o->{result} $o->{policy}", 'fail quarantine',
	'two authors: the one who is not proved decides');
is_deeply([auth('arc', $signed)], [0, "none\tno ARC set\n"], 'arc');

is_deeply([auth()], [2, "pm auth: what? usage: pm auth spf|dkim|dmarc|arc, "
	. "see pm help auth\n"], 'nothing asked');
is_deeply([auth('dkm', $signed)], [2, "pm auth: \"dkm\" is no method; did "
	. "you mean \"dkim\"?\n"], 'a slip');
is_deeply([auth('spf')], [2, "pm auth: spf wants the relay: --ip ADDRESS\n"],
	'no relay');
is_deeply([auth('spf', '--ip', '1.2.3')], [2, "pm auth: --ip 1.2.3: is no IP "
	. "address\n"], 'no address');
is_deeply([auth('arc')], [2, "pm auth: arc wants one message: pm auth arc "
	. "FILE\n"], 'no message');
like((auth('arc', "$dir/none.eml"))[1], qr/none\.eml: cannot open: No such file/,
	'no such file');
done_testing;
