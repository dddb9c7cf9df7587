#!/usr/bin/perl
# Outgoing mail is signed, after every change that the policy makes, in the
# MTA's copy and in redirected ones; what comes in is not. Without its signer
# it waits at the sender. OpenDKIM verifies.
use strict;
use warnings;
use FindBin;
use Test::More;
use Time::HiRes qw(sleep time);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Milter;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
my ($opendkim) = grep { -x } '/usr/sbin/opendkim', '/usr/bin/opendkim';
plan skip_all => 'needs opendkim' unless $opendkim;
alarm 120;

my $app = Appliance->new(networks => ['127.0.0.0/8', '2001:db8::/32'],
	policy => <<'LUA')->setup;
local p = policy("p", function() return true end)
p:rule("by name", function(m, rcpt, plan)
	local who = rcpt.local_part
	if who == "tag" then
		plan:prefix_subject("[TÄG]")
		plan:add_header("X-Test", "added")
	end
	if who == "replace" then
		plan:replace_header("Reply-To", "r@example.org")
		plan:remove_header("To")
		plan:add_header("To", "new@example.org")
	end
	if who == "from" then
		plan:replace_header("From", "b@example.com")
	end
	if who == "banner" then plan:banner{ text = "Gr\u{fc}\u{df}e" } end
	if who == "drop" then plan:drop(m.attachments[1]) end
	if who == "turned" then
		plan:banner{ text = "site", place = "top" }
		return redirect("second@example.org")
	end
	if who == "keep" then return quarantine("Suspect") end
	if who == "turn" then
		plan:prefix_subject("[TURNED]")
		return redirect("other@example.org")
	end
end)
LUA

my %records;

sub dkim {
	my ($code, $out) = $app->pm('dkim', @_);
	is($code, 0, "pm dkim @_") or diag $out;
	while ($out =~ /^(\S+)\. IN TXT (\([^)]*\)|".*")$/mg) {
		my ($name, $text) = ($1, $2);
		$records{$name} = join '', $text =~ /"([^"]*)"/g;
	}
	return $out;
}

dkim('keygen', 'example.org', '--selector', 'one', '--algorithm', 'both');
dkim('activate', 'example.org', 'one', '--unchecked');
$app->start;
my $sent = 0;

