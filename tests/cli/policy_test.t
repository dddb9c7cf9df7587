#!/usr/bin/perl
# pm policy test: what would become of a message, told in full.
use strict;
use warnings;
use Test::More;
use File::Temp qw(tempdir);
use Cwd qw(abs_path);
use JSON::PP;
use lib 'tests/lib';
use ZoneDns;

my $dns = ZoneDns->new({});
my $pm = abs_path($ENV{PM} // 'build/pm') or die "no pm: run make\n";
my $mail = abs_path('tests/mail');
my $dir = tempdir(CLEANUP => 1);
my $gtube = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-'
	. 'EMAIL*C.34X';
$ENV{ASAN_OPTIONS} //= 'detect_leaks=0';
chdir $dir or die;

sub put {
	my ($path, $text) = @_;
	open my $f, '>:raw', $path or die "$path: $!";
	print $f $text;
	close $f or die;
}

# Runs pm policy test on the file "mail"; (exit code, stdout and stderr).
sub try {
	open my $run, '-|', 'sh', '-c', 'exec "$0" "$@" 2>&1 <mail', $pm,
		'policy', 'test', @_, '--resolver', $dns->resolver, '--root',
		'.' or die;
	local $/;
	my $out = <$run> // '';
	close $run;
	return ($? >> 8, $out);
}

mkdir $_ or die for qw(etc etc/pm etc/pm/policy etc/pm/lists);
put('etc/pm/wiring.lua', 'return { name = "mx1", site = "ours.example", '
	. 'roles = { "filter" }, domains = { "ours.example" }, '
	. 'networks = { "10.0.0.0/8" }, mta = { kind = "postfix" } }');
put('etc/pm/lists/friends', "\@friend.example\n");
put('etc/pm/policy/50-x.lua', <<'LUA');
local inbound = policy("inbound", function(s) return s.relay.external end)
inbound:at_rcpt("known", function(s, rcpt)
	if rcpt.local_part == "nobody" then
		return reject("5.1.1", "no such user")
	end
end)
inbound:rule("friends", function(m, rcpt, plan)
	if m:sender_listed("friends") then return deliver() end
end)
inbound:rule("spam", function(m, rcpt, plan)
	if m.spam.probability >= 90 then return quarantine("Spam") end
	if rcpt.local_part == "b" then plan:prefix_subject("[x]") end
end)
LUA
put('mail', "From: A <a\@out.example>\nTo: b\@ours.example\n" .
	"Message-ID: <1\@out.example>\nSubject: hello\n\n$gtube\n");

my ($code, $out) = try('-', '--from', 'a@out.example', '--to',
	'b@ours.example', '--to', 'nobody@ours.example');
is($code, 0, 'told');
like($out, qr/^nobody\@ours\.example\n  Refused with 5\.1\.1 no such user; rule inbound\/known, 50-x\.lua:4\.\n/m,
	'the one who is refused before DATA');
like($out, qr/^b\@ours\.example\n  Quarantined for Spam because the spam probability is 100 \(limit 90\), mostly through GTUBE; rule inbound\/spam, 50-x\.lua:11\.\n  It would be delivered if the hit GTUBE were absent\.\n  rules asked:\n    inbound\/friends, 50-x\.lua:7: nothing to say\n    inbound\/spam, 50-x\.lua:11: quarantine\(Spam\)\n/m,
	'the sentence, the counterfactual, every rule asked');
like($out, qr/^split into 2 groups\n/m, 'the split');
like($out, qr/^  \+15\.000 GTUBE: test string in part 0\n/m,
	'what adds up');
like($out, qr/^the MTA gets: /m, 'the answer');
like($out, qr/^policy draft [0-9a-f]{16}\n\z/m, 'the version');

($code, $out) = try('mail', '--direction', 'outbound');
is($code, 0, 'outbound');
like($out, qr/^postmaster\@example\.net\n  Delivered: no rule decided /m,
	'from inside: the policy does not apply');

($code, $out) = try('mail', '--from', 'x@friend.example');
like($out, qr/^  Delivered because sender or relay are on the list friends as \@friend\.example; rule inbound\/friends, 50-x\.lua:8\.\n/m,
	'a list and its entry');
like($out, qr/^  on the list friends as \@friend\.example: sender or relay\n/m,
	'told of once more');

put('mail', "From: A <a\@out.example>\nSubject: hello\n\ntext\n");
($code, $out) = try('mail', '--to', 'b@ours.example');
like($out, qr/^  changes:\n    - Subject:hello\n    \+ Subject:\[x\] hello\n/m,
	'changes are a diff');

# Drafts.
mkdir 'drafts' or die;
put('drafts/1.lua', "policy('a'):rule('b', function(m)\n"
	. "\treturn quarantine('All')\nend)\n");
($code, $out) = try('mail', '--policy', 'drafts', '--json');
my $o = decode_json($out);
is($o->{recipients}[0]{sentence},
	'Quarantined for All; rule a/b, 1.lua:2.', 'drafts, as JSON');
is($o->{recipients}[0]{unless}, 'No single change would have it delivered.',
	'honest');
like($o->{policy}, qr/^[0-9a-f]{16}\z/, 'the version');

# Wrong input: one line, and nothing judged.
for my $case (
	[['mail', '--relay', 'x'], "pm policy: --relay x: is no IP address\n"],
	[['mail', '--direction', 'up'], "pm policy: --direction up: is none; "
		. "inbound, outbound or internal\n"],
	[[], "pm policy: which message? usage: pm policy test FILE (- is "
		. "standard input)\n"],
	[['gone'], "pm policy: gone: cannot open: No such file or directory\n"],
) {
	is_deeply([try(@{$case->[0]})], [2, $case->[1]], $case->[1]);
}

# Whatever is shown as contributions sums to the score, of all mails we have.
my ($sums, $wrong) = (0, 0);
open my $scan, '-|', $pm, 'scan', '--json', '--dir', $mail, '--policy',
	'drafts', '--root', '.', '--resolver', $dns->resolver or die;
while (my $line = <$scan>) {
	my $m = decode_json($line);
	my $sum = 0;
	next unless exists $m->{score};
	$sum += $_->{weight} for @{$m->{hits}};
	$sums++;
	next if $sum == $m->{score};
	$wrong++;
	diag("$m->{file}: hits sum to $sum, the score is $m->{score}");
}
close $scan;
ok($sums > 100, "many mails judged: $sums");
is($wrong, 0, 'contributions sum to the score');
done_testing();
