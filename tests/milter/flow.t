#!/usr/bin/perl
# Messages through front, zygote and scanner by the milter protocol: what is
# negotiated, answered, edited and kept.
use strict;
use warnings;
use lib 'tests/lib';
use Test::More;
use Filter;

alarm 60;
my $f = Filter->new;
my $LATER = 'y 451 4.7.1 mail filter: temporary failure, try again later';
my $ALWAYS = 0x1d2180;

my $m = $f->session;
is(sprintf('%#x', $m->{protocol}), sprintf('%#x', $ALWAYS),
	'protocol flags, with a rule at RCPT');
is($m->{actions}, 0x5f, 'header edits, body, recipients and sender');
sub edits {
	my ($r) = @_;
	return map { my ($kind, $data) = @$_;
		$kind . ' ' . $data =~ s/^\0\0\0(.)/ord $1/er =~ tr/\0/ /r =~
			s/ \z//r } grep { $_->[0] ne 'i' } @{ $r->{edits} };
}

my $r = $m->transaction('a@example.net', ['b@example.org'],
	"Subject: hello\n\nx\n");
is("$r->{code} @{[edits($r)]}", 'a ', 'a plain mail is accepted as it is');
like($r->{edits}[-1][1] =~ tr/\0/ /r, qr/^ {4}Authentication-Results /,
	'behind a field in front that tells who sent it');
is($r->{edits}[-1][0], 'i', 'put there');
# B62, B65: those that claim to be ours go, from the last on, before ours comes.
$r = $m->transaction('a@example.net', ['b@example.org'], join("\n",
	'Authentication-Results: mx.other.example; spf=pass',
	'Authentication-Results: example.org; spf=pass',
	'AUTHENTICATION-RESULTS: mx.other.example; dkim=pass',
	'Authentication-Results: (a) Example . ORG', '  1; dkim=pass',
	'Authentication-Results: "example.org"; dmarc=pass',
	'Received-SPF: pass', 'Subject: x', '', "x\n"));
is_deeply([map { my ($kind, $data) = @$_; $kind eq 'm' ?
	ord(substr $data, 3, 1) : $kind } @{ $r->{edits} }], [5, 4, 2, 'i'],
	'forged results go by their number, the last first');
$r = $m->transaction('a@example.net', ['b@example.org'],
	"Subject: tag\nX-Other: 1\n\nx\n");
is($r->{code}, 'a', 'a tagged mail is accepted');
is_deeply([sort { $a cmp $b } edits($r)],
	['h X-Test  added', 'm 1Subject  [TAG] tag'], 'with its edits');

$m->mail('a@example.net');
is(join(' ', $m->rcpt('nobody@example.org')), 'y 550 5.1.1 no such user',
	'a recipient is refused before DATA');
is(scalar $m->rcpt('b@example.org'), 'c', 'another goes on');
$m->content("Subject: quarantine\nX-Fold: a\n\tb\nX-Empty:\n\nsecret words\n");
$r = $m->end_of_message;
is($r->{code}, 'd', 'a kept mail is taken from the MTA');
is(scalar(() = $f->kept), 1, 'and was on disk before the answer');
my $bytes = $f->kept_bytes;
like($bytes, qr/Subject: quarantine\r\nX-Fold: a\r\n\tb\r\nX-Empty:\r\n\r\n/,
	'with the bytes of its header');
like($bytes, qr/\r\n\r\nsecret words\r\n/, 'and of its body');
like($bytes, qr/b\@example\.org/, 'and its recipient');
unlike($bytes, qr/nobody\@/, 'but not the refused one');

$r = $m->transaction('a@example.net', ['b@example.org'],
	"Subject: reject\n\nx\n");
is("$r->{code} $r->{text}", 'y 550 5.7.1 100%% unwanted', 'reject');
$r = $m->transaction('a@example.net', ['b@example.org'],
	"Subject: fail\n\nx\n");
is($r->{code}, 'y', 'a failing rule');
like($r->{text}, qr/^451 4\.\d\.\d [^.]*$/, 'is a 451');
unlike($r->{text}, qr/lua|nothing/, 'without details for the sender');
like($f->log('front'), qr/policy: .*50-test\.lua:\d+/,
	'the log says which line');

my $big = "Subject: big\n\n" . ("x" x 70 . "\n") x 30_000;
is($f->answer($big), 'a', 'a message larger than a slot');
is($f->answer("Subject: many\n\nx\n", map { "user$_\@example.org" } 1 .. 6000),
	'a', 'more recipients than a slot holds');
is($f->answer("Subject: no body\n"), 'a', 'a message without a body');

my $old = Milter->new($f->{socket}, protocol => 0x7f, actions => 0x1);
is($old->{protocol} & ~0x1ff000 & ~0x80, 0, 'an MTA that knows little');
is($old->transaction('a@example.net', ['b@example.org'],
	"Subject: hello\n\nx\n")->{code}, 'a', 'is served');
$old->quit;

# A new policy, without a restart.
my $policy = "$f->{root}/etc/pm/policy/50-test.lua";
Appliance::write_file($policy, "local p = policy(\"x\", function() return " .
	"true end)\np:rule(\"all\", function() return reject(\"5.7.1\", " .
	"\"closed\") end)\n");
$f->publish;
ok($f->wait_until(5, sub { $f->log('front') =~ /generation 3 is in force/ }),
	'HUP reads the policy again');
is($f->answer("Subject: hello\n\nx\n"), 'y 550 5.7.1 closed',
	'the new policy judges');
my $new = $f->session;
is(sprintf('%#x', $new->{protocol}), sprintf('%#x', $ALWAYS | 0x8000),
	'no rule at RCPT: no reply there');
$new->quit;
Appliance::write_file($policy, "this is no policy\n");
$f->publish;
ok($f->wait_until(5, sub { $f->log('front') =~
	/50-test\.lua:1: .*the policy before it stays in force/ }),
	'a bad policy is told with file and line');
is($f->answer("Subject: hello\n\nx\n"), 'y 550 5.7.1 closed',
	'and the one before it stays');

# With nothing but a bad policy all mail waits.
$f->signal('front', 'TERM');
unlink "$f->{root}/front.log";
$f->start('front');
is($f->answer("Subject: hello\n\nx\n"), $LATER,
	'a bad policy at the start: 451');
like($f->log('front'), qr/50-test\.lua:1: .*no mail is accepted/,
	'and the log says why');
$f->stop;
done_testing;