sub message {
	my ($from, $subject, $more) = @_;
	return "From: $from\nTo: someone\@example.org,\n\tanother\@x.test\n" .
		"Subject: $subject\n  in two lines\n" . ($more // '') .
		"MIME-Version: 1.0\nContent-Type: text/plain\n\n" .
		"hello  \n.\n\nthere \n\n\n";
}

# Sends it to local parts of example.org; the answer's first word.
sub send_to {
	my ($from, $subject, @who) = @_;
	return (split ' ', $app->send_mail(from => 'a@example.org',
		rcpts => [map { "$_\@example.org" } @who],
		message => message($from, $subject))->{text})[0];
}

# The message that came to somebody, as it stands in his folder.
sub arrived {
	my ($who) = @_;
	my @files;
	for (1 .. 200) {
		last if @files = $app->delivered("$who\@example.org");
		sleep 0.05;
	}
	return '' unless @files;
	open my $in, '<', $files[0] or die "$files[0]: $!";
	my $text = do { local $/; <$in> };
	close $in;
	unlink @files;
	return $text;
}

# What OpenDKIM says of each signature by itself: "succeeded" when all are
# good, or its words.
sub verified {
	my ($text) = @_;
	my @fields = $text =~ /^(DKIM-Signature:.*\n(?:[ \t].*\n)*)/mg;
	for my $field (@fields) {
		my $one = $text;
		$one =~ s/^\Q$_\E//m for grep { $_ ne $field } @fields;
		my $said = opendkim_says($one);
		return $said unless $said =~ /succeeded/;
	}
	return @fields ? 'succeeded' : 'not signed';
}

sub opendkim_says {
	my ($text) = @_;
	my ($file, $keys, $conf) = map { "$app->{root}/$_" }
		qw(m.eml opendkim.keys opendkim.conf);
	Appliance::write_file($file, $text =~ s/\n/\r\n/gr);
	Appliance::write_file($keys, join '', map { "$_ $records{$_}\n" }
		sort keys %records);
	Appliance::write_file($conf, "Mode v\nTestPublicKeys $keys\n");
	return qx($opendkim -x $conf -t $file 2>&1);
}

# d=, s= and a= of each signature, from the top.
sub signatures {
	my ($text) = @_;
	my ($head) = split /\n\n/, $text;
	$head =~ s/\n[ \t]+/ /g;
	return map { my %t = /\b([das])=([^; ]+)/g; "$t{d} $t{s} $t{a}" }
		$head =~ /^DKIM-Signature:(.*)$/mg;
}

sub is_signed {
	my ($text, $what, @want) = @_;
	is(join(', ', signatures($text)), join(', ', @want),
		"$what: is signed");
	is(verified($text), 'succeeded', "$what: verifies");
}

my $RSA = 'example.org one rsa-sha256';
is(send_to('a@example.org', 'plain', 'plain'), 250, 'a plain one is taken');
my $text = arrived('plain');
is_signed($text, 'a plain one', $RSA);
like($text, qr/^DKIM-Signature: v=1; .*\nReceived: |\A(?:\S+:.*\n)*?DKIM-/,
	'the signature is among the first fields');
isnt(verified($text =~ s/hello/hallo/r), 'succeeded', 'a changed body: not');
isnt(verified("Subject: x\n$text"), 'succeeded', 'a second subject: not');

is(send_to('A B <a@sub.example.org>', 'edited', 'tag', 'replace', 'turn',
	'plain', 'keep', 'from'), 250, 'six recipients, six outcomes');
for my $who (qw(tag replace other plain)) {
	$text = arrived($who);
	is_signed($text, $who, $RSA);
	like($text, qr/^X-Test: added$/m, 'tag: has its header')
		if $who eq 'tag';
	like($text, qr/^Reply-To: r\@example\.org$/m, 'replace: as well')
		if $who eq 'replace';
	like($text, qr/^Subject: \[TURNED\] edited$/m, 'turn: as well')
		if $who eq 'other';
}
is(join('', signatures(arrived('from'))), '',
	'after the policy gave it an author elsewhere: not signed');

like($app->send_mail(from => 'a@example.org',
	rcpts => [map { "$_\@example.org" } qw(banner drop turned)],
	message => "From: a\@example.org\nMIME-Version: 1.0\n" .
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n\n" .
		"hello\n--b\nContent-Type: a/b; name=x\n\nx\n--b--\n")
	->{text}, qr/^250 /, 'three recipients, three bodies');
my %body = (banner => qr/^Gr=C3=BC=C3=9Fe$/m, drop => qr/was removed from/,
	second => qr/\n\nsite\nhello/);
for my $who (sort keys %body) {
	$text = arrived($who);
	is_signed($text, $who, $RSA);
	like($text, $body{$who}, "$who: has its body");
}

for my $from ('a@example.net', 'a@notexample.org', 'a@example.org, b@x.test',
	"a\@example.org\nFrom: b\@example.org", '') {
	send_to($from, 'other', 'plain');
	is(join('', signatures(arrived('plain'))), '',
		"not signed: From: " . $from =~ s/\n/ /r);
}

# --- what the session says --------------------------------------------------

# The answer to a message that a relay brings, and where it is signed.
sub edits {
	my ($relay, %macros) = @_;
	my $m = Milter->new("$app->{root}/run/pm/milter.sock");
	$m->connect_from('client.example.net', $relay);
	$m->helo('client.example.net');
	$m->macros('M', i => 'Q2', %macros);
	$m->step('M', "<a\@example.org>\0");
	$m->rcpt('plain@example.org');
	$m->content(message('a@example.org', 'session'));
	my $r = $m->end_of_message;
	$m->quit;
	return join ' ', $r->{code}, map { join ' ', unpack 'N Z*', $_->[1] }
		grep { $_->[0] eq 'i' && $_->[1] =~ /DKIM/ } @{ $r->{edits} };
}

my $dkim = '0 DKIM-Signature';
is(edits('203.0.113.9'), 'a', 'a relay outside: not signed');
is(edits('203.0.113.9', '{auth_authen}' => 'joe'), "a $dkim",
	'somebody who logged in: signed, before all fields');
is(edits('127.0.0.9'), "a $dkim", 'a relay in our networks: signed');

# --- both algorithms, rotation ----------------------------------------------

dkim('activate', 'example.org', 'one-ed', '--unchecked');

# The filter takes a new key up a moment after it was told.
sub wait_signed {
	my (@want) = @_;
	for (1 .. 50) {
		send_to('a@example.org', 'again', 'plain');
		$text = arrived('plain');
		return if join(', ', signatures($text)) eq join ', ', @want;
		sleep 0.1;
	}
}

wait_signed('example.org one-ed ed25519-sha256', $RSA);
is_signed($text, 'by both', 'example.org one-ed ed25519-sha256', $RSA);
my $old = $text;
dkim('rotate', 'example.org', '--selector', 'two', '--algorithm', 'rsa');
send_to('a@example.org', 'again', 'plain');
is((signatures(arrived('plain')))[1], $RSA, 'a new key signs nothing yet');
dkim('activate', 'example.org', 'two', '--unchecked');
my @both = ('example.org two rsa-sha256', 'example.org one-ed ed25519-sha256');
wait_signed(@both);
is_signed($text, 'after the rotation', @both);
is(verified($old), 'succeeded', 'what the key before it signed still is good');

# --- without the signer -----------------------------------------------------

my $signer = $app->pid_of('filter/signer');
kill 'STOP', $signer;
my $start = time;
is(send_to('a@example.org', 'stopped', 'plain'), 451,
	'the signer does not answer: 451');
cmp_ok(time - $start, '<', 6, 'within its 2 seconds, three times');
my ($front) = grep { $_->{process} eq 'front' }
	@{ $app->status->{processes} };
is($front->{degraded}, 'the signer does not answer: outgoing mail of ' .
	'example.org is answered 451', 'and people here are told');
is(edits('203.0.113.9'), 'a', 'what comes in passes');
send_to('a@example.net', 'other', 'plain');
isnt(arrived('plain'), '', 'so does what is not signed');
kill 'CONT', $signer;
is(send_to('a@example.org', 'continued', 'plain'), 250, 'it is back: signed');
is_signed(arrived('plain'), 'then', @both);
kill 'KILL', $signer;
sleep 0.1;
my $answer = send_to('a@example.org', 'killed', 'plain');
like($answer, qr/^(?:250|451)$/, 'killed: signed by the next, or later');
for (1 .. 100) {
	last if $answer == 250;
	sleep 0.1;
	$answer = send_to('a@example.org', 'killed', 'plain');
}
is_signed(arrived('plain'), 'the next signer', @both);

# --- a key that cannot be read ----------------------------------------------

my $pem = "$app->{root}/var/lib/pm/dkim/example.org/two.pem";
rename $pem, "$pem.away" or die "$pem: $!";
my ($code) = $app->pm('reload', 'filter/signer');
is($code, 1, 'pm reload: not all is well');
my ($s) = grep { $_->{process} eq 'signer' } @{ $app->status->{processes} };
is($s->{degraded}, 'var/lib/pm/dkim/example.org/two.pem: cannot open: No ' .
	'such file or directory: outgoing mail of example.org is answered 451',
	'the signer says which key is missing');
is(send_to('a@example.org', 'missing', 'plain'), 451, 'and so it is');
rename "$pem.away", $pem or die "$pem: $!";
($code) = $app->pm('reload', 'filter/signer');
is($code, 0, 'pm reload: all is well');
is(send_to('a@example.org', 'back', 'plain'), 250, 'and signed again');
is_signed(arrived('plain'), 'at last', @both);
ok($app->stop, 'all ends in order');
done_testing();
