#!/usr/bin/perl
# Mail from outside that the policy sends elsewhere goes with an ARC set of
# the domain that it came to: again and again, until the chain is checked by
# `pm auth arc`. What stays here gets none.
use strict;
use warnings;
use FindBin;
use JSON::PP;
use Test::More;
use Time::HiRes qw(sleep);
use lib "$FindBin::Bin/../lib";
use Appliance;
use Dns;
use Milter;

plan skip_all => 'needs root and Postfix' unless $> == 0 &&
	-x '/usr/sbin/postconf';
alarm 120;

my $dns = Dns->new;
my $app = Appliance->new(top => "resolver = \"127.0.0.1:$dns->{port}\",",
	policy => <<'LUA')->setup;
local p = policy("p", function() return true end)
p:rule("turn", function(m, rcpt, plan)
	if rcpt.local_part == "turn" then
		plan:prefix_subject("[TURNED]")
		plan:add_header("X-Test", "added")
		return redirect("other@example.org")
	end
end)
LUA
my ($code, $out) = $app->pm('dkim', 'keygen', 'example.org', '--selector',
	's', '--algorithm', 'both');
is($code, 0, 'keys are made');
my %records;
$records{$1} = $2 while $out =~ /^(\S+)\. IN TXT (\([^)]*\)|".*")$/mg;
$dns->txt(map { $_ => join '', $records{$_} =~ /"([^"]*)"/g } keys %records);
($code, $out) = $app->pm('dkim', 'check', 'example.org', '--activate');
is($out =~ s/^pm dkim: the filter was not told.*\n//mr, "s: published\n" .
	"s: signs mail of example.org\ns-ed: published\n" .
	"s-ed: signs mail of example.org\n", 'published, by the wiring\'s DNS');
$app->start;

# From a relay outside to somebody; the answer's letter.
sub bring {
	my ($who, $message) = @_;
	my $m = Milter->new("$app->{root}/run/pm/milter.sock");
	$m->connect_from('client.example.net', '203.0.113.9');
	$m->helo('client.example.net');
	my $r = $m->transaction('a@example.net', ["$who\@example.org"],
		$message);
	$m->quit;
	return join ' ', $r->{code}, grep { /^(?:ARC|DKIM)/ } map {
		(unpack 'N Z*', $_->[1])[1] // '' } @{ $r->{edits} };
}

# What came to the other one, without what his MTA put before it.
sub forwarded {
	my @files;
	for (1 .. 200) {
		last if @files = $app->delivered('other@example.org');
		sleep 0.05;
	}
	return '' unless @files;
	open my $in, '<', $files[0] or die "$files[0]: $!";
	my $text = do { local $/; <$in> };
	close $in;
	unlink @files;
	$text =~ s/^(?:Return-Path|X-Original-To|Delivered-To):.*\n//mg;
	return $text;
}

sub chain {
	my ($text) = @_;
	my $file = "$app->{root}/arc.eml";
	Appliance::write_file($file, $text =~ s/\n/\r\n/gr);
	my ($c, $o) = $app->pm('auth', 'arc', $file, '--json');
	my $j = eval { decode_json($o) } or return "exit $c: $o";
	return $j->{result};
}

my $text = "From: a\@example.net\nTo: turn\@example.org\nSubject: hello\n" .
	"Date: Fri, 11 Jul 2003 21:00:37 -0700\n\nhello\n";
is(bring('stay', $text), 'a', 'what stays here: no set');
for my $i (1 .. 3) {
	is(bring('turn', $text), 'd', "forwarded $i: kept for the copy");
	$text = forwarded();
	like($text, qr/^ARC-Seal: a=rsa-sha256;.*\n(?:\s.*\n)*ARC-Message-Signature: .*\n(?:\s.*\n)*ARC-Authentication-Results: i=$i; example\.org;/m,
		"forwarded $i: has the set $i, on top");
	like($text, qr/^X-Test: added$/m, "forwarded $i: with its edits");
	is(chain($text), 'pass', "forwarded $i: the chain passes");
}
isnt(chain($text =~ s/hello$/hallo/mr), 'pass', 'a changed body: not');
$text =~ s/hello$/hallo/m;
is(bring('turn', $text), 'd', 'one that was changed on its way');
$text = forwarded();
like($text, qr/^ARC-Seal:.*\n(?:\s.*)*cv=fail/m, 'is sealed as failed');
is(chain($text), 'fail', 'and so it is');

kill 'STOP', my $signer = $app->pid_of('filter/signer');
is(bring('turn', "From: a\@example.net\nSubject: x\n\nx\n"), 'y',
	'without the signer: later');
kill 'CONT', $signer;
is(bring('stay', "From: a\@example.net\nSubject: x\n\nx\n"), 'a',
	'what stays here never waits for it');
ok($app->stop, 'all ends in order');
done_testing();
